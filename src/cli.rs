//! The root parser and the global flags.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgAction, ArgMatches, Args, CommandFactory, FromArgMatches, Parser};

use crate::commands::{COMMANDS, Command, PreparedCommand};
use crate::config::{Flags, Key};
use crate::output::{ColorChoice, JsonFormat};
use crate::text::Lang;

/// The parsed command line.
pub struct Cli {
    /// Global flags.
    pub global: GlobalArgs,
    /// The command to run.
    pub command: PreparedCommand,
}

/// Control WeCom (企业微信) accounts hosted by an API server, from scripts
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
    /// The global flags
    #[command(flatten)]
    global: GlobalArgs,
}

/// The complete definition of the command line.
pub fn command() -> clap::Command {
    with(COMMANDS.iter())
}

fn with<'c>(commands: impl Iterator<Item = &'c Command>) -> clap::Command {
    Root::command().subcommands(commands.map(Command::definition))
}

/// Parses the arguments, program name first.
///
/// # Errors
/// Parser errors, and the parser's answers to `--help` and `--version`.
pub fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let mut matches = match parse_with_mentioned_commands(args) {
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

/// Parses with only those commands defined that occur among the arguments; defining all of them takes
/// longer than sending a message. A command is known by its whole name, so a successful parse means the
/// same as with all of them. After a failed one the complete definition is used.
fn parse_with_mentioned_commands(args: &[OsString]) -> Result<ArgMatches, clap::Error> {
    let occurs = |command: &&Command| args.iter().any(|arg| arg == command.name);
    with(COMMANDS.iter().filter(occurs)).try_get_matches_from(args)
}

/// Unreachable: the parser requires a known command.
fn no_command() -> clap::Error {
    command().error(ErrorKind::MissingSubcommand, "no command given")
}

/// Global flags.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Base URL of the API server [default: http://localhost:8080; with app_key and app_secret that of the gateway]
    #[arg(long, global = true, value_name = "URL")]
    base_url: Option<String>,

    /// Guid of the instance to use [default: the current one, else the only one online]
    #[arg(long, global = true, value_name = "GUID")]
    guid: Option<String>,

    /// Profile of the config file to use
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,

    /// Config file to use
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Time limit of the whole command [default: 30s; login and status --wait 5min; listen, status --watch and send --batch none]
    #[arg(long, global = true, value_name = "DUR")]
    timeout: Option<String>,

    /// Retries of requests that are safe to repeat [default: 2]
    #[arg(long, global = true, value_name = "N")]
    retries: Option<String>,

    /// PEM file of certificates to trust in addition to the system's
    #[arg(long, global = true, value_name = "FILE")]
    cacert: Option<String>,

    /// Disable certificate verification (dangerous)
    #[arg(long, global = true)]
    insecure: bool,

    /// Language of messages and help [default: that of the locale]
    #[arg(long, global = true, value_enum, value_name = "LANG")]
    lang: Option<Lang>,

    /// Print results as JSON, and errors as one JSON line on stderr
    #[arg(long, global = true)]
    json: bool,

    /// Format of results
    #[arg(long, short, global = true, value_enum, value_name = "FORMAT")]
    output: Option<JsonFormat>,

    /// Print nothing but errors, warnings, and the data that was asked for
    #[arg(long, short, global = true)]
    pub quiet: bool,

    /// Show requests; twice: also their redacted bodies
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// When to use color
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto"
    )]
    pub color: ColorChoice,
}

impl GlobalArgs {
    /// How results are printed as JSON; `None` for people.
    pub fn json_format(&self) -> Option<JsonFormat> {
        self.output.or(self.json.then_some(JsonFormat::Json))
    }

    /// The flags that are settings.
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
