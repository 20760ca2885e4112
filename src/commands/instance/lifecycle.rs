//! `qiwei instance start` and `qiwei instance stop`.

use serde::Serialize;

use crate::api::request::{self, Effect, Request};
use crate::commands::dry_run;
use crate::context::Context;
use crate::error::Error;
use crate::guid::Guid;
use crate::instances;
use crate::text::{Text, text};

/// Arguments of `qiwei instance start`.
#[derive(Debug, clap::Args)]
pub struct StartArgs {
    /// Instance to start
    #[arg(value_name = "GUID")]
    instance: Guid,

    /// Print the request instead of sending it
    #[arg(long)]
    dry_run: bool,
}

/// Arguments of `qiwei instance stop`.
#[derive(Debug, clap::Args)]
pub struct StopArgs {
    /// Instance to stop
    #[arg(value_name = "GUID")]
    instance: Guid,

    /// Print the request instead of sending it
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Started<'a> {
    guid: &'a Guid,
    started: bool,
}

#[derive(Serialize)]
struct Stopped<'a> {
    guid: &'a Guid,
    stopped: bool,
}

impl StartArgs {
    /// Starts the instance.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let guid = &instances::complete_one(context, self.instance)?;
        let view = Started {
            guid,
            started: true,
        };
        let request = request::restore_client(guid);
        apply(
            context,
            &request,
            self.dry_run,
            &view,
            &text!("started {guid}", guid),
        )
    }
}

impl StopArgs {
    /// Stops the instance.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let guid = &instances::complete_one(context, self.instance)?;
        let view = Stopped {
            guid,
            stopped: true,
        };
        let request = request::stop_client(guid);
        apply(
            context,
            &request,
            self.dry_run,
            &view,
            &text!("stopped {guid}", guid),
        )
    }
}

fn apply(
    context: &Context,
    request: &Request,
    dry: bool,
    view: &impl Serialize,
    human: &Text,
) -> Result<(), Error> {
    if dry {
        return dry_run::show(context, request);
    }
    context
        .api()?
        .apply(request)
        .map_err(|e| e.into_error(Effect::Change))?;
    context
        .output
        .result(view, |_| human.clone())
        .map_err(|e| e.with_completed_change(human))
}
