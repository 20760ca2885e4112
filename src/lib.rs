//! `qiwei` controls WeCom accounts hosted by an API server, from shell scripts, cron and CI.
//!
//! The binary is [`run`] on the process's own arguments, environment and streams. The
//! [`sandbox`] is independent: a simulated API server.

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
mod core_dumps;
mod delivery;
mod env;
mod error;
mod files;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod guid;
mod http;
mod input;
mod instances;
mod json;
mod listener;
mod login;
mod media;
mod mention;
mod names;
mod output;
mod pace;
mod panics;
mod parallel;
mod qr;
mod rate_limiter;
mod redact;
pub mod sandbox;
mod secret;
mod shell;
mod signals;
mod state_url;
mod store;
mod text;
mod time;
#[cfg(test)]
mod token_sequences;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use cli::Cli;
use config::Layers;
use context::Context;
pub use env::Env;
use output::{Output, OutputOptions};
pub use output::{OutputStream, StdinStream, Streams};
pub use panics::install_panic_hook;
use text::Lang;

/// Runs one command; `args` start with the program's name.
pub fn run(args: impl IntoIterator<Item = OsString>, env: Env, streams: Streams) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(shell) = env.get(env::COMPLETE) {
        let offer = completion::answer(shell, &args, &env);
        let output = Output::new(OutputOptions::default(), streams.stdout, streams.stderr);
        return finish(&output, output.bytes(&offer).map(|()| ExitCode::SUCCESS));
    }
    match cli::parse(&args) {
        Ok(cli) => dispatch(cli, env, streams, args.iter().any(|arg| arg == "--")),
        Err(error) => usage::run(error, &args, env, streams),
    }
}

/// The definition of the command line in English or Chinese, for generating man pages.
#[doc(hidden)]
pub fn command(chinese: bool) -> clap::Command {
    usage::help::in_language(cli::command(), manual_language(chinese))
}

/// The examples of a command, each with what it does. `words` are those behind the program's name.
#[doc(hidden)]
pub fn examples(words: &str, chinese: bool) -> Vec<(&'static str, &'static str)> {
    usage::examples(words, manual_language(chinese))
}

fn manual_language(chinese: bool) -> Lang {
    match chinese {
        true => Lang::Zh,
        false => Lang::En,
    }
}

fn dispatch(cli: Cli, env: Env, streams: Streams, has_double_dash: bool) -> ExitCode {
    core_dumps::forbid();
    signals::ignore_sigxfsz();
    let global = &cli.global;
    let flags = global.flags();
    // Read once: it may be a pipe. Commands that need no configuration run when it is invalid.
    let layers = Layers::load(flags.clone(), env.clone());
    let lang = match &layers {
        Ok(layers) => layers.lang(),
        Err(_) => Layers::without_file(flags.clone(), env.clone()).lang(),
    };
    let options = OutputOptions {
        json: global.json_format(),
        quiet: global.quiet,
        verbosity: global.verbose,
        color: global.color,
        no_color: OutputOptions::is_colorless(&env),
        dumb: OutputOptions::is_dumb(&env),
        utf8: env.is_utf8(),
        lang,
    };
    let output = Output::new(options, streams.stdout, streams.stderr);
    let context = Context::new(output.clone(), streams.stdin, flags, env, layers)
        .with_double_dash(has_double_dash);
    let result = (cli.command)(&context);
    finish(&output, result)
}

fn finish(output: &Output, result: commands::CommandResult) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) => {
            output.error(&error);
            ExitCode::from(error.exit)
        }
    }
}
