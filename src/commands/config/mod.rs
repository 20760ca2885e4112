//! `qiwei config …`: reads and changes the configuration file.

mod explain;
mod get;
mod path;
mod set;
mod unset;

use clap::Subcommand;

use super::{CommandResult, Run};
use crate::context::Context;

/// Subcommands of `qiwei config`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the path of the config file
    Path(path::Args),
    /// Print one effective value, secrets redacted
    Get(get::Args),
    /// Change one setting in the file
    Set(set::Args),
    /// Remove one setting from the file
    #[command(aliases = ["rm", "remove", "delete"])]
    Unset(unset::Args),
    /// Show every effective value and its source
    #[command(aliases = ["ls", "list"])]
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
