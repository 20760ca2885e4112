//! Keeps the pace of each account across processes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::api::RateLimiter;
use crate::error::{Error, Kind, Outcome};
use crate::output::Output;
use crate::pace::Rate;
use crate::store::{Reservation, StateDatabase, StateLocation};
use crate::text::{Text, text};
use crate::time::{Deadline, show_duration};

/// Poll interval of the stop flag while waiting.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Time limit of recording a pause.
const PAUSE_TIMEOUT: Duration = Duration::from_secs(5);
/// A wait longer than this is shown on a terminal.
const SHOWN_WAIT: Duration = Duration::from_secs(1);

/// A rate limit whose state is in the state database.
pub struct AccountRateLimiter {
    /// The server, without credentials.
    pub server: String,
    /// The guid whose account calls without a guid count for; empty without a configured one.
    pub default_guid: String,
    /// The limit.
    pub rate: Rate,
    /// Whether the limit is a default. If it cannot be enforced, calls are made without it; a limit that the user
    /// chose is an error then.
    pub is_default: bool,
    /// Where the state is.
    pub state: StateLocation,
    /// Receives notes.
    pub output: Output,
    /// Opened by the first call.
    database: Mutex<Database>,
}

enum Database {
    Unopened,
    Open(StateDatabase),
    Unusable,
}

impl Database {
    fn needs_opening(&self) -> bool {
        match self {
            Self::Unopened => true,
            Self::Open(database) => database.is_lost(),
            Self::Unusable => false,
        }
    }
}

impl AccountRateLimiter {
    /// A limiter; opens the state database with the first call.
    pub fn new(
        server: String,
        default_guid: String,
        rate: Rate,
        is_default: bool,
        state: StateLocation,
        output: Output,
    ) -> Self {
        Self {
            server,
            default_guid,
            rate,
            is_default,
            state,
            output,
            database: Mutex::new(Database::Unopened),
        }
    }

    /// Works with the state database before `limit`; `None` when it is unusable and that is only a warning.
    fn with_database<T>(
        &self,
        limit: Deadline,
        work: impl FnOnce(&StateDatabase) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut database = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        if database.needs_opening() {
            *database = match self.state.open(limit) {
                Ok(opened) => Database::Open(opened),
                Err(error) if self.is_default => {
                    self.output.warn(&text!(
                        "the rate limit cannot be enforced: {message}",
                        message = error.message
                    ));
                    Database::Unusable
                }
                Err(error) => return Err(error),
            };
        }
        match &*database {
            Database::Open(database) => work(database).map(Some),
            Database::Unopened | Database::Unusable => Ok(None),
        }
    }

    /// The account whose calls are counted: the gateway counts those without a guid too.
    fn account_of<'g>(&'g self, guid: &'g str) -> &'g str {
        match guid {
            "" => &self.default_guid,
            guid => guid,
        }
    }

    fn sleep(&self, reservation: Reservation, stop: &AtomicBool) -> Result<(), Error> {
        let wait = reservation.wait();
        if wait > SHOWN_WAIT && self.output.stderr_is_terminal() {
            self.output.note(&text!(
                "waiting {wait} for the pace ({rate})",
                wait = show_duration(wait),
                rate = self.rate.describe()
            ));
        }
        while !reservation.wait().is_zero() {
            if stop.load(Ordering::SeqCst) {
                return Err(busy(text!("stopped while waiting for the pace"), None));
            }
            thread::sleep(reservation.wait().min(POLL_INTERVAL));
        }
        Ok(())
    }
}

impl RateLimiter for AccountRateLimiter {
    fn acquire(&self, guid: &str, deadline: Deadline, stop: &AtomicBool) -> Result<(), Error> {
        let guid = self.account_of(guid);
        loop {
            let most = deadline.remaining();
            let reserved = self.with_database(deadline, |database| {
                database.reserve(&self.server, guid, self.rate, most)
            })?;
            let reservation = match reserved {
                None => return Ok(()),
                Some(Ok(reservation)) => reservation,
                Some(Err(wait)) => return Err(pace_exceeded(self.rate, deadline.timeout(), wait)),
            };
            self.sleep(reservation, stop)?;
            // Another process may have been paused meanwhile.
            let is_paused = self.with_database(deadline, |database| {
                database.is_paused(&self.server, guid, reservation)
            })?;
            if is_paused != Some(true) {
                return Ok(());
            }
        }
    }

    fn pause(&self, guid: &str, wait: Duration) {
        let guid = self.account_of(guid);
        let paused = self.with_database(Deadline::after(PAUSE_TIMEOUT), |database| {
            database.pause(&self.server, guid, self.rate, wait)
        });
        match paused {
            Ok(Some(())) => self.output.note(&text!(
                "the server asked for a pause; this account waits {pause}",
                pause = show_duration(wait)
            )),
            Ok(None) => {}
            Err(error) => self.output.warn(&error.message),
        }
    }
}

fn pace_exceeded(rate: Rate, most: Duration, wait: Duration) -> Error {
    busy(
        text!(
            "the pace ({rate}) allows no request within {most}; the next one is possible in {wait}",
            rate = rate.describe(),
            most = show_duration(most),
            wait = show_duration(wait)
        ),
        Some(wait),
    )
}

fn busy(message: Text, wait: Option<Duration>) -> Error {
    Error::new(Kind::Busy, message)
        .hint(text!(
            "try again later, or wait longer with --max-wait and --timeout"
        ))
        .outcome(Outcome::NotSent)
        .retry_after(wait)
        .retryable()
}
