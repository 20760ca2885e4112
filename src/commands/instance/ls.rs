//! `qiwei instance ls`: lists instances with their statuses.

use clap::ValueEnum;

use super::view;
use crate::context::Context;
use crate::error::Error;
use crate::instances::{self, Counts, Instance};
use crate::text::text;

/// Arguments of `qiwei instance ls`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show only instances with this status
    #[arg(long, value_name = "STATUS")]
    status: Option<StatusArg>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StatusArg {
    /// Logged in
    Online,
    /// Running, not logged in
    Running,
    /// Stopped, or reconnecting
    Stopped,
    /// The status look-up failed
    Unknown,
}

impl StatusArg {
    fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Unknown => "unknown",
        }
    }
}

impl Args {
    /// Lists the instances.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let instances = instances::list_with_statuses(context.api()?)?;
        note_failures(context, &instances);
        let counts = Counts::of(&instances);
        let shown: Vec<Instance> = instances
            .into_iter()
            .filter(|i| {
                self.status
                    .is_none_or(|wanted| wanted.name() == i.status_name())
            })
            .collect();
        let current = context.configured_guid()?.map(|(guid, _)| guid);
        let accounts = instances::accounts(context, &shown);
        let views = view::views(&shown, current, &accounts);
        context.output.result(&views, |views| view::table(views))?;
        context.output.note(&counts.summary());
        Ok(())
    }
}

fn note_failures(context: &Context, instances: &[Instance]) {
    for instance in instances {
        if let Err(error) = &instance.status {
            context.output.note(&text!(
                "the status of {guid} is unknown: {error}",
                guid = instance.guid.short(),
                error = error.summary()
            ));
        }
    }
}
