//! `qiwei listen`: callbacks as they come, one line each.

mod exec;
mod show;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::Finish;
use super::callbacks::{self, CallbackArgs};
use crate::callback::NotifyType;
use crate::callback::inbox::{Inbox, Received, Wanted};
use crate::callback::listener::{Health, Sink};
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::instances;
use crate::signals;
use crate::time::{Deadline, parse_timeout, show_duration};
use exec::Runner;

/// How long the loop sleeps at most before it looks at the clock.
const NAP: Duration = Duration::from_secs(3600);

/// Arguments of `qiwei listen`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Into a pipe, or with --json, every callback is one JSON object a line; on \
                        a terminal it is told in words. Whatever ends it, the configured \
                        notify_url is put back."
)]
pub struct Args {
    /// Only callbacks of this type, by number or name; may be repeated
    #[arg(long = "type", value_name = "N")]
    types: Vec<NotifyType>,

    /// End after this many callbacks
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// End after this time
    #[arg(long = "for", value_name = "DUR", value_parser = parse_timeout)]
    time: Option<Duration>,

    /// Run a shell command for every callback, the JSON object on its standard input
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,

    /// Show messages again that were seen before
    #[arg(long)]
    keep_duplicates: bool,

    #[command(flatten)]
    callbacks: CallbackArgs,
}

impl Args {
    /// Listens until a signal, the count or the time ends it.
    pub fn run(self, context: &Context) -> Finish {
        let ear = self.callbacks.bind(context)?;
        let guid = instances::choose(context)?;
        let lock = callbacks::lock(context, &guid)?;
        lock.announce(&ear.url);
        let inbox = Arc::new(Inbox::new(Wanted {
            types: self.types.clone(),
            count: self.count,
            duplicates: self.keep_duplicates,
        }));
        let signal = callbacks::end_on_signal(&inbox)?;
        let url = ear.url.clone();
        let _serving = ear.serve(guid.clone(), sink(&inbox), healthy(&inbox))?;
        let mut turned = self.callbacks.turn(context, context.api()?, &guid, &url)?;
        context.output.note(&format!(
            "listening for the callbacks of {}; Ctrl-C ends it",
            guid.short()
        ));
        let result = self.work(context, &inbox);
        // Nobody may be told yes any more once nothing is printed any more.
        inbox.close();
        turned.put_back();
        result?;
        match signal.load(Ordering::SeqCst) {
            0 => self.verdict(&inbox),
            signal => Ok(signals::exit_code(signal)),
        }
    }

    fn work(&self, context: &Context, inbox: &Inbox) -> Result<(), Error> {
        let deadline = self.time.map(Deadline::after);
        let runner = Runner::new(self.exec.clone(), context.output.clone());
        let result = loop {
            if deadline.is_some_and(|deadline| deadline.is_over()) {
                inbox.close();
            }
            let patience = deadline.map_or(NAP, |deadline| deadline.remaining().min(NAP));
            match inbox.next(patience) {
                Some(received) => {
                    if let Err(error) = print(context, &received, &runner) {
                        break Err(error);
                    }
                }
                None if inbox.is_done() => break Ok(()),
                None => {}
            }
        };
        runner.finish();
        result
    }

    fn verdict(&self, inbox: &Inbox) -> Finish {
        match (self.count, self.time) {
            (Some(count), Some(time)) if inbox.taken() < count => Err(Error::new(
                Kind::Deadline,
                format!(
                    "{} of {count} callbacks came within {}",
                    inbox.taken(),
                    show_duration(time)
                ),
            )),
            _ => Ok(ExitCode::SUCCESS),
        }
    }
}

fn print(context: &Context, received: &Received, runner: &Runner) -> Result<(), Error> {
    let output = &context.output;
    let line = show::Line::of(received);
    if output.is_json() || !output.look().terminal {
        output.json(&line)?;
    } else {
        output.line(&show::words(received))?;
    }
    runner.run(received, &line);
    Ok(())
}

fn sink(inbox: &Arc<Inbox>) -> Sink {
    let inbox = inbox.clone();
    Arc::new(move |event| inbox.admit(event))
}

fn healthy(inbox: &Arc<Inbox>) -> Health {
    let inbox = inbox.clone();
    Arc::new(move || -> Value { json!({"status": "ok", "received": inbox.taken()}) })
}
