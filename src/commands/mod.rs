//! The subcommands, one file or folder each: arguments and what they do.

mod at;
mod callbacks;
mod completions;
mod config;
mod dry_run;
mod instance;
mod ledger;
mod listen;
mod login;
mod logout;
mod message;
mod probe;
mod sandbox;
mod send;
mod sessions;
mod status;

use std::process::ExitCode;

use clap::Subcommand;

pub use instance::client_types;
#[cfg(fuzzing)]
pub use send::batch_line;

use crate::context::Context;
use crate::error::Error;

/// How a command ends when nothing went wrong: almost always with success, but the sandbox hands
/// on the code of the command it ran.
pub type Finish = Result<ExitCode, Error>;

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List, create, choose, start, stop and remove instances
    #[command(subcommand)]
    Instance(instance::Command),
    /// Log an account in by QR code
    Login(login::Args),
    /// Log the account out
    Logout(logout::Args),
    /// Receive callbacks, one line each
    Listen(listen::Args),
    /// List the conversations of the account
    Sessions(sessions::Args),
    /// Send a text to a person or a group
    Send(send::Args),
    /// Send a text to a group that mentions members of it
    At(at::Args),
    /// Tell the account's health, also as the exit code
    Status(status::Args),
    /// Find out what the server can do, or call any endpoint
    Probe(probe::Args),
    /// List and tidy the keys of sends made with --key
    #[command(subcommand)]
    Ledger(ledger::Command),
    /// Read and change the config file
    #[command(subcommand)]
    Config(config::Command),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Run a stand-in for the API server, for trying things without an account
    Sandbox(sandbox::Args),
}

impl Command {
    /// Runs it.
    pub fn run(self, context: &Context) -> Finish {
        let done = match self {
            Self::Instance(command) => command.run(context),
            Self::Logout(args) => args.run(context),
            Self::Sessions(args) => args.run(context),
            Self::At(args) => args.run(context),
            Self::Ledger(command) => command.run(context),
            Self::Config(command) => command.run(context),
            Self::Completions(args) => args.run(context),
            Self::Probe(args) => return args.run(context),
            Self::Send(args) => return args.run(context),
            Self::Status(args) => return args.run(context),
            Self::Listen(args) => return args.run(context),
            Self::Login(args) => return args.run(context),
            Self::Sandbox(args) => return args.run(context),
        };
        done.map(|()| ExitCode::SUCCESS)
    }
}
