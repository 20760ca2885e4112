//! `qiwei ledger …`: lists and removes recorded keys.

mod forget;
mod init;
mod ls;
mod prune;

use clap::Subcommand;

use super::{CommandResult, Run};
use crate::context::Context;
use crate::error::Error;
use crate::store::StateDatabase;

/// Subcommands of `qiwei ledger`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List keys and the outcomes of their messages
    #[command(alias = "list")]
    Ls(ls::Args),
    /// Remove a key, so that it can be used again
    #[command(aliases = ["rm", "remove", "delete"])]
    Forget(forget::Args),
    /// Remove old keys
    Prune(prune::Args),
    /// Create the tables of a shared state, or print the SQL for an administrator
    Init(init::Args),
}

impl Run for Command {
    fn run(self, context: &Context) -> CommandResult {
        let done = match self {
            Self::Ls(args) => args.run(context),
            Self::Forget(args) => args.run(context),
            Self::Prune(args) => args.run(context),
            Self::Init(args) => args.run(context),
        };
        done.map(super::success)
    }
}

/// The ledger; `None` when nothing has been recorded yet.
fn open(context: &Context) -> Result<Option<StateDatabase>, Error> {
    context.state()?.open_existing(context.deadline()?)
}
