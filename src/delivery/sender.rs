//! Whoever carries messages for one account.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::Receipt;
use super::key_lock;
use super::outgoing_message::OutgoingMessage;
use super::refusal::explain;
use crate::api::{Api, CallError, SentMessage};
use crate::error::{Error, Kind, Outcome};
use crate::files::Transient;
use crate::guid::Guid;
use crate::output::Output;
use crate::pace::Rate;
use crate::store::{Entry, LedgerState, Reservation, StateDatabase};
use crate::text::{Text, text};
use crate::time::{Deadline, show_duration};

/// The pause after "too frequent" when the server does not say how long.
const DEFAULT_PAUSE: Duration = Duration::from_secs(60);
/// The longest pause that is believed.
const MAX_PAUSE: Duration = Duration::from_secs(86_400);
/// How often a wait for a turn looks whether it should end.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How messages are to be carried.
#[derive(Clone, Debug)]
pub struct SendOptions {
    /// The server, without credentials.
    pub server: String,
    /// The account's instance.
    pub guid: Guid,
    /// How fast the account may send.
    pub rate: Option<Rate>,
    /// The longest wait for a turn or for another process.
    pub max_wait: Option<Duration>,
    /// Send again what may have been delivered.
    pub resend: bool,
    /// The folder of the ledger and the locks, where there is one.
    pub state: Option<PathBuf>,
    /// How long the ledger remembers.
    pub ledger_days: u32,
}

/// A place where a send is recorded before and after: the ledger, or a batch's journal.
pub struct PendingRecord<'s> {
    /// Where.
    pub store: &'s StateDatabase,
    /// Under which name.
    pub entry: Entry,
    /// What to call it in an error.
    pub name: Text,
}

/// What became of the same message before.
enum PreviousAttempt {
    /// It certainly reached nobody.
    Nothing,
    /// It may have arrived, and is to be sent again all the same.
    InDoubt,
    /// It arrived.
    Accepted(Receipt),
}

/// Carries messages, one at a time.
pub struct Sender {
    plan: SendOptions,
    api: Api,
    output: Output,
    store: Option<StateDatabase>,
    stop: Arc<AtomicBool>,
    in_flight: Arc<AtomicBool>,
}

impl Sender {
    /// A courier on this connection.
    pub fn new(plan: SendOptions, api: Api, output: Output) -> Self {
        Self {
            plan,
            api,
            output,
            store: None,
            stop: Arc::default(),
            in_flight: Arc::default(),
        }
    }

    /// Whether a message has left and its fate is not known yet, for whoever has to say so when the
    /// program is ended meanwhile.
    pub fn in_flight(&self) -> Arc<AtomicBool> {
        self.in_flight.clone()
    }

    /// Gives up waiting for a turn when `stop` is set.
    pub fn stopped_by(self, stop: Arc<AtomicBool>) -> Self {
        Self { stop, ..self }
    }

    /// Carries a message, until `deadline`, and records it in `journal` too where there is one.
    ///
    /// # Errors
    /// The outcome is in the error: `rejected`, `not_sent` or `unknown`.
    pub fn deliver(
        &mut self,
        outgoing: &OutgoingMessage,
        journal: Option<PendingRecord<'_>>,
        deadline: Deadline,
    ) -> Result<Receipt, Error> {
        let _lock = self.lock_key(outgoing, deadline)?;
        if outgoing.key.is_some() || self.plan.rate.is_some() {
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
            // That this attempt failed says nothing about the one before.
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
                self.pause_account(pause);
                Err(error)
            }
        }
    }

    /// What is recorded of it already: a duplicate, or a reason not to send.
    fn previous_attempt(
        &self,
        outgoing: &OutgoingMessage,
        journal: Option<&PendingRecord<'_>>,
        digest: &[u8],
    ) -> Result<PreviousAttempt, Error> {
        let ledger = self.ledger_record(outgoing);
        let mut before = PreviousAttempt::Nothing;
        for record in journal.into_iter().chain(ledger.as_ref()) {
            match record.store.state_of(&record.entry, digest)? {
                LedgerState::Free => {}
                LedgerState::Accepted(message) => {
                    // What the ledger knows, the journal of this run knows from now on too. Its
                    // own entry stays as it is: rewritten, it would be in doubt for a moment.
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
                LedgerState::Uncertain { .. } if self.plan.resend => {
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
            server: self.plan.server.clone(),
            guid: self.plan.guid.to_string(),
            key: outgoing.key.clone()?,
        })
    }

    fn wait_budget(&self, deadline: Deadline) -> Duration {
        let remaining = deadline.remaining();
        self.plan
            .max_wait
            .map_or(remaining, |most| most.min(remaining))
    }

    fn wait_for_pace(&mut self, deadline: Deadline) -> Result<(), Error> {
        let most = self.wait_budget(deadline);
        let limit = Deadline::after(most);
        let Some(rate) = self.plan.rate else {
            return Ok(());
        };
        while let Some(store) = self.store.as_mut() {
            let (server, guid) = (&self.plan.server, self.plan.guid.as_str());
            let reservation = store
                .reserve(server, guid, rate, limit.remaining())?
                .map_err(|wait| pace_exceeded(rate, most, wait))?;
            sleep(reservation, &self.stop)?;
            // Another process may have been told off meanwhile.
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
        let api = self.api.until(deadline);
        let request = outgoing.request(&self.plan.guid);
        self.in_flight.store(true, Ordering::SeqCst);
        let result = api.deliver(&request);
        if !matches!(result, Err(CallError::NoAnswer(_))) {
            self.in_flight.store(false, Ordering::SeqCst);
        }
        result.map_err(|error| {
            let pause = pause_asked_for(&error);
            (explain(&api, &self.plan.guid, error), pause)
        })
    }

    /// What was sent was sent, also when that cannot be written down any more: the entry then
    /// stays in flight, and the next run will not take it for unsent.
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

    /// "Too frequent" holds every process back that sends for this account with a pace.
    fn pause_account(&mut self, pause: Option<Duration>) {
        let (Some(pause), Some(rate), Some(store)) = (pause, self.plan.rate, self.store.as_mut())
        else {
            return;
        };
        let held = store.pause(&self.plan.server, self.plan.guid.as_str(), rate, pause);
        match held {
            Ok(()) => self.output.note(&text!(
                "the server wants a pause; this account waits {pause}",
                pause = show_duration(pause)
            )),
            Err(error) => self.output.warn(&error.message),
        }
    }

    fn open_store(&mut self) -> Result<(), Error> {
        if self.store.is_none() {
            let store = StateDatabase::open(&self.state_folder()?.join(STATE_FILE))?;
            store.prune_if_clock_is_plausible(self.plan.ledger_days)?;
            self.store = Some(store);
        }
        Ok(())
    }

    fn state_folder(&self) -> Result<PathBuf, Error> {
        self.plan.state.clone().ok_or_else(no_state_folder)
    }
}

/// The database's name in the state folder.
pub const STATE_FILE: &str = "state.sqlite3";

/// What to say where there is no place for the ledger.
pub fn no_state_folder() -> Error {
    Error::config(text!(
        "there is no home folder to keep the record of what was sent in"
    ))
    .hint(text!("name one with QIWEI_STATE_DIR"))
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
            return Err(busy(text!("stopped while waiting for its turn"), None));
        }
        thread::sleep(reservation.wait().min(POLL_INTERVAL));
    }
    Ok(())
}

fn pace_exceeded(rate: Rate, most: Duration, wait: Duration) -> Error {
    busy(
        text!(
            "the pace ({rate}) leaves no turn within {most}; the next is in {wait}",
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
        text!("{name}: a message to {target} was sent at {when}, and whether it arrived is not known", name, target, when),
    )
    .hint(text!("look into the conversation; --resend sends it again, `qiwei ledger forget KEY` frees the key"))
    .outcome(Outcome::Unknown)
}

fn other_content(name: &Text, target: &str) -> Error {
    Error::usage(text!(
        "{name} was used already, for another message to {target}",
        name,
        target
    ))
    .hint(text!(
        "a key stands for one message: take another key, or `qiwei ledger forget KEY`"
    ))
}
