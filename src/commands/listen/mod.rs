//! `qiwei listen`: prints callbacks, one line each.

mod exec;
mod format;
mod printer;

use std::process::ExitCode;
use std::str::FromStr;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::callback_listener::{self, CallbackArgs, RefusedCallbacks, Termination};
use super::callback_source::CallbackHandlers;
use super::{CommandResult, Run};
use crate::api::request::Effect;
use crate::callback::NotifyType;
use crate::callback::listener::{Health, Sink};
use crate::callback::queue::{EventFilter, EventQueue};
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::instances;
use crate::signals;
use crate::text::{Text, text};
use crate::time::{Deadline, parse_timeout, show_duration};
use exec::Runner;

/// Poll interval for the end conditions.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Time allowed for a stalled reader of stdout after a signal.
const GRACE: Duration = Duration::from_secs(10);

/// Arguments of `qiwei listen`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "In a pipe, or with --json, every callback is one JSON line; on a terminal it is printed as text. The configured notify_url is restored however it ends."
)]
pub struct Args {
    /// Only callbacks of this type, by number or name (new_message also covers lists of them); may be repeated
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
        source.announce(&lock);
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
                sink: sink(&queue),
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
        let runner = Runner::new(self.exec.clone(), context.output.clone());
        let printed = printer::start(queue.clone(), context.output.clone(), runner)
            .map_err(|e| Error::local(text!("cannot print callbacks"), &e))?;
        let result = self.wait(context, &queue, &ending, &printed);
        // Stop acknowledging callbacks once they can no longer be printed.
        queue.close();
        receiving.end();
        refused.report();
        result?;
        if let Some(error) = lost.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(error);
        }
        match ending.signal() {
            0 => self.check_count_reached(context, &queue),
            signal => Ok(signals::exit_code(signal)),
        }
    }
}

impl Args {
    /// Waits until all acknowledged callbacks are printed. After a signal a stalled reader has a limited
    /// time, after a second signal none.
    fn wait(
        &self,
        context: &Context,
        queue: &EventQueue,
        ending: &Termination,
        printed: &Receiver<Result<(), Error>>,
    ) -> Result<(), Error> {
        let timeout = context.explicit_deadline()?;
        let deadline = match (self.time.map(Deadline::after), timeout) {
            (Some(time), Some(timeout)) if timeout.remaining() < time.remaining() => Some(timeout),
            (time, timeout) => time.or(timeout),
        };
        let mut grace: Option<Deadline> = None;
        loop {
            match printed.recv_timeout(POLL_INTERVAL) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::internal(text!(
                        "the printing thread has ended unexpectedly"
                    )));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if deadline.is_some_and(|deadline| deadline.is_over()) {
                queue.close();
            }
            if ending.signal() != 0 {
                let grace = grace.get_or_insert_with(|| Deadline::after(GRACE));
                if grace.is_over() || ending.is_urgent() {
                    context.output.warn(&text!(
                        "acknowledged callbacks could not be printed: nobody reads the output"
                    ));
                    return Ok(());
                }
            }
        }
    }

    fn check_count_reached(&self, context: &Context, queue: &EventQueue) -> CommandResult {
        let timeout = context.settings()?.timeout_flag();
        let time = match (self.time, timeout) {
            (Some(time), Some(timeout)) => Some(time.min(timeout)),
            (time, timeout) => time.or(timeout),
        };
        match (self.count, time) {
            (Some(count), Some(time)) if queue.taken() < count => Err(Error::new(
                Kind::Deadline,
                text!(
                    "{taken} of {count} callbacks arrived within {time}",
                    taken = queue.taken(),
                    count,
                    time = show_duration(time)
                ),
            )),
            _ => Ok(ExitCode::SUCCESS),
        }
    }
}

fn sink(queue: &Arc<EventQueue>) -> Sink {
    let queue = queue.clone();
    Arc::new(move |event, acknowledgement| queue.admit(event, acknowledgement))
}

fn healthy(queue: &Arc<EventQueue>) -> Health {
    let queue = queue.clone();
    Arc::new(move || -> Value { json!({"status": "ok", "received": queue.taken()}) })
}
