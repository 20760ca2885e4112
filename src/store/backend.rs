//! What a place that keeps the state must be able to do. The rules are above it, in `ledger.rs` and `pace.rs`.

use std::time::Duration;

use super::ledger::{Entry, Row, RowFilter, StoredEntry};
use crate::api::SentMessage;
use crate::error::{Error, Outcome};
use crate::files::SelfRemovingLock;
use crate::pace::{Micros, PaceState};
use crate::time::Deadline;

/// A place that keeps the state. All functions fail with the errors of [`StateDatabase`](super::StateDatabase).
pub(super) trait Backend: Send {
    /// The entry of a key.
    fn find(&self, entry: &Entry) -> Result<Option<StoredEntry>, Error>;

    /// Writes durably that a message is about to be sent. Fails if the entry is not as the last
    /// [`Backend::find`] returned it.
    fn put_in_flight(&self, entry: &Entry, target: &str, digest: &[u8]) -> Result<(), Error>;

    /// Writes the outcome of the message that [`Backend::put_in_flight`] announced.
    fn put_outcome(
        &self,
        entry: &Entry,
        outcome: Outcome,
        message: Option<&SentMessage>,
    ) -> Result<(), Error>;

    /// Writes an accepted message that another record knows, in one step.
    fn put_accepted(
        &self,
        entry: &Entry,
        target: &str,
        digest: &[u8],
        message: &SentMessage,
    ) -> Result<(), Error>;

    /// Passes the selected entries to `visit`, latest first, without keeping them in memory.
    fn visit(
        &self,
        filter: &RowFilter,
        visit: &mut dyn FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error>;

    /// The instances that have an entry with this key on a server.
    fn guids_of(&self, server: &str, key: &str) -> Result<Vec<String>, Error>;

    /// Removes the entries of a key, on one instance or all; returns their number.
    fn remove(&self, server: &str, guid: Option<&str>, key: &str) -> Result<usize, Error>;

    /// Removes entries last changed before `oldest`, in seconds since 1970; returns their number. Without
    /// `all`, a limited number in one step, so that a send does not wait long.
    fn remove_before(&self, oldest: i64, all: bool) -> Result<usize, Error>;

    /// The time and the days of use.
    fn usage(&self) -> Result<Usage, Error>;

    /// Replaces the days of use.
    fn set_days(&self, days: &[i64]) -> Result<(), Error>;

    /// Changes the pace of an account. `change` gets the stored state and the time, and returns the new
    /// state, if it is to be changed; no other process changes it meanwhile.
    fn change_pace(
        &self,
        server: &str,
        guid: &str,
        change: &mut dyn FnMut(Option<PaceState>, Micros) -> Option<PaceState>,
    ) -> Result<(), Error>;

    /// Locks a key; `None` when another process holds it for longer than `wait_budget`.
    fn lock_key(&self, entry: &Entry, wait_budget: Duration) -> Result<Option<KeyLock>, Error>;

    /// Limits the time of everything but recording an outcome.
    fn set_deadline(&self, _deadline: Deadline) {}

    /// Whether it can no longer be used, and must be opened again.
    fn is_lost(&self) -> bool {
        false
    }
}

/// The time, the days on which the state was used, and the age of the oldest entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    /// Seconds since 1970.
    pub now: i64,
    /// Days since 1970, ascending.
    pub days: Vec<i64>,
    /// Time of the last change of the oldest entry, seconds since 1970.
    pub oldest: Option<i64>,
}

/// A lock on a key. It ends with its process at the latest, so a successful lock proves that a process
/// that left the key in flight is dead, or cannot record anything any more.
#[expect(dead_code, reason = "held only to be dropped")]
pub enum KeyLock {
    /// A lock file.
    File(SelfRemovingLock),
    /// A lock of a database session.
    Session(super::postgres::AdvisoryLock),
}
