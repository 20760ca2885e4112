//! `qiwei alias …`: short names for conversations, kept in the config file.

mod add;
mod ls;
mod rm;

use clap::Subcommand;

use super::{CommandResult, Run, success};
use crate::context::Context;

/// Subcommands of `qiwei alias`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the aliases
    #[command(alias = "list")]
    Ls(ls::Args),
    /// Add or change an alias
    Add(add::Args),
    /// Remove an alias
    #[command(aliases = ["remove", "delete"])]
    Rm(rm::Args),
}

impl Run for Command {
    fn run(self, context: &Context) -> CommandResult {
        let done = match self {
            Self::Ls(args) => args.run(context),
            Self::Add(args) => args.run(context),
            Self::Rm(args) => args.run(context),
        };
        done.map(success)
    }
}
