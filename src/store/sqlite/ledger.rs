//! The queries of the ledger and the pace.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::Sqlite;
use crate::api::SentMessage;
use crate::error::{Error, Outcome};
use crate::pace::{Micros, PaceState};
use crate::store::backend::{Backend, KeyLock, Usage};
use crate::store::ledger::{Entry, Row, RowFilter, StoredEntry};
use crate::store::pace::clock;

impl Backend for Sqlite {
    fn find(&self, entry: &Entry) -> Result<Option<StoredEntry>, Error> {
        self.db
            .prepare_cached(
                "SELECT target, digest, outcome, message_id, seq, sent_at, changed_at
                 FROM sends WHERE server = ?1 AND guid = ?2 AND key = ?3",
            )
            .and_then(|mut query| {
                query
                    .query_row(params![entry.server, entry.guid, entry.key], |row| {
                        Ok(StoredEntry {
                            target: row.get(0)?,
                            digest: row.get(1)?,
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
            .map_err(|e| self.failed(&e))
    }

    fn put_in_flight(&self, entry: &Entry, target: &str, digest: &[u8]) -> Result<(), Error> {
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

    fn put_outcome(
        &self,
        entry: &Entry,
        outcome: Outcome,
        message: Option<&SentMessage>,
    ) -> Result<(), Error> {
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

    fn put_accepted(
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
        self.put_in_flight(entry, target, digest)?;
        self.put_outcome(entry, Outcome::Accepted, Some(message))?;
        whole.commit().map_err(|e| self.failed(&e))
    }

    fn visit(
        &self,
        filter: &RowFilter,
        visit: &mut dyn FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let sql = "SELECT server, guid, key, target, outcome, message_id, changed_at FROM sends
             WHERE (?1 IS NULL OR outcome = ?1) AND changed_at >= ?2
             ORDER BY changed_at DESC, key LIMIT ?3";
        let mut query = self.db.prepare(sql).map_err(|e| self.failed(&e))?;
        let since = filter.since.unwrap_or(i64::MIN);
        let limit = filter.limit.map_or(-1, i64::from);
        let mut rows = query
            .query(params![filter.outcome, since, limit])
            .map_err(|e| self.failed(&e))?;
        while let Some(row) = rows.next().map_err(|e| self.failed(&e))? {
            visit(row_of(row).map_err(|e| self.failed(&e))?)?;
        }
        Ok(())
    }

    fn guids_of(&self, server: &str, key: &str) -> Result<Vec<String>, Error> {
        self.db
            .prepare_cached("SELECT guid FROM sends WHERE server = ?1 AND key = ?2")
            .and_then(|mut query| {
                let rows = query.query_map([server, key], |row| row.get(0))?;
                rows.collect()
            })
            .map_err(|e| self.failed(&e))
    }

    fn remove(&self, server: &str, guid: Option<&str>, key: &str) -> Result<usize, Error> {
        self.db
            .execute(
                "DELETE FROM sends WHERE server = ?1 AND key = ?3 AND guid = coalesce(?2, guid)",
                params![server, guid, key],
            )
            .map_err(|e| self.failed(&e))
    }

    fn remove_before(&self, oldest: i64, _all: bool) -> Result<usize, Error> {
        self.db
            .execute("DELETE FROM sends WHERE changed_at < ?1", [oldest])
            .map_err(|e| self.failed(&e))
    }

    fn usage(&self) -> Result<Usage, Error> {
        let read = || {
            let mut query = self
                .db
                .prepare_cached("SELECT day FROM days ORDER BY day")?;
            let days = query.query_map([], |row| row.get(0))?;
            let days = days.collect::<Result<_, _>>()?;
            let mut query = self
                .db
                .prepare_cached("SELECT min(changed_at) FROM sends")?;
            Ok(Usage {
                now: now(),
                days,
                oldest: query.query_row([], |row| row.get(0))?,
            })
        };
        read().map_err(|e| self.failed(&e))
    }

    fn set_days(&self, days: &[i64]) -> Result<(), Error> {
        let write = || {
            let whole = self.db.unchecked_transaction()?;
            whole.execute("DELETE FROM days", [])?;
            for day in days {
                whole.execute("INSERT INTO days VALUES (?1)", [day])?;
            }
            whole.commit()
        };
        write().map_err(|e| self.failed(&e))
    }

    fn change_pace(
        &self,
        server: &str,
        guid: &str,
        change: &mut dyn FnMut(Option<PaceState>, Micros) -> Option<PaceState>,
    ) -> Result<(), Error> {
        Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate)
            .and_then(|transaction| {
                // Read inside the transaction: an earlier writer must not appear later.
                if let Some(state) = change(read_pace(&transaction, server, guid)?, clock()) {
                    write_pace(&transaction, server, guid, state)?;
                }
                transaction.commit()
            })
            .map_err(|e| self.failed(&e))
    }

    fn lock_key(&self, entry: &Entry, wait_budget: Duration) -> Result<Option<KeyLock>, Error> {
        self.lock(entry, wait_budget)
    }
}

fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
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
}

fn read_pace(
    db: &Transaction<'_>,
    server: &str,
    guid: &str,
) -> rusqlite::Result<Option<PaceState>> {
    db.query_row(
        "SELECT next_at, held_until, seen_at FROM pace WHERE server = ?1 AND guid = ?2",
        params![server, guid],
        |row| {
            Ok(PaceState {
                theoretical_send_at: row.get(0)?,
                paused_until: row.get(1)?,
                updated_at: row.get(2)?,
            })
        },
    )
    .optional()
}

fn write_pace(
    db: &Transaction<'_>,
    server: &str,
    guid: &str,
    state: PaceState,
) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO pace (server, guid, next_at, held_until, seen_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET next_at = excluded.next_at,
             held_until = excluded.held_until, seen_at = excluded.seen_at",
        params![
            server,
            guid,
            state.theoretical_send_at,
            state.paused_until,
            state.updated_at
        ],
    )
    .map(drop)
}

fn now() -> i64 {
    Timestamp::now().as_second()
}
