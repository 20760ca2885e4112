//! The state: the ledger of keyed sends, the locks of their keys, and the pace of each account.
//!
//! It is in a SQLite file of this machine, or in a PostgreSQL database that several machines share. What is
//! the same for both is in this folder; [`backend::Backend`] is what differs. Opened only by commands that
//! need it.

mod backend;
mod ledger;
mod location;
mod pace;
mod postgres;
mod sqlite;

use std::path::Path;
use std::time::Duration;

pub use backend::KeyLock;
pub use ledger::{Entry, LedgerState, Row, RowFilter};
pub use location::{SharedState, StateLocation};
pub use pace::Reservation;
#[cfg(fuzzing)]
pub use postgres::properties;
pub use postgres::schema::setup_sql;

use crate::error::{Error, Kind, Outcome};
use crate::text::text;
use crate::time::Deadline;
use backend::Backend;

/// An open ledger, or the journal of a batch.
pub struct StateDatabase {
    backend: Box<dyn Backend>,
}

impl StateDatabase {
    /// Opens the SQLite file at `path`, creating or migrating it as needed.
    ///
    /// # Errors
    /// A configuration error that names the file; nothing is sent that cannot be recorded.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self::of(sqlite::Sqlite::open(path)?))
    }

    fn of(backend: impl Backend + 'static) -> Self {
        Self {
            backend: Box::new(backend),
        }
    }

    /// Locks the key until the returned value is dropped.
    ///
    /// # Errors
    /// `busy` when another process still holds the key after `wait_budget`; else as
    /// [`StateLocation::open`].
    pub fn lock_key(&self, entry: &Entry, wait_budget: Duration) -> Result<KeyLock, Error> {
        let lock = self.backend.lock_key(entry, wait_budget);
        lock.map_err(Error::about_state)?.ok_or_else(|| {
            Error::new(
                Kind::Busy,
                text!(
                    "another process is sending with key {key}",
                    key = format!("{:?}", entry.key)
                ),
            )
            .hint(text!(
                "try again later, or wait longer with --max-wait and --timeout"
            ))
            .outcome(Outcome::NotSent)
            .retryable()
        })
    }

    /// Locks a batch, so that one process works on it; `None` when another does.
    ///
    /// # Errors
    /// As [`StateLocation::open`].
    pub fn lock_run(&self, server: &str, guid: &str) -> Result<Option<KeyLock>, Error> {
        let whole = Entry {
            server: server.to_owned(),
            guid: guid.to_owned(),
            key: String::new(),
        };
        self.backend.lock_key(&whole, Duration::ZERO)
    }

    /// Limits the time of everything but recording an outcome, where that can wait for long.
    pub fn set_deadline(&self, deadline: Deadline) {
        self.backend.set_deadline(deadline);
    }

    /// Whether the connection to it is lost, so that it must be opened again.
    pub fn is_lost(&self) -> bool {
        self.backend.is_lost()
    }
}
