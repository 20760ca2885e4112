//! Exceptions from the rules, with reasons.

use super::case::{Case, LIST_PATH, Mode};
use super::command::Role;
use super::faults::Observation;
use super::route::Route;
use super::rules::{
    ExpectedResult, ResultClass, expected, expected_read, is_retried, result_classes,
};

/// An exception from the rules.
#[derive(Debug)]
pub struct Exception {
    pub applies: fn(&Case) -> bool,
    pub expected: ExpectedResult,
    pub why: &'static str,
}

fn is_login(case: &Case) -> bool {
    case.command.name.starts_with("login") && case.step.path == "/client/get_client_status"
}

fn is_refusal(case: &Case) -> bool {
    let is_final = case.mode != Mode::Once || !is_retried(case);
    is_final && result_classes(case) == [ResultClass::Rejected]
}

/// The gateway refuses to list the instances.
fn is_list_refusal(case: &Case) -> bool {
    case.route == Route::Gateway && case.step.path == LIST_PATH && is_refusal(case)
}

/// The refusal may be about the endpoint only: it is not there, or the code has no known meaning.
fn is_endpoint_refusal(case: &Case) -> bool {
    let name = case.fault.name.as_str();
    is_refusal(case)
        && (["http=404", "code=-987"].contains(&name)
            || name.starts_with("an error code")
            || name == "a refusal in a JSON string")
}

fn is_credential_refusal(case: &Case) -> bool {
    ["http=401", "http=403", "HTTP 403 from a proxy"].contains(&case.fault.name.as_str())
}

/// The server answered success and did nothing.
fn is_false_success(case: &Case) -> bool {
    let says_accepted = result_classes(case) == [ResultClass::Accepted];
    case.step.role == Role::Change && case.can_report_false_success() && says_accepted
}

/// The exception that applies to the case, if any.
pub fn matching(case: &Case) -> Option<&'static Exception> {
    EXCEPTIONS
        .iter()
        .find(|exception| (exception.applies)(case))
}

pub static EXCEPTIONS: &[Exception] = &[
    Exception {
        applies: |c| is_list_refusal(c) && c.command.name == "instance use",
        expected: expected(0, "accepted"),
        why: "a refused list of instances: `instance use` selects an instance that the gateway does not list",
    },
    Exception {
        applies: |c| is_list_refusal(c) && c.step.role == Role::Prerequisite,
        expected: expected(3, "not_sent"),
        why: "a refused list of instances before a change: without the list, the instance has to be configured",
    },
    Exception {
        applies: |c| is_list_refusal(c) && c.step.role == Role::Read,
        expected: expected_read(3),
        why: "a refused list of instances that is to be shown, or from which one is to be selected",
    },
    Exception {
        applies: |c| {
            is_endpoint_refusal(c)
                && c.step.path == "/session/get_session_list"
                && c.step.body.is_empty()
                && c.step.role == Role::Read
        },
        expected: expected_read(0),
        why: "`sessions` puts a list together from contacts and own groups where the server refuses its own",
    },
    Exception {
        applies: |c| {
            is_endpoint_refusal(c)
                && c.command.name == "send name:…"
                && c.step.path == "/session/get_session_list"
        },
        expected: expected(0, "accepted"),
        why: "`send name:…` finds the name among contacts and own groups where the server refuses its list",
    },
    Exception {
        applies: |c| {
            c.fault.name == "http=404" && c.command.name == "members" && c.step.role == Role::Read
        },
        expected: expected_read(0),
        why: "`members` asks for the single group on a server that lacks the look-up of several",
    },
    Exception {
        applies: |c| {
            c.fault.name == "http=404"
                && c.command.name == "send name:…"
                && c.step.role == Role::Prerequisite
        },
        expected: expected(0, "accepted"),
        why: "`send name:…` does without the list of contacts or own groups on a server that has none",
    },
    Exception {
        applies: |c| {
            [Observation::Reconnecting, Observation::LoggedOut].contains(&c.fault.observation)
                && is_login(c)
                && c.mode != Mode::Once
                && ["login", "login --new"].contains(&c.command.name)
        },
        expected: expected_read(7),
        why: "`login` succeeds only when the instance is online, and this one reports stopped until the timeout",
    },
    Exception {
        applies: |c| c.fault.observation == Observation::Reconnecting && is_login(c),
        expected: expected(0, "accepted"),
        why: "`login` checks twice, then starts an instance that reports stopped; starting a running one has no effect",
    },
    Exception {
        applies: |c| {
            c.fault.observation == Observation::Reconnecting
                && c.command.name == "instance rm --stopped"
        },
        expected: expected(0, "accepted"),
        why: "`instance rm --stopped` removes stopped instances, and this one is stopped: the fault reports the true status",
    },
    Exception {
        applies: |c| {
            c.fault.observation == Observation::Reconnecting
                && c.mode == Mode::Once
                && c.step.role == Role::Polled
        },
        expected: expected_read(0),
        why: "`status --wait` checks again",
    },
    Exception {
        applies: |c| {
            c.route == Route::Direct && c.step.role == Role::Polled && is_credential_refusal(c)
        },
        expected: expected_read(1),
        why: "`status --wait` ends at once when the credentials are refused (HTTP 401 and 403)",
    },
    Exception {
        applies: |c| {
            let is_code = c.fault.name == "an error code of the hosted gateway";
            c.route == Route::Gateway
                && c.step.role == Role::Polled
                && (is_credential_refusal(c) || is_code)
        },
        expected: expected_read(3),
        why: "`status --wait` ends at once when the gateway refuses the credentials",
    },
    Exception {
        applies: |c| {
            c.fault.observation == Observation::Reconnecting && c.command.name == "probe callback"
        },
        expected: expected_read(5),
        why: "`probe callback` cannot trigger a callback of an instance that reports stopped, so none arrives",
    },
    Exception {
        applies: |c| {
            is_refusal(c) && c.command.name == "status" && c.step.path.ends_with("_status")
        },
        expected: expected_read(4),
        why: "`status`: a refused status request counts as \"not online\"",
    },
    Exception {
        applies: |c| c.step.role == Role::CallbackTrigger && c.fault.is_executed,
        expected: expected_read(0),
        why: "`probe callback` waits for the callback, and the callback arrives even if the response is lost",
    },
    Exception {
        applies: |c| is_false_success(c) && c.command.name == "probe callback",
        expected: expected_read(5),
        why: "`probe callback` notices that the notify_url was confirmed but not set: no callback arrives",
    },
    Exception {
        applies: |c| is_false_success(c) && c.command.name == "login of a stopped instance",
        expected: expected_read(1),
        why: "`login` notices that the start was confirmed but not executed: there is no QR code",
    },
    Exception {
        applies: |c| {
            c.fault.observation == Observation::Silence
                && c.step.path == "/login/check_login_qrcode"
        },
        expected: expected_read(7),
        why: "`login` without callbacks: an unanswered poll consumes the whole `--timeout`",
    },
    Exception {
        applies: |c| c.is_empty_list() && c.command.name == "instance rm --stopped",
        expected: expected(0, "accepted"),
        why: "`instance rm --stopped` has nothing to remove if there is no instance",
    },
    Exception {
        applies: |c| c.is_empty_list() && c.step.role == Role::Prerequisite,
        expected: expected(3, "not_sent"),
        why: "an empty list of instances is a valid answer, and there is none to select",
    },
    Exception {
        applies: |c| c.is_empty_list() && c.command.name.starts_with("instance use"),
        expected: expected(3, "not_sent"),
        why: "`instance use` has nothing to select from an empty list, and reports that nothing was changed",
    },
    Exception {
        applies: |c| c.is_empty_list() && c.command.name == "status without --guid",
        expected: expected_read(3),
        why: "`status` without `--guid` has none to report on if the list is empty",
    },
];
