//! Runs a command against a private sandbox.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::process::{Child, Command, ExitCode, ExitStatus};

use signal_hook::iterator::Signals;
use tempfile::TempDir;

use super::access::Access;
use crate::commands::CommandResult;
use crate::context::Context;
use crate::env::{self, Env};
use crate::error::Error;
use crate::files;
use crate::sandbox::Sandbox;
use crate::signals;
use crate::text::text;

/// Runs `command` with its own base URL, credentials and configuration and this binary first in `PATH`; exits with
/// its status. Signals are forwarded to it.
pub fn run(
    context: &Context,
    sandbox: &Sandbox,
    signals: Signals,
    command: &[OsString],
) -> CommandResult {
    let Some((program, args)) = command.split_first() else {
        return Err(Error::usage(text!("no command given")));
    };
    let scratch = TempDir::with_prefix("qiwei-sandbox-").map_err(|e| {
        Error::io_before_change(
            text!("cannot create a directory for the sandbox's config"),
            &files::of_system(e),
        )
        .hint(text!("set a directory for temporary files with TMPDIR"))
    })?;
    let config = scratch.path().join("config.toml");
    File::create(&config)
        .map_err(|e| Error::io_before_change(text!("cannot create the sandbox's config"), &e))?;

    let mut child = Command::new(program);
    child.args(args);
    // The user's own server, instance and credentials must not be used in the sandbox.
    let language = OsStr::new(env::LANG);
    for name in context.env().own_names().filter(|name| *name != language) {
        child.env_remove(name);
    }
    child
        .envs(Access::to(sandbox).variables())
        .env(env::CONFIG, &config)
        .env(env::STATE_DIR, scratch.path())
        .env(env::CACHE_DIR, scratch.path())
        .env(env::PATH, path_with_this_binary(context.env()));
    let mut child = child.spawn().map_err(|e| {
        Error::usage(text!(
            "cannot run {program}: {error}",
            program = program.display(),
            error = e
        ))
        .hint(text!(
            "after `--` give a program and its arguments; for a script: -- sh -c '…'"
        ))
    })?;
    forward_signals(signals, &child, context.can_ask())?;
    let status = child
        .wait()
        .map_err(|e| Error::io_after_change(text!("cannot wait for the command"), &e))?;
    Ok(code_of(status))
}

fn path_with_this_binary(env: &Env) -> OsString {
    let old = env.get(env::PATH).unwrap_or(OsStr::new(""));
    let own = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(ToOwned::to_owned));
    let folders = own.into_iter().chain(std::env::split_paths(old));
    std::env::join_paths(folders).unwrap_or_else(|_| old.to_owned())
}

/// Forwards signals to the child, on a thread that ends with the process. On a terminal, Ctrl-C already
/// reaches the child.
#[cfg(unix)]
fn forward_signals(signals: Signals, child: &Child, on_terminal: bool) -> Result<(), Error> {
    use rustix::process::{Pid, Signal, kill_process};

    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
        return Err(Error::internal(text!("a child without a process id")));
    };
    signals::forward(signals, move |number| {
        if let Some(signal) = Signal::from_named_raw(number)
            && !(on_terminal && signal == Signal::INT)
        {
            // The child may have ended already.
            let _ = kill_process(pid, signal);
        }
    })
}

#[cfg(not(unix))]
fn forward_signals(_signals: Signals, _child: &Child, _on_terminal: bool) -> Result<(), Error> {
    Ok(())
}

/// The exit code of a child ended by a signal: 128 plus the signal's number.
fn code_of(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return signals::exit_code(signal);
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(1))
}
