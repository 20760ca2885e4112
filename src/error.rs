//! The error type, its kinds, and the exit codes.

use std::time::Duration;

use serde::Serialize;

use crate::text::{Text, text};

/// The outcome of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The server confirmed it.
    Accepted,
    /// The message was previously accepted and not sent again.
    Duplicate,
    /// The server refused it.
    Rejected,
    /// Certainly not executed.
    NotSent,
    /// The request was written, and no trustworthy answer arrived.
    Unknown,
}

impl Outcome {
    /// The text for people.
    pub fn label(self) -> Text {
        match self {
            Self::Accepted => text!("accepted"),
            Self::Duplicate => text!("duplicate"),
            Self::Rejected => text!("rejected"),
            Self::NotSent => text!("not_sent"),
            Self::Unknown => text!("unknown"),
        }
    }

    /// The name used in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Rejected => "rejected",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
        }
    }
}

/// Kinds of failure. Each has one exit code; both are a contract with scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The server refused the request.
    Rejected,
    /// Invalid arguments or input; nothing was sent.
    Usage,
    /// No instance, several candidates, or unusable configuration.
    Config,
    /// The instance is not online.
    NotLoggedIn,
    /// No connection; for reads also no trustworthy answer.
    Unreachable,
    /// The request was written, and no trustworthy answer arrived.
    Unknown,
    /// A wait ran out of time.
    Deadline,
    /// Some of several items were not accepted.
    Partial,
    /// Another process holds a lock, the pace allows no send in time, or the shared state cannot be reached now.
    Busy,
    /// A local read or write failed after the work itself was done.
    Io,
    /// A bug in this program.
    Internal,
    /// Stdout is closed; ends a command with a single result without an error.
    ClosedPipe,
}

impl Kind {
    /// The exit code of the process.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::ClosedPipe => 0,
            Self::Rejected => 1,
            Self::Usage => 2,
            Self::Config => 3,
            Self::NotLoggedIn => 4,
            Self::Unreachable => 5,
            Self::Unknown => 6,
            Self::Deadline => 7,
            Self::Partial => 8,
            Self::Busy => 9,
            Self::Internal => 70,
            Self::Io => 74,
        }
    }
}

/// A failure with everything needed to act on it. Printed once, in `lib::run`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Error {
    /// The kind, which decides the exit code.
    pub kind: Kind,
    /// The server's business code, if there was one.
    pub code: Option<i64>,
    /// The message, one or two sentences.
    pub message: Text,
    /// What to do about it.
    pub hint: Option<Text>,
    /// The outcome, for commands that change something.
    pub outcome: Option<Outcome>,
    /// Whether the same command may be run again safely.
    pub retryable: bool,
    /// Seconds after which it may be run again, if known.
    pub retry_after: Option<f64>,
    /// The exit code, repeated for readers of the JSON.
    pub exit: u8,
    /// Whether the ledger or the pace cannot be used, so that the message could be sent without them.
    #[serde(skip)]
    pub is_about_state: bool,
}

impl Error {
    /// An error of `kind` without outcome, not retryable. Its hint names a resource shortage, until a more
    /// specific one is set.
    pub fn new(kind: Kind, message: Text) -> Self {
        Self {
            kind,
            code: None,
            hint: shortage(kind, &message).map(Shortage::remedy),
            message,
            outcome: None,
            retryable: false,
            retry_after: None,
            exit: kind.exit_code(),
            is_about_state: false,
        }
    }

    /// Invalid arguments or input; nothing was sent.
    pub fn usage(message: Text) -> Self {
        Self::new(Kind::Usage, message).outcome(Outcome::NotSent)
    }

    /// Unusable configuration; nothing was changed.
    pub fn config(message: Text) -> Self {
        Self::new(Kind::Config, message).outcome(Outcome::NotSent)
    }

    /// A local failure before anything was changed.
    pub fn io_before_change(what: Text, error: &std::io::Error) -> Self {
        Self::config(text!("{what}: {error}", what, error))
    }

    /// A local failure after something was changed: the work itself was done.
    pub fn io_after_change(what: Text, error: &std::io::Error) -> Self {
        Self::new(Kind::Io, text!("{what}: {error}", what, error))
    }

    /// A violated invariant.
    pub fn internal(message: Text) -> Self {
        Self::new(Kind::Internal, message).hint(text!(
            "this is a bug in qiwei; please report it with the command and the output of -vv"
        ))
    }

    /// The end of output because stdout is closed.
    pub fn closed_pipe() -> Self {
        Self::new(Kind::ClosedPipe, text!("output closed"))
    }

    /// The error of a command that prints one line after another, such as `listen`: at a closed stdout it
    /// ends before its work is done, which is no success.
    pub fn in_stream(self) -> Self {
        match self.kind {
            Kind::ClosedPipe => Self::new(
                Kind::Partial,
                text!("standard output was closed before the end"),
            ),
            _ => self,
        }
    }

    /// Sets the hint. A descriptor shortage keeps its own hint, as nothing else helps.
    pub fn hint(mut self, hint: Text) -> Self {
        if shortage(self.kind, &self.message) != Some(Shortage::Descriptors) {
            self.hint = Some(hint);
        }
        self
    }

    /// Adds the change that was completed before the result could not be printed, so that a script does
    /// not repeat it.
    pub fn with_completed_change(self, done: &Text) -> Self {
        if self.kind != Kind::Io {
            return self;
        }
        let message = text!("{done}, but {message}", done, message = &self.message);
        Self { message, ..self }.outcome(Outcome::Accepted)
    }

    /// Sets the outcome.
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = Some(outcome);
        self
    }

    /// Marks an error of the ledger or the pace.
    pub fn about_state(mut self) -> Self {
        self.is_about_state = true;
        self
    }

    /// Sets the server's business code.
    pub fn code(mut self, code: Option<i64>) -> Self {
        self.code = code;
        self
    }

    /// Marks the command as safe to run again.
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// Sets when the command may be run again.
    pub fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait.map(|wait| (wait.as_secs_f64() * 1000.0).ceil() / 1000.0);
        self
    }

    /// Sets the exit code of an end by signal.
    pub fn ending_with(mut self, signal: i32) -> Self {
        self.exit = u8::try_from(128 + signal).unwrap_or(self.exit);
        self
    }

    /// Changes the kind and its exit code.
    pub fn into_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self.exit = kind.exit_code();
        self
    }
}

/// A resource the system has run out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shortage {
    Descriptors,
    Space,
    FileSize,
}

/// The resource shortage reported by a local system error in the message, not by a server.
fn shortage(kind: Kind, message: &Text) -> Option<Shortage> {
    if matches!(
        kind,
        Kind::Rejected | Kind::NotLoggedIn | Kind::Busy | Kind::Unknown
    ) {
        return None;
    }
    // Error numbers of Linux, macOS and the BSDs; the text carries the number.
    match message.system_code()? {
        23 | 24 => Some(Shortage::Descriptors),
        28 => Some(Shortage::Space),
        27 => Some(Shortage::FileSize),
        _ => None,
    }
}

impl Shortage {
    fn remedy(self) -> Text {
        match self {
            Self::Descriptors => text!(
                "allow more open files, for example with `ulimit -n 1024`, or use fewer --jobs"
            ),
            Self::Space => text!("free some space"),
            Self::FileSize => text!("allow larger files, for example with `ulimit -f unlimited`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_shortage_has_hint() {
        let of = |code| {
            let system = std::io::Error::from_raw_os_error(code);
            Error::io_before_change(text!("cannot handle signals"), &system)
        };
        let hint = |error: Error| error.hint.map(|hint| hint.english()).unwrap_or_default();
        for (code, part) in [
            (24, "ulimit -n"),
            (28, "space"),
            (27, "ulimit -f"),
            (13, ""),
        ] {
            assert!(hint(of(code)).contains(part), "{code}");
        }
        assert_eq!(hint(of(13)), "");
        // A server's text may mention its own shortage.
        let theirs = of(24).message;
        assert_eq!(hint(Error::new(Kind::Rejected, theirs)), "");
        // A full disk may have a better hint; a descriptor shortage has only this one.
        assert_eq!(hint(of(28).hint("move it".into())), "move it");
        assert!(hint(of(24).hint("move it".into())).contains("ulimit -n"));
    }

    #[test]
    fn output_error_reports_completed_change() {
        let full = std::io::Error::from_raw_os_error(28);
        let error = Error::io_after_change(text!("cannot write the result to stdout"), &full);
        let error = error.with_completed_change(&Text::verbatim("it was made"));
        assert!(
            error
                .message
                .english()
                .starts_with("it was made, but cannot write")
        );
        assert_eq!((error.outcome, error.exit), (Some(Outcome::Accepted), 74));
        let closed = Error::closed_pipe().with_completed_change(&Text::verbatim("it was made"));
        assert_eq!(closed, Error::closed_pipe());
    }

    /// Exit codes are a contract: entries may only be added.
    #[test]
    fn kinds_have_names_and_exit_codes() {
        let cases = [
            (Kind::Rejected, "rejected", 1),
            (Kind::Usage, "usage", 2),
            (Kind::Config, "config", 3),
            (Kind::NotLoggedIn, "not_logged_in", 4),
            (Kind::Unreachable, "unreachable", 5),
            (Kind::Unknown, "unknown", 6),
            (Kind::Deadline, "deadline", 7),
            (Kind::Partial, "partial", 8),
            (Kind::Busy, "busy", 9),
            (Kind::Internal, "internal", 70),
            (Kind::Io, "io", 74),
        ];
        for (kind, name, code) in cases {
            let error = serde_json::to_value(Error::new(kind, "x".into())).unwrap();
            assert_eq!(error["kind"], name);
            assert_eq!(error["exit"], code);
        }
    }

    #[test]
    fn json_error_has_every_field() {
        let json = serde_json::to_string(&Error::usage("no".into())).unwrap();
        assert_eq!(
            json,
            r#"{"kind":"usage","code":null,"message":"no","hint":null,"outcome":"not_sent","retryable":false,"retry_after":null,"exit":2}"#
        );
    }

    #[test]
    fn outcome_names_match_their_json() {
        for outcome in [
            Outcome::Accepted,
            Outcome::Duplicate,
            Outcome::Rejected,
            Outcome::NotSent,
            Outcome::Unknown,
        ] {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
        }
    }
}
