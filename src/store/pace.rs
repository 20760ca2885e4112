//! The pace of each account, shared by all processes that share the state.

use std::time::Duration;

use super::StateDatabase;
use crate::error::Error;
use crate::pace::{Micros, PaceState, Rate};

/// A reserved send time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The time on the clock of the state.
    at: Micros,
    /// The same time on the clock of this process.
    local: Micros,
}

impl Reservation {
    /// A reservation `wait` from now, which the state's clock calls `at`.
    fn after(at: Micros, wait: Micros) -> Self {
        Self {
            at,
            local: waiting_clock().saturating_add(wait),
        }
    }

    /// The wait until then.
    pub fn wait(self) -> Duration {
        Duration::from_micros(
            self.local
                .saturating_sub(waiting_clock())
                .max(0)
                .unsigned_abs(),
        )
    }
}

impl StateDatabase {
    /// Reserves the account's next send. A reservation further away than `most` is not made; `Err` then
    /// holds the wait it would need.
    ///
    /// # Errors
    /// As [`StateLocation::open`](super::StateLocation::open).
    pub fn reserve(
        &self,
        server: &str,
        guid: &str,
        rate: Rate,
        most: Duration,
    ) -> Result<Result<Reservation, Duration>, Error> {
        let mut result = Err(most);
        self.backend
            .change_pace(server, guid, &mut |state, now| {
                let (wait, next) = rate.reserve(state, now);
                let duration = Duration::from_micros(wait.unsigned_abs());
                if duration > most {
                    result = Err(duration);
                    return None;
                }
                result = Ok(Reservation::after(now.saturating_add(wait), wait));
                Some(next)
            })
            .map_err(Error::about_state)?;
        Ok(result)
    }

    /// Whether a pause requested meanwhile covers the reservation.
    ///
    /// # Errors
    /// As [`StateLocation::open`](super::StateLocation::open).
    pub fn is_paused(
        &self,
        server: &str,
        guid: &str,
        reservation: Reservation,
    ) -> Result<bool, Error> {
        let mut is_paused = false;
        self.backend
            .change_pace(server, guid, &mut |state, now| {
                is_paused = PaceState::as_of(state, now).paused_until > reservation.at;
                None
            })
            .map_err(Error::about_state)?;
        Ok(is_paused)
    }

    /// Pauses the account for `pause`, as the server asked.
    ///
    /// # Errors
    /// As [`StateLocation::open`](super::StateLocation::open).
    pub fn pause(
        &self,
        server: &str,
        guid: &str,
        rate: Rate,
        pause: Duration,
    ) -> Result<(), Error> {
        let pause = Micros::try_from(pause.as_micros()).unwrap_or(Micros::MAX);
        self.backend.change_pace(server, guid, &mut |state, now| {
            Some(rate.pause(state, now, pause))
        })
    }
}

/// The time since boot, a clock shared by all processes that nobody sets.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn clock() -> Micros {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec * 1_000_000 + time.tv_nsec / 1000
}

/// The wall clock where there is no boot clock; [`PaceState`] tolerates its jumps.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn clock() -> Micros {
    jiff::Timestamp::now().as_microsecond()
}

/// The clock on which a process waits; nobody sets it.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn waiting_clock() -> Micros {
    clock()
}

/// The clock on which a process waits; nobody sets it.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn waiting_clock() -> Micros {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let elapsed = START.get_or_init(std::time::Instant::now).elapsed();
    Micros::try_from(elapsed.as_micros()).unwrap_or(Micros::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_share_reservations_within_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.sqlite3");
        let rate: Rate = "1/h".parse().unwrap();
        let (one, other) = (
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
