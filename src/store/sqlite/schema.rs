//! The tables and their migrations.
//!
//! Columns of `pace` and their names in [`crate::pace::PaceState`]: `next_at` is `theoretical_send_at`, `held_until` is
//! `paused_until`, `seen_at` is `updated_at`.

use rusqlite::Connection;

/// Each entry migrates from the version of its index to the next. Released entries never change.
const MIGRATIONS: [&str; 3] = [
    "
    CREATE TABLE sends (
        server     TEXT NOT NULL,
        guid       TEXT NOT NULL,
        key        TEXT NOT NULL,
        target     TEXT NOT NULL,
        digest     BLOB NOT NULL,
        outcome    TEXT NOT NULL
                   CHECK (outcome IN ('in_flight', 'accepted', 'rejected', 'not_sent', 'unknown')),
        message_id TEXT,
        seq        TEXT,
        sent_at    TEXT,
        changed_at INTEGER NOT NULL, -- seconds since 1970
        PRIMARY KEY (server, guid, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sends_by_age ON sends (changed_at);
    CREATE TABLE pace (
        server  TEXT NOT NULL,
        guid    TEXT NOT NULL,
        next_at INTEGER NOT NULL, -- microseconds on the clock of this boot
        seen_at INTEGER NOT NULL, -- when that was written, on the same clock
        PRIMARY KEY (server, guid)
    ) STRICT, WITHOUT ROWID;
",
    "
    -- a pause the server asked for: nobody sends before it is over, on the same clock
    ALTER TABLE pace ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;
",
    "
    -- the days on which the ledger was used, by the wall clock: see `StateDatabase::prune_if_clock_is_plausible`
    CREATE TABLE days (day INTEGER PRIMARY KEY) STRICT; -- days since 1970
",
];

/// The current schema version.
pub(super) const CURRENT: usize = MIGRATIONS.len();

/// Migrates the database and returns its version, which is higher than [`CURRENT`] when a newer program
/// created it.
pub(super) fn migrate(db: &Connection) -> rusqlite::Result<usize> {
    if version(db)? >= CURRENT {
        return version(db);
    }
    // Two processes may migrate at once: the second finds it done.
    db.execute_batch("BEGIN IMMEDIATE")?;
    let result = upgrade(db);
    db.execute_batch(if result.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    result?;
    version(db)
}

fn upgrade(db: &Connection) -> rusqlite::Result<()> {
    for step in MIGRATIONS.iter().skip(version(db)?) {
        db.execute_batch(step)?;
    }
    if version(db)? < CURRENT {
        db.pragma_update(
            None,
            "user_version",
            i64::try_from(CURRENT).unwrap_or(i64::MAX),
        )?;
    }
    Ok(())
}

fn version(db: &Connection) -> rusqlite::Result<usize> {
    let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(usize::try_from(version).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrates_empty_file_once() {
        let db = Connection::open_in_memory().unwrap();
        assert_eq!(migrate(&db).unwrap(), CURRENT);
        assert_eq!(migrate(&db).unwrap(), CURRENT);
        db.execute("SELECT count(*) FROM sends", []).unwrap_err();
        let count: i64 = db
            .query_row("SELECT count(*) FROM sends", [], |row| row.get(0))
            .unwrap();
        assert_eq!(count, 0);
    }

    #[test]
    fn refuses_newer_schema() {
        let db = Connection::open_in_memory().unwrap();
        db.pragma_update(None, "user_version", 99).unwrap();
        assert_eq!(migrate(&db).unwrap(), 99);
    }
}
