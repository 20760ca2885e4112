//! The state of a running batch, shared by its workers: its counts, its pauses, and why it ends early.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::line::{BadLine, Item};
use super::progress::Progress;
use super::report::Report;
use crate::api::{Api, RateLimiter};
use crate::commands::CommandResult;
use crate::commands::send::one::UPLOAD_TIMEOUT;
use crate::commands::send::outcome_counts::{OutcomeCounts, outcome_of};
use crate::commands::text_argument::long_text_warning;
use crate::delivery::{Receipt, SendOptions, Uploader};
use crate::error::{Error, Kind, Outcome};
use crate::output::Output;
use crate::signals;
use crate::text::text;
use crate::time::{Deadline, show_duration};

/// Longest pause of a batch without `--max-wait`: long enough for the usual pause of one minute.
const DEFAULT_LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// How often a paused worker checks whether the batch has stopped.
const PAUSE_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// Default time limit of one message.
pub const ITEM_TIMEOUT: Duration = Duration::from_secs(30);

/// Where the journal is.
#[derive(Clone)]
pub enum JournalPlace {
    /// In a file.
    File(PathBuf),
    /// In the shared state, under a name.
    Run(String),
}

/// State shared by all workers.
pub struct BatchState {
    pub options: SendOptions,
    pub uploader: Arc<Uploader>,
    pub limiter: Option<Arc<dyn RateLimiter>>,
    pub api: Api,
    pub output: Output,
    /// Time limit of a message, if one is configured.
    pub timeout: Option<Duration>,
    pub journal: Option<JournalPlace>,
    pub fail_fast: bool,
    pub progress: Progress,
    pub counts: Mutex<OutcomeCounts>,
    /// Whether sending has stopped.
    pub stop: Arc<AtomicBool>,
    /// The line that stopped the batch.
    pub stopped_at: Mutex<Option<u64>>,
    /// Number of lines read.
    pub read: AtomicU64,
    /// Whether the end of the input was reached.
    pub is_read: AtomicBool,
    /// The error of printing a result, if there was one.
    pub print_error: Mutex<Option<Error>>,
    /// Why the remaining lines are not sent; none while they are.
    pub stop_reason: Mutex<Option<Error>>,
    /// Whether lines were not sent for that reason, or input was left unread.
    pub has_unsent_lines: AtomicBool,
    /// Whether a long text was reported.
    pub has_warned_of_length: AtomicBool,
    /// The end of the pause that the server asked for.
    pub paused_until: Mutex<Option<Deadline>>,
    /// The time limit of the whole batch, if one was given.
    pub deadline: Option<Deadline>,
    pub signal: AtomicI32,
}

impl BatchState {
    /// The time limit of a message, which is longer for one with a file.
    pub fn timeout_of(&self, item: &Item) -> Duration {
        self.timeout.unwrap_or(match item.outgoing.content.media() {
            Some(_) => UPLOAD_TIMEOUT,
            None => ITEM_TIMEOUT,
        })
    }

    /// Whether no more lines are sent.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Whether a result could not be printed.
    pub fn has_print_error(&self) -> bool {
        lock(&self.print_error).is_some()
    }

    /// Why the remaining lines are not sent; none while they are.
    pub fn stop_reason(&self) -> Option<Error> {
        lock(&self.stop_reason).clone()
    }

    /// Sends none of the remaining lines; each is reported with this error.
    fn stop_because(&self, error: Error) {
        lock(&self.stop_reason).get_or_insert(Error {
            outcome: Some(Outcome::NotSent),
            code: None,
            ..error
        });
    }

    /// After a lost login the remaining lines are not tried one by one.
    pub fn stop_after_lost_login(&self, line: u64, error: &Error) {
        let message = text!(
            "not sent: the account was not logged in at line {line}",
            line
        );
        self.stop_because(Error {
            message,
            ..error.clone()
        });
    }

    /// Whether no more input is waited for; records the time limit as the reason, if it is.
    pub fn stop_waiting_for_input(&self) -> bool {
        if self.is_out_of_time() {
            self.stop_at_time_limit();
            self.has_unsent_lines.store(true, Ordering::SeqCst);
        }
        self.is_stopped() || self.is_out_of_time()
    }

    fn is_out_of_time(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline.is_over())
    }

    fn stop_at_time_limit(&self) {
        if let Some(deadline) = self.deadline {
            let message = text!(
                "not sent: the batch reached its time limit of {timeout}",
                timeout = show_duration(deadline.timeout())
            );
            self.stop_because(Error::new(Kind::Deadline, message).retryable());
        }
    }

    /// Pauses all workers, because the server asked for fewer requests. A pause longer than the time
    /// allowed for waiting ends the batch.
    pub fn pause(&self, pause: Duration) {
        let most = self
            .options
            .max_wait
            .unwrap_or(DEFAULT_LONGEST_PAUSE.max(self.timeout.unwrap_or(ITEM_TIMEOUT)));
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
            return self.stop_because(error);
        }
        let mut until = lock(&self.paused_until);
        if until.is_none_or(|until| until.remaining() < pause) {
            *until = Some(Deadline::after(pause));
            self.output.note(&text!(
                "the server asked for a pause; the batch waits {pause}",
                pause = show_duration(pause)
            ));
        }
    }

    /// Waits until the pause is over, the batch is stopped, or its time limit is reached.
    pub fn wait_out_pause(&self) {
        loop {
            if self.is_out_of_time() {
                return self.stop_at_time_limit();
            }
            let until = *lock(&self.paused_until);
            match until {
                Some(until) if !until.is_over() && !self.is_stopped() => {
                    thread::sleep(until.remaining().min(PAUSE_CHECK_INTERVAL));
                }
                _ => return,
            }
        }
    }

    /// Reports the result of a line.
    pub fn report(&self, item: &Item, result: &Result<Receipt, Error>) {
        let outcome = outcome_of(result);
        let report = Report::of(item, &self.options.guid, result);
        self.print(&report, outcome);
        if self.fail_fast && result.is_err() {
            self.stop_at(item.line);
        }
    }

    /// Reports an invalid line.
    pub fn report_bad(&self, bad: &BadLine) {
        let error = Error::usage(bad.why.clone());
        self.print(
            &Report::of_bad(bad, &self.options.guid, &error),
            Outcome::NotSent,
        );
        if self.fail_fast {
            self.stop_at(bad.line);
        }
    }

    /// Warns of the first text that may be too long.
    pub fn check_length(&self, item: &Item) {
        if let Some(warning) = item.outgoing.content.as_text().and_then(long_text_warning)
            && !self.has_warned_of_length.swap(true, Ordering::SeqCst)
        {
            self.output.warn(&text!(
                "line {line}: {warning}; other long texts are not reported",
                line = item.line,
                warning
            ));
        }
    }

    /// Stops sending because of `--fail-fast`.
    fn stop_at(&self, line: u64) {
        self.stop.store(true, Ordering::SeqCst);
        lock(&self.stopped_at).get_or_insert(line);
    }

    /// Prints a result. Sending stops when stdout is closed.
    fn print(&self, report: &Report<'_>, outcome: Outcome) {
        let counts = {
            let mut counts = lock(&self.counts);
            counts.count(outcome);
            *counts
        };
        if let Err(error) = self.output.json(report) {
            self.stop.store(true, Ordering::SeqCst);
            lock(&self.print_error).get_or_insert(error);
        }
        self.progress.advance(counts);
    }

    /// Adds the counts of the lines so far to a local error, which must not say that nothing was sent.
    pub fn with_partial_counts(&self, error: Error) -> Error {
        let counts = *lock(&self.counts);
        if counts == OutcomeCounts::default() {
            return error;
        }
        let kind = match error.kind {
            Kind::Io => Kind::Io,
            _ => Kind::Partial,
        };
        let message = text!(
            "{message}; {counts}; the remaining lines were not sent",
            message = error.message,
            counts = counts.summary()
        );
        Error::new(kind, message).hint(text!(
            "see the result lines; with --journal the same command sends only the rest"
        ))
    }

    /// Whether every line of the input has an outcome.
    fn is_complete(&self, counts: OutcomeCounts) -> bool {
        let read = self.read.load(Ordering::SeqCst);
        self.is_read.load(Ordering::SeqCst) && read == counts.accepted() + counts.failed()
    }

    /// The result of the whole batch.
    ///
    /// # Errors
    /// When lines failed or were not sent, or results could not be printed.
    pub fn finish(&self) -> CommandResult {
        let counts = *lock(&self.counts);
        if let Some(error) = lock(&self.print_error).take() {
            return Err(match error.kind {
                // Nobody reads the last results, but every line was sent.
                Kind::ClosedPipe if self.is_complete(counts) => {
                    counts.batch_result(None).err().unwrap_or(error)
                }
                _ => self.with_partial_counts(error.in_stream()),
            });
        }
        let signal = self.signal.load(Ordering::SeqCst);
        if signal != 0 {
            self.output.note(&text!(
                "interrupted after {counts}; the remaining lines were not sent",
                counts = counts.summary()
            ));
            return Ok(signals::exit_code(signal));
        }
        let stopped_at = *lock(&self.stopped_at);
        let stop_reason = self
            .stop_reason()
            .filter(|_| self.has_unsent_lines.load(Ordering::SeqCst));
        if let Some(error) = &stop_reason
            && counts.accepted() == 0
            && counts.unknown == 0
            && [Kind::Busy, Kind::Deadline].contains(&error.kind)
        {
            return Err(error.clone());
        }
        counts
            .batch_result(stopped_at)
            .map_err(|error| match &stop_reason {
                Some(reason) if reason.retry_after.is_some() => Error {
                    hint: reason.hint.clone(),
                    retry_after: reason.retry_after,
                    ..error
                },
                _ => error,
            })?;
        if let Some(error) = stop_reason {
            return Err(self.with_partial_counts(error));
        }
        if counts == OutcomeCounts::default() {
            self.output
                .warn(&text!("the batch is empty; nothing was sent"));
        } else {
            self.output.note(&counts.summary());
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
