//! `qiwei config …`: the configuration file.

mod explain;
mod get;
mod path;
mod set;
mod unset;

use clap::Subcommand;

use super::{CommandResult, Run};
use crate::context::Context;

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print where the config file is
    Path(path::Args),
    /// Print one effective value, secrets redacted
    Get(get::Args),
    /// Change one setting in the file
    Set(set::Args),
    /// Remove one setting from the file
    Unset(unset::Args),
    /// Show every effective value and where it came from
    Explain(explain::Args),
}

impl Run for Command {
    fn run(self, context: &Context) -> CommandResult {
        let done = match self {
            Self::Path(args) => args.run(context),
            Self::Get(args) => args.run(context),
            Self::Set(args) => args.run(context),
            Self::Unset(args) => args.run(context),
            Self::Explain(args) => args.run(context),
        };
        done.map(super::success)
    }
}
