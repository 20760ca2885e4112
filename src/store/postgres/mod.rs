//! The state in PostgreSQL, shared by several machines. Only the clock of the database counts.

mod failure;
mod ledger;
mod pace;
mod password;
mod pooler;
#[cfg(any(test, fuzzing))]
pub mod properties;
pub(super) mod schema;
mod session;
mod statement;
mod tls;

use std::sync::Arc;

use super::ledger::Entry;
pub use session::{AdvisoryLock, Session};

/// The ledger, or the journal of a batch, on an open connection.
pub(super) struct Postgres {
    session: Arc<Session>,
    /// The name of the batch; empty for the ledger.
    run: String,
}

impl Postgres {
    /// The ledger.
    pub(super) fn ledger(session: Arc<Session>) -> Self {
        Self {
            session,
            run: String::new(),
        }
    }

    /// The journal of the batch `run`.
    pub(super) fn journal(session: Arc<Session>, run: &str) -> Self {
        Self {
            session,
            run: run.to_owned(),
        }
    }

    /// The identity of an attempt to send this message.
    fn attempt_of(&self, entry: &Entry) -> session::AttemptKey {
        (self.run.clone(), entry.clone())
    }
}
