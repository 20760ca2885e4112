//! The statements of the ledger.

use std::time::Duration;

use futures_util::{StreamExt, pin_mut};
use sha2::{Digest, Sha256};
use tokio_postgres::Row as DatabaseRow;
use tokio_postgres::error::SqlState;

use super::Postgres;
use super::failure::Failure;
use super::pace;
use super::session::{AdvisoryLock, lock};
use super::statement::{bytes, int, text};
use crate::api::SentMessage;
use crate::error::{Error, Outcome};
use crate::pace::{Micros, PaceState};
use crate::store::backend::{Backend, KeyLock, Usage};
use crate::store::ledger::{Entry, Row, RowFilter, StoredEntry};
use crate::time::Deadline;

/// How many old entries a send removes, and how many `ledger prune` removes at once.
const REMOVED_AT_ONCE: (i64, i64) = (200, 10_000);
/// How much longer the answer to a wait for a lock may take than the wait.
const LOCK_ANSWER_TIME: Duration = Duration::from_secs(5);
/// Longest wait for a lock, which the server counts in milliseconds as a 32-bit number.
const LONGEST_LOCK_WAIT: Duration = Duration::from_secs(14 * 86_400);

impl Backend for Postgres {
    fn find(&self, entry: &Entry) -> Result<Option<StoredEntry>, Error> {
        let sql = format!(
            "SELECT target, digest, outcome, message_id, seq, sent_at,
                    floor(extract(epoch FROM changed_at))::bigint, attempt
             FROM {schema}.sends WHERE run = $1 AND server = $2 AND guid = $3 AND key = $4",
            schema = self.session.schema()
        );
        let found = self.session.run(|client| async move {
            let values = [
                text(&self.run),
                text(&entry.server),
                text(&entry.guid),
                text(&entry.key),
            ];
            let rows = client.query_typed(&sql, &values).await?;
            rows.first().map(stored).transpose().map_err(Failure::from)
        })?;
        let mut attempts = lock(&self.session.attempts);
        match found {
            Some((stored, attempt)) => {
                attempts.insert(self.attempt_of(entry), attempt);
                Ok(Some(stored))
            }
            None => {
                attempts.remove(&self.attempt_of(entry));
                Ok(None)
            }
        }
    }

    /// One statement writes, checks that nobody has written since [`Backend::find`], and checks that this is
    /// still the session with the lock. A connection that was lost fails here, before the message is sent.
    fn put_in_flight(&self, entry: &Entry, target: &str, digest: &[u8]) -> Result<(), Error> {
        self.insert(entry, target, digest, "in_flight", None)
    }

    fn put_outcome(
        &self,
        entry: &Entry,
        outcome: Outcome,
        message: Option<&SentMessage>,
    ) -> Result<(), Error> {
        let sql = format!(
            "UPDATE {schema}.sends SET outcome = $6, message_id = $7, seq = $8, sent_at = $9,
                    changed_at = clock_timestamp()
             WHERE run = $1 AND server = $2 AND guid = $3 AND key = $4 AND attempt = $5",
            schema = self.session.schema()
        );
        let attempt = lock(&self.session.attempts).remove(&self.attempt_of(entry));
        let attempt = attempt.unwrap_or_default();
        let (outcome, message_id) = (outcome.name(), message.map(|m| &m.message_id));
        let seq = message.and_then(|m| m.seq.as_ref());
        let sent_at = message.and_then(|m| m.sent_at.as_ref());
        let written = self.session.run_to_record(|client| async move {
            let values = [
                text(&self.run),
                text(&entry.server),
                text(&entry.guid),
                text(&entry.key),
                int(&attempt),
                text(&outcome),
                text(&message_id),
                text(&seq),
                text(&sent_at),
            ];
            Ok(client.execute_typed(&sql, &values).await?)
        })?;
        match written {
            0 => Err(self.session.entry_changed()),
            _ => Ok(()),
        }
    }

    fn put_accepted(
        &self,
        entry: &Entry,
        target: &str,
        digest: &[u8],
        message: &SentMessage,
    ) -> Result<(), Error> {
        self.insert(entry, target, digest, "accepted", Some(message))?;
        lock(&self.session.attempts).remove(&self.attempt_of(entry));
        Ok(())
    }

    fn visit(
        &self,
        filter: &RowFilter,
        visit: &mut dyn FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let sql = format!(
            "SELECT server, guid, key, target, outcome, message_id,
                    floor(extract(epoch FROM changed_at))::bigint
             FROM {schema}.sends
             WHERE run = '' AND ($1::text IS NULL OR outcome = $1)
               AND ($2::bigint IS NULL OR changed_at >= to_timestamp($2))
             ORDER BY changed_at DESC, key LIMIT $3",
            schema = self.session.schema()
        );
        let limit = filter.limit.map(i64::from);
        let values = [text(&filter.outcome), int(&filter.since), int(&limit)];
        // Each row is waited for, so that they are not collected here.
        let rows = self
            .session
            .run(|client| async { Ok(client.query_typed_raw(&sql, values).await?) })?;
        pin_mut!(rows);
        loop {
            let next = self.session.run(|_| async {
                match rows.next().await {
                    Some(row) => Ok(Some(listed(&row?)?)),
                    None => Ok(None),
                }
            })?;
            match next {
                Some(row) => visit(row)?,
                None => return Ok(()),
            }
        }
    }

    fn guids_of(&self, server: &str, key: &str) -> Result<Vec<String>, Error> {
        let sql = format!(
            "SELECT guid FROM {schema}.sends WHERE run = '' AND server = $1 AND key = $2",
            schema = self.session.schema()
        );
        self.session.run(|client| async move {
            let rows = client
                .query_typed(&sql, &[text(&server), text(&key)])
                .await?;
            let guids: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get(0)).collect();
            Ok(guids?)
        })
    }

    fn remove(&self, server: &str, guid: Option<&str>, key: &str) -> Result<usize, Error> {
        let sql = format!(
            "DELETE FROM {schema}.sends
             WHERE run = '' AND server = $1 AND guid = coalesce($2, guid) AND key = $3",
            schema = self.session.schema()
        );
        let removed = self.session.run(|client| async move {
            let values = [text(&server), text(&guid), text(&key)];
            Ok(client.execute_typed(&sql, &values).await?)
        })?;
        Ok(usize::try_from(removed).unwrap_or(usize::MAX))
    }

    fn remove_before(&self, oldest: i64, all: bool) -> Result<usize, Error> {
        // Entries that another process removes are passed over.
        let sql = format!(
            "DELETE FROM {schema}.sends WHERE ctid = ANY (ARRAY (
               SELECT ctid FROM {schema}.sends WHERE changed_at < to_timestamp($1)
               ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
            schema = self.session.schema()
        );
        let (some, many) = REMOVED_AT_ONCE;
        let at_once = if all { many } else { some };
        let mut total = 0;
        loop {
            let sql = &sql;
            let removed = self.session.run(|client| async move {
                let values = [int(&oldest), int(&at_once)];
                Ok(client.execute_typed(sql, &values).await?)
            })?;
            total += usize::try_from(removed).unwrap_or_default();
            if !all || removed == 0 {
                return Ok(total);
            }
        }
    }

    fn usage(&self) -> Result<Usage, Error> {
        match self.session.take_usage() {
            Some(usage) => Ok(usage),
            None => self.session.read_usage(),
        }
    }

    fn set_days(&self, days: &[i64]) -> Result<(), Error> {
        let schema = self.session.schema();
        let list = |wrap: fn(&i64) -> String| days.iter().map(wrap).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "DELETE FROM {schema}.days WHERE day NOT IN ({known});
             INSERT INTO {schema}.days VALUES {values} ON CONFLICT DO NOTHING",
            known = list(i64::to_string),
            values = list(|day| format!("({day})"))
        );
        self.session
            .run(|client| async move { Ok(client.batch_execute(&sql).await?) })
    }

    fn change_pace(
        &self,
        server: &str,
        guid: &str,
        change: &mut dyn FnMut(Option<PaceState>, Micros) -> Option<PaceState>,
    ) -> Result<(), Error> {
        self.session
            .run(|client| pace::change(client, self.session.schema(), (server, guid), change))
    }

    fn lock_key(&self, entry: &Entry, wait_budget: Duration) -> Result<Option<KeyLock>, Error> {
        let id = lock_id(
            self.session.schema(),
            &[&self.run, &entry.server, &entry.guid, &entry.key],
        );
        let lock = self.session.lock(id, wait_budget)?;
        Ok(lock.then(|| KeyLock::Session(AdvisoryLock::held(self.session.clone(), id))))
    }

    fn set_deadline(&self, deadline: Deadline) {
        self.session.set_deadline(deadline);
    }

    fn is_lost(&self) -> bool {
        self.session.is_lost()
    }
}

impl Postgres {
    fn insert(
        &self,
        entry: &Entry,
        target: &str,
        digest: &[u8],
        outcome: &str,
        message: Option<&SentMessage>,
    ) -> Result<(), Error> {
        let sql = format!(
            "INSERT INTO {schema}.sends (run, server, guid, key, target, digest, outcome,
                                         message_id, seq, sent_at, attempt, changed_at)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp()
             WHERE pg_backend_pid() = $12
             ON CONFLICT (run, server, guid, key) DO UPDATE SET
               target = excluded.target, digest = excluded.digest, outcome = excluded.outcome,
               message_id = excluded.message_id, seq = excluded.seq, sent_at = excluded.sent_at,
               attempt = excluded.attempt, changed_at = excluded.changed_at
             WHERE sends.attempt = $13",
            schema = self.session.schema()
        );
        let attempt = fastrand::i64(1..i64::MAX);
        let key = self.attempt_of(entry);
        // No attempt has the number 0.
        let seen = lock(&self.session.attempts)
            .insert(key, attempt)
            .unwrap_or_default();
        let message_id = message.map(|m| &m.message_id);
        let seq = message.and_then(|m| m.seq.as_ref());
        let sent_at = message.and_then(|m| m.sent_at.as_ref());
        let backend_pid = i64::from(self.session.backend_pid());
        let written = self.session.run(|client| async move {
            let values = [
                text(&self.run),
                text(&entry.server),
                text(&entry.guid),
                text(&entry.key),
                text(&target),
                bytes(&digest),
                text(&outcome),
                text(&message_id),
                text(&seq),
                text(&sent_at),
                int(&attempt),
                int(&backend_pid),
                int(&seen),
            ];
            Ok(client.execute_typed(&sql, &values).await?)
        })?;
        match written {
            0 => Err(self.session.lock_lost()),
            _ => Ok(()),
        }
    }
}

impl super::Session {
    /// Takes a session lock; false when another session holds it for longer than `wait_budget`.
    pub(super) fn lock(&self, id: i64, wait_budget: Duration) -> Result<bool, Error> {
        if wait_budget.is_zero() {
            let sql = format!("SELECT pg_try_advisory_lock({id})");
            return self.run(|client| async move {
                let row = client.query_typed_one(&sql, &[]).await?;
                Ok(row.try_get(0)?)
            });
        }
        let wait = wait_budget.min(LONGEST_LOCK_WAIT);
        // The limit holds for this statement only; zero would mean none.
        let sql = format!(
            "WITH wait AS MATERIALIZED (SELECT set_config('lock_timeout', '{}ms', true))
             SELECT pg_advisory_lock({id}) FROM wait",
            wait.as_millis().max(1)
        );
        let locked = self.run_within(wait + LOCK_ANSWER_TIME, |client| async move {
            Ok(client.batch_execute(&sql).await?)
        });
        match locked {
            Ok(()) => Ok(true),
            Err(failure) if failure.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => Ok(false),
            Err(failure) => Err(self.error(failure)),
        }
    }
}

/// The number of a lock: the same for all versions of this program and all machines.
fn lock_id(schema: &str, parts: &[&str]) -> i64 {
    let mut hash = Sha256::new();
    for part in [schema].iter().chain(parts) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let head = digest.iter().take(8);
    head.fold(0, |id: i64, byte| (id << 8) | i64::from(*byte))
}

fn stored(row: &DatabaseRow) -> Result<(StoredEntry, i64), tokio_postgres::Error> {
    let stored = StoredEntry {
        target: row.try_get(0)?,
        digest: row.try_get(1)?,
        outcome: row.try_get(2)?,
        message: SentMessage {
            message_id: row.try_get::<_, Option<String>>(3)?.unwrap_or_default(),
            seq: row.try_get(4)?,
            sent_at: row.try_get(5)?,
        },
        changed_at: row.try_get(6)?,
    };
    Ok((stored, row.try_get(7)?))
}

fn listed(row: &DatabaseRow) -> Result<Row, tokio_postgres::Error> {
    Ok(Row {
        entry: Entry {
            server: row.try_get(0)?,
            guid: row.try_get(1)?,
            key: row.try_get(2)?,
        },
        target: row.try_get(3)?,
        outcome: row.try_get(4)?,
        message_id: row.try_get(5)?,
        changed_at: row.try_get(6)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Versions that compute another number would not exclude each other.
    #[test]
    fn lock_numbers_never_change() {
        let id = |parts: &[&str]| lock_id("qiwei", parts);
        assert_eq!(id(&["", "http://h", "g", "k"]), -575_122_867_231_399_867);
        assert_ne!(
            id(&["", "http://h", "g", "k"]),
            id(&["", "http://h", "gk", ""])
        );
    }
}
