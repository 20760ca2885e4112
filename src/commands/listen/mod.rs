//! `qiwei listen`: prints callbacks, one line each.

mod exec;
mod format;
mod learner;
mod pending;
mod printer;
mod server_watch;

use std::process::ExitCode;
use std::str::FromStr;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::callback_listener::{self, CallbackArgs, RefusedCallbacks, Termination};
use super::callback_source::{CallbackHandlers, ReceivingCallbacks};
use super::{CommandResult, Run};
use crate::api::request::Effect;
use crate::callback::NotifyType;
use crate::callback::listener::{CallbackHandler, Health};
use crate::callback::queue::{EventFilter, EventQueue};
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::guid::Guid;
use crate::instances;
use crate::signals;
use crate::text::{Text, text};
use crate::time::{Deadline, parse_timeout, show_duration};
use exec::Runner;
use learner::Learner;
use pending::PendingCallbacks;
use server_watch::{Action, Check, ServerWatch};

/// Poll interval for the end conditions.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Extra time after the end that a signal asks for, if even stderr stalls, and for the last
/// acknowledgements of the WebSocket.
const STALLED_STDERR_TIME: Duration = Duration::from_secs(3);
/// A wait that takes no longer is not announced.
const UNANNOUNCED_WAIT: Duration = Duration::from_millis(200);

/// Arguments of `qiwei listen`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "In a pipe, or with --json, every callback is one JSON line; on a terminal it is printed as text. The configured notify_url is restored however it ends. With the hosted gateway callbacks come over its WebSocket, unless --listen or --notify-url is given."
)]
pub struct Args {
    /// Only callbacks of this type; may be repeated
    ///
    /// A number or one of these names: ready, login_qrcode, logged_in, logged_out, init_finished,
    /// heartbeat_error, session_timeout, login_failed, contacts_synced, new_message (also covers lists of them),
    /// logged_in_elsewhere, safety_verification, message_batch, friend_change, friend_request, room_renamed,
    /// member_added, member_removed, room_dismissed, room_info, call, admin_task
    #[arg(long = "type", value_name = "N")]
    types: Vec<Types>,

    /// End after this many callbacks
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// End after this time
    #[arg(long = "for", value_name = "DUR", value_parser = parse_timeout)]
    time: Option<Duration>,

    /// Run a shell command for every callback, with the JSON object on its standard input
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,

    /// Interval between checks of the server
    ///
    /// After a restart of the server the notify_url is set again
    #[arg(long, value_name = "DUR", default_value = "10s", value_parser = parse_timeout, conflicts_with = "no_poll")]
    poll: Duration,

    /// Do not check the server
    #[arg(long)]
    no_poll: bool,

    /// End when two checks do not find the server or the instance
    #[arg(long, conflicts_with = "no_poll")]
    exit_when_lost: bool,

    /// Show duplicate messages too
    #[arg(long)]
    keep_duplicates: bool,

    #[command(flatten)]
    callbacks: CallbackArgs,
}

/// The types selected by one `--type`. Whether the server sends messages singly or in lists is a
/// server setting, so either name selects both; a number selects only that type.
#[derive(Clone, Debug)]
struct Types(Vec<NotifyType>);

impl FromStr for Types {
    type Err = Text;

    fn from_str(text: &str) -> Result<Self, Text> {
        let kind: NotifyType = text.parse()?;
        let both = [NotifyType::NEW_MESSAGE, NotifyType::MESSAGE_BATCH];
        let is_name = text.parse::<i64>().is_err();
        Ok(Self(match is_name && both.contains(&kind) {
            true => both.to_vec(),
            false => vec![kind],
        }))
    }
}

impl Run for Args {
    fn run(self, context: &Context) -> CommandResult {
        let source = self.callbacks.source(context)?;
        let guid = instances::choose(context, Effect::Change)?;
        let lock = callback_listener::lock(context, &guid)?;
        source.write_url(&lock);
        let queue = Arc::new(EventQueue::new(EventFilter {
            types: self
                .types
                .iter()
                .flat_map(|types| types.0.clone())
                .collect(),
            count: self.count,
            duplicates: self.keep_duplicates,
        }));
        let ending = callback_listener::end_on_signal(&queue)?;
        let refused = RefusedCallbacks::new(&context.output);
        let lost = Arc::new(Mutex::new(None));
        let (lost_queue, why_lost) = (queue.clone(), lost.clone());
        let mut receiving = source.start(
            &self.callbacks,
            context,
            context.api()?,
            &guid,
            CallbackHandlers {
                handler: handler(&queue),
                refused: refused.clone(),
                health: healthy(&queue),
                on_refused: Box::new(move |error| {
                    *why_lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    lost_queue.close();
                }),
            },
        )?;
        context.output.note(&text!(
            "listening for callbacks of {guid}; press Ctrl-C to stop",
            guid = guid.short()
        ));
        let pending = Arc::new(PendingCallbacks::default());
        let runner = Runner::new(self.exec.clone(), context.output.clone(), pending.clone());
        let learner = Learner::new(
            context.cache_folder(),
            context.settings()?.server_identity(),
            guid.to_string(),
        );
        let printed = printer::start(
            queue.clone(),
            context.output.clone(),
            runner,
            pending.clone(),
            learner,
        )
        .map_err(|e| Error::io_before_change(text!("cannot print callbacks"), &e))?;
        let checks = self.watch_server(context, &guid, &receiving)?;
        let mut watch = ServerWatch::default();
        let received = self.receive(context, &queue, &ending, &printed, || {
            match checks.as_ref().and_then(|checks| checks.try_recv().ok()) {
                Some(check) => self.handle_check(context, &mut watch, check, &receiving),
                None => Ok(()),
            }
        });
        // Stop acknowledging callbacks, and have them sent to the configured URL again before waiting for
        // anything: the service manager may not wait long.
        queue.close();
        end_despite_stalled_stderr(&ending);
        receiving.restore_url();
        refused.report();
        // Also after a loss, what was acknowledged is printed.
        let (printed_early, loss) = match received {
            Ok(printed_early) => (printed_early, Ok(())),
            Err(error) => (None, Err(error)),
        };
        let result = match printed_early {
            Some(result) => result,
            None => finish(context, &queue, &pending, &ending, &printed),
        };
        if result.is_err() {
            pending.name_unprinted(&context.output, &queue);
        }
        receiving.end();
        if let Some(error) = lost.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        match ending.signal() {
            0 => result
                .map_err(Error::in_stream)
                .and(loss)
                .and_then(|()| self.check_count_reached(context, &queue)),
            signal => {
                // A closed terminal is also an output error.
                if let Err(error) = result {
                    context.output.warn(&error.message);
                }
                Ok(signals::exit_code(signal))
            }
        }
    }
}

impl Args {
    /// Receives until the queue is closed, the time is over, or a signal comes. Returns the result of
    /// printing if that has ended.
    fn receive(
        &self,
        context: &Context,
        queue: &EventQueue,
        ending: &Termination,
        printed: &Printed,
        mut check_server: impl FnMut() -> Result<(), Error>,
    ) -> Result<Option<Result<(), Error>>, Error> {
        let timeout = context.explicit_deadline()?;
        let deadline = match (self.time.map(Deadline::after), timeout) {
            (Some(time), Some(timeout)) if timeout.remaining() < time.remaining() => Some(timeout),
            (time, timeout) => time.or(timeout),
        };
        loop {
            if let Some(result) = printing_result(printed)? {
                return Ok(Some(result));
            }
            let is_over = deadline.is_some_and(|deadline| deadline.is_over());
            if is_over || queue.is_closed() || ending.signal() != 0 {
                return Ok(None);
            }
            check_server()?;
        }
    }

    fn watch_server(
        &self,
        context: &Context,
        guid: &Guid,
        receiving: &ReceivingCallbacks<'_>,
    ) -> Result<Option<Receiver<Check>>, Error> {
        // The WebSocket has no URL that could be lost.
        let is_needed = receiving.has_url() || self.exit_when_lost;
        if self.no_poll || !is_needed {
            return Ok(None);
        }
        server_watch::start(context.api()?.clone(), guid.clone(), self.poll)
            .map(Some)
            .map_err(|e| Error::io_before_change(text!("cannot poll the server"), &e))
    }

    /// Sets the notify_url again on a server that is back, and reports one that is lost.
    ///
    /// # Errors
    /// The loss, with `--exit-when-lost`.
    fn handle_check(
        &self,
        context: &Context,
        watch: &mut ServerWatch,
        check: Check,
        receiving: &ReceivingCallbacks<'_>,
    ) -> Result<(), Error> {
        match watch.on_check(check) {
            Action::None => {}
            Action::SetUrl if !receiving.has_url() => watch.url_is_set(),
            Action::SetUrl => match receiving.set_url_again(context.api()?) {
                Ok(()) => {
                    watch.url_is_set();
                    context
                        .output
                        .note(&text!("the server is back; notify_url was set again"));
                }
                Err(error) => context.output.warn(&text!(
                    "the server is back, but notify_url could not be set again: {error}",
                    error = error.summary()
                )),
            },
            Action::ReportLoss(error) => {
                let why = text!(
                    "the server, or the instance on it, is lost: {error}",
                    error = error.summary()
                );
                if self.exit_when_lost {
                    let error = error.into_error(Effect::Read);
                    return Err(Error {
                        message: why,
                        ..error
                    });
                }
                context.output.warn(&text!(
                    "{why}; notify_url is set again when it is back",
                    why
                ));
            }
        }
        Ok(())
    }

    fn check_count_reached(&self, context: &Context, queue: &EventQueue) -> CommandResult {
        let timeout = context.settings()?.timeout_flag();
        let time = match (self.time, timeout) {
            (Some(time), Some(timeout)) => Some(time.min(timeout)),
            (time, timeout) => time.or(timeout),
        };
        match (self.count, time) {
            (Some(count), Some(time)) if queue.accepted() < count => Err(Error::new(
                Kind::Deadline,
                text!(
                    "{taken} of {count} callbacks arrived within {time}",
                    taken = queue.accepted(),
                    count,
                    time = show_duration(time)
                ),
            )),
            _ => Ok(ExitCode::SUCCESS),
        }
    }
}

/// The printing thread's result, when it has ended.
type Printed = Receiver<Result<(), Error>>;

/// Waits briefly for the printing thread; `None` while it works.
fn printing_result(printed: &Printed) -> Result<Option<Result<(), Error>>, Error> {
    match printed.recv_timeout(POLL_INTERVAL) {
        Ok(result) => Ok(Some(result)),
        Err(RecvTimeoutError::Timeout) => Ok(None),
        Err(RecvTimeoutError::Disconnected) => Err(Error::internal(text!(
            "the printing thread has ended unexpectedly"
        ))),
    }
}

/// Waits until all acknowledged callbacks are printed and their commands have ended. After a signal
/// there is a limited time for that, after a second signal none.
fn finish(
    context: &Context,
    queue: &EventQueue,
    pending: &PendingCallbacks,
    ending: &Termination,
    printed: &Printed,
) -> Result<(), Error> {
    let mut announcement = None;
    loop {
        if let Some(result) = printing_result(printed)? {
            return result;
        }
        let Some(deadline) = ending.deadline() else {
            continue;
        };
        if deadline.is_over() || ending.is_urgent() {
            end_despite_stalled_stderr(ending);
            pending.abandon(&context.output, queue);
            return Ok(());
        }
        let announce_at =
            announcement.get_or_insert_with(|| Some(Deadline::after(UNANNOUNCED_WAIT)));
        if announce_at.take_if(|at| at.is_over()).is_some() {
            let at_most = Text::verbatim(show_duration(deadline.remaining()));
            pending.announce_wait(&context.output, queue, at_most);
        }
    }
}

/// After a signal, ends the program even if writing to stderr blocks.
fn end_despite_stalled_stderr(ending: &Termination) {
    let Some(deadline) = ending.deadline() else {
        return;
    };
    let (signal, limit) = (ending.signal(), deadline.remaining() + STALLED_STDERR_TIME);
    if signal == 0 {
        return;
    }
    // Without the thread, a stalled stderr delays the end.
    let _ = thread::Builder::new().spawn(move || {
        thread::sleep(limit);
        signals::end(signal)
    });
}

fn handler(queue: &Arc<EventQueue>) -> CallbackHandler {
    let queue = queue.clone();
    Arc::new(move |event, acknowledgement| queue.admit(event, acknowledgement))
}

fn healthy(queue: &Arc<EventQueue>) -> Health {
    let queue = queue.clone();
    Arc::new(move || -> Value { json!({"status": "ok", "received": queue.accepted()}) })
}
