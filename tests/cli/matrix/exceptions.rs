//! Where the rules do not hold, and why.

use super::case::{Case, Mode};
use super::command::{AcceptedShape, Role};
use super::faults::Observation;
use super::rules::{End, Line, asked, end, is_tried_again, lines};

/// Where the rules do not hold.
#[derive(Debug)]
pub struct Exception {
    pub holds: fn(&Case) -> bool,
    pub end: End,
    pub why: &'static str,
}

fn is_login(case: &Case) -> bool {
    case.command.name.starts_with("login") && case.step.path == "/client/get_client_status"
}

fn is_refusal(case: &Case) -> bool {
    let is_final = case.mode != Mode::Once || !is_tried_again(case);
    is_final && lines(case.observation(), AcceptedShape::Fields) == [Line::No]
}

/// The server said yes, and did nothing.
fn is_lie(case: &Case) -> bool {
    let accepted_shape = case.step.accepted_shape(case.command.report);
    let is_yes = lines(case.observation(), accepted_shape) == [Line::Yes];
    case.step.role == Role::Change && case.may_lie() && is_yes
}

/// The exception the cell is of, if any.
pub fn of(case: &Case) -> Option<&'static Exception> {
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
        end: asked(7),
        why: "`login` ends only when the instance is online, and this one is said to be stopped until the time is up",
    },
    Exception {
        holds: |c| c.fault.observation == Observation::Reconnecting && is_login(c),
        end: end(0, "accepted"),
        why: "`login` checks twice, then starts what seems stopped, which an instance that runs does not mind",
    },
    Exception {
        holds: |c| {
            c.fault.observation == Observation::Reconnecting
                && c.command.name == "instance rm --stopped"
        },
        end: end(0, "accepted"),
        why: "`instance rm --stopped` is about stopped instances: one more look that shows one changes nothing",
    },
    Exception {
        holds: |c| {
            c.fault.observation == Observation::Reconnecting
                && c.mode == Mode::Once
                && c.step.role == Role::Awaited
        },
        end: asked(0),
        why: "`status --wait` looks again",
    },
    Exception {
        holds: |c| {
            c.fault.observation == Observation::Reconnecting && c.command.name == "probe callback"
        },
        end: asked(5),
        why: "`probe callback` cannot make an instance call back that looks stopped, and waits in vain",
    },
    Exception {
        holds: |c| is_refusal(c) && c.command.name == "status" && c.step.path.ends_with("_status"),
        end: asked(4),
        why: "`status`: the server's no to the question for one instance's state is an answer, \
              whatever that instance is, it is not online",
    },
    Exception {
        holds: |c| c.step.role == Role::Trigger && c.fault.acts,
        end: asked(0),
        why: "`probe callback` waits for the callback, and it comes whatever became of the answer",
    },
    Exception {
        holds: |c| is_lie(c) && c.command.name == "probe callback",
        end: asked(5),
        why: "`probe callback` notices a yes to the callback URL that was a lie: nothing calls back",
    },
    Exception {
        holds: |c| is_lie(c) && c.command.name == "login of a stopped instance",
        end: asked(1),
        why: "`login` notices a yes to the start that was a lie: there is no QR code",
    },
    Exception {
        holds: |c| {
            c.fault.observation == Observation::Silence
                && c.step.path == "/login/check_login_qrcode"
        },
        end: asked(7),
        why: "`login` without callbacks: a poll that is never answered uses a short --timeout up",
    },
    Exception {
        holds: |c| c.is_empty_list() && c.command.name == "instance rm --stopped",
        end: end(0, "accepted"),
        why: "`instance rm --stopped` has nothing to do where there is no instance",
    },
    Exception {
        holds: |c| c.is_empty_list() && c.step.role == Role::Before,
        end: end(3, "not_sent"),
        why: "an empty list of instances is an answer: there is none to choose",
    },
    Exception {
        holds: |c| c.is_empty_list() && c.command.name.starts_with("instance use"),
        end: end(3, "not_sent"),
        why: "`instance use` cannot choose from an empty list, and says that nothing was changed",
    },
    Exception {
        holds: |c| c.is_empty_list() && c.command.name == "status, the instance not named",
        end: asked(3),
        why: "`status` without an instance has none to report on when the list is empty",
    },
];
