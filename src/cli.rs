//! The command line: the root parser and the flags every command has.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser};

use crate::commands::{COMMANDS, Command, PreparedCommand};
use crate::config::{Flags, Key};
use crate::output::ColorChoice;
use crate::text::Lang;

/// What the command line says.
pub struct Cli {
    /// The flags every command has.
    pub global: GlobalArgs,
    /// What to do.
    pub command: PreparedCommand,
}

/// Drive WeCom (企业微信) accounts hosted by an API server, from scripts
#[derive(Debug, Parser)]
#[command(
    name = "qiwei",
    version = concat!(env!("CARGO_PKG_VERSION"), " (", env!("QIWEI_TARGET"), ")"),
    max_term_width = 100,
    propagate_version = false,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Exit status: 0 accepted, 1 rejected, 2 usage, 3 config, 4 not logged in, \
                  5 unreachable (not sent), 6 unknown (may have been sent), 7 deadline, \
                  8 partial, 9 busy, 70 internal, 74 local I/O"
)]
struct Root {
    /// The flags every command has
    #[command(flatten)]
    global: GlobalArgs,
}

/// The whole command line, as it is defined.
pub fn command() -> clap::Command {
    with(COMMANDS.iter())
}

fn with<'c>(commands: impl Iterator<Item = &'c Command>) -> clap::Command {
    Root::command().subcommands(commands.map(Command::definition))
}

/// Reads the arguments, the program's name first.
///
/// # Errors
/// What the parser objects to, and its answers to `--help` and `--version`.
pub fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let mut matches = match quickly(args) {
        Err(error) if error.kind() != ErrorKind::DisplayVersion => {
            command().try_get_matches_from(args)?
        }
        read => read?,
    };
    let global = GlobalArgs::from_arg_matches_mut(&mut matches)?;
    let (name, mut inner) = matches.remove_subcommand().ok_or_else(no_command)?;
    let command = COMMANDS.iter().find(|command| command.name == name);
    let command = command.ok_or_else(no_command)?.read(&mut inner)?;
    Ok(Cli { global, command })
}

/// Reads the arguments with those commands only that occur among them. To define all the others
/// takes longer than sending a message. What can be read like this means the same with all of them,
/// since a command is known by its whole name; what cannot is the business of the whole definition.
fn quickly(args: &[OsString]) -> Result<ArgMatches, clap::Error> {
    let occurs = |command: &&Command| args.iter().any(|arg| arg == command.name);
    with(COMMANDS.iter().filter(occurs)).try_get_matches_from(args)
}

/// Cannot happen: the parser asks for a command and knows only ours.
fn no_command() -> clap::Error {
    command().error(ErrorKind::MissingSubcommand, "no command given")
}

/// The flags every command has.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Address of the API server [default: http://localhost:8080]
    #[arg(long, global = true, value_name = "URL")]
    base_url: Option<String>,

    /// Instance to act on [default: the current one, else the only one online]
    #[arg(long, global = true, value_name = "GUID")]
    guid: Option<String>,

    /// Profile of the config file to use
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,

    /// Config file to use
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Time the whole command may take [default: 30s]
    #[arg(long, global = true, value_name = "DUR")]
    timeout: Option<String>,

    /// How often to retry what certainly was not executed [default: 2]
    #[arg(long, global = true, value_name = "N")]
    retries: Option<String>,

    /// PEM file of certificates to trust beside the system's
    #[arg(long, global = true, value_name = "FILE")]
    cacert: Option<String>,

    /// Accept any certificate (dangerous)
    #[arg(long, global = true)]
    insecure: bool,

    /// Language of messages and help [default: that of the locale]
    #[arg(long, global = true, value_enum, value_name = "LANG")]
    lang: Option<Lang>,

    /// Print JSON for programs; errors as one JSON line on stderr
    #[arg(long, global = true)]
    pub json: bool,

    /// Print no notes
    #[arg(long, short, global = true)]
    pub quiet: bool,

    /// Show requests; twice: their bodies, redacted
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    pub color: ColorChoice,
}

impl GlobalArgs {
    /// The flags that are settings, for the layers of the configuration.
    pub fn flags(&self) -> Flags {
        let insecure = self.insecure.then(|| "true".to_owned());
        let lang = self.lang.map(|lang| lang.name().to_owned());
        let values: BTreeMap<Key, String> = [
            (Key::BaseUrl, &self.base_url),
            (Key::Guid, &self.guid),
            (Key::Timeout, &self.timeout),
            (Key::Retries, &self.retries),
            (Key::Cacert, &self.cacert),
            (Key::Insecure, &insecure),
            (Key::Lang, &lang),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value.clone()?)))
        .collect();
        Flags {
            values,
            profile: self.profile.clone(),
            config: self.config.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_definition_is_valid() {
        command().debug_assert();
    }
}
