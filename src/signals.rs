//! SIGINT and SIGTERM as events, so that a command can clean up.

use std::process::ExitCode;
#[cfg(unix)]
use std::sync::{Arc, atomic::AtomicBool};
use std::thread;

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

/// Starts handling both signals; they no longer end the process by themselves.
///
/// # Errors
/// When the system refuses.
pub fn watch() -> Result<Signals, Error> {
    Signals::new([SIGINT, SIGTERM]).map_err(|e| Error::local(text!("cannot handle signals"), &e))
}

/// Calls `report` with each signal, on a thread that ends with the process.
///
/// # Errors
/// When no thread can be started.
pub fn forward(mut signals: Signals, report: impl Fn(i32) + Send + 'static) -> Result<(), Error> {
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || signals.forever().for_each(report))
        .map(drop)
        .map_err(|e| Error::local(text!("cannot handle signals"), &e))
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

/// The exit code after a signal: 130 for SIGINT, 143 for SIGTERM.
pub fn exit_code(signal: i32) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(255))
}
