//! Which command meets which fault, at which request, and how.

use std::fmt;
use std::time::Duration;

use super::command::{Command, Coverage, Role, Step};
use super::commands::COMMANDS;
use super::faults::{self, Fault, Observation, Shape, Stage};

/// One meeting.
#[derive(Clone, Copy)]
pub struct Case {
    pub command: &'static Command,
    pub step: &'static Step,
    pub fault: &'static Fault,
    pub mode: Mode,
}

/// Injection often the fault strikes, and what time the command has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Always; the command does not try again, and has more time than it needs.
    Always,
    /// Once; the command tries again as it does by itself, and is given no time of its own.
    Once,
    /// Once, and nothing but `--timeout` ends it.
    Deadline,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            command,
            step,
            fault,
            mode,
        } = self;
        write!(
            f,
            "[{} | {} {} | {fault} | {mode:?}]",
            command.name, step.path, step.body
        )
    }
}

impl Case {
    /// What the client can know here: who needs no login does not mind a logout.
    pub fn observation(&self) -> Observation {
        match self.fault.observation {
            Observation::LoggedOut if !self.step.needs_login => Observation::Answer,
            observation => observation,
        }
    }

    /// Nothing but the deadline ends it.
    pub fn is_short(&self) -> bool {
        let fails = self.observation() != Observation::Answer;
        self.mode == Mode::Deadline || (self.mode == Mode::Always && self.step.is_patient && fails)
    }

    /// It spends its time waiting.
    pub fn waits(&self) -> bool {
        self.is_short()
            || self.command.is_slow
            || self.fault.observation == Observation::Reconnecting
    }

    /// The least time in which a command gets to its request, on a machine with nothing else to do.
    pub fn short(&self) -> Duration {
        Duration::from_secs(if self.command.is_slow { 3 } else { 1 })
    }

    /// What the server said was taken for a yes, and it may say so without doing it.
    pub fn may_lie(&self) -> bool {
        let says_yes = matches!(
            self.fault.observation,
            Observation::Bare(_) | Observation::Nonsense
        );
        says_yes && !self.fault.acts
    }

    /// The instance list that comes is an empty one.
    pub fn is_empty_list(&self) -> bool {
        let is_list = self.step.path == "/client/all_clients";
        let empty = [
            Observation::Bare(Shape::Null),
            Observation::Bare(Shape::EmptyList),
        ];
        is_list && empty.contains(&self.fault.observation)
    }
}

/// Every cell, in the order of the tables.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for command in COMMANDS {
        for (place, step) in command.steps.iter().enumerate() {
            for fault in faults::all()
                .iter()
                .filter(|fault| meets(command, place, step, fault))
            {
                let case = |mode| Case {
                    command,
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

fn meets(command: &Command, place: usize, step: &Step, fault: &Fault) -> bool {
    if fault.place == Stage::Connection {
        // There is only one first connection.
        return place == 0;
    }
    let matters = command.adds_up() || fault.is_typical;
    let concerns = !fault.is_about_doing() || (step.role == Role::Change && matters);
    // Some know their requests by themselves, and would strike another one.
    let is_at_home = match fault.observation {
        Observation::ServerFail => step.path.starts_with("/msg/"),
        Observation::Reconnecting => step.path == "/client/get_client_status",
        // Whoever polls meanwhile may see either.
        Observation::LoggedOut => step.role != Role::Aside,
        _ => true,
    };
    let depth = match step.depth {
        Coverage::Every => true,
        Coverage::Typical => fault.is_typical && !fault.is_raw(),
        Coverage::ConnectFault => false,
        Coverage::TypicalRaw => fault.is_typical && fault.is_raw(),
    };
    concerns && is_at_home && depth
}

fn modes(step: &Step, fault: &Fault) -> &'static [Mode] {
    // Once is enough where it leaves a trace, or cannot be counted.
    let lasts = fault.observation == Observation::LoggedOut || fault.place == Stage::Connection;
    match fault.is_typical && !lasts && (!fault.is_raw() || step.depth == Coverage::TypicalRaw) {
        _ if fault.is_endless() => &[Mode::Deadline],
        true => &[Mode::Always, Mode::Once],
        false => &[Mode::Always],
    }
}
