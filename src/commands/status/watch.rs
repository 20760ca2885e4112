//! `qiwei status --watch` and `--wait`: an account's status over time.

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

/// Default interval of `--watch`, the heartbeat of the original demo.
const DEFAULT_WATCH_INTERVAL: Duration = Duration::from_secs(10);
/// Default interval of `--wait`.
const DEFAULT_WAIT_INTERVAL: Duration = Duration::from_secs(1);
/// Default timeout of `--wait`.
const DEFAULT_WAIT_TIMEOUT: Duration = Duration::from_secs(300);
/// Bound for `--watch` without `--timeout`; every call needs one.
const MAX_WATCH_TIME: Duration = Duration::from_secs(366 * 86_400);
/// Time limit of a single check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(10);
/// Time until the second check of status 0.
const RECHECK_DELAY: Duration = Duration::from_secs(3);

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

/// Streams the status until a signal or the timeout, then exits like `status`.
pub fn watch(context: &Context, interval: Option<Duration>) -> CommandResult {
    let watch = Watch::start(
        context,
        interval.unwrap_or(DEFAULT_WATCH_INTERVAL),
        MAX_WATCH_TIME,
    )?;
    let mut before = None;
    let mut last = None;
    loop {
        let state = match watch.check() {
            CheckResult::Signal(signal) => return Ok(signals::exit_code(signal)),
            CheckResult::State(state) => state,
        };
        let state = match (state, last.take()) {
            // The timeout ended a check; that says nothing about the server.
            (Err(_), Some(last)) if watch.deadline.is_over() => {
                return final_result(&watch.guid, last).map(|()| ExitCode::SUCCESS);
            }
            (state, _) => state,
        };
        let event = match &state {
            Err(CallError::Refused(_)) | Ok(_) => match before {
                Some(name) if name != status_name(&state) => "changed",
                _ => "status",
            },
            Err(_) => "unreachable",
        };
        watch.print(event, &state).map_err(Error::in_stream)?;
        before = Some(status_name(&state));
        if let Some(signal) = watch.sleep(watch.interval) {
            return Ok(signals::exit_code(signal));
        }
        if watch.deadline.is_over() {
            return final_result(&watch.guid, state).map(|()| ExitCode::SUCCESS);
        }
        last = Some(state);
    }
}

/// Waits until the account has the status `wanted`.
pub fn wait(context: &Context, wanted: Status, interval: Option<Duration>) -> CommandResult {
    let watch = Watch::start(
        context,
        interval.unwrap_or(DEFAULT_WAIT_INTERVAL),
        DEFAULT_WAIT_TIMEOUT,
    )?;
    let mut known = None;
    loop {
        let state = match watch.check() {
            CheckResult::Signal(signal) => return Ok(signals::exit_code(signal)),
            CheckResult::State(state) => state,
        };
        if matches!(&state, Ok(status) if *status == wanted) {
            watch.print("status", &state)?;
            return Ok(ExitCode::SUCCESS);
        }
        if let Err(error @ CallError::Refused(refusal)) = &state
            && refusal.is_bad_guid()
        {
            // Waiting cannot help when there is no such instance.
            return Err(error.clone().into_error(Effect::Read));
        }
        // A check cut off by the timeout has no result.
        if state.is_ok() || !watch.deadline.is_over() {
            known = Some(status_text(&state));
        }
        let pause = watch.interval.min(watch.deadline.remaining());
        if let Some(signal) = watch.sleep(pause) {
            return Ok(signals::exit_code(signal));
        }
        if watch.deadline.is_over() {
            return Err(Error::new(
                Kind::Deadline,
                text!(
                    "{guid} was not {wanted} within {timeout}; it is {state}",
                    guid = watch.guid.short(),
                    wanted = wanted.label(),
                    timeout = show_duration(watch.deadline.timeout()),
                    state = known.unwrap_or_else(|| text!("unknown"))
                ),
            )
            .retryable());
        }
    }
}

type State = Result<Status, CallError>;

/// The result of a check.
enum CheckResult {
    State(State),
    Signal(i32),
}

fn status_name(state: &State) -> &'static str {
    state.as_ref().map_or("unknown", |status| status.name())
}

fn status_text(state: &State) -> Text {
    state
        .as_ref()
        .map_or_else(|_| text!("unknown"), |status| status.label())
}

fn final_result(guid: &Guid, state: State) -> Result<(), Error> {
    match state {
        Ok(Status::Online) => Ok(()),
        Ok(status) => Err(Error::new(
            Kind::NotLoggedIn,
            text!(
                "{guid} is {status}",
                guid = guid.short(),
                status = status.label()
            ),
        )),
        Err(error) => Err(error.into_error(Effect::Read)),
    }
}

impl<'c> Watch<'c> {
    fn start(context: &'c Context, interval: Duration, time: Duration) -> Result<Self, Error> {
        let (sender, signals) = mpsc::channel();
        signals::forward(signals::watch()?, move |signal| {
            let _ = sender.send(signal);
        })?;
        let guid = instances::named_or_only(context)?;
        let deadline = context.deadline_or(time)?;
        Ok(Self {
            context,
            api: context
                .api()?
                .until(deadline)
                .with_exchange_timeout(CHECK_TIMEOUT),
            guid,
            interval,
            deadline,
            signals,
        })
    }

    /// The current status. Status 0 is checked twice: a live account shows it while it reconnects.
    fn check(&self) -> CheckResult {
        let state = self.api.client_status(&self.guid);
        if state != Ok(Status::Stopped) {
            return CheckResult::State(state);
        }
        match self.sleep(RECHECK_DELAY.min(self.interval)) {
            Some(signal) => CheckResult::Signal(signal),
            None => CheckResult::State(self.api.client_status(&self.guid)),
        }
    }

    /// Sleeps, at most until the deadline; a signal ends it.
    fn sleep(&self, pause: Duration) -> Option<i32> {
        let pause = pause.min(self.deadline.remaining());
        self.signals.recv_timeout(pause).ok()
    }

    fn print(&self, event: &'static str, state: &State) -> Result<(), Error> {
        let line = Line {
            event,
            at: format!("{:.3}", Timestamp::now()),
            guid: &self.guid,
            status: status_name(state),
        };
        self.context.output.result(&line, |line| {
            let (at, status) = (local_second(&line.at), status_text(state));
            match line.event {
                "unreachable" => text!("{at} {status} (the server cannot be reached)", at, status),
                "changed" => text!("{at} {status} (changed)", at, status),
                _ => text!("{at} {status}", at, status),
            }
        })
    }
}
