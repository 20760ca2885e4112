//! The tested combinations of command, request and fault.

use std::fmt;
use std::time::Duration;

use super::command::{Command, Coverage, Role, Step};
use super::commands::COMMANDS;
use super::faults::{self, Fault, Observation, Shape, Stage};
use super::route::Route;

/// The endpoint that lists the instances.
pub const LIST_PATH: &str = "/client/all_clients";

/// A command, the route of its requests, one of them, and the fault it meets.
#[derive(Clone, Copy)]
pub struct Case {
    pub command: &'static Command,
    pub route: Route,
    pub step: &'static Step,
    pub fault: &'static Fault,
    pub mode: Mode,
}

/// How often the fault occurs, and the time limit of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Always; the command does not retry, and its time limit is ample.
    Always,
    /// Once; the command has its default retries and time limit.
    Once,
    /// Once; only `--timeout` ends the command.
    Deadline,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            command,
            route,
            step,
            fault,
            mode,
        } = self;
        write!(
            f,
            "[{} | {route} | {} {} | {fault} | {mode:?}]",
            command.name, step.path, step.body
        )
    }
}

impl Case {
    /// What the client can know; a logout does not affect a request that needs no login.
    pub fn observation(&self) -> Observation {
        match self.fault.observation {
            Observation::LoggedOut if !self.step.needs_login => Observation::Answer,
            observation => observation,
        }
    }

    /// Only the deadline ends the command.
    pub fn has_short_timeout(&self) -> bool {
        let fails = self.observation() != Observation::Answer;
        self.mode == Mode::Deadline
            || (self.mode == Mode::Always && self.step.fails_only_at_deadline && fails)
    }

    /// The command spends its time waiting.
    pub fn waits(&self) -> bool {
        self.has_short_timeout()
            || self.command.is_slow
            || self.fault.observation == Observation::Reconnecting
    }

    /// The shortest timeout in which the command reaches its request on an idle machine.
    pub fn short_timeout(&self) -> Duration {
        Duration::from_secs(if self.command.is_slow { 3 } else { 1 })
    }

    /// The answer counts as success, and the server may not have executed the request.
    pub fn can_report_false_success(&self) -> bool {
        let says_accepted = matches!(
            self.fault.observation,
            Observation::BareJson(_) | Observation::UnusableBody
        );
        says_accepted && !self.fault.is_executed
    }

    /// The answer is an empty instance list.
    pub fn is_empty_list(&self) -> bool {
        let is_list = self.step.path == LIST_PATH;
        let empty = [
            Observation::BareJson(Shape::Null),
            Observation::BareJson(Shape::EmptyList),
        ];
        is_list && empty.contains(&self.fault.observation)
    }
}

/// Every case of a route, in the order of the tables.
pub fn cases(route: Route) -> Vec<Case> {
    let mut cases = Vec::new();
    for command in COMMANDS.iter().filter(|command| route.takes(command)) {
        for (index, step) in command.steps.iter().enumerate() {
            for fault in faults::all()
                .iter()
                .filter(|fault| meets(command, index, step, fault))
            {
                let case = |mode| Case {
                    command,
                    route,
                    step,
                    fault,
                    mode,
                };
                cases.extend(modes(step, fault).iter().map(|mode| case(*mode)));
            }
        }
    }
    cases
}

fn meets(command: &Command, index: usize, step: &Step, fault: &Fault) -> bool {
    if fault.stage == Stage::Connection {
        // There is only one first connection.
        return index == 0;
    }
    let matters = command.is_non_idempotent() || fault.is_typical;
    let concerns = !fault.is_executed_variant() || (step.role == Role::Change && matters);
    // These faults apply to fixed requests, whatever the step is.
    let is_applicable = match fault.observation {
        Observation::ServerFail => step.path.starts_with("/msg/"),
        Observation::Reconnecting => step.path == "/client/get_client_status",
        // A poll that runs at the same time may see either state.
        Observation::LoggedOut => step.role != Role::Optional,
        _ => true,
    };
    let coverage = match step.coverage {
        Coverage::Every => true,
        Coverage::Typical => fault.is_typical && !fault.is_raw(),
        Coverage::ConnectFault => false,
        Coverage::TypicalRaw => fault.is_typical && fault.is_raw(),
    };
    concerns && is_applicable && coverage
}

fn modes(step: &Step, fault: &Fault) -> &'static [Mode] {
    // One run is enough for a fault whose effect lasts or that cannot be counted.
    let lasts = fault.observation == Observation::LoggedOut || fault.stage == Stage::Connection;
    match fault.is_typical && !lasts && (!fault.is_raw() || step.coverage == Coverage::TypicalRaw) {
        _ if fault.is_endless() => &[Mode::Deadline],
        true => &[Mode::Always, Mode::Once],
        false => &[Mode::Always],
    }
}
