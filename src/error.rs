//! What can go wrong: the one error type, its kinds and their exit codes.

use std::time::Duration;

use serde::Serialize;

use crate::text::{Text, text};

/// What became of a request that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The server said yes.
    Accepted,
    /// The same message was accepted before, and was not sent again.
    Duplicate,
    /// The server understood and refused.
    Rejected,
    /// Certainly not executed.
    NotSent,
    /// It was written, and no trustworthy answer came.
    Unknown,
}

impl Outcome {
    /// The word people read.
    pub fn word(self) -> Text {
        match self {
            Self::Accepted => text!("accepted"),
            Self::Duplicate => text!("duplicate"),
            Self::Rejected => text!("rejected"),
            Self::NotSent => text!("not_sent"),
            Self::Unknown => text!("unknown"),
        }
    }

    /// The word scripts see.
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

/// The kinds of failure. Each has one exit code, and both are a promise to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The server understood and refused.
    Rejected,
    /// Bad arguments or input; nothing left this machine.
    Usage,
    /// No instance, several candidates, or a configuration that cannot be used.
    Config,
    /// The instance is not online.
    NotLoggedIn,
    /// No connection; for reads also: no trustworthy answer.
    Unreachable,
    /// The request was written and no trustworthy answer came.
    Unknown,
    /// A wait ran out of time.
    Deadline,
    /// Some items of several were not accepted.
    Partial,
    /// Another process holds what is needed.
    Busy,
    /// Reading or writing on this machine failed, after the work itself was done.
    Io,
    /// A bug in this program.
    Internal,
    /// Whoever read our output has gone: not an error, only the end.
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

/// A failure with everything a person or a script needs to act on it. Rendered once, at the edge.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Error {
    /// What kind of failure, and with it the exit code.
    pub kind: Kind,
    /// The server's business code, when it gave one.
    pub code: Option<i64>,
    /// What happened, in one or two sentences.
    pub message: Text,
    /// What to do about it.
    pub hint: Option<Text>,
    /// What became of the request, for commands that change something.
    pub outcome: Option<Outcome>,
    /// Whether the same command may simply be run again.
    pub retryable: bool,
    /// Seconds after which it may, where that is known.
    pub retry_after: Option<f64>,
    /// The exit code, repeated for those who read only the JSON.
    pub exit: u8,
}

impl Error {
    /// An error of `kind`, with no outcome, not retryable. Its hint is what helps when the system
    /// has run out of something, until a better one is given.
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
        }
    }

    /// Bad arguments or input. Nothing has left this machine.
    pub fn usage(message: Text) -> Self {
        Self::new(Kind::Usage, message).outcome(Outcome::NotSent)
    }

    /// A configuration that cannot be used. Nothing has been changed anywhere.
    pub fn config(message: Text) -> Self {
        Self::new(Kind::Config, message).outcome(Outcome::NotSent)
    }

    /// A step on this machine that failed before anything was changed anywhere.
    pub fn local(what: Text, error: &std::io::Error) -> Self {
        Self::config(text!("{what}: {error}", what, error))
    }

    /// A local read or write that failed after the work itself was done.
    pub fn io(what: Text, error: &std::io::Error) -> Self {
        Self::new(Kind::Io, text!("{what}: {error}", what, error))
    }

    /// A state this program should never be in.
    pub fn internal(message: Text) -> Self {
        Self::new(Kind::Internal, message).hint(text!(
            "this is a bug in qiwei; please report it with the command and the output of -vv"
        ))
    }

    /// The end of output because nobody reads it any more.
    pub fn closed_pipe() -> Self {
        Self::new(Kind::ClosedPipe, text!("output closed"))
    }

    /// Adds what to do about it. Where descriptors have run out, nothing but more of them helps.
    pub fn hint(mut self, hint: Text) -> Self {
        if shortage(self.kind, &self.message) != Some(Shortage::Descriptors) {
            self.hint = Some(hint);
        }
        self
    }

    /// The same when only printing failed: says what was done, or a script would do it again.
    pub fn after(self, done: &Text) -> Self {
        if self.kind != Kind::Io {
            return self;
        }
        let message = text!("{done}, but {message}", done, message = &self.message);
        Self { message, ..self }.outcome(Outcome::Accepted)
    }

    /// Sets what became of the request.
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = Some(outcome);
        self
    }

    /// Sets the server's business code.
    pub fn code(mut self, code: Option<i64>) -> Self {
        self.code = code;
        self
    }

    /// Says that running the same command again is safe and may help.
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// Says when running the same command again may help.
    pub fn retry_after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait.map(|wait| (wait.as_secs_f64() * 1000.0).ceil() / 1000.0);
        self
    }

    /// The same, ended by a signal: that decides the exit code.
    pub fn ending_with(mut self, signal: i32) -> Self {
        self.exit = u8::try_from(128 + signal).unwrap_or(self.exit);
        self
    }

    /// Turns it into another kind, with the exit code of that.
    pub fn into_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self.exit = kind.exit_code();
        self
    }
}

/// Something the system has run out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shortage {
    Descriptors,
    Space,
    FileSize,
}

/// What the system's error in a message says has run out, if it does. Not what a server says, whose
/// system is another one.
fn shortage(kind: Kind, message: &Text) -> Option<Shortage> {
    if matches!(
        kind,
        Kind::Rejected | Kind::NotLoggedIn | Kind::Busy | Kind::Unknown
    ) {
        return None;
    }
    // The numbers of Linux, macOS and the BSDs; the words come with the number.
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
                "allow more open files, for example with `ulimit -n 1024`; fewer --jobs take fewer"
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
            Error::local(text!("cannot watch for signals"), &system)
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
        // A server may have troubles of its own.
        let theirs = of(24).message;
        assert_eq!(hint(Error::new(Kind::Rejected, theirs)), "");
        // A full disk may have a better remedy; without descriptors there is no other.
        assert_eq!(hint(of(28).hint("move it".into())), "move it");
        assert!(hint(of(24).hint("move it".into())).contains("ulimit -n"));
    }

    #[test]
    fn output_error_reports_completed_change() {
        let full = std::io::Error::from_raw_os_error(28);
        let error = Error::io(text!("cannot write the result to stdout"), &full);
        let error = error.after(&Text::verbatim("it was made"));
        assert!(
            error
                .message
                .english()
                .starts_with("it was made, but cannot write")
        );
        assert_eq!((error.outcome, error.exit), (Some(Outcome::Accepted), 74));
        let closed = Error::closed_pipe().after(&Text::verbatim("it was made"));
        assert_eq!(closed, Error::closed_pipe());
    }

    /// The exit codes are a contract: this table may only grow.
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
