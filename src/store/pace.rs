//! The pace of each account, shared by all processes.

use std::time::Duration;

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::StateDatabase;
use crate::error::Error;
use crate::pace::{Micros, PaceState, Rate};

/// A reserved send time, in microseconds since boot (CLOCK_BOOTTIME).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation(Micros);

impl Reservation {
    /// The wait until then.
    pub fn wait(self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(clock()).max(0).unsigned_abs())
    }
}

impl StateDatabase {
    /// Reserves the account's next send. A reservation further away than `most` is not made; `Err` then
    /// holds the wait it would need.
    ///
    /// # Errors
    /// As [`StateDatabase::open`].
    pub fn reserve(
        &mut self,
        server: &str,
        guid: &str,
        rate: Rate,
        most: Duration,
    ) -> Result<Result<Reservation, Duration>, Error> {
        self.with_state(server, guid, |state, now| {
            let (wait, next) = rate.reserve(state, now);
            let reservation = Reservation(now.saturating_add(wait));
            let wait = Duration::from_micros(wait.unsigned_abs());
            if wait > most {
                (Err(wait), None)
            } else {
                (Ok(reservation), Some(next))
            }
        })
    }

    /// Whether a pause requested meanwhile covers the reservation.
    ///
    /// # Errors
    /// As [`StateDatabase::open`].
    pub fn is_paused(
        &mut self,
        server: &str,
        guid: &str,
        reservation: Reservation,
    ) -> Result<bool, Error> {
        self.with_state(server, guid, |state, now| {
            (
                PaceState::as_of(state, now).paused_until > reservation.0,
                None,
            )
        })
    }

    /// Pauses the account for `pause`, as the server asked.
    ///
    /// # Errors
    /// As [`StateDatabase::open`].
    pub fn pause(
        &mut self,
        server: &str,
        guid: &str,
        rate: Rate,
        pause: Duration,
    ) -> Result<(), Error> {
        let pause = Micros::try_from(pause.as_micros()).unwrap_or(Micros::MAX);
        self.with_state(server, guid, |state, now| {
            ((), Some(rate.pause(state, now, pause)))
        })
    }

    fn with_state<T>(
        &mut self,
        server: &str,
        guid: &str,
        change: impl FnOnce(Option<PaceState>, Micros) -> (T, Option<PaceState>),
    ) -> Result<T, Error> {
        let path = self.path.clone();
        self.db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|transaction| {
                // Read inside the transaction: an earlier writer must not appear later.
                let (result, state) = change(read(&transaction, server, guid)?, clock());
                if let Some(state) = state {
                    write(&transaction, server, guid, state)?;
                }
                transaction.commit()?;
                Ok(result)
            })
            .map_err(|e| super::failed(&path, &e))
    }
}

fn read(db: &Transaction<'_>, server: &str, guid: &str) -> rusqlite::Result<Option<PaceState>> {
    db.query_row(
        "SELECT next_at, held_until, seen_at FROM pace WHERE server = ?1 AND guid = ?2",
        params![server, guid],
        |row| {
            Ok(PaceState {
                next_send_at: row.get(0)?,
                paused_until: row.get(1)?,
                updated_at: row.get(2)?,
            })
        },
    )
    .optional()
}

fn write(db: &Transaction<'_>, server: &str, guid: &str, state: PaceState) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO pace (server, guid, next_at, held_until, seen_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET next_at = excluded.next_at,
             held_until = excluded.held_until, seen_at = excluded.seen_at",
        params![
            server,
            guid,
            state.next_send_at,
            state.paused_until,
            state.updated_at
        ],
    )
    .map(drop)
}

/// The time since boot, a clock shared by all processes that nobody sets.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn clock() -> Micros {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec * 1_000_000 + time.tv_nsec / 1000
}

/// The wall clock where there is no boot clock; [`PaceState`] tolerates its jumps.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn clock() -> Micros {
    jiff::Timestamp::now().as_microsecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_share_reservations_within_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.sqlite3");
        let rate: Rate = "1/h".parse().unwrap();
        let (mut one, mut other) = (
            StateDatabase::open(&path).unwrap(),
            StateDatabase::open(&path).unwrap(),
        );
        let hour = Duration::from_secs(3600);
        let reservation = one.reserve("s", "g", rate, hour).unwrap().unwrap();
        assert_eq!(reservation.wait(), Duration::ZERO);
        let wait = other
            .reserve("s", "g", rate, Duration::ZERO)
            .unwrap()
            .unwrap_err();
        assert!(wait > hour / 2 && wait <= hour);
        let again = one
            .reserve("s", "g", rate, Duration::ZERO)
            .unwrap()
            .unwrap_err();
        assert!(again <= wait);
        let reservation = one.reserve("s", "h", rate, hour).unwrap().unwrap();
        assert_eq!(reservation.wait(), Duration::ZERO);
        assert!(!other.is_paused("s", "h", reservation).unwrap());
        one.pause("s", "h", rate, hour * 5).unwrap();
        assert!(other.is_paused("s", "h", reservation).unwrap());
        assert!(other.reserve("s", "h", rate, hour * 3).unwrap().is_err());
        let later = other.reserve("s", "h", rate, hour * 6).unwrap().unwrap();
        assert!(!one.is_paused("s", "h", later).unwrap());
    }
}
