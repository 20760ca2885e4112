//! SIGINT and SIGTERM as events: whoever waits for something can put things in order first.

use std::process::ExitCode;
#[cfg(unix)]
use std::sync::{Arc, atomic::AtomicBool};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::error::Error;
use crate::text::text;

/// Lets a write beyond a limit of file size (`ulimit -f`) fail as on a full disk, which is reported,
/// instead of ending the process without a word.
pub fn survive_size_limits() {
    #[cfg(unix)]
    {
        // Without it the process only ends as it always did.
        let _ = signal_hook::flag::register(libc::SIGXFSZ, Arc::new(AtomicBool::new(false)));
    }
}

/// Starts to watch for both signals. From here on they no longer end the process by themselves.
///
/// # Errors
/// When the system does not let us.
pub fn watch() -> Result<Signals, Error> {
    Signals::new([SIGINT, SIGTERM]).map_err(|e| Error::local(text!("cannot watch for signals"), &e))
}

/// Calls `tell` with each signal from a thread that ends with the process.
///
/// # Errors
/// When no thread can be started.
pub fn forward(mut signals: Signals, tell: impl Fn(i32) + Send + 'static) -> Result<(), Error> {
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || signals.forever().for_each(tell))
        .map(drop)
        .map_err(|e| Error::local(text!("cannot watch for signals"), &e))
}

/// Ends the process at once, as after a signal. For threads that wait for signals beside a call
/// that nothing can interrupt, once everything is said.
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

/// The exit code after a signal, as shells count it: 130 for SIGINT, 143 for SIGTERM.
pub fn exit_code(signal: i32) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(255))
}
