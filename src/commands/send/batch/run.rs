//! Sends the lines: in order per target, with one worker or several.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::BatchArgs;
use super::input::Input;
use super::line::{BadLine, Item};
use super::progress::Progress;
use super::report::{OutcomeCounts, Report, outcome_of};
use crate::api::Api;
use crate::commands::CommandResult;
use crate::context::Context;
use crate::delivery::{PendingRecord, Receipt, SendOptions, Sender};
use crate::error::{Error, Kind, Outcome};
use crate::files;
use crate::output::Output;
use crate::signals;
use crate::store::{Entry, StateDatabase};
use crate::text::text;
use crate::time::{Deadline, show_duration};

/// Lines queued per worker.
const QUEUE_CAPACITY: usize = 16;
/// Default time limit of one message.
const ITEM_TIMEOUT: Duration = Duration::from_secs(30);

/// Longest pause of a batch without `--max-wait`: long enough for the usual pause of one minute.
const DEFAULT_LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// How often a paused worker checks whether the batch has stopped.
const PAUSE_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// State shared by all workers.
struct Shared {
    plan: SendOptions,
    api: Api,
    output: Output,
    timeout: Duration,
    journal: Option<std::path::PathBuf>,
    fail_fast: bool,
    progress: Progress,
    counts: Mutex<OutcomeCounts>,
    /// Whether sending has stopped.
    stop: Arc<AtomicBool>,
    /// The line that stopped the batch.
    stopped_at: Mutex<Option<u64>>,
    /// Why printing failed, if it did.
    broken: Mutex<Option<Error>>,
    /// Why the remaining lines are not sent, if that is so.
    abandoned: Mutex<Option<Error>>,
    /// Whether lines were not sent for that reason, or input was left unread.
    is_cut: AtomicBool,
    /// The end of the pause that the server asked for.
    paused_until: Mutex<Option<Deadline>>,
    /// The time limit of the whole batch, if one was given.
    deadline: Option<Deadline>,
    signal: AtomicI32,
}

/// Sends every line of `input`.
pub fn run(
    context: &Context,
    args: &BatchArgs,
    plan: SendOptions,
    mut input: Input,
    total: Option<u64>,
) -> CommandResult {
    let _journal_lock = args.journal.as_deref().map(lock_journal).transpose()?;
    let shared = Arc::new(Shared {
        api: context.api()?.clone(),
        output: context.output.clone(),
        timeout: context.settings()?.item_timeout().unwrap_or(ITEM_TIMEOUT),
        journal: args.journal.clone(),
        fail_fast: args.fail_fast,
        progress: Progress::new(&context.output, total, plan.rate),
        plan,
        counts: Mutex::default(),
        stop: Arc::default(),
        stopped_at: Mutex::default(),
        broken: Mutex::default(),
        abandoned: Mutex::default(),
        is_cut: AtomicBool::new(false),
        paused_until: Mutex::default(),
        deadline: context.explicit_deadline()?,
        signal: AtomicI32::new(0),
    });
    stop_on_signal(&shared)?;
    let result = match args.jobs {
        1 => in_turn(context, &shared, &mut input),
        jobs => at_once(context, &shared, &mut input, jobs),
    };
    shared.progress.finish();
    match result {
        Ok(()) => shared.finish(),
        Err(error) => Err(shared.cut_short(error)),
    }
}

/// Locks the journal for one run.
fn lock_journal(path: &std::path::Path) -> Result<std::fs::File, Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock = files::lock(std::path::Path::new(&name), Duration::ZERO).map_err(|e| {
        Error::config(text!(
            "cannot use the journal {path}: {error}",
            path = path.display(),
            error = e
        ))
        .hint(text!("choose a journal in a writable directory"))
    })?;
    lock.ok_or_else(|| {
        Error::new(
            Kind::Busy,
            text!(
                "another run is using the journal {path}",
                path = path.display()
            ),
        )
        .outcome(Outcome::NotSent)
        .retryable()
    })
}

/// On a signal, completes the messages in flight and sends no other. A second signal ends the program
/// at once; the messages in flight are then unknown, which a journal records.
fn stop_on_signal(shared: &Arc<Shared>) -> Result<(), Error> {
    let shared = shared.clone();
    signals::forward(signals::watch()?, move |signal| {
        let first = !shared.stop.swap(true, Ordering::SeqCst);
        shared.signal.store(signal, Ordering::SeqCst);
        if first {
            shared.output.note(&text!(
                "waiting for the server's answer to the message in flight; interrupt again to exit at once"
            ));
            return;
        }
        shared.progress.finish();
        let message =
            text!("interrupted while a message was in flight; it may have been delivered");
        let error = Error::new(Kind::Unknown, message).outcome(Outcome::Unknown);
        shared.output.error(&error.ending_with(signal));
        signals::end(signal)
    })
}

fn in_turn(context: &Context, shared: &Arc<Shared>, input: &mut Input) -> Result<(), Error> {
    let mut worker = Worker::new(shared.clone())?;
    let settings = context.settings()?;
    while !shared.is_stopped() {
        match input.next(settings, || shared.is_over())? {
            None => break,
            Some(Ok(item)) => worker.work(&item),
            Some(Err(bad)) => shared.report_bad(&bad),
        }
    }
    Ok(())
}

fn at_once(
    context: &Context,
    shared: &Arc<Shared>,
    input: &mut Input,
    jobs: u8,
) -> Result<(), Error> {
    let mut queues: HashMap<u64, SyncSender<Item>> = HashMap::new();
    let mut workers = Vec::new();
    for number in 0..u64::from(jobs) {
        let (queue, items): (SyncSender<Item>, Receiver<Item>) = sync_channel(QUEUE_CAPACITY);
        let mut worker = Worker::new(shared.clone())?;
        let work = move || items.iter().for_each(|item| worker.work(&item));
        let builder = thread::Builder::new().name("worker".into());
        workers.push(
            builder
                .spawn(work)
                .map_err(|e| Error::local(text!("cannot start a worker"), &e))?,
        );
        queues.insert(number, queue);
    }
    let settings = context.settings()?;
    let result = loop {
        if shared.is_stopped() {
            break Ok(());
        }
        match input.next(settings, || shared.is_over()) {
            Err(error) => break Err(error),
            Ok(None) => break Ok(()),
            Ok(Some(Err(bad))) => shared.report_bad(&bad),
            Ok(Some(Ok(item))) => {
                // One queue per target keeps its order.
                let mut hasher = DefaultHasher::new();
                item.outgoing.to.hash(&mut hasher);
                if let Some(queue) = queues.get(&(hasher.finish() % u64::from(jobs))) {
                    // A worker ends only with its queue.
                    let _ = queue.send(item);
                }
            }
        }
    };
    drop(queues);
    for worker in workers {
        worker
            .join()
            .map_err(|_| Error::internal(text!("a worker panicked")))?;
    }
    result
}

/// A sender and its handle of the journal.
struct Worker {
    shared: Arc<Shared>,
    sender: Sender,
    journal: Option<StateDatabase>,
}

impl Worker {
    fn new(shared: Arc<Shared>) -> Result<Self, Error> {
        let journal = shared
            .journal
            .as_deref()
            .map(StateDatabase::open)
            .transpose()?;
        let sender = Sender::new(
            shared.plan.clone(),
            shared.api.clone(),
            shared.output.clone(),
        )
        .stopped_by(shared.stop.clone())
        .with_request_timeout(shared.timeout);
        Ok(Self {
            shared,
            sender,
            journal,
        })
    }

    fn work(&mut self, item: &Item) {
        if self.shared.is_stopped() {
            return;
        }
        self.shared.wait_out_pause();
        if self.shared.is_stopped() {
            return;
        }
        let result = match self.shared.abandoned() {
            Some(error) => {
                self.shared.is_cut.store(true, Ordering::SeqCst);
                Err(error)
            }
            None => self
                .deliver(item)
                .map_err(|error| self.shared.output.masked(&error)),
        };
        if let Some(pause) = self.sender.take_requested_pause() {
            self.shared.pause(pause);
        }
        if let Err(error) = &result
            && error.kind == Kind::NotLoggedIn
        {
            self.shared.lose(item.line, error);
        }
        self.shared.report(item, &result);
    }

    fn deliver(&mut self, item: &Item) -> Result<Receipt, Error> {
        let record = self.journal.as_ref().map(|store| PendingRecord {
            store,
            name: text!("line {line} of the journal", line = item.line),
            entry: Entry {
                server: self.shared.plan.server.clone(),
                guid: self.shared.plan.guid.to_string(),
                key: format!("line {}", item.line),
            },
        });
        // With a limit for the whole batch, a message may wait for its turn until then.
        let deadline = self
            .shared
            .deadline
            .unwrap_or_else(|| Deadline::after(self.shared.timeout));
        self.sender.deliver(&item.outgoing, record, deadline)
    }
}

impl Shared {
    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn abandoned(&self) -> Option<Error> {
        self.abandoned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Sends none of the remaining lines; each is reported with this error.
    fn abandon(&self, error: Error) {
        let mut abandoned = self
            .abandoned
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        abandoned.get_or_insert(Error {
            outcome: Some(Outcome::NotSent),
            code: None,
            ..error
        });
    }

    /// After a lost login the remaining lines are not tried one by one.
    fn lose(&self, line: u64, error: &Error) {
        let message = text!(
            "not sent: the account was not logged in at line {line}",
            line
        );
        self.abandon(Error {
            message,
            ..error.clone()
        });
    }

    /// Whether no more input is waited for; notes that the time ran out, if that is why.
    fn is_over(&self) -> bool {
        if self.is_out_of_time() {
            self.abandon_for_time();
            self.is_cut.store(true, Ordering::SeqCst);
        }
        self.is_stopped() || self.is_out_of_time()
    }

    fn is_out_of_time(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline.is_over())
    }

    fn abandon_for_time(&self) {
        if let Some(deadline) = self.deadline {
            let message = text!(
                "not sent: the batch reached its time limit of {timeout}",
                timeout = show_duration(deadline.timeout())
            );
            self.abandon(Error::new(Kind::Deadline, message).retryable());
        }
    }

    /// Pauses all workers, because the server asked for fewer requests. A pause longer than the time
    /// allowed for waiting ends the batch.
    fn pause(&self, pause: Duration) {
        let most = self
            .plan
            .max_wait
            .unwrap_or(DEFAULT_LONGEST_PAUSE.max(self.timeout));
        let left = self.deadline.map_or(most, |deadline| deadline.remaining());
        if pause > most.min(left) {
            let message = text!(
                "not sent: the server asked for a pause of {pause}",
                pause = show_duration(pause)
            );
            let error = Error::new(Kind::Busy, message)
                .hint(text!(
                    "run the same command again later (with --journal only the rest is sent), or wait longer with --max-wait"
                ))
                .retryable()
                .retry_after(Some(pause));
            return self.abandon(error);
        }
        let mut until = self
            .paused_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if until.is_none_or(|until| until.remaining() < pause) {
            *until = Some(Deadline::after(pause));
            self.output.note(&text!(
                "the server asked for a pause; the batch waits {pause}",
                pause = show_duration(pause)
            ));
        }
    }

    /// Waits until the pause is over, the batch is stopped, or its time limit is reached.
    fn wait_out_pause(&self) {
        loop {
            if self.is_out_of_time() {
                return self.abandon_for_time();
            }
            let until = *self
                .paused_until
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            match until {
                Some(until) if !until.is_over() && !self.is_stopped() => {
                    thread::sleep(until.remaining().min(PAUSE_CHECK_INTERVAL));
                }
                _ => return,
            }
        }
    }

    fn report(&self, item: &Item, result: &Result<Receipt, Error>) {
        let outcome = outcome_of(result);
        let report = Report::of(item, &self.plan.guid, result);
        self.print(&report, outcome);
        if self.fail_fast && result.is_err() {
            self.stop.store(true, Ordering::SeqCst);
            let mut stopped = self
                .stopped_at
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            stopped.get_or_insert(item.line);
        }
    }

    fn report_bad(&self, bad: &BadLine) {
        let error = Error::usage(bad.why.clone());
        self.print(
            &Report::of_bad(bad, &self.plan.guid, &error),
            Outcome::NotSent,
        );
        if self.fail_fast {
            self.stop.store(true, Ordering::SeqCst);
            let mut stopped = self
                .stopped_at
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            stopped.get_or_insert(bad.line);
        }
    }

    /// Prints a result. Sending stops when stdout is closed.
    fn print(&self, report: &Report<'_>, outcome: Outcome) {
        let counts = {
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            counts.count(outcome);
            *counts
        };
        if let Err(error) = self.output.json(report) {
            self.stop.store(true, Ordering::SeqCst);
            let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
            broken.get_or_insert(error);
        }
        self.progress.advance(counts);
    }

    /// A local failure in the middle: the error must not say that nothing was sent.
    fn cut_short(&self, error: Error) -> Error {
        let counts = *self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts == OutcomeCounts::default() || error.kind == Kind::ClosedPipe {
            return error;
        }
        let kind = match error.kind {
            Kind::Io => Kind::Io,
            _ => Kind::Partial,
        };
        let message = text!(
            "{message}; {counts}; the remaining lines were not sent",
            message = error.message,
            counts = counts.sentence()
        );
        Error::new(kind, message).hint(text!(
            "see the result lines; with --journal the same command sends only the rest"
        ))
    }

    fn finish(&self) -> CommandResult {
        if let Some(error) = self
            .broken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            return Err(self.cut_short(error));
        }
        let counts = *self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let signal = self.signal.load(Ordering::SeqCst);
        if signal != 0 {
            self.output.note(&text!(
                "interrupted after {counts}; the remaining lines were not sent",
                counts = counts.sentence()
            ));
            return Ok(signals::exit_code(signal));
        }
        let stopped_at = *self
            .stopped_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let cut = self
            .abandoned()
            .filter(|_| self.is_cut.load(Ordering::SeqCst));
        if let Some(error) = &cut
            && counts.good() == 0
            && counts.unknown == 0
            && [Kind::Busy, Kind::Deadline].contains(&error.kind)
        {
            return Err(error.clone());
        }
        counts.verdict(stopped_at).map_err(|error| match &cut {
            Some(cut) if cut.retry_after.is_some() => Error {
                hint: cut.hint.clone(),
                retry_after: cut.retry_after,
                ..error
            },
            _ => error,
        })?;
        if let Some(error) = cut {
            return Err(self.cut_short(error));
        }
        if counts == OutcomeCounts::default() {
            self.output
                .warn(&text!("the batch is empty; nothing was sent"));
        } else {
            self.output.note(&counts.sentence());
        }
        Ok(ExitCode::SUCCESS)
    }
}
