//! The ledger: keyed sends and their outcomes.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::StateDatabase;
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
    Uncertain {
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

impl StateDatabase {
    /// Looks up a key for this content. The caller holds the key lock, so a process that left it in flight
    /// is dead.
    ///
    /// # Errors
    /// As [`StateDatabase::open`].
    pub fn state_of(&self, entry: &Entry, digest: &[u8]) -> Result<LedgerState, Error> {
        let row = self
            .db
            .prepare_cached(
                "SELECT target, digest, outcome, message_id, seq, sent_at, changed_at
                 FROM sends WHERE server = ?1 AND guid = ?2 AND key = ?3",
            )
            .and_then(|mut query| {
                query
                    .query_row(params![entry.server, entry.guid, entry.key], |row| {
                        let known: Vec<u8> = row.get(1)?;
                        Ok(StoredEntry {
                            target: row.get(0)?,
                            is_same: known == digest,
                            outcome: row.get(2)?,
                            message: SentMessage {
                                message_id: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
                                seq: row.get(4)?,
                                sent_at: row.get(5)?,
                            },
                            changed_at: row.get(6)?,
                        })
                    })
                    .optional()
            })
            .map_err(|e| self.failed(&e))?;
        Ok(row.map_or(LedgerState::Free, StoredEntry::state_of))
    }

    /// Records durably that the message is about to be sent.
    ///
    /// # Errors
    /// As [`StateDatabase::open`].
    pub fn begin(&self, entry: &Entry, target: &str, digest: &[u8]) -> Result<(), Error> {
        self.db
            .prepare_cached(
                "INSERT INTO sends (server, guid, key, target, digest, outcome, changed_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, 'in_flight', ?6)
                 ON CONFLICT DO UPDATE SET target = excluded.target, digest = excluded.digest,
                     outcome = excluded.outcome, message_id = NULL, seq = NULL, sent_at = NULL,
                     changed_at = excluded.changed_at",
            )
            .and_then(|mut insert| {
                insert.execute(params![
                    entry.server,
                    entry.guid,
                    entry.key,
                    target,
                    digest,
                    now()
                ])
            })
            .map(drop)
            .map_err(|e| self.failed(&e))
    }

    /// Records the outcome.
    ///
    /// # Errors
    /// As [`StateDatabase::open`]; the entry then stays in flight and is never treated as accepted.
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
        self.db
            .prepare_cached(
                "UPDATE sends SET outcome = ?4, message_id = ?5, seq = ?6, sent_at = ?7,
                     changed_at = ?8
                 WHERE server = ?1 AND guid = ?2 AND key = ?3",
            )
            .and_then(|mut update| {
                update.execute(params![
                    entry.server,
                    entry.guid,
                    entry.key,
                    outcome.name(),
                    message.map(|m| &m.message_id),
                    message.and_then(|m| m.seq.as_ref()),
                    message.and_then(|m| m.sent_at.as_ref()),
                    now()
                ])
            })
            .map(drop)
            .map_err(|e| self.failed(&e))
    }

    /// Copies an accepted result from another record in one transaction.
    ///
    /// # Errors
    /// As [`StateDatabase::open`].
    pub fn adopt(
        &self,
        entry: &Entry,
        target: &str,
        digest: &[u8],
        message: &SentMessage,
    ) -> Result<(), Error> {
        let whole = self
            .db
            .unchecked_transaction()
            .map_err(|e| self.failed(&e))?;
        self.begin(entry, target, digest)?;
        self.finish(entry, Outcome::Accepted, Some(message))?;
        whole.commit().map_err(|e| self.failed(&e))
    }

    /// All rows, latest first.
    ///
    /// # Errors
    /// As [`StateDatabase::open`].
    pub fn rows(&self) -> Result<Vec<Row>, Error> {
        self.db
            .prepare(
                "SELECT server, guid, key, target, outcome, message_id, changed_at
                 FROM sends ORDER BY changed_at DESC, key",
            )
            .and_then(|mut query| {
                query
                    .query_map([], |row| {
                        Ok(Row {
                            entry: Entry {
                                server: row.get(0)?,
                                guid: row.get(1)?,
                                key: row.get(2)?,
                            },
                            target: row.get(3)?,
                            outcome: row.get(4)?,
                            message_id: row.get(5)?,
                            changed_at: row.get(6)?,
                        })
                    })?
                    .collect()
            })
            .map_err(|e| self.failed(&e))
    }

    /// Removes a key on one server, on one instance or all; returns the number of rows.
    ///
    /// # Errors
    /// As [`StateDatabase::open`].
    pub fn forget(&self, server: &str, guid: Option<&str>, key: &str) -> Result<usize, Error> {
        self.db
            .execute(
                "DELETE FROM sends WHERE server = ?1 AND key = ?3 AND guid = coalesce(?2, guid)",
                params![server, guid, key],
            )
            .map_err(|e| self.failed(&e))
    }

    /// Removes rows older than `days`; returns their number.
    ///
    /// # Errors
    /// As [`StateDatabase::open`].
    pub fn prune(&self, days: u32) -> Result<usize, Error> {
        self.forget_before(now() - i64::from(days) * DAY)
    }

    /// Removes old rows without being asked. A clock that jumped ahead would remove everything, and a
    /// removed key would be sent again, so the clock must be confirmed by an earlier day of use first.
    ///
    /// # Errors
    /// As [`StateDatabase::open`].
    pub fn prune_if_clock_is_plausible(&self, days: u32) -> Result<(), Error> {
        let today = now().div_euclid(DAY);
        let previous_day = self
            .record_day_and_find_previous(today)
            .map_err(|e| self.failed(&e))?;
        if let Some(previous_day) = previous_day {
            let plausible_now = now().min((previous_day + 1) * DAY);
            self.forget_before(plausible_now - i64::from(days) * DAY)?;
        }
        Ok(())
    }

    /// Records `today` as a day of use, and returns the last day of use before it. Recorded days in the
    /// future are removed: the clock was wrong then, or is now.
    fn record_day_and_find_previous(&self, today: i64) -> rusqlite::Result<Option<i64>> {
        let mut query = self
            .db
            .prepare_cached("SELECT day FROM days ORDER BY day")?;
        let known: Vec<i64> = query
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let previous_day = known.iter().copied().filter(|day| *day < today).max();
        let wanted: Vec<i64> = previous_day.into_iter().chain([today]).collect();
        if known != wanted {
            let whole = self.db.unchecked_transaction()?;
            let others = "DELETE FROM days WHERE day NOT IN (?1, ?2)";
            whole.execute(others, [previous_day.unwrap_or(today), today])?;
            whole.execute("INSERT OR IGNORE INTO days VALUES (?1)", [today])?;
            whole.commit()?;
        }
        Ok(previous_day)
    }

    fn forget_before(&self, oldest: i64) -> Result<usize, Error> {
        self.db
            .execute("DELETE FROM sends WHERE changed_at < ?1", [oldest])
            .map_err(|e| self.failed(&e))
    }
}

struct StoredEntry {
    target: String,
    is_same: bool,
    outcome: String,
    message: SentMessage,
    changed_at: i64,
}

impl StoredEntry {
    fn state_of(self) -> LedgerState {
        match self.outcome.as_str() {
            // Not delivered: the key is free again, also for a corrected text.
            "rejected" | "not_sent" => LedgerState::Free,
            _ if !self.is_same => LedgerState::Different {
                target: self.target,
            },
            "accepted" => LedgerState::Accepted(self.message),
            _ => LedgerState::Uncertain {
                target: self.target,
                at: self.changed_at,
            },
        }
    }
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, StateDatabase) {
        let folder = tempfile::tempdir().unwrap();
        let store = StateDatabase::open(&folder.path().join("s/state.sqlite3")).unwrap();
        (folder, store)
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
        let uncertain = |store: &StateDatabase| matches!(store.state_of(&key, b"d").unwrap(), LedgerState::Uncertain { target, .. } if target == "R:1");
        assert!(uncertain(&store));
        store.finish(&key, Outcome::Unknown, None).unwrap();
        assert!(uncertain(&store));
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
        let (_folder, store) = store();
        for key in ["a", "b"] {
            store.begin(&entry(key), "R:1", b"d").unwrap();
        }
        assert_eq!(store.forget("http://h", Some("other"), "a").unwrap(), 0);
        assert_eq!(store.forget("http://h", None, "a").unwrap(), 1);
        assert_eq!(store.prune(1).unwrap(), 0);
        store
            .db
            .execute("UPDATE sends SET changed_at = 5", [])
            .unwrap();
        assert_eq!(store.prune(30).unwrap(), 1);
        assert!(store.rows().unwrap().is_empty());
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
            let (_folder, store) = store();
            store.begin(&entry("k"), "R:1", b"d").unwrap();
            let at = now() - age * DAY;
            let aged = store.db.execute("UPDATE sends SET changed_at = ?1", [at]);
            assert_eq!(aged.unwrap(), 1);
            for day in days {
                let known = store.db.execute("INSERT INTO days VALUES (?1)", [day]);
                known.unwrap();
            }
            store.prune_if_clock_is_plausible(30).unwrap();
            let left = store.rows().unwrap().is_empty();
            assert_eq!(left, forgotten, "{days:?} {age}");
            let last: i64 = store
                .db
                .query_row("SELECT max(day) FROM days", [], |row| row.get(0))
                .unwrap();
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
