//! `qiwei status --watch` and `--wait`: an account's status over time.

use std::collections::HashMap;
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

/// Default interval of `--watch`, the heartbeat of the interactive demo.
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

/// Repeated requests, until a deadline or a signal.
struct Poll<'c> {
    context: &'c Context,
    api: Api,
    interval: Duration,
    deadline: Deadline,
    signals: Receiver<i32>,
}

/// Repeated checks of one instance.
struct Watch<'c> {
    poll: Poll<'c>,
    guid: Guid,
}

/// Streams the status until a signal or the timeout, then exits like `status`.
pub fn watch(context: &Context, interval: Option<Duration>) -> CommandResult {
    let poll = Poll::start(
        context,
        interval.unwrap_or(DEFAULT_WATCH_INTERVAL),
        MAX_WATCH_TIME,
    )?;
    let guid = instances::named_or_only(context)?;
    let watch = Watch { poll, guid };
    let mut before = None;
    let mut last = None;
    loop {
        let state = match watch.check() {
            CheckResult::Signal(signal) => return Ok(signals::exit_code(signal)),
            CheckResult::State(state) => state,
        };
        let state = match (state, last.take()) {
            // The timeout ended a check; that says nothing about the server.
            (Err(_), Some(last)) if watch.poll.deadline.is_over() => {
                return final_result(&watch.guid, last).map(|()| ExitCode::SUCCESS);
            }
            // No call was allowed; that says nothing about the server either.
            (Err(CallError::RateLimited(_)), Some(known)) => {
                if let Some(signal) = watch.poll.sleep(watch.poll.interval) {
                    return Ok(signals::exit_code(signal));
                }
                last = Some(known);
                continue;
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
        if let Some(signal) = watch.poll.sleep(watch.poll.interval) {
            return Ok(signals::exit_code(signal));
        }
        if watch.poll.deadline.is_over() {
            return final_result(&watch.guid, state).map(|()| ExitCode::SUCCESS);
        }
        last = Some(state);
    }
}

/// Waits until the account has the status `wanted`. Also waits for the server, and for the instance if
/// none is named.
pub fn wait(context: &Context, wanted: Status, interval: Option<Duration>) -> CommandResult {
    let poll = Poll::start(
        context,
        interval.unwrap_or(DEFAULT_WAIT_INTERVAL),
        DEFAULT_WAIT_TIMEOUT,
    )?;
    let guid = match context.configured_guid()? {
        Some((guid, _)) => guid.clone(),
        None => match poll.wait_for_instance(wanted)? {
            Choice::Instance(guid) => guid,
            Choice::Signal(signal) => return Ok(signals::exit_code(signal)),
        },
    };
    let watch = Watch { poll, guid };
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
        if let Err(error) = &state
            && error.is_permanent()
        {
            return Err(error.clone().into_error(Effect::Read));
        }
        // A check cut off by the timeout has no result.
        if state.is_ok() || !watch.poll.deadline.is_over() {
            known = Some(reason(&state));
        }
        let pause = watch.poll.interval.min(watch.poll.deadline.remaining());
        if let Some(signal) = watch.poll.sleep(pause) {
            return Ok(signals::exit_code(signal));
        }
        if watch.poll.deadline.is_over() {
            return Err(Error::new(
                Kind::Deadline,
                text!(
                    "{guid} was not {wanted} within {timeout}; it is {state}",
                    guid = watch.guid.short(),
                    wanted = wanted.label(),
                    timeout = show_duration(watch.poll.deadline.timeout()),
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

/// The status, or why it is not known.
fn reason(state: &State) -> Text {
    match state {
        Ok(status) => status.label(),
        Err(error) => text!("unknown ({why})", why = error.summary()),
    }
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

/// The end of the wait for an instance.
enum Choice {
    Instance(Guid),
    Signal(i32),
}

impl<'c> Poll<'c> {
    fn start(context: &'c Context, interval: Duration, time: Duration) -> Result<Self, Error> {
        let (sender, signals) = mpsc::channel();
        signals::forward(signals::watch()?, move |signal| {
            let _ = sender.send(signal);
        })?;
        let deadline = context.deadline_or(time)?;
        Ok(Self {
            context,
            api: context
                .api()?
                .until(deadline)
                .with_exchange_timeout(CHECK_TIMEOUT),
            interval,
            deadline,
            signals,
        })
    }

    /// Waits until an instance can be chosen: the server answers, and has one instance, or one that is
    /// online.
    fn wait_for_instance(&self, wanted: Status) -> Result<Choice, Error> {
        self.context.check_unread_profile_has_no_guid()?;
        let mut known = None;
        loop {
            let found = match self.api.all_clients() {
                Ok(guids) => {
                    let seen = instances::look_up(&self.api, guids);
                    instances::only_or_online(&seen, |online| {
                        instances::join_guids(online, &HashMap::new())
                    })
                }
                Err(error) if error.is_permanent() => return Err(error.into_error(Effect::Read)),
                Err(error) => Err(error.into_error(Effect::Read)),
            };
            match found {
                Ok(guid) => return Ok(Choice::Instance(guid)),
                // A request cut off by the timeout says nothing.
                Err(_) if known.is_some() && self.deadline.is_over() => {}
                Err(error) => known = Some(error),
            }
            if let Some(signal) = self.sleep(self.interval) {
                return Ok(Choice::Signal(signal));
            }
            if self.deadline.is_over() {
                let error = Error::new(
                    Kind::Deadline,
                    text!(
                        "no instance was {wanted} within {timeout}: {why}",
                        wanted = wanted.label(),
                        timeout = show_duration(self.deadline.timeout()),
                        why = known
                            .as_ref()
                            .map_or_else(|| text!("unknown"), |known| known.message.clone())
                    ),
                )
                .retryable();
                return Err(match known.and_then(|known| known.hint) {
                    Some(hint) => error.hint(hint),
                    None => error,
                });
            }
        }
    }

    /// Sleeps, at most until the deadline; a signal ends it.
    fn sleep(&self, pause: Duration) -> Option<i32> {
        let pause = pause.min(self.deadline.remaining());
        self.signals.recv_timeout(pause).ok()
    }
}

impl Watch<'_> {
    /// The current status. Status 0 is checked twice: a online account shows it while it reconnects.
    fn check(&self) -> CheckResult {
        let state = self.poll.api.client_status(&self.guid);
        if state != Ok(Status::Stopped) {
            return CheckResult::State(state);
        }
        match self.poll.sleep(RECHECK_DELAY.min(self.poll.interval)) {
            Some(signal) => CheckResult::Signal(signal),
            None => CheckResult::State(self.poll.api.client_status(&self.guid)),
        }
    }

    fn print(&self, event: &'static str, state: &State) -> Result<(), Error> {
        let line = Line {
            event,
            at: format!("{:.3}", Timestamp::now()),
            guid: &self.guid,
            status: status_name(state),
        };
        self.poll.context.output.result(&line, |line| {
            let (at, status) = (local_second(&line.at), status_text(state));
            match line.event {
                "unreachable" => text!("{at} {status} (the server cannot be reached)", at, status),
                "changed" => text!("{at} {status} (changed)", at, status),
                _ => text!("{at} {status}", at, status),
            }
        })
    }
}
