//! SIGINT, SIGTERM and SIGHUP as events, so that a command can clean up.

use std::process::ExitCode;
#[cfg(unix)]
use std::sync::{Arc, atomic::AtomicBool};
use std::thread;

#[cfg(unix)]
use signal_hook::consts::SIGHUP;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::error::Error;
use crate::text::text;

/// Ignores SIGXFSZ, so that exceeding `ulimit -f` is a reported write error instead of a silent end.
pub fn ignore_sigxfsz() {
    #[cfg(unix)]
    {
        // If this fails, the default action stays.
        let _ = signal_hook::flag::register(libc::SIGXFSZ, Arc::new(AtomicBool::new(false)));
    }
}

/// Starts handling SIGINT, SIGTERM, and SIGHUP unless it is ignored, as under `nohup`; they no longer end
/// the process by themselves.
///
/// # Errors
/// When the system refuses.
pub fn watch() -> Result<Signals, Error> {
    let signals = watch_without_hangup()?;
    watch_hangup(&signals);
    Ok(signals)
}

fn watch_without_hangup() -> Result<Signals, Error> {
    Signals::new([SIGINT, SIGTERM])
        .map_err(|e| Error::io_before_change(text!("cannot handle signals"), &e))
}

/// Calls `report` with each signal, on a thread that ends with the process.
///
/// # Errors
/// When no thread can be started.
pub fn forward(mut signals: Signals, report: impl Fn(i32) + Send + 'static) -> Result<(), Error> {
    spawn(move || signals.forever().for_each(report))
}

/// Like [`forward`] of [`watch`], without the time to find out whether SIGHUP is ignored, which takes a file
/// read: it is handled a moment later than the other signals.
///
/// # Errors
/// As [`watch`] and [`forward`].
pub fn forward_during_send(report: impl Fn(i32) + Send + 'static) -> Result<(), Error> {
    let mut signals = watch_without_hangup()?;
    spawn(move || {
        watch_hangup(&signals);
        signals.forever().for_each(report);
    })
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let thread = thread::Builder::new().name("signals".into());
    thread
        .spawn(work)
        .map(drop)
        .map_err(|e| Error::io_before_change(text!("cannot handle signals"), &e))
}

/// Ends the process at once with the exit code of a signal, for threads that handle signals beside an
/// uninterruptible call.
#[expect(
    clippy::exit,
    reason = "the main thread cannot be reached while it waits for an answer"
)]
pub fn end(signal: i32) -> ! {
    std::process::exit(128 + signal)
}

/// Waits for the first signal.
pub fn wait(mut signals: Signals) -> i32 {
    signals.forever().next().unwrap_or(SIGTERM)
}

/// The exit code after a signal: 129 for SIGHUP, 130 for SIGINT, 143 for SIGTERM.
pub fn exit_code(signal: i32) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(255))
}

/// Whether a signal that follows another one asks for an immediate end. SIGHUP does not: at the end of a
/// session the shell and the system both send it, and service managers send it after SIGTERM.
pub fn is_urgent(signal: i32) -> bool {
    [SIGINT, SIGTERM].contains(&signal)
}

/// Handles SIGHUP too, unless it is ignored: a handler would undo `nohup`.
#[cfg(unix)]
fn watch_hangup(signals: &Signals) {
    if !hangup::is_ignored() {
        // If this fails, the default action stays.
        let _ = signals.add_signal(SIGHUP);
    }
}

#[cfg(not(unix))]
fn watch_hangup(_signals: &Signals) {}

/// Whether the parent process has set SIGHUP to be ignored. Rust has no safe call that tells.
#[cfg(unix)]
mod hangup {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};

    use signal_hook::consts::SIGHUP;

    pub fn is_ignored() -> bool {
        let status = std::fs::read_to_string("/proc/self/status");
        status
            .ok()
            .and_then(|status| is_ignored_in(&status))
            .unwrap_or_else(is_ignored_by_children)
    }

    /// Linux: the line `SigIgn:` has the ignored signals as a hexadecimal mask.
    pub fn is_ignored_in(status: &str) -> Option<bool> {
        let mask = status
            .lines()
            .find_map(|line| line.strip_prefix("SigIgn:"))?;
        let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
        Some(mask & (1 << (SIGHUP - 1)) != 0)
    }

    /// Elsewhere: a child inherits an ignored signal, and survives it.
    pub fn is_ignored_by_children() -> bool {
        Command::new("/bin/sh")
            .args(["-c", "kill -HUP $$"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.signal() != Some(SIGHUP))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn reads_ignored_hangup() {
        for (status, is_ignored) in [
            ("Name:\tx\nSigIgn:\t0000000000000001\n", Some(true)),
            ("SigIgn:\t0000000000001001\nSigCgt:\t0\n", Some(true)),
            ("SigIgn:\t0000000000001000\n", Some(false)),
            ("SigIgn:\tnonsense\n", None),
            ("", None),
        ] {
            assert_eq!(hangup::is_ignored_in(status), is_ignored, "{status:?}");
        }
    }

    #[test]
    fn both_ways_to_find_out_agree() {
        assert_eq!(hangup::is_ignored(), hangup::is_ignored_by_children());
    }

    #[test]
    fn hangup_is_never_urgent() {
        assert!(is_urgent(SIGINT) && is_urgent(SIGTERM) && !is_urgent(SIGHUP));
    }
}
