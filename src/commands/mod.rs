//! The subcommands, one file or folder each: arguments and their execution.

mod alias;
mod api;
mod at;
mod callback_listener;
mod callback_source;
mod completions;
mod config;
mod contacts;
mod dry_run;
mod instance;
mod ledger;
mod listen;
mod login;
mod logout;
mod members;
mod probe;
mod revoke;
mod sandbox;
pub mod send;
mod sessions;
mod status;
mod targets;
mod text_argument;

use std::process::ExitCode;

use clap::{ArgMatches, Args, FromArgMatches, Subcommand};

pub use instance::client_types;
#[cfg(fuzzing)]
pub use send::batch_line;

use crate::context::Context;
use crate::error::Error;
use crate::text::Text;

/// The result of a command; the sandbox passes on the exit code of the command it ran.
pub type CommandResult = Result<ExitCode, Error>;

/// A command with parsed arguments.
pub type PreparedCommand = Box<dyn FnOnce(&Context) -> CommandResult>;

/// All commands, in the order of the help: those of one topic together.
pub const COMMANDS: [Command; 18] = [
    command::<send::Args>(
        "send",
        "Send a text, picture, file or link to a person or a group",
    ),
    command::<at::Args>("at", "Send a text to a group and mention members"),
    command::<revoke::Args>("revoke", "Take a sent message back"),
    command::<sessions::Args>("sessions", "List the conversations of the account"),
    command::<members::Args>("members", "List the members of a group"),
    command::<contacts::Args>("contacts", "List the contacts of the account"),
    command::<listen::Args>("listen", "Receive callbacks and print one line for each"),
    command_group::<alias::Command>("alias", "List, add and remove short names of conversations"),
    command_group::<ledger::Command>(
        "ledger",
        "List and remove idempotency keys of sent messages",
    ),
    command::<login::Args>("login", "Log an account in by QR code").about_topic(Topic::Account),
    command::<logout::Args>("logout", "Log the account out").about_topic(Topic::Account),
    command::<status::Args>(
        "status",
        "Show whether the account is online (exit code 0 or 4)",
    )
    .about_topic(Topic::Account),
    command_group::<instance::Command>(
        "instance",
        "List, create, select, start, stop and remove instances",
    )
    .about_topic(Topic::Account),
    command::<probe::Args>(
        "probe",
        "Check the server's endpoints, or the arrival of callbacks",
    )
    .about_topic(Topic::Setup),
    command::<api::Args>("api", "Call any endpoint and print the response")
        .about_topic(Topic::Setup),
    command_group::<config::Command>("config", "Read and change the config file")
        .about_topic(Topic::Setup),
    command::<completions::Args>("completions", "Print a completion script for a shell")
        .about_topic(Topic::Setup),
    command::<sandbox::Args>(
        "sandbox",
        "Run a simulated API server, to try commands without an account",
    )
    .about_topic(Topic::Sandbox),
];

/// A subcommand. Its arguments are defined on demand: defining those of all commands takes longer than
/// sending a message.
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// The part of the help that lists it.
    pub topic: Topic,
    about: &'static str,
    define: fn(clap::Command) -> clap::Command,
    read: fn(&mut ArgMatches) -> Result<PreparedCommand, clap::Error>,
}

/// A part of the list of commands in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Messages and conversations.
    Messages,
    /// The account and its instance.
    Account,
    /// The server and this program.
    Setup,
    /// Trying without an account.
    Sandbox,
}

/// Arguments that can be executed.
trait Run: FromArgMatches + 'static {
    /// Executes the command.
    fn run(self, context: &Context) -> CommandResult;
}

impl Command {
    const fn about_topic(self, topic: Topic) -> Self {
        Self { topic, ..self }
    }

    /// The command's part of the command line.
    pub fn definition(&self) -> clap::Command {
        // Set last, because the doc comment of the arguments would replace it.
        (self.define)(clap::Command::new(self.name)).about(self.about)
    }

    /// Reads the arguments from `matches`.
    ///
    /// # Errors
    /// Parser errors.
    pub fn read(&self, matches: &mut ArgMatches) -> Result<PreparedCommand, clap::Error> {
        (self.read)(matches)
    }
}

/// Asks for a confirmation on a terminal.
///
/// # Errors
/// A usage error with `why` and `hint` when nobody can be asked.
fn confirm(context: &Context, question: &Text, why: Text, hint: Text) -> Result<bool, Error> {
    match context.can_ask() {
        true => context.confirm(question),
        false => Err(Error::usage(why).hint(hint)),
    }
}

/// Exit code 0, for commands without one of their own.
fn success((): ()) -> ExitCode {
    ExitCode::SUCCESS
}

const fn command<A: Args + Run>(name: &'static str, about: &'static str) -> Command {
    Command {
        name,
        topic: Topic::Messages,
        about,
        define: A::augment_args,
        read: read::<A>,
    }
}

const fn command_group<S: Subcommand + Run>(name: &'static str, about: &'static str) -> Command {
    Command {
        name,
        topic: Topic::Messages,
        about,
        define: |command| {
            let command = command.subcommand_required(true);
            S::augment_subcommands(command.arg_required_else_help(true))
        },
        read: read::<S>,
    }
}

fn read<R: Run>(matches: &mut ArgMatches) -> Result<PreparedCommand, clap::Error> {
    let command = R::from_arg_matches_mut(matches)?;
    Ok(Box::new(|context| command.run(context)))
}
