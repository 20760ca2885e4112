//! Exceptions from the rules, with reasons.

use super::case::{Case, Mode};
use super::command::{AcceptedShape, Role};
use super::faults::Observation;
use super::rules::{
    ExpectedResult, ResultClass, expected, expected_read, is_retried, result_classes,
};

/// An exception from the rules.
#[derive(Debug)]
pub struct Exception {
    pub holds: fn(&Case) -> bool,
    pub expected: ExpectedResult,
    pub why: &'static str,
}

fn is_login(case: &Case) -> bool {
    case.command.name.starts_with("login") && case.step.path == "/client/get_client_status"
}

fn is_refusal(case: &Case) -> bool {
    let is_final = case.mode != Mode::Once || !is_retried(case);
    is_final && result_classes(case.observation(), AcceptedShape::Fields) == [ResultClass::Rejected]
}

/// The server answered success and did nothing.
fn is_false_success(case: &Case) -> bool {
    let accepted_shape = case.step.accepted_shape(case.command.report);
    let is_yes = result_classes(case.observation(), accepted_shape) == [ResultClass::Accepted];
    case.step.role == Role::Change && case.can_report_false_success() && is_yes
}

/// The exception that applies to the case, if any.
pub fn matching(case: &Case) -> Option<&'static Exception> {
    EXCEPTIONS.iter().find(|exception| (exception.holds)(case))
}

pub static EXCEPTIONS: &[Exception] = &[
    Exception {
        holds: |c| {
            [Observation::Reconnecting, Observation::LoggedOut].contains(&c.fault.observation)
                && is_login(c)
                && c.mode != Mode::Once
                && ["login", "login --new"].contains(&c.command.name)
        },
        expected: expected_read(7),
        why: "`login` ends only when the instance is online, and this one is said to be stopped until the time is up",
    },
    Exception {
        holds: |c| c.fault.observation == Observation::Reconnecting && is_login(c),
        expected: expected(0, "accepted"),
        why: "`login` checks twice, then starts what seems stopped, which an instance that runs does not mind",
    },
    Exception {
        holds: |c| {
            c.fault.observation == Observation::Reconnecting
                && c.command.name == "instance rm --stopped"
        },
        expected: expected(0, "accepted"),
        why: "`instance rm --stopped` removes stopped instances: one more status that says stopped changes nothing",
    },
    Exception {
        holds: |c| {
            c.fault.observation == Observation::Reconnecting
                && c.mode == Mode::Once
                && c.step.role == Role::Polled
        },
        expected: expected_read(0),
        why: "`status --wait` checks again",
    },
    Exception {
        holds: |c| {
            c.fault.observation == Observation::Reconnecting && c.command.name == "probe callback"
        },
        expected: expected_read(5),
        why: "`probe callback` cannot trigger a callback of an instance that seems stopped, and none arrives",
    },
    Exception {
        holds: |c| is_refusal(c) && c.command.name == "status" && c.step.path.ends_with("_status"),
        expected: expected_read(4),
        why: "`status`: the server's no to the question for one instance's state is an answer, \
              whatever that instance is, it is not online",
    },
    Exception {
        holds: |c| c.step.role == Role::CallbackTrigger && c.fault.acts,
        expected: expected_read(0),
        why: "`probe callback` waits for the callback, and it comes whatever became of the answer",
    },
    Exception {
        holds: |c| is_false_success(c) && c.command.name == "probe callback",
        expected: expected_read(5),
        why: "`probe callback` notices that the callback URL was confirmed but not set: no callback arrives",
    },
    Exception {
        holds: |c| is_false_success(c) && c.command.name == "login of a stopped instance",
        expected: expected_read(1),
        why: "`login` notices that the start was confirmed but not done: there is no QR code",
    },
    Exception {
        holds: |c| {
            c.fault.observation == Observation::Silence
                && c.step.path == "/login/check_login_qrcode"
        },
        expected: expected_read(7),
        why: "`login` without callbacks: a poll that is never answered uses a short --timeout up",
    },
    Exception {
        holds: |c| c.is_empty_list() && c.command.name == "instance rm --stopped",
        expected: expected(0, "accepted"),
        why: "`instance rm --stopped` has nothing to do where there is no instance",
    },
    Exception {
        holds: |c| c.is_empty_list() && c.step.role == Role::Prerequisite,
        expected: expected(3, "not_sent"),
        why: "an empty list of instances is an answer: there is none to choose",
    },
    Exception {
        holds: |c| c.is_empty_list() && c.command.name.starts_with("instance use"),
        expected: expected(3, "not_sent"),
        why: "`instance use` cannot choose from an empty list, and says that nothing was changed",
    },
    Exception {
        holds: |c| c.is_empty_list() && c.command.name == "status, the instance not named",
        expected: expected_read(3),
        why: "`status` without an instance has none to report on when the list is empty",
    },
];
