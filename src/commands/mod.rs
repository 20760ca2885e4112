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

use clap::{ArgMatches, Args, FromArgMatches, Subcommand};

pub use instance::client_types;
#[cfg(fuzzing)]
pub use send::batch_line;

use crate::context::Context;
use crate::error::Error;

/// How a command ends when nothing went wrong: almost always with success, but the sandbox hands
/// on the code of the command it ran.
pub type Finish = Result<ExitCode, Error>;

/// A command whose arguments are read.
pub type Ready = Box<dyn FnOnce(&Context) -> Finish>;

/// What the program can do, in the order of the help.
pub const COMMANDS: [Command; 13] = [
    several::<instance::Command>(
        "instance",
        "List, create, choose, start, stop and remove instances",
    ),
    one::<login::Args>("login", "Log an account in by QR code"),
    one::<logout::Args>("logout", "Log the account out"),
    one::<listen::Args>("listen", "Receive callbacks, one line each"),
    one::<sessions::Args>("sessions", "List the conversations of the account"),
    one::<send::Args>("send", "Send a text to a person or a group"),
    one::<at::Args>("at", "Send a text to a group that mentions members of it"),
    one::<status::Args>("status", "Tell the account's health, also as the exit code"),
    one::<probe::Args>(
        "probe",
        "Find out what the server can do, or call any endpoint",
    ),
    several::<ledger::Command>("ledger", "List and tidy the keys of sends made with --key"),
    several::<config::Command>("config", "Read and change the config file"),
    one::<completions::Args>("completions", "Print a completion script for a shell"),
    one::<sandbox::Args>(
        "sandbox",
        "Run a stand-in for the API server, for trying things without an account",
    ),
];

/// A subcommand. Its arguments are defined only when somebody asks for them: defining those of all
/// commands takes longer than sending a message.
pub struct Command {
    /// What it is called.
    pub name: &'static str,
    about: &'static str,
    define: fn(clap::Command) -> clap::Command,
    read: fn(&mut ArgMatches) -> Result<Ready, clap::Error>,
}

/// The arguments of a command, which know what to do.
trait Run: FromArgMatches + 'static {
    /// Does it.
    fn run(self, context: &Context) -> Finish;
}

impl Command {
    /// Its part of the command line.
    pub fn definition(&self) -> clap::Command {
        // Last, or the arguments' own comment would stand there.
        (self.define)(clap::Command::new(self.name)).about(self.about)
    }

    /// The command with what `matches` has for it.
    ///
    /// # Errors
    /// The parser's.
    pub fn read(&self, matches: &mut ArgMatches) -> Result<Ready, clap::Error> {
        (self.read)(matches)
    }
}

/// Nothing more to say than that it went well.
fn done((): ()) -> ExitCode {
    ExitCode::SUCCESS
}

const fn one<A: Args + Run>(name: &'static str, about: &'static str) -> Command {
    Command {
        name,
        about,
        define: A::augment_args,
        read: read::<A>,
    }
}

const fn several<S: Subcommand + Run>(name: &'static str, about: &'static str) -> Command {
    Command {
        name,
        about,
        define: |command| {
            let command = command.subcommand_required(true);
            S::augment_subcommands(command.arg_required_else_help(true))
        },
        read: read::<S>,
    }
}

fn read<R: Run>(matches: &mut ArgMatches) -> Result<Ready, clap::Error> {
    let command = R::from_arg_matches_mut(matches)?;
    Ok(Box::new(|context| command.run(context)))
}
