//! Sends the messages of one account.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::Receipt;
use super::key_lock;
use super::outgoing_message::OutgoingMessage;
use super::refusal::explain_send_failure;
use crate::api::{Api, CallError, SentMessage};
use crate::error::{Error, Kind, Outcome};
use crate::files::Transient;
use crate::guid::Guid;
use crate::output::Output;
use crate::pace::Rate;
use crate::store::{Entry, LedgerState, Reservation, StateDatabase};
use crate::text::{Text, text};
use crate::time::{Deadline, show_duration};

/// Pause after "too frequent" when the server gives no time.
const DEFAULT_PAUSE: Duration = Duration::from_secs(60);
/// Longest pause accepted from the server.
const MAX_PAUSE: Duration = Duration::from_secs(86_400);
/// Poll interval of the stop flag while waiting for the pace.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How messages are sent.
#[derive(Clone, Debug)]
pub struct SendOptions {
    /// The server, without credentials.
    pub server: String,
    /// The account's instance.
    pub guid: Guid,
    /// The pace of the account.
    pub rate: Option<Rate>,
    /// Longest wait for the pace or for another process.
    pub max_wait: Option<Duration>,
    /// Whether to send again what may have been delivered.
    pub resend: bool,
    /// The folder of the state database and the key locks, if there is one.
    pub state: Option<PathBuf>,
    /// Retention of ledger entries in days.
    pub ledger_days: u32,
}

/// A pending entry of the ledger or of a batch's journal.
pub struct PendingRecord<'s> {
    /// The database.
    pub store: &'s StateDatabase,
    /// The entry's identity.
    pub entry: Entry,
    /// Its name in errors.
    pub name: Text,
}

/// The outcome of an earlier attempt for the same message.
enum PreviousAttempt {
    /// It certainly was not delivered.
    NotDelivered,
    /// It may have been delivered, and is sent again on request.
    InDoubt,
    /// It was accepted.
    Accepted(Receipt),
}

/// Sends messages one at a time.
pub struct Sender {
    options: SendOptions,
    api: Api,
    output: Output,
    store: Option<StateDatabase>,
    stop: Arc<AtomicBool>,
    in_flight: Arc<AtomicBool>,
    requested_pause: Option<Duration>,
    request_timeout: Option<Duration>,
}

impl Sender {
    /// A sender on this connection.
    pub fn new(options: SendOptions, api: Api, output: Output) -> Self {
        Self {
            options,
            api,
            output,
            store: None,
            stop: Arc::default(),
            in_flight: Arc::default(),
            requested_pause: None,
            request_timeout: None,
        }
    }

    /// Whether a message is in flight, for the signal handler's report.
    pub fn in_flight(&self) -> Arc<AtomicBool> {
        self.in_flight.clone()
    }

    /// Ends waiting for the pace when `stop` is set.
    pub fn stopped_by(self, stop: Arc<AtomicBool>) -> Self {
        Self { stop, ..self }
    }

    /// Limits the time of sending, without the waits before it.
    pub fn with_request_timeout(self, timeout: Duration) -> Self {
        let request_timeout = Some(timeout);
        Self {
            request_timeout,
            ..self
        }
    }

    /// The pause that the server asked for in its last answer; removed when read.
    pub fn take_requested_pause(&mut self) -> Option<Duration> {
        self.requested_pause.take()
    }

    /// Sends a message before `deadline` and records it, in `journal` too if given.
    ///
    /// # Errors
    /// The error carries the outcome: `rejected`, `not_sent` or `unknown`.
    pub fn deliver(
        &mut self,
        outgoing: &OutgoingMessage,
        journal: Option<PendingRecord<'_>>,
        deadline: Deadline,
    ) -> Result<Receipt, Error> {
        let _lock = self.lock_key(outgoing, deadline)?;
        if outgoing.key.is_some() || self.options.rate.is_some() {
            self.open_store()?;
        }
        let digest = outgoing.digest();
        let before = self.previous_attempt(outgoing, journal.as_ref(), &digest)?;
        if let PreviousAttempt::Accepted(earlier) = before {
            return Ok(earlier);
        }
        self.wait_for_pace(deadline)?;
        let records = self.records(outgoing, journal);
        let target = outgoing.to.to_string();
        for record in &records {
            record.store.begin(&record.entry, &target, &digest)?;
        }
        let result = self.send(outgoing, deadline);
        let (outcome, message) = match &result {
            Ok(message) => (Outcome::Accepted, Some(message)),
            Err((error, _)) => (error.outcome.unwrap_or(Outcome::Unknown), None),
        };
        let known = match before {
            // The failure of this attempt says nothing about the earlier one.
            PreviousAttempt::InDoubt if outcome != Outcome::Accepted => Outcome::Unknown,
            _ => outcome,
        };
        for record in &records {
            self.record_outcome(record, known, message);
        }
        drop(records);
        match result {
            Ok(message) => Ok(Receipt { outcome, message }),
            Err((error, pause)) => {
                self.requested_pause = pause;
                self.pause_account(pause);
                Err(error)
            }
        }
    }

    /// Looks the message up in the ledger and the journal: a duplicate, or a reason not to send.
    fn previous_attempt(
        &self,
        outgoing: &OutgoingMessage,
        journal: Option<&PendingRecord<'_>>,
        digest: &[u8],
    ) -> Result<PreviousAttempt, Error> {
        let ledger = self.ledger_record(outgoing);
        let mut before = PreviousAttempt::NotDelivered;
        for record in journal.into_iter().chain(ledger.as_ref()) {
            match record.store.state_of(&record.entry, digest)? {
                LedgerState::Free => {}
                LedgerState::Accepted(message) => {
                    // Copies the ledger's result to the journal. The ledger's own entry is left alone: rewriting it
                    // would make it in flight for a moment.
                    if let Some(journal) = journal
                        && !std::ptr::eq(journal, record)
                    {
                        let target = outgoing.to.to_string();
                        journal
                            .store
                            .adopt(&journal.entry, &target, digest, &message)?;
                    }
                    return Ok(PreviousAttempt::Accepted(Receipt {
                        outcome: Outcome::Duplicate,
                        message,
                    }));
                }
                LedgerState::Uncertain { .. } if self.options.resend => {
                    before = PreviousAttempt::InDoubt
                }
                LedgerState::Uncertain { target, at } => {
                    return Err(unknown_before(&record.name, &target, at));
                }
                LedgerState::Different { target } => {
                    return Err(other_content(&record.name, &target));
                }
            }
        }
        Ok(before)
    }

    fn records<'s>(
        &'s self,
        outgoing: &OutgoingMessage,
        journal: Option<PendingRecord<'s>>,
    ) -> Vec<PendingRecord<'s>> {
        journal
            .into_iter()
            .chain(self.ledger_record(outgoing))
            .collect()
    }

    fn ledger_record(&self, outgoing: &OutgoingMessage) -> Option<PendingRecord<'_>> {
        let entry = self.entry(outgoing)?;
        Some(PendingRecord {
            store: self.store.as_ref()?,
            name: text!("key {key}", key = format!("{:?}", entry.key)),
            entry,
        })
    }

    fn lock_key(
        &self,
        outgoing: &OutgoingMessage,
        deadline: Deadline,
    ) -> Result<Option<Transient>, Error> {
        let Some(entry) = self.entry(outgoing) else {
            return Ok(None);
        };
        key_lock::lock(&self.state_folder()?, &entry, self.wait_budget(deadline)).map(Some)
    }

    fn entry(&self, outgoing: &OutgoingMessage) -> Option<Entry> {
        Some(Entry {
            server: self.options.server.clone(),
            guid: self.options.guid.to_string(),
            key: outgoing.key.clone()?,
        })
    }

    fn wait_budget(&self, deadline: Deadline) -> Duration {
        let remaining = deadline.remaining();
        self.options
            .max_wait
            .map_or(remaining, |most| most.min(remaining))
    }

    fn wait_for_pace(&mut self, deadline: Deadline) -> Result<(), Error> {
        let most = self.wait_budget(deadline);
        let limit = Deadline::after(most);
        let Some(rate) = self.options.rate else {
            return Ok(());
        };
        while let Some(store) = self.store.as_mut() {
            let (server, guid) = (&self.options.server, self.options.guid.as_str());
            let reservation = store
                .reserve(server, guid, rate, limit.remaining())?
                .map_err(|wait| pace_exceeded(rate, most, wait))?;
            sleep(reservation, &self.stop)?;
            // Another process may have been paused meanwhile.
            if !store.is_valid(server, guid, reservation)? {
                break;
            }
        }
        Ok(())
    }

    fn send(
        &self,
        outgoing: &OutgoingMessage,
        deadline: Deadline,
    ) -> Result<SentMessage, (Error, Option<Duration>)> {
        let deadline = match self.request_timeout {
            Some(timeout) if timeout < deadline.remaining() => Deadline::after(timeout),
            _ => deadline,
        };
        let api = self.api.until(deadline);
        let request = outgoing.request(&self.options.guid);
        self.in_flight.store(true, Ordering::SeqCst);
        let result = api.deliver(&request);
        if !matches!(result, Err(CallError::NoAnswer(_))) {
            self.in_flight.store(false, Ordering::SeqCst);
        }
        result.map_err(|error| {
            let pause = pause_asked_for(&error);
            (explain_send_failure(&api, &self.options.guid, error), pause)
        })
    }

    /// A failure to record does not change the outcome: the entry stays in flight, and the next run will
    /// not take it for unsent.
    fn record_outcome(
        &self,
        record: &PendingRecord<'_>,
        outcome: Outcome,
        message: Option<&SentMessage>,
    ) {
        if let Err(error) = record.store.finish(&record.entry, outcome, message) {
            self.output.warn(&text!(
                "the outcome of {record} ({outcome}) could not be recorded: {message}",
                record = &record.name,
                outcome = outcome.word(),
                message = error.message
            ));
        }
    }

    /// Pauses all processes that send for this account with a pace after "too frequent".
    fn pause_account(&mut self, pause: Option<Duration>) {
        let (Some(pause), Some(rate), Some(store)) =
            (pause, self.options.rate, self.store.as_mut())
        else {
            return;
        };
        let held = store.pause(
            &self.options.server,
            self.options.guid.as_str(),
            rate,
            pause,
        );
        match held {
            Ok(()) => self.output.note(&text!(
                "the server asked for a pause; this account waits {pause}",
                pause = show_duration(pause)
            )),
            Err(error) => self.output.warn(&error.message),
        }
    }

    fn open_store(&mut self) -> Result<(), Error> {
        if self.store.is_none() {
            let store = StateDatabase::open(&self.state_folder()?.join(STATE_FILE))?;
            store.prune_if_clock_is_plausible(self.options.ledger_days)?;
            self.store = Some(store);
        }
        Ok(())
    }

    fn state_folder(&self) -> Result<PathBuf, Error> {
        self.options.state.clone().ok_or_else(no_state_folder)
    }
}

/// File name of the state database in the state folder.
pub const STATE_FILE: &str = "state.sqlite3";

/// The error when there is no state folder.
pub fn no_state_folder() -> Error {
    Error::config(text!(
        "there is no home directory for the ledger of sent messages"
    ))
    .hint(text!("set a directory with QIWEI_STATE_DIR"))
}

fn pause_asked_for(error: &CallError) -> Option<Duration> {
    match error {
        CallError::Refused(refusal) if refusal.is_too_frequent() => {
            let pause = refusal.retry_after.unwrap_or(DEFAULT_PAUSE);
            Some(pause.min(MAX_PAUSE))
        }
        _ => None,
    }
}

fn sleep(reservation: Reservation, stop: &AtomicBool) -> Result<(), Error> {
    while !reservation.wait().is_zero() {
        if stop.load(Ordering::SeqCst) {
            return Err(busy(text!("stopped while waiting for the pace"), None));
        }
        thread::sleep(reservation.wait().min(POLL_INTERVAL));
    }
    Ok(())
}

fn pace_exceeded(rate: Rate, most: Duration, wait: Duration) -> Error {
    busy(
        text!(
            "the pace ({rate}) allows no send within {most}; the next one is possible in {wait}",
            rate = rate.words(),
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

fn unknown_before(name: &Text, target: &str, at: i64) -> Error {
    let when = crate::time::rfc3339(at).map_or_else(|| text!("an unknown time"), Text::verbatim);
    Error::new(
        Kind::Unknown,
        text!(
            "{name}: a message to {target} was sent at {when}, and its outcome is unknown",
            name,
            target,
            when
        ),
    )
    .hint(text!(
        "check the conversation; --resend sends it again, `qiwei ledger forget KEY` frees the key"
    ))
    .outcome(Outcome::Unknown)
}

fn other_content(name: &Text, target: &str) -> Error {
    Error::usage(text!(
        "{name} was already used for another message to {target}",
        name,
        target
    ))
    .hint(text!(
        "a key identifies one message: use another key, or `qiwei ledger forget KEY`"
    ))
}
