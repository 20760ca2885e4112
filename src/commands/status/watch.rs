//! `qiwei status --watch` and `--wait`: one account's state over time.

use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::api::request::Effect;
use crate::api::{Api, CallError, Status};
use crate::commands::CommandResult;
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::guid::Guid;
use crate::instances;
use crate::signals;
use crate::text::{Text, text};
use crate::time::{Deadline, local_second, show_duration};

/// Time between looks of `--watch`, as the seed's heartbeat had it.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Time between looks of `--wait`.
const WAIT_STEP: Duration = Duration::from_secs(1);
/// How long `--wait` waits when nobody says otherwise.
const WAIT_TIME: Duration = Duration::from_secs(300);
/// `--watch` without `--timeout` runs until it is told to end; a call still needs a bound.
const FOREVER: Duration = Duration::from_secs(366 * 86_400);
/// No single look takes longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Status 0 counts only when it is still there after this time.
const SECOND_LOOK: Duration = Duration::from_secs(3);

#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    at: String,
    guid: &'a Guid,
    status: &'static str,
}

struct Watch<'c> {
    context: &'c Context,
    api: Api,
    guid: Guid,
    interval: Duration,
    deadline: Deadline,
    signals: Receiver<i32>,
}

/// Streams the state until a signal comes or the time given is over; then ends as a single look
/// would have ended.
pub fn watch(context: &Context, interval: Option<Duration>) -> CommandResult {
    let watch = Watch::start(context, interval.unwrap_or(HEARTBEAT), FOREVER)?;
    let mut before = None;
    let mut last = None;
    loop {
        let state = match watch.look() {
            Look::Signal(signal) => return Ok(signals::exit_code(signal)),
            Look::State(state) => state,
        };
        let state = match (state, last.take()) {
            // Our own time ran out in the middle of a look, which says nothing about the server.
            (Err(_), Some(last)) if watch.deadline.is_over() => {
                return verdict(&watch.guid, last).map(|()| ExitCode::SUCCESS);
            }
            (state, _) => state,
        };
        let event = match &state {
            Err(CallError::Refused(_)) | Ok(_) => match before {
                Some(name) if name != name_of(&state) => "changed",
                _ => "status",
            },
            Err(_) => "unreachable",
        };
        watch.print(event, &state)?;
        before = Some(name_of(&state));
        if let Some(signal) = watch.rest(watch.interval) {
            return Ok(signals::exit_code(signal));
        }
        if watch.deadline.is_over() {
            return verdict(&watch.guid, state).map(|()| ExitCode::SUCCESS);
        }
        last = Some(state);
    }
}

/// Waits until the account is in `wanted`.
pub fn wait(context: &Context, wanted: Status, interval: Option<Duration>) -> CommandResult {
    let watch = Watch::start(context, interval.unwrap_or(WAIT_STEP), WAIT_TIME)?;
    let mut known = None;
    loop {
        let state = match watch.look() {
            Look::Signal(signal) => return Ok(signals::exit_code(signal)),
            Look::State(state) => state,
        };
        if matches!(&state, Ok(status) if *status == wanted) {
            watch.print("status", &state)?;
            return Ok(ExitCode::SUCCESS);
        }
        if let Err(error @ CallError::Refused(refusal)) = &state
            && refusal.is_bad_guid()
        {
            // No wait makes an instance that is not there.
            return Err(error.clone().into_error(Effect::Read));
        }
        // A look that the end cut short tells nothing.
        if state.is_ok() || !watch.deadline.is_over() {
            known = Some(word_of(&state));
        }
        let pause = watch.interval.min(watch.deadline.remaining());
        if let Some(signal) = watch.rest(pause) {
            return Ok(signals::exit_code(signal));
        }
        if watch.deadline.is_over() {
            return Err(Error::new(
                Kind::Deadline,
                text!(
                    "{guid} was not {wanted} within {timeout}; it is {state}",
                    guid = watch.guid.short(),
                    wanted = wanted.word(),
                    timeout = show_duration(watch.deadline.timeout()),
                    state = known.unwrap_or_else(|| text!("unknown"))
                ),
            )
            .retryable());
        }
    }
}

type State = Result<Status, CallError>;

/// What came of a look.
enum Look {
    State(State),
    Signal(i32),
}

fn name_of(state: &State) -> &'static str {
    state.as_ref().map_or("unknown", |status| status.name())
}

fn word_of(state: &State) -> Text {
    state
        .as_ref()
        .map_or_else(|_| text!("unknown"), |status| status.word())
}

fn verdict(guid: &Guid, state: State) -> Result<(), Error> {
    match state {
        Ok(Status::Online) => Ok(()),
        Ok(status) => Err(Error::new(
            Kind::NotLoggedIn,
            text!(
                "{guid} is {status}",
                guid = guid.short(),
                status = status.word()
            ),
        )),
        Err(error) => Err(error.into_error(Effect::Read)),
    }
}

impl<'c> Watch<'c> {
    fn start(context: &'c Context, interval: Duration, time: Duration) -> Result<Self, Error> {
        let (tell, signals) = mpsc::channel();
        signals::forward(signals::watch()?, move |signal| {
            let _ = tell.send(signal);
        })?;
        let guid = instances::named_or_only(context)?;
        let deadline = context.deadline_or(time)?;
        Ok(Self {
            context,
            api: context
                .api()?
                .until(deadline)
                .with_exchange_timeout(PATIENCE),
            guid,
            interval,
            deadline,
            signals,
        })
    }

    /// The state now. A 0 is looked at twice: a live account shows it while it reconnects.
    fn look(&self) -> Look {
        let state = self.api.client_status(&self.guid);
        if state != Ok(Status::Stopped) {
            return Look::State(state);
        }
        match self.rest(SECOND_LOOK.min(self.interval)) {
            Some(signal) => Look::Signal(signal),
            None => Look::State(self.api.client_status(&self.guid)),
        }
    }

    /// Sleeps, at most to the deadline; a signal ends it.
    fn rest(&self, pause: Duration) -> Option<i32> {
        let pause = pause.min(self.deadline.remaining());
        self.signals.recv_timeout(pause).ok()
    }

    fn print(&self, event: &'static str, state: &State) -> Result<(), Error> {
        let line = Line {
            event,
            at: format!("{:.3}", Timestamp::now()),
            guid: &self.guid,
            status: name_of(state),
        };
        self.context.output.result(&line, |line| {
            let (at, status) = (local_second(&line.at), word_of(state));
            match line.event {
                "unreachable" => text!("{at} {status} (the server cannot be reached)", at, status),
                "changed" => text!("{at} {status} (changed)", at, status),
                _ => text!("{at} {status}", at, status),
            }
        })
    }
}
