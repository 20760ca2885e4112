//! Failures of the database: what happened, and whether trying again can help.

use std::error::Error as _;
use std::fmt::Write;
use std::time::Duration;

use tokio_postgres::error::SqlState;

use crate::error::{Error, Kind, Outcome};
use crate::state_url::{SslMode, StateUrl};
use crate::text::{Text, text};
use crate::time::show_duration;

/// A failure of the database or of the connection to it.
#[derive(Debug)]
pub(super) enum Failure {
    /// The database or the connection.
    Database(tokio_postgres::Error),
    /// No answer in time.
    Timeout(Duration),
    /// The connection was lost before.
    Lost,
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl Failure {
    /// The database's code, if it answered with an error.
    pub(super) fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Database(error) => error.code(),
            Self::Timeout(_) | Self::Lost => None,
        }
    }

    /// Whether the connection cannot be used after it.
    pub(super) fn ends_connection(&self) -> bool {
        self.code()
            .is_none_or(|code| code.code().starts_with("57P"))
    }

    /// Whether the tables do not exist.
    pub(super) fn is_missing_schema(&self) -> bool {
        let missing = [
            SqlState::INVALID_SCHEMA_NAME,
            SqlState::UNDEFINED_TABLE,
            SqlState::UNDEFINED_COLUMN,
        ];
        self.code().is_some_and(|code| missing.contains(code))
    }

    /// The error of a command that has not sent anything. An outage is `busy`, because the same command can
    /// succeed later; a missing right or a wrong password is an error of the configuration.
    pub(super) fn into_error(self, url: &StateUrl) -> Error {
        let reason = self.reason();
        let address = url.address();
        let message = text!(
            "cannot use the state in PostgreSQL at {address}: {reason}",
            address,
            reason
        );
        match self.remedy(url) {
            Some(hint) => Error::config(message).hint(hint),
            None => unreachable(message),
        }
    }

    fn reason(&self) -> Text {
        match self {
            Self::Lost => text!("the connection was lost"),
            Self::Timeout(time) => text!("no answer in {time}", time = show_duration(*time)),
            Self::Database(error) => match error.as_db_error() {
                Some(error) => Text::verbatim(error.message()),
                None => Text::verbatim(causes(error)),
            },
        }
    }

    /// What to change; `None` for a failure that may pass.
    fn remedy(&self, url: &StateUrl) -> Option<Text> {
        let Self::Database(error) = self else {
            return None;
        };
        let Some(code) = error.code() else {
            let words = causes(error);
            let is_about_tls = [
                "certificate",
                "TLS",
                "authentication error",
                "password missing",
            ];
            return is_about_tls.iter().any(|word| words.contains(word)).then(|| {
                text!(
                    "nothing was sent; check the address, sslmode and sslrootcert of `state`, and the password (also PGPASSWORD, PGPASSFILE)"
                )
            });
        };
        let is_unencrypted = url.ssl_mode == SslMode::Disable && !url.is_unix_socket();
        match code.code().get(..2).unwrap_or_default() {
            "28" if is_unencrypted && *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
                Some(text!(
                    "nothing was sent; check the user of `state` and the server's pg_hba.conf; if the server requires encryption, add sslmode=verify-full to `state`"
                ))
            }
            "28" => Some(text!(
                "nothing was sent; check the user and the password of `state` (also PGPASSWORD, PGPASSFILE) and the server's pg_hba.conf"
            )),
            "3D" => Some(text!(
                "nothing was sent; create the database, or name another in `state`"
            )),
            // Connection, resources, rollback, locks, shutdown, and a server that only reads after a fail-over.
            "08" | "53" | "40" | "55" | "57" | "25" | "58" | "XX" => None,
            "42" | "3F" => Some(text!(
                "nothing was sent; an administrator can run the output of `qiwei ledger init --sql`, or name a schema that the role may use in `state` (?schema=NAME)"
            )),
            _ => Some(text!("nothing was sent; see the server's log")),
        }
    }
}

/// The error of a state that cannot be reached now.
pub(super) fn unreachable(message: Text) -> Error {
    Error::new(Kind::Busy, message)
        .hint(text!("nothing was sent; run the same command again later"))
        .outcome(Outcome::NotSent)
        .retryable()
}

/// The error and its causes, without repetition.
fn causes(error: &tokio_postgres::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !words.contains(&text) {
            // Writing to a string cannot fail.
            let _ = write!(words, ": {text}");
        }
        cause = error.source();
    }
    words
}
