//! The ledger: keyed sends and their outcomes.

use super::StateDatabase;
use super::backend::Usage;
use crate::api::SentMessage;
use crate::error::{Error, Outcome};

/// Seconds per day.
const DAY: i64 = 86_400;

/// The identity of a keyed send; keys are separate per server and instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The server, without credentials.
    pub server: String,
    /// The instance.
    pub guid: String,
    /// The idempotency key.
    pub key: String,
}

/// What the ledger knows about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerState {
    /// No entry, or the message certainly was not delivered.
    Free,
    /// It was accepted, with this message.
    Accepted(SentMessage),
    /// It may have been delivered: no trustworthy answer arrived, or the process died.
    Unknown {
        /// The target.
        target: String,
        /// Time of the send, seconds since 1970.
        at: i64,
    },
    /// The key was used with other content.
    Different {
        /// The target of the other message.
        target: String,
    },
}

/// The message of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedMessage {
    /// The target.
    pub target: String,
    /// The outcome; `in_flight` while it is not known.
    pub outcome: String,
    /// Its id, once accepted.
    pub message_id: Option<String>,
}

/// A row of the ledger.
#[derive(Clone, Debug)]
pub struct Row {
    /// The identity.
    pub entry: Entry,
    /// The target.
    pub target: String,
    /// The outcome; `in_flight` while it is not known.
    pub outcome: String,
    /// The message id, once accepted.
    pub message_id: Option<String>,
    /// Time of the last change, seconds since 1970.
    pub changed_at: i64,
}

/// Selects rows of the ledger.
#[derive(Clone, Debug, Default)]
pub struct RowFilter {
    /// Only rows with this outcome.
    pub outcome: Option<String>,
    /// Only rows changed at or after this time, seconds since 1970.
    pub since: Option<i64>,
    /// At most so many rows.
    pub limit: Option<u32>,
}

impl StateDatabase {
    /// Looks up a key for this content. The caller holds the key lock, so a process that left it in flight
    /// is dead or has lost its lock.
    ///
    /// # Errors
    /// As [`StateLocation::open`](super::StateLocation::open).
    pub fn state_of(&self, entry: &Entry, digest: &[u8]) -> Result<LedgerState, Error> {
        let found = self.backend.find(entry).map_err(Error::about_state)?;
        Ok(found.map_or(LedgerState::Free, |found| found.state_for(digest)))
    }

    /// The message that was sent with a key.
    ///
    /// # Errors
    /// As [`StateLocation::open`](super::StateLocation::open).
    pub fn message_of(&self, entry: &Entry) -> Result<Option<RecordedMessage>, Error> {
        Ok(self.backend.find(entry)?.map(|found| RecordedMessage {
            target: found.target,
            message_id: (found.outcome == Outcome::Accepted.name())
                .then_some(found.message.message_id),
            outcome: found.outcome,
        }))
    }

    /// Records durably that the message is about to be sent. Fails when the entry was changed since
    /// [`StateDatabase::state_of`], and when the key lock was lost meanwhile.
    ///
    /// # Errors
    /// As [`StateLocation::open`](super::StateLocation::open).
    pub fn begin(&self, entry: &Entry, target: &str, digest: &[u8]) -> Result<(), Error> {
        let written = self.backend.put_in_flight(entry, target, digest);
        written.map_err(Error::about_state)
    }

    /// Records the outcome.
    ///
    /// # Errors
    /// As [`StateLocation::open`](super::StateLocation::open); the entry then stays in flight and is never
    /// treated as accepted.
    pub fn finish(
        &self,
        entry: &Entry,
        outcome: Outcome,
        message: Option<&SentMessage>,
    ) -> Result<(), Error> {
        let outcome = match outcome {
            Outcome::Duplicate => Outcome::Accepted,
            other => other,
        };
        self.backend.put_outcome(entry, outcome, message)
    }

    /// Copies an accepted result from another record in one transaction.
    ///
    /// # Errors
    /// As [`StateLocation::open`](super::StateLocation::open).
    pub fn adopt(
        &self,
        entry: &Entry,
        target: &str,
        digest: &[u8],
        message: &SentMessage,
    ) -> Result<(), Error> {
        self.backend.put_accepted(entry, target, digest, message)
    }

    /// Passes the selected rows to `visit`, latest first; stops at its first error.
    ///
    /// # Errors
    /// As [`StateLocation::open`](super::StateLocation::open), and those of `visit`.
    pub fn visit_rows(
        &self,
        filter: &RowFilter,
        visit: &mut dyn FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.backend.visit(filter, visit)
    }

    /// The time of the state, seconds since 1970.
    ///
    /// # Errors
    /// As [`StateLocation::open`](super::StateLocation::open).
    pub fn now(&self) -> Result<i64, Error> {
        Ok(self.backend.usage()?.now)
    }

    /// The entries of a key on one server, on one instance or all.
    ///
    /// # Errors
    /// As [`StateLocation::open`](super::StateLocation::open).
    pub fn entries_of(
        &self,
        server: &str,
        guid: Option<&str>,
        key: &str,
    ) -> Result<Vec<Entry>, Error> {
        let guids = self.backend.guids_of(server, key)?.into_iter();
        let entries = guids
            .filter(|found| guid.is_none_or(|guid| guid == found))
            .map(|guid| Entry {
                server: server.to_owned(),
                guid,
                key: key.to_owned(),
            });
        Ok(entries.collect())
    }

    /// Removes a key on one server, on one instance or all; returns the number of rows.
    ///
    /// # Errors
    /// As [`StateLocation::open`](super::StateLocation::open).
    pub fn forget(&self, server: &str, guid: Option<&str>, key: &str) -> Result<usize, Error> {
        self.backend.remove(server, guid, key)
    }

    /// Removes rows older than `days`; returns their number.
    ///
    /// # Errors
    /// As [`StateLocation::open`](super::StateLocation::open).
    pub fn prune(&self, days: u32) -> Result<usize, Error> {
        let oldest = self.now()? - i64::from(days) * DAY;
        self.backend.remove_before(oldest, true)
    }

    /// Removes old rows without being asked. A clock that jumped ahead would remove everything, and a
    /// removed key would be sent again, so the clock must be confirmed by an earlier day of use first.
    ///
    /// # Errors
    /// As [`StateLocation::open`](super::StateLocation::open).
    pub fn prune_if_clock_is_plausible(&self, days: u32) -> Result<(), Error> {
        let usage = self.backend.usage()?;
        let previous_day = self.record_day_and_find_previous(&usage)?;
        if let Some(previous_day) = previous_day {
            let plausible_now = usage.now.min((previous_day + 1) * DAY);
            let limit = plausible_now - i64::from(days) * DAY;
            if usage.oldest.is_some_and(|oldest| oldest < limit) {
                self.backend.remove_before(limit, false)?;
            }
        }
        Ok(())
    }

    /// Records today as a day of use, and returns the last day of use before it. Recorded days in the
    /// future are removed: the clock was wrong then, or is now.
    fn record_day_and_find_previous(&self, usage: &Usage) -> Result<Option<i64>, Error> {
        let today = usage.now.div_euclid(DAY);
        let known = usage.days.iter().copied();
        let previous_day = known.filter(|day| *day < today).max();
        let wanted: Vec<i64> = previous_day.into_iter().chain([today]).collect();
        if usage.days != wanted {
            self.backend.set_days(&wanted)?;
        }
        Ok(previous_day)
    }
}

/// An entry as it is stored.
#[derive(Clone, Debug)]
pub(super) struct StoredEntry {
    /// The target.
    pub target: String,
    /// The digest of the content.
    pub digest: Vec<u8>,
    /// The outcome; `in_flight` while it is not known.
    pub outcome: String,
    /// The message, once accepted.
    pub message: SentMessage,
    /// Time of the last change, seconds since 1970.
    pub changed_at: i64,
}

impl StoredEntry {
    fn state_for(self, digest: &[u8]) -> LedgerState {
        match self.outcome.as_str() {
            // Not delivered: the key is free again, also for a corrected text.
            "rejected" | "not_sent" => LedgerState::Free,
            _ if self.digest != digest => LedgerState::Different {
                target: self.target,
            },
            "accepted" => LedgerState::Accepted(self.message),
            _ => LedgerState::Unknown {
                target: self.target,
                at: self.changed_at,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, StateDatabase) {
        let folder = tempfile::tempdir().unwrap();
        let store = StateDatabase::open(&folder.path().join("s/state.sqlite3")).unwrap();
        (folder, store)
    }

    fn now() -> i64 {
        jiff::Timestamp::now().as_second()
    }

    /// Changes the database with SQL.
    fn change(folder: &tempfile::TempDir, sql: &str) {
        let path = folder.path().join("s/state.sqlite3");
        let db = rusqlite::Connection::open(path).unwrap();
        db.execute_batch(sql).unwrap();
    }

    fn is_empty(store: &StateDatabase) -> bool {
        let mut rows = 0;
        let mut count = |_| {
            rows += 1;
            Ok(())
        };
        store.visit_rows(&RowFilter::default(), &mut count).unwrap();
        rows == 0
    }

    fn entry(key: &str) -> Entry {
        Entry {
            server: "http://h".into(),
            guid: "g".into(),
            key: key.into(),
        }
    }

    fn message() -> SentMessage {
        SentMessage {
            message_id: "1066173".into(),
            seq: Some("7".into()),
            sent_at: None,
        }
    }

    #[test]
    fn records_intent_and_outcome() {
        let (_folder, store) = store();
        let key = entry("k");
        assert_eq!(store.state_of(&key, b"d").unwrap(), LedgerState::Free);
        store.begin(&key, "R:1", b"d").unwrap();
        let is_unknown = |store: &StateDatabase| matches!(store.state_of(&key, b"d").unwrap(), LedgerState::Unknown { target, .. } if target == "R:1");
        assert!(is_unknown(&store));
        store.finish(&key, Outcome::Unknown, None).unwrap();
        assert!(is_unknown(&store));
        for outcome in [Outcome::Rejected, Outcome::NotSent] {
            store.finish(&key, outcome, None).unwrap();
            assert_eq!(store.state_of(&key, b"other").unwrap(), LedgerState::Free);
        }
        store.begin(&key, "R:1", b"d").unwrap();
        store
            .finish(&key, Outcome::Accepted, Some(&message()))
            .unwrap();
        assert_eq!(
            store.state_of(&key, b"d").unwrap(),
            LedgerState::Accepted(message())
        );
        let different = LedgerState::Different {
            target: "R:1".into(),
        };
        assert_eq!(store.state_of(&key, b"other").unwrap(), different);
    }

    #[test]
    fn entries_are_separate_per_account() {
        let (_folder, store) = store();
        store.begin(&entry("k"), "R:1", b"d").unwrap();
        for other in [
            Entry {
                guid: "h".into(),
                ..entry("k")
            },
            Entry {
                server: "http://i".into(),
                ..entry("k")
            },
            entry("l"),
        ] {
            assert_eq!(store.state_of(&other, b"d").unwrap(), LedgerState::Free);
        }
    }

    #[test]
    fn forgets_and_prunes_entries() {
        let (folder, store) = store();
        for key in ["a", "b"] {
            store.begin(&entry(key), "R:1", b"d").unwrap();
        }
        assert_eq!(store.forget("http://h", Some("other"), "a").unwrap(), 0);
        assert_eq!(store.forget("http://h", None, "a").unwrap(), 1);
        assert_eq!(store.prune(1).unwrap(), 0);
        change(&folder, "UPDATE sends SET changed_at = 5");
        assert_eq!(store.prune(30).unwrap(), 1);
        assert!(is_empty(&store));
    }

    /// Earlier days of use limit what may be removed today.
    #[test]
    fn prunes_only_after_a_second_day() {
        let today = now().div_euclid(DAY);
        let cases: [(&[i64], i64, bool); 6] = [
            // No earlier day: the clock is not confirmed.
            (&[], 40, false),
            (&[today], 40, false),
            (&[today - 1], 40, true),
            (&[today - 1], 20, false),
            // Last used long ago, or the clock has jumped: which of the two is unknown.
            (&[today - 20], 40, false),
            // The clock was ahead for a while.
            (&[today + 900], 40, false),
        ];
        for (days, age, forgotten) in cases {
            let (folder, store) = store();
            store.begin(&entry("k"), "R:1", b"d").unwrap();
            let at = now() - age * DAY;
            change(&folder, &format!("UPDATE sends SET changed_at = {at}"));
            for day in days {
                change(&folder, &format!("INSERT INTO days VALUES ({day})"));
            }
            store.prune_if_clock_is_plausible(30).unwrap();
            assert_eq!(is_empty(&store), forgotten, "{days:?} {age}");
            let last = *store.backend.usage().unwrap().days.last().unwrap();
            // The test may run across midnight.
            assert!((today..=today + 1).contains(&last), "{days:?}");
        }
    }

    #[test]
    fn foreign_file_is_refused_and_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.sqlite3");
        std::fs::write(&path, "this is not a database, by any measure".repeat(50)).unwrap();
        let error = StateDatabase::open(&path).err().unwrap();
        assert_eq!(error.exit, 3);
        assert!(
            error.message.contains("state.sqlite3"),
            "{:?}",
            error.message
        );
        assert!(
            std::fs::read_to_string(&path)
                .unwrap()
                .starts_with("this is")
        );
    }

    #[test]
    #[cfg(unix)]
    fn database_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, store) = store();
        store.begin(&entry("k"), "R:1", b"d").unwrap();
        for entry in std::fs::read_dir(folder.path().join("s")).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
