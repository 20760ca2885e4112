//! Sends several messages of one command in order, over one connection: to several targets, or in parts.
//!
//! After a message that was not accepted, the rest for the same target is not sent; other targets go on.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::one;
use super::outcome_counts::{OutcomeCounts, outcome_of};
use crate::api::request::Effect;
use crate::commands::{CommandResult, dry_run};
use crate::context::Context;
use crate::conversation::ConversationId;
use crate::delivery::{
    FileView, OutgoingMessage, Phase, Receipt, SendPhase, Sender, Uploader,
    interrupted_before_sending, interrupted_in_flight,
};
use crate::error::{Error, Kind, Outcome};
use crate::guid::Guid;
use crate::instances;
use crate::output::Output;
use crate::signals;
use crate::text::{Text, text};
use crate::time::{Deadline, show_duration};

/// How long a signal waits until the result of an accepted message is printed.
const PRINT_WAIT: Duration = Duration::from_secs(1);
/// How often it looks.
const PRINT_CHECK_INTERVAL: Duration = Duration::from_millis(5);

/// One message of a sequence.
#[derive(Clone, Debug)]
pub struct SequenceMessage {
    /// The target as it was written.
    pub to: String,
    /// Which part of the text for this target it is; none if it is the whole.
    pub part: Option<Part>,
    /// The message.
    pub outgoing: OutgoingMessage,
}

/// A part of what one target gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number, from 1.
    pub number: usize,
    /// The number of parts.
    pub count: usize,
}

/// The JSON result of one message of a sequence.
#[derive(Serialize)]
struct MessageResult<'a> {
    to: &'a str,
    part: Option<usize>,
    parts: Option<usize>,
    key: Option<&'a str>,
    outcome: Outcome,
    message_id: Option<&'a str>,
    seq: Option<&'a str>,
    conversation_id: &'a ConversationId,
    guid: Option<&'a Guid>,
    sent_at: Option<&'a str>,
    deduplicated: Option<bool>,
    file: Option<&'a FileView>,
    error: Option<&'a Error>,
}

/// Sends the messages in order and prints a result for each, or prints the requests for a dry run.
///
/// # Errors
/// `partial` when a message was not accepted; before anything is sent, those of choosing the instance.
pub fn send(
    context: &Context,
    messages: Vec<SequenceMessage>,
    options: &one::Options<'_>,
) -> CommandResult {
    context.set_pace_flag(options.delivery.pace());
    let prepared = prepare(context, &messages, options);
    let (guid, sender, deadline) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            let sequence = Sequence::new(context, messages, None, Arc::default());
            sequence.report_rest(&mut sequence.progress(), &error);
            return Err(error);
        }
    };
    if options.is_dry_run {
        let uploader = uploader(context, &messages, options)?;
        let mut requests = Vec::new();
        for message in &messages {
            requests.extend(
                message
                    .outgoing
                    .planned_requests(&guid, uploader.as_deref())?,
            );
        }
        dry_run::show_each(context, requests.into_iter())?;
        return Ok(ExitCode::SUCCESS);
    }
    let sequence = Sequence::new(context, messages, Some(guid), sender.phase());
    let sequence = Arc::new(sequence);
    sequence.report_on_signal()?;
    sequence.run(sender, options.delivery.max_wait, deadline)
}

/// The uploader, if a message has a file.
fn uploader(
    context: &Context,
    messages: &[SequenceMessage],
    options: &one::Options<'_>,
) -> Result<Option<Arc<Uploader>>, Error> {
    match messages
        .iter()
        .find(|message| message.outgoing.content.media().is_some())
    {
        Some(message) => options.uploader(context, &message.outgoing),
        None => Ok(None),
    }
}

fn prepare(
    context: &Context,
    messages: &[SequenceMessage],
    options: &one::Options<'_>,
) -> Result<(Guid, Sender, Deadline), Error> {
    let guid = instances::choose(context, Effect::Change)?;
    let send_options = options.delivery.send_options(context, guid.clone())?;
    let uploader = uploader(context, messages, options)?;
    let deadline = match uploader {
        Some(_) => context.deadline_or(one::UPLOAD_TIMEOUT)?,
        None => context.deadline()?,
    };
    let sender = Sender::new(send_options, context.api()?.clone(), context.output.clone())
        .paced_by(context.limiter()?)
        .uploading_with(uploader);
    Ok((guid, sender, deadline))
}

/// The messages and their outcomes.
struct Sequence {
    output: Output,
    guid: Option<Guid>,
    messages: Vec<SequenceMessage>,
    phase: Arc<SendPhase>,
    progress: Mutex<Progress>,
}

/// What was sent so far. Whoever prints holds its lock: the main thread, or the one that handles a signal.
#[derive(Default)]
struct Progress {
    /// The first message without a result.
    next: usize,
    counts: OutcomeCounts,
    /// Targets of which no further message is sent, and why.
    ended: Vec<(ConversationId, Error)>,
    /// Why no further message is sent to anybody.
    stop_reason: Option<Error>,
    /// What helps with the first failure.
    first_hint: Option<Text>,
    print_error: Option<Error>,
}

impl Sequence {
    fn new(
        context: &Context,
        messages: Vec<SequenceMessage>,
        guid: Option<Guid>,
        phase: Arc<SendPhase>,
    ) -> Self {
        Self {
            output: context.output.clone(),
            guid,
            messages,
            phase,
            progress: Mutex::default(),
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(
        &self,
        mut sender: Sender,
        max_wait: Option<Duration>,
        deadline: Deadline,
    ) -> CommandResult {
        for message in &self.messages {
            let skip_reason = self.skip_reason(message, deadline);
            let result = match skip_reason {
                Some(error) => Err(error),
                None => sender.deliver(&message.outgoing, None, deadline),
            };
            let pause = sender.take_requested_pause();
            let is_printed = self.record(message, result);
            if !is_printed {
                break;
            }
            if let Some(pause) = pause {
                self.wait_out(pause, max_wait, deadline);
            }
        }
        self.finish()
    }

    /// Why a message is not even tried.
    fn skip_reason(&self, message: &SequenceMessage, deadline: Deadline) -> Option<Error> {
        let progress = self.progress();
        let to = &message.outgoing.to;
        let ended = progress.ended.iter().find(|(ended, _)| ended == to);
        if let Some((_, error)) = ended {
            return Some(error.clone());
        }
        if deadline.is_over() && progress.next > 0 && progress.stop_reason.is_none() {
            let message = text!(
                "not sent: the command reached its time limit of {timeout}",
                timeout = show_duration(deadline.timeout())
            );
            return Some(
                Error::new(Kind::Deadline, message)
                    .outcome(Outcome::NotSent)
                    .hint(text!("allow more time with --timeout"))
                    .retryable(),
            );
        }
        progress.stop_reason.clone()
    }

    /// Prints the result of the next message. Returns whether sending may go on.
    fn record(&self, message: &SequenceMessage, result: Result<Receipt, Error>) -> bool {
        let mut progress = self.progress();
        let result = result.map_err(|error| self.output.masked(&error));
        self.print(&mut progress, message, &result);
        if let Err(error) = &result {
            progress.after_failure(message, error);
        }
        progress.next += 1;
        self.phase.reset();
        progress.print_error.is_none()
    }

    fn print(
        &self,
        progress: &mut Progress,
        message: &SequenceMessage,
        result: &Result<Receipt, Error>,
    ) {
        progress.counts.count(outcome_of(result));
        let view = view(message, self.guid.as_ref(), result);
        let printed = self.output.result(&view, |_| line(message, result));
        if let Err(error) = printed {
            progress.print_error.get_or_insert(error);
        }
    }

    /// Reports all messages without a result as not sent because of `error`.
    fn report_rest(&self, progress: &mut Progress, error: &Error) {
        let error = self.output.masked(error);
        if !self.output.is_json() {
            return;
        }
        for message in self.messages.iter().skip(progress.next) {
            let not_sent = Err(Error {
                outcome: error.outcome.or(Some(Outcome::NotSent)),
                ..error.clone()
            });
            self.print(progress, message, &not_sent);
            if progress.print_error.is_some() {
                return;
            }
        }
    }

    /// Waits as long as the server asked for; not at all if that takes longer than may be waited.
    fn wait_out(&self, pause: Duration, max_wait: Option<Duration>, deadline: Deadline) {
        let remaining = deadline.remaining();
        let most = max_wait.map_or(remaining, |most| most.min(remaining));
        let mut progress = self.progress();
        if progress.next == self.messages.len() || progress.stop_reason.is_some() {
            return;
        }
        if pause >= most {
            let message = text!(
                "not sent: the server asked for a pause of {pause}",
                pause = show_duration(pause)
            );
            let error = Error::new(Kind::Busy, message)
                .outcome(Outcome::NotSent)
                .hint(text!("run it again later, or wait longer with --timeout"))
                .retryable()
                .retry_after(Some(pause));
            progress.stop_reason = Some(error);
            return;
        }
        drop(progress);
        self.output.note(&text!(
            "the server asked for a pause; waiting {pause}",
            pause = show_duration(pause)
        ));
        thread::sleep(pause);
    }

    /// On a signal, reports what is known of each message and ends the program.
    fn report_on_signal(self: &Arc<Self>) -> Result<(), Error> {
        let sequence = self.clone();
        signals::forward_during_send(move |signal| {
            let started = Instant::now();
            while !sequence.end_with(signal, started.elapsed() < PRINT_WAIT) {
                thread::sleep(PRINT_CHECK_INTERVAL);
            }
        })
    }

    /// Reports the outcomes and ends the program, unless it is ending by itself. Returns false while the
    /// result of an accepted message is still to be printed, if that `may_wait`.
    fn end_with(&self, signal: i32, may_wait: bool) -> bool {
        let mut progress = self.progress();
        let Some(message) = self.messages.get(progress.next) else {
            return true;
        };
        let error = match self.phase.interrupt() {
            Phase::Accepted if may_wait => return false,
            Phase::Accepted | Phase::InFlight => interrupted_in_flight(),
            Phase::Waiting | Phase::NotExecuted | Phase::Interrupted => {
                interrupted_before_sending()
            }
        };
        self.print(&mut progress, message, &Err(error.clone()));
        progress.next += 1;
        for message in self.messages.iter().skip(progress.next) {
            self.print(&mut progress, message, &Err(interrupted_before_sending()));
        }
        let message = text!(
            "interrupted; {counts}",
            counts = progress.counts.summary_of_messages()
        );
        let error = Error { message, ..error };
        self.output.error(&error.ending_with(signal));
        signals::end(signal)
    }

    /// The result of the command.
    fn finish(&self) -> CommandResult {
        let mut progress = self.progress();
        let counts = progress.counts;
        if let Some(error) = progress.print_error.take() {
            return Err(self.print_failure(&progress, error));
        }
        if counts.failed() == 0 {
            self.output.note(&counts.summary_of_messages());
            return Ok(ExitCode::SUCCESS);
        }
        Err(self.partial(&mut progress))
    }

    fn partial(&self, progress: &mut Progress) -> Error {
        let counts = progress.counts;
        let error = Error::new(Kind::Partial, counts.summary_of_messages());
        let error = match (counts.unknown, progress.first_hint.take()) {
            (0, Some(hint)) => error.hint(hint),
            (0, None) => error.hint(text!("see the result lines for the reasons")),
            _ => error.hint(text!(
                "check the conversations of the unknown messages before sending them again with --resend"
            )),
        };
        let has_keys = self.messages.iter().all(|m| m.outgoing.key.is_some());
        match counts.unknown == 0 && (has_keys || counts.accepted() == 0) {
            true => error.retryable(),
            false => error,
        }
    }

    /// The error of a result that could not be printed; it tells how far the sequence came.
    fn print_failure(&self, progress: &Progress, error: Error) -> Error {
        let counts = progress.counts;
        let is_complete = progress.next == self.messages.len();
        if error.kind == Kind::ClosedPipe && is_complete && counts.failed() == 0 {
            return error;
        }
        let error = error.in_stream();
        let kind = match error.kind {
            Kind::Io => Kind::Io,
            _ => Kind::Partial,
        };
        let message = match is_complete {
            true => text!(
                "{message}; {counts}",
                message = error.message,
                counts = counts.summary_of_messages()
            ),
            false => text!(
                "{message}; {counts}; the remaining messages were not sent",
                message = error.message,
                counts = counts.summary_of_messages()
            ),
        };
        Error::new(kind, message)
    }
}

impl Progress {
    fn after_failure(&mut self, message: &SequenceMessage, error: &Error) {
        if self.first_hint.is_none() {
            self.first_hint = error.hint.clone();
        }
        let to = &message.outgoing.to;
        if !self.ended.iter().any(|(ended, _)| ended == to) {
            let reason = text!("not sent: an earlier message to {to} was not accepted", to);
            self.ended.push((to.clone(), not_tried(error, reason)));
        }
        // The account is the same for all targets.
        if error.kind == Kind::NotLoggedIn {
            let reason = text!("not sent: the account is not logged in");
            self.stop_reason
                .get_or_insert_with(|| not_tried(error, reason));
        }
    }
}

/// The error of a message that is not tried because of that of an earlier one.
fn not_tried(cause: &Error, message: Text) -> Error {
    Error {
        message,
        code: None,
        outcome: Some(Outcome::NotSent),
        ..cause.clone()
    }
}

fn view<'a>(
    message: &'a SequenceMessage,
    guid: Option<&'a Guid>,
    result: &'a Result<Receipt, Error>,
) -> MessageResult<'a> {
    let receipt = result.as_ref().ok();
    let sent = receipt.map(|receipt| &receipt.message);
    MessageResult {
        to: &message.to,
        part: message.part.map(|part| part.number),
        parts: message.part.map(|part| part.count),
        key: message.outgoing.key.as_deref(),
        outcome: outcome_of(result),
        message_id: sent.map(|sent| sent.message_id.as_str()),
        seq: sent.and_then(|sent| sent.seq.as_deref()),
        conversation_id: &message.outgoing.to,
        guid,
        sent_at: sent.and_then(|sent| sent.sent_at.as_deref()),
        deduplicated: receipt.and_then(|receipt| receipt.deduplicated),
        file: receipt.and_then(|receipt| receipt.file.as_ref()),
        error: result.as_ref().err(),
    }
}

/// The result line for people.
fn line(message: &SequenceMessage, result: &Result<Receipt, Error>) -> Text {
    let outcome = outcome_of(result).label();
    let to = match message.part {
        None => message.outgoing.to.to_string(),
        Some(Part { number, count }) => format!("{} ({number}/{count})", message.outgoing.to),
    };
    match result {
        Ok(receipt) => {
            let id = &receipt.message.message_id;
            text!("{outcome} {to} message {id}", outcome, to, id)
        }
        Err(error) => text!(
            "{outcome} {to}: {message}",
            outcome,
            to,
            message = &error.message
        ),
    }
}
