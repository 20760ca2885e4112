//! `qiwei` drives WeCom accounts hosted by an API server, from shell scripts, cron and CI.
//!
//! The binary is [`run`] on the process's own arguments, environment and streams. The
//! [`sandbox`] stands alone: a stateful stand-in for the API server.

#![cfg_attr(test, allow(clippy::string_slice))]

mod api;
mod base_url;
mod callback;
mod cli;
mod commands;
mod completion;
mod config;
mod context;
mod conversation;
mod delivery;
mod env;
mod error;
mod files;
mod guid;
mod http;
mod input;
mod instances;
mod login;
mod mention;
mod output;
mod pace;
mod qr;
mod redact;
pub mod sandbox;
mod secret;
mod signals;
mod store;
mod text;
mod time;

use std::any::Any;
use std::ffi::OsString;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use cli::Cli;
use context::Context;
pub use env::Env;
use error::Error;
use output::{ColorChoice, Manner, Output};
pub use output::{Sink, Source, Streams};
use text::{Text, text};

/// Runs one command: arguments (the program's name first) in, an exit code out.
pub fn run(args: impl IntoIterator<Item = OsString>, env: Env, streams: Streams) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(shell) = env.get(env::COMPLETE) {
        let offer = completion::answer(shell, &args, &env);
        let output = Output::new(Manner::default(), streams.stdout, streams.stderr);
        return finish(&output, output.bytes(&offer).map(|()| ExitCode::SUCCESS));
    }
    match Cli::try_parse_from(&args) {
        Ok(cli) => dispatch(cli, env, streams),
        Err(error) => usage(&error, &args, &env, streams),
    }
}

/// The command line as it is defined, for generating its man pages.
pub fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}

fn manner(json: bool, quiet: bool, verbosity: u8, color: ColorChoice, env: &Env) -> Manner {
    Manner {
        json,
        quiet,
        verbosity,
        color,
        lang: text::Lang::En,
        no_color: env.get(env::NO_COLOR).is_some()
            || env.get(env::TERM).is_some_and(|term| term == "dumb"),
    }
}

fn dispatch(cli: Cli, env: Env, streams: Streams) -> ExitCode {
    let global = &cli.global;
    let manner = manner(
        global.json,
        global.quiet,
        global.verbose,
        global.color,
        &env,
    );
    let output = Output::new(manner, streams.stdout, streams.stderr);
    let context = Context::new(output.clone(), streams.stdin, global.flags(), env);
    let result = guarded(|| cli.command.run(&context));
    finish(&output, result)
}

/// Turns a panic, which is always a bug of ours, into an error that says so.
fn guarded(command: impl FnOnce() -> commands::Finish) -> commands::Finish {
    panic::catch_unwind(AssertUnwindSafe(command))
        .unwrap_or_else(|payload| Err(Error::internal(panic_text(payload.as_ref()))))
}

fn panic_text(payload: &(dyn Any + Send)) -> Text {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    match text {
        Some(text) => text!("internal error: {text}", text),
        None => text!("internal error: no details"),
    }
}

fn finish(output: &Output, result: commands::Finish) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) => {
            output.error(&error);
            ExitCode::from(error.exit)
        }
    }
}

/// Help and version are results; everything else clap objects to is a usage error.
fn usage(error: &clap::Error, args: &[OsString], env: &Env, streams: Streams) -> ExitCode {
    // The parser gave up, so the flags that shape output are looked for by hand.
    let before_dashes = || args.iter().take_while(|arg| *arg != "--");
    let json = before_dashes().any(|arg| arg == "--json");
    let manner = manner(json, false, 0, ColorChoice::Auto, env);
    let output = Output::new(manner, streams.stdout, streams.stderr);
    let rendered = error.render();
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        let text = if output.look().color {
            rendered.ansi().to_string()
        } else {
            rendered.to_string()
        };
        return finish(&output, output.text(&text).map(|()| ExitCode::SUCCESS));
    }
    let text = rendered.to_string();
    let text = text.trim().strip_prefix("error: ").unwrap_or(text.trim());
    let missing = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    let error = match (json, missing) {
        (true, true) => Error::usage(text!("no command given")).hint(text!("see `qiwei --help`")),
        (true, false) => {
            Error::usage(Text::verbatim(first_paragraph(text))).hint(text!("see `qiwei --help`"))
        }
        (false, _) => Error::usage(Text::verbatim(text)),
    };
    finish(&output, Err(error))
}

/// Up to the first empty line, on one line.
fn first_paragraph(text: &str) -> String {
    text.lines()
        .take_while(|line| !line.trim().is_empty())
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ")
}
