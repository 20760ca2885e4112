//! Panic handling: a panic is a bug; it is reported as an `internal` error and ends the program.
//!
//! There is no unwinding: a program that continues without one of its threads could wait forever, and
//! the unwind tables are a tenth of the binary.

use std::any::Any;
use std::ffi::OsString;
use std::panic;

use crate::error::Error;
use crate::output::{JsonFormat, Output, OutputOptions, Streams};
use crate::text::{Text, text};

/// Installs the panic hook, which ends the program from any thread. Not for tests.
#[expect(
    clippy::exit,
    reason = "the panicking thread need not be the one that could end the program"
)]
pub fn install_panic_hook() {
    panic::set_hook(Box::new(|info| {
        let args: Vec<OsString> = std::env::args_os().collect();
        let streams = Streams::of_process();
        // Output options are not available here.
        let options = OutputOptions {
            json: JsonFormat::in_arguments(&args),
            ..OutputOptions::default()
        };
        let error = error(info.payload(), info.location().map(ToString::to_string));
        Output::new(options, streams.stdout, streams.stderr).error(&error);
        std::process::exit(error.exit.into());
    }));
}

fn error(payload: &(dyn Any + Send), place: Option<String>) -> Error {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let what = text.map_or_else(|| text!("no details"), Text::verbatim);
    let place = Text::verbatim(place.unwrap_or_default());
    Error::internal(text!("internal error: {what} ({place})", what, place)).hint(text!(
        "the current operation may or may not have been executed; please report this with the command and the output of -vv"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn prints_panic_message_with_location() {
        let message = |payload: Box<dyn Any + Send>| {
            let error = error(payload.as_ref(), Some("src/x.rs:1:2".into()));
            assert_eq!(error.exit, 70);
            error.message.render(Lang::En)
        };
        assert_eq!(
            message(Box::new("index out of bounds")),
            "internal error: index out of bounds (src/x.rs:1:2)"
        );
        assert_eq!(
            message(Box::new("owned".to_owned())),
            "internal error: owned (src/x.rs:1:2)"
        );
        assert_eq!(
            message(Box::new(7)),
            "internal error: no details (src/x.rs:1:2)"
        );
    }
}
