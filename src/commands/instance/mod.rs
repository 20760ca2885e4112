//! `qiwei instance …`: manages the server's instances.

mod create;
mod lifecycle;
mod ls;
mod rm;
mod r#use;
pub mod view;

use clap::Subcommand;

pub use create::client_types;

use super::{CommandResult, Run};
use crate::context::Context;

/// Subcommands of `qiwei instance`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List instances, their statuses, and which is current
    #[command(alias = "list")]
    Ls(ls::Args),
    /// Create an instance and make it the current one
    Create(create::Args),
    /// Remove instances (irreversible)
    #[command(aliases = ["remove", "delete"])]
    Rm(rm::Args),
    /// Make an instance the current one
    Use(r#use::Args),
    /// Start a stopped instance
    Start(lifecycle::StartArgs),
    /// Stop an instance, which logs it out
    Stop(lifecycle::StopArgs),
}

impl Run for Command {
    fn run(self, context: &Context) -> CommandResult {
        let done = match self {
            Self::Ls(args) => args.run(context),
            Self::Create(args) => args.run(context),
            Self::Rm(args) => args.run(context),
            Self::Use(args) => args.run(context),
            Self::Start(args) => args.run(context),
            Self::Stop(args) => args.run(context),
        };
        done.map(super::success)
    }
}
