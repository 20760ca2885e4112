//! Sends the messages of one account.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::outgoing_message::OutgoingMessage;
use super::send_phase::SendPhase;
use super::{FileView, Receipt, Uploader};
use crate::api::media::UploadedFile;
use crate::api::request::{Effect, Request};
use crate::api::{Api, CallError, RateLimiter, SentMessage};
use crate::error::{Error, Kind, Outcome};
use crate::guid::Guid;
use crate::instances;
use crate::media::{Media, OpenedMedia};
use crate::output::Output;
use crate::shell::quote;
use crate::store::{Entry, KeyLock, LedgerState, StateDatabase, StateLocation};
use crate::text::{Text, text};
use crate::time::Deadline;

/// Pause after "too frequent" when the server gives no time.
const DEFAULT_PAUSE: Duration = Duration::from_secs(60);
/// Time kept for sending when an upload takes long, at most a quarter of the time that is left.
const SEND_TIME: Duration = Duration::from_secs(10);
/// Longest pause accepted from the server.
const MAX_PAUSE: Duration = Duration::from_secs(86_400);

/// How messages are sent.
#[derive(Clone)]
pub struct SendOptions {
    /// The server, without credentials.
    pub server: String,
    /// The account's instance.
    pub guid: Guid,
    /// Longest wait for the pace or for another process.
    pub max_wait: Option<Duration>,
    /// Whether to send again what may have been delivered.
    pub resend: bool,
    /// Where the ledger and the key locks are.
    pub state: StateLocation,
    /// Retention of ledger entries in days.
    pub ledger_days: u32,
    /// What to do when the state cannot be used.
    pub on_no_state: OnNoState,
}

/// What to do with a message when the ledger or the pace cannot be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OnNoState {
    /// Do not send it
    #[default]
    Refuse,
    /// Send it, although it may be sent twice or too fast
    Send,
}

/// A pending entry of the ledger or of a batch's journal.
#[derive(Clone)]
pub struct PendingRecord<'s> {
    /// The database.
    pub store: &'s StateDatabase,
    /// The entry's identity.
    pub entry: Entry,
    /// Its name in errors.
    pub name: Text,
    /// Its idempotency key; a journal's entry has none.
    pub key: Option<String>,
    /// Whether the database is the shared one.
    pub is_shared: bool,
}

/// The outcome of an earlier attempt for the same message.
enum PreviousAttempt {
    /// It certainly was not delivered.
    NotDelivered,
    /// It may have been delivered, and is sent again on request.
    OutcomeUnknown,
    /// It was accepted.
    Accepted(Receipt),
}

impl PreviousAttempt {
    /// What is known after an attempt with this outcome: its failure says nothing about the earlier one.
    fn known(&self, outcome: Outcome) -> Outcome {
        match self {
            Self::OutcomeUnknown if outcome != Outcome::Accepted => Outcome::Unknown,
            _ => outcome,
        }
    }
}

/// Sends messages one at a time.
pub struct Sender {
    options: SendOptions,
    api: Api,
    output: Output,
    limiter: Option<Arc<dyn RateLimiter>>,
    store: Option<StateDatabase>,
    stop: Arc<AtomicBool>,
    phase: Arc<SendPhase>,
    requested_pause: Option<Duration>,
    request_timeout: Option<Duration>,
    uploader: Option<Arc<Uploader>>,
}

impl Sender {
    /// A sender on this connection.
    pub fn new(options: SendOptions, api: Api, output: Output) -> Self {
        Self {
            options,
            api,
            output,
            limiter: None,
            store: None,
            stop: Arc::default(),
            phase: Arc::default(),
            requested_pause: None,
            request_timeout: None,
            uploader: None,
        }
    }

    /// The phase of the current message, for the signal handler's report.
    pub fn phase(&self) -> Arc<SendPhase> {
        self.phase.clone()
    }

    /// Waits for `limiter` before each message.
    pub fn paced_by(self, limiter: Option<Arc<dyn RateLimiter>>) -> Self {
        Self { limiter, ..self }
    }

    /// Uploads files with `uploader`.
    pub fn uploading_with(self, uploader: Option<Arc<Uploader>>) -> Self {
        Self { uploader, ..self }
    }

    /// Ends waiting for the pace when `stop` is set.
    pub fn stopped_by(self, stop: Arc<AtomicBool>) -> Self {
        Self { stop, ..self }
    }

    /// Limits the time of sending, without the waits before it.
    pub fn set_request_timeout(&mut self, timeout: Duration) {
        self.request_timeout = Some(timeout);
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
        let recorded = self.deliver_with_records(outgoing, journal.clone(), deadline);
        match recorded {
            // Only a message that was not sent yet ends so.
            Err(error) if error.is_about_state && self.options.on_no_state == OnNoState::Send => {
                self.output.warn(&text!(
                    "{message}; the message is sent without it (--on-no-state send)",
                    message = error.message
                ));
                let journal = journal.filter(|journal| !journal.is_shared);
                self.deliver_without_state(outgoing, journal, deadline)
            }
            other => other,
        }
    }

    /// Sends a message without ledger and pace.
    fn deliver_without_state(
        &mut self,
        outgoing: &OutgoingMessage,
        journal: Option<PendingRecord<'_>>,
        deadline: Deadline,
    ) -> Result<Receipt, Error> {
        let unkeyed = OutgoingMessage {
            key: None,
            ..outgoing.clone()
        };
        let limiter = self.limiter.take();
        let result = self.deliver_with_records(&unkeyed, journal, deadline);
        self.limiter = limiter;
        let deduplicated = outgoing.key.as_ref().map(|_| false);
        result.map(|receipt| Receipt {
            deduplicated,
            ..receipt
        })
    }

    fn deliver_with_records(
        &mut self,
        outgoing: &OutgoingMessage,
        journal: Option<PendingRecord<'_>>,
        deadline: Deadline,
    ) -> Result<Receipt, Error> {
        let media = outgoing.content.media();
        let opened = media.map(|media| media.open()).transpose();
        let opened = opened.map_err(Error::usage)?;
        let _lock = self.lock_key(outgoing, deadline)?;
        let digest = outgoing.digest(opened.as_ref());
        let before = self.previous_attempt(outgoing, journal.as_ref(), &digest)?;
        if let PreviousAttempt::Accepted(earlier) = before {
            let file = opened.as_ref().map(|opened| FileView::of(opened, None));
            return Ok(Receipt { file, ..earlier });
        }
        // Before the entry is in flight: an upload sends nothing, and may take long.
        let uploaded = match (media, &opened) {
            (Some(media), Some(opened)) => Some(self.upload(media, opened, deadline)?),
            _ => None,
        };
        let file = opened.as_ref().zip(uploaded.as_ref());
        let request = outgoing
            .content
            .request(&self.options.guid, &outgoing.to, file)?;
        self.wait_for_pace(deadline)?;
        let records = self.records(outgoing, journal);
        let target = outgoing.to.to_string();
        for (at, record) in records.iter().enumerate() {
            if let Err(error) = record.store.begin(&record.entry, &target, &digest) {
                // Not sent, so the entries before must not stay in flight.
                for begun in records.iter().take(at) {
                    self.record_outcome(begun, before.known(Outcome::NotSent), None);
                }
                return Err(error);
            }
        }
        let result = self.send(&request, deadline);
        let (outcome, message) = match &result {
            Ok(message) => (Outcome::Accepted, Some(message)),
            Err((error, _)) => (error.outcome.unwrap_or(Outcome::Unknown), None),
        };
        let known = before.known(outcome);
        for record in &records {
            self.record_outcome(record, known, message);
        }
        drop(records);
        match result {
            Ok(message) => Ok(Receipt {
                outcome,
                message,
                deduplicated: outgoing.key.as_ref().map(|_| true),
                file: file.map(|(opened, uploaded)| FileView::of(opened, Some(uploaded))),
            }),
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
                        deduplicated: outgoing.key.as_ref().map(|_| true),
                        file: None,
                    }));
                }
                LedgerState::Unknown { .. } if self.options.resend => {
                    before = PreviousAttempt::OutcomeUnknown
                }
                LedgerState::Unknown { target, at } => {
                    return Err(unknown_before(record, &target, at));
                }
                LedgerState::Different { target } => {
                    return Err(other_content(record, &target));
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
            key: Some(entry.key.clone()),
            is_shared: matches!(self.options.state, StateLocation::Shared(_)),
            entry,
        })
    }

    fn lock_key(
        &mut self,
        outgoing: &OutgoingMessage,
        deadline: Deadline,
    ) -> Result<Option<KeyLock>, Error> {
        let Some(entry) = self.entry(outgoing) else {
            return Ok(None);
        };
        let wait_budget = self.wait_budget(deadline);
        let store = self.open_store(deadline)?;
        store.lock_key(&entry, wait_budget).map(Some)
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

    fn wait_for_pace(&self, deadline: Deadline) -> Result<(), Error> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        let limit = Deadline::after(self.wait_budget(deadline));
        limiter.acquire(self.options.guid.as_str(), limit, &self.stop)
    }

    /// Uploads the file of a message, and leaves time for sending it.
    fn upload(
        &self,
        media: &Media,
        opened: &OpenedMedia,
        deadline: Deadline,
    ) -> Result<UploadedFile, Error> {
        let Some(uploader) = &self.uploader else {
            return Err(Error::internal(text!("the file was not uploaded")));
        };
        let remaining = deadline.remaining();
        let reserved = SEND_TIME.min(remaining / 4);
        let api = self.api.until(Deadline::after(remaining - reserved));
        uploader.upload(&api, &self.options.guid, media, opened)
    }

    fn send(
        &self,
        request: &Request,
        deadline: Deadline,
    ) -> Result<SentMessage, (Error, Option<Duration>)> {
        let deadline = match self.request_timeout {
            Some(timeout) if timeout < deadline.remaining() => Deadline::after(timeout),
            _ => deadline,
        };
        let api = self.api.until(deadline);
        let api = match &self.limiter {
            Some(_) => api.with_reserved_call(),
            None => api,
        };
        if !self.phase.begin() {
            return Err((interrupted_before_sending(), None));
        }
        let result = api.deliver(request);
        match &result {
            Ok(_) => self.phase.accepted(),
            Err(CallError::NoAnswer(_)) => {}
            Err(_) => self.phase.not_executed(),
        }
        result.map_err(|error| {
            let pause = pause_asked_for(&error);
            let error = instances::explain_failure(&api, &self.options.guid, error, Effect::Change);
            (error, pause)
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
                outcome = outcome.label(),
                message = error.message
            ));
        }
    }

    /// Pauses all processes that send for this account with a pace after "too frequent". Where all calls are
    /// limited, the client has done it.
    fn pause_account(&self, pause: Option<Duration>) {
        if let (Some(pause), Some(limiter), None) = (pause, &self.limiter, self.api.limiter()) {
            limiter.pause(self.options.guid.as_str(), pause);
        }
    }

    /// The ledger; opened for the first message with a key, and again after its connection was lost.
    fn open_store(&mut self, deadline: Deadline) -> Result<&StateDatabase, Error> {
        let store = match self.store.take().filter(|store| !store.is_lost()) {
            Some(store) => store,
            None => {
                let store = self.options.state.open(deadline)?;
                store.prune_if_clock_is_plausible(self.options.ledger_days)?;
                store
            }
        };
        store.set_deadline(deadline);
        Ok(self.store.insert(store))
    }
}

/// The error of a message that was not sent because a signal came first.
pub fn interrupted_before_sending() -> Error {
    Error::new(Kind::Busy, text!("interrupted before the message was sent"))
        .outcome(Outcome::NotSent)
        .retryable()
}

/// The error of a message whose answer a signal did not wait for.
pub fn interrupted_in_flight() -> Error {
    Error::new(
        Kind::Unknown,
        text!("interrupted while the message was in flight; it may or may not have been delivered"),
    )
    .outcome(Outcome::Unknown)
    .hint(text!(
        "check the result before running this again; it is not repeated automatically"
    ))
}

fn pause_asked_for(error: &CallError) -> Option<Duration> {
    match error {
        CallError::Refused(refusal) if refusal.is_too_frequent() => {
            let pause = refusal.wait().unwrap_or(DEFAULT_PAUSE);
            Some(pause.min(MAX_PAUSE))
        }
        _ => None,
    }
}

fn unknown_before(record: &PendingRecord<'_>, target: &str, at: i64) -> Error {
    let when = crate::time::rfc3339(at).map_or_else(|| text!("an unknown time"), Text::verbatim);
    Error::new(
        Kind::Unknown,
        text!(
            "{name}: a message to {target} was sent at {when}, and its outcome is unknown",
            name = &record.name,
            target,
            when
        ),
    )
    .hint(match &record.key {
        Some(key) => text!(
            "check the conversation; --resend sends it again, `qiwei ledger forget {key}` frees the key",
            key = quote(key)
        ),
        None => text!("check the conversation; --resend sends it again"),
    })
    .outcome(Outcome::Unknown)
}

fn other_content(record: &PendingRecord<'_>, target: &str) -> Error {
    let error = Error::usage(text!(
        "{name} was already used for another message to {target}",
        name = &record.name,
        target
    ));
    match &record.key {
        Some(key) => error.hint(text!(
            "a key identifies one message: use another key, or `qiwei ledger forget {key}`",
            key = quote(key)
        )),
        None => error.hint(text!("a journal belongs to one input: use another one")),
    }
}
