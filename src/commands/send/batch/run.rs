//! Sends the lines: in order per target, with one worker or several.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::BatchArgs;
use super::input::Input;
use super::line::Item;
use super::progress::Progress;
use super::state::{BatchState, ITEM_TIMEOUT, JournalPlace};
use crate::commands::CommandResult;
use crate::commands::targets::Targets;
use crate::context::Context;
use crate::delivery::{PendingRecord, Receipt, SendOptions, Sender, Uploader};
use crate::error::{Error, Kind, Outcome};
use crate::files;
use crate::signals;
use crate::store::{Entry, KeyLock, StateDatabase, StateLocation};
use crate::text::text;
use crate::time::Deadline;

/// Lines queued per worker.
const QUEUE_CAPACITY: usize = 16;

/// Sends every line of `input`.
pub fn run(
    context: &Context,
    args: &BatchArgs,
    options: SendOptions,
    uploader: Arc<Uploader>,
    mut input: Input,
    targets: &Targets,
    total: Option<u64>,
) -> CommandResult {
    let _journal_lock = args.journal.as_deref().map(lock_journal).transpose()?;
    let _run_lock = match &args.run {
        Some(run) => Some(lock_run(&options, run, context.deadline()?)?),
        None => None,
    };
    let file = args.journal.clone().map(JournalPlace::File);
    let state = Arc::new(BatchState {
        api: context.api()?.clone(),
        limiter: context.limiter()?,
        output: context.output.clone(),
        timeout: context.settings()?.item_timeout(),
        journal: file.or_else(|| args.run.clone().map(JournalPlace::Run)),
        fail_fast: args.fail_fast,
        progress: Progress::new(&context.output, total, context.pace()?),
        options,
        uploader,
        counts: Mutex::default(),
        stop: Arc::default(),
        stopped_at: Mutex::default(),
        read: AtomicU64::new(0),
        is_read: AtomicBool::new(false),
        print_error: Mutex::default(),
        stop_reason: Mutex::default(),
        has_unsent_lines: AtomicBool::new(false),
        has_warned_of_length: AtomicBool::new(false),
        paused_until: Mutex::default(),
        deadline: context.explicit_deadline()?,
        signal: AtomicI32::new(0),
    });
    stop_on_signal(&state)?;
    let result = match args.jobs {
        1 => run_sequentially(&state, &mut input, targets),
        jobs => run_in_parallel(&state, &mut input, targets, jobs),
    };
    state.progress.finish();
    let result = result.and_then(|()| look_for_end(&state, &mut input, targets));
    match result {
        Ok(()) => state.finish(),
        Err(error) => Err(state.with_partial_counts(error)),
    }
}

/// After results could not be printed, finds out whether lines are left. Input that has not come yet
/// counts as left.
fn look_for_end(state: &BatchState, input: &mut Input, targets: &Targets) -> Result<(), Error> {
    if !state.has_print_error() {
        return Ok(());
    }
    let is_waiting = Cell::new(false);
    let next = input.next(targets, || {
        is_waiting.set(true);
        true
    })?;
    if next.is_none() && !is_waiting.get() {
        state.is_read.store(true, Ordering::SeqCst);
    }
    Ok(())
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
fn stop_on_signal(state: &Arc<BatchState>) -> Result<(), Error> {
    let state = state.clone();
    signals::forward(signals::watch()?, move |signal| {
        let is_first = state
            .signal
            .compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok();
        state.stop.store(true, Ordering::SeqCst);
        if !is_first && !signals::is_urgent(signal) {
            return;
        }
        if is_first {
            state.output.note(&text!(
                "waiting for the server's answer to the message in flight; interrupt again to exit at once"
            ));
            return;
        }
        state.progress.finish();
        let message =
            text!("interrupted while a message was in flight; it may have been delivered");
        let error = Error::new(Kind::Unknown, message).outcome(Outcome::Unknown);
        state.output.error(&error.ending_with(signal));
        signals::end(signal)
    })
}

fn run_sequentially(
    state: &Arc<BatchState>,
    input: &mut Input,
    targets: &Targets,
) -> Result<(), Error> {
    let mut worker = Worker::new(state.clone())?;
    while !state.is_stopped() {
        match input.next(targets, || state.stop_waiting_for_input())? {
            None => {
                state.is_read.store(true, Ordering::SeqCst);
                break;
            }
            Some(line) => {
                state.read.fetch_add(1, Ordering::SeqCst);
                match line {
                    Ok(item) => worker.work(&item),
                    Err(bad) => state.report_bad(&bad),
                }
            }
        }
    }
    Ok(())
}

fn run_in_parallel(
    state: &Arc<BatchState>,
    input: &mut Input,
    targets: &Targets,
    jobs: u8,
) -> Result<(), Error> {
    let mut queues: HashMap<u64, SyncSender<Item>> = HashMap::new();
    let mut workers = Vec::new();
    for number in 0..u64::from(jobs) {
        let (queue, items): (SyncSender<Item>, Receiver<Item>) = sync_channel(QUEUE_CAPACITY);
        let mut worker = Worker::new(state.clone())?;
        let work = move || items.iter().for_each(|item| worker.work(&item));
        let builder = thread::Builder::new().name("worker".into());
        workers.push(
            builder
                .spawn(work)
                .map_err(|e| Error::io_before_change(text!("cannot start a worker"), &e))?,
        );
        queues.insert(number, queue);
    }
    let result = loop {
        if state.is_stopped() {
            break Ok(());
        }
        match input.next(targets, || state.stop_waiting_for_input()) {
            Err(error) => break Err(error),
            Ok(None) => {
                state.is_read.store(true, Ordering::SeqCst);
                break Ok(());
            }
            Ok(Some(line)) => {
                state.read.fetch_add(1, Ordering::SeqCst);
                match line {
                    Ok(item) => queue_by_target(&queues, jobs, item),
                    Err(bad) => state.report_bad(&bad),
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

/// Queues an item for the worker of its target, which keeps the target's order.
fn queue_by_target(queues: &HashMap<u64, SyncSender<Item>>, jobs: u8, item: Item) {
    let mut hasher = DefaultHasher::new();
    item.outgoing.to.hash(&mut hasher);
    if let Some(queue) = queues.get(&(hasher.finish() % u64::from(jobs))) {
        // A worker ends only with its queue.
        let _ = queue.send(item);
    }
}

/// Locks the name of a batch for one process. The lock belongs to a connection of its own, because that of a
/// worker may be opened again.
fn lock_run(options: &SendOptions, run: &str, deadline: Deadline) -> Result<KeyLock, Error> {
    let journal = options.state.open_run(run, deadline)?;
    let lock = journal.lock_run(&options.server, options.guid.as_str())?;
    lock.ok_or_else(|| {
        let name = format!("{run:?}");
        Error::new(
            Kind::Busy,
            text!("another process is working on the batch {name}", name),
        )
        .outcome(Outcome::NotSent)
        .retryable()
    })
}

/// A sender and its handle of the journal.
struct Worker {
    state: Arc<BatchState>,
    sender: Sender,
    /// Where the ledger and the journal of this worker are.
    location: StateLocation,
    journal: Option<StateDatabase>,
}

impl Worker {
    fn new(state: Arc<BatchState>) -> Result<Self, Error> {
        // The key locks of one connection do not exclude each other, so each worker has its own.
        let location = state.options.state.separate();
        let options = SendOptions {
            state: location.clone(),
            ..state.options.clone()
        };
        let sender = Sender::new(options, state.api.clone(), state.output.clone())
            .paced_by(state.limiter.clone())
            .stopped_by(state.stop.clone())
            .uploading_with(Some(state.uploader.clone()));
        let mut worker = Self {
            state,
            sender,
            location,
            journal: None,
        };
        let deadline = worker.deadline(ITEM_TIMEOUT);
        worker.open_journal(deadline)?;
        Ok(worker)
    }

    /// Opens the journal, and again after its connection was lost.
    fn open_journal(&mut self, deadline: Deadline) -> Result<(), Error> {
        if self.journal.as_ref().is_none_or(StateDatabase::is_lost) {
            self.journal = match &self.state.journal {
                None => None,
                Some(JournalPlace::File(path)) => {
                    let opened = StateDatabase::open(path).map_err(|error| {
                        error.hint(text!(
                            "nothing was sent; free some space, make the journal writable, or name another \
                             file with --journal"
                        ))
                    });
                    Some(opened?)
                }
                Some(JournalPlace::Run(run)) => Some(self.location.open_run(run, deadline)?),
            };
        }
        Ok(())
    }

    /// With a limit for the whole batch, a message may wait for its turn until then.
    fn deadline(&self, timeout: Duration) -> Deadline {
        let whole = self.state.deadline;
        whole.unwrap_or_else(|| Deadline::after(timeout))
    }

    fn work(&mut self, item: &Item) {
        if self.state.is_stopped() {
            return;
        }
        self.state.wait_out_pause();
        if self.state.is_stopped() {
            return;
        }
        let result = match self.state.stop_reason() {
            Some(error) => {
                self.state.has_unsent_lines.store(true, Ordering::SeqCst);
                Err(error)
            }
            None => {
                self.state.check_length(item);
                self.deliver(item)
                    .map_err(|error| self.state.output.masked(&error))
            }
        };
        if let Some(pause) = self.sender.take_requested_pause() {
            self.state.pause(pause);
        }
        if let Err(error) = &result
            && error.kind == Kind::NotLoggedIn
        {
            self.state.stop_after_lost_login(item.line, error);
        }
        self.state.report(item, &result);
    }

    fn deliver(&mut self, item: &Item) -> Result<Receipt, Error> {
        let timeout = self.state.timeout_of(item);
        self.sender.set_request_timeout(timeout);
        let deadline = self.deadline(timeout);
        self.open_journal(deadline)?;
        let record = self.journal.as_ref().map(|store| PendingRecord {
            store,
            name: text!("line {line} of the journal", line = item.line),
            key: None,
            is_shared: matches!(self.state.journal, Some(JournalPlace::Run(_))),
            entry: Entry {
                server: self.state.options.server.clone(),
                guid: self.state.options.guid.to_string(),
                key: format!("line {}", item.line),
            },
        });
        self.sender.deliver(&item.outgoing, record, deadline)
    }
}
