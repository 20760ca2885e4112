//! Expected results by what the client can know and by the role of the request.

use super::case::{Case, Mode};
use super::command::{AcceptedShape, Role};
use super::exceptions;
use super::faults::{Observation, Shape};
use super::route::Route;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedResult {
    pub exit: i32,
    /// Outcome of the change; none for a command that changes nothing.
    pub outcome: Option<&'static str>,
}

pub const fn expected(exit: i32, outcome: &'static str) -> ExpectedResult {
    ExpectedResult {
        exit,
        outcome: Some(outcome),
    }
}

pub const fn expected_read(exit: i32) -> ExpectedResult {
    let outcome = None;
    ExpectedResult { exit, outcome }
}

/// Classes of answers that lead to the same result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultClass {
    Accepted,
    NotConnected,
    Uncertain,
    Rejected,
    NotLoggedIn,
    /// The gateway refused the credentials.
    CredentialsRefused,
    /// The gateway blocks the account for a while.
    Blocked,
    /// The instance is not one of WeCom.
    PersonalWechat,
}

/// The rules. A row is what the client can know, a column is the role of the request.
pub const RULES: [(ResultClass, [(Role, ExpectedResult); 8]); 8] = {
    use ResultClass::{
        Accepted, Blocked, CredentialsRefused, NotConnected, NotLoggedIn, PersonalWechat, Rejected,
        Uncertain,
    };
    use Role::{
        CallbackTrigger, Change, Diagnostic, InstanceChoice, Optional, Polled, Prerequisite, Read,
    };
    [
        (
            Accepted,
            [
                (Change, expected(0, "accepted")),
                (Prerequisite, expected(0, "accepted")),
                (InstanceChoice, expected(0, "accepted")),
                (Read, expected_read(0)),
                (Polled, expected_read(0)),
                (CallbackTrigger, expected_read(0)),
                (Diagnostic, expected_read(0)),
                (Optional, expected_read(0)),
            ],
        ),
        (
            NotConnected,
            [
                (Change, expected(5, "not_sent")),
                (Prerequisite, expected(5, "not_sent")),
                (InstanceChoice, expected(5, "not_sent")),
                (Read, expected_read(5)),
                (Polled, expected_read(7)),
                (CallbackTrigger, expected_read(5)),
                (Diagnostic, expected_read(5)),
                (Optional, expected_read(0)),
            ],
        ),
        (
            Uncertain,
            [
                (Change, expected(6, "unknown")),
                (Prerequisite, expected(5, "not_sent")),
                (InstanceChoice, expected(5, "not_sent")),
                (Read, expected_read(5)),
                (Polled, expected_read(7)),
                (CallbackTrigger, expected_read(5)),
                (Diagnostic, expected_read(0)),
                (Optional, expected_read(0)),
            ],
        ),
        (
            Rejected,
            [
                (Change, expected(1, "rejected")),
                (Prerequisite, expected(1, "not_sent")),
                (InstanceChoice, expected(5, "not_sent")),
                (Read, expected_read(1)),
                (Polled, expected_read(7)),
                (CallbackTrigger, expected_read(5)),
                (Diagnostic, expected_read(0)),
                (Optional, expected_read(0)),
            ],
        ),
        (
            NotLoggedIn,
            [
                (Change, expected(4, "rejected")),
                (Prerequisite, expected(4, "not_sent")),
                (InstanceChoice, expected(4, "not_sent")),
                (Read, expected_read(4)),
                (Polled, expected_read(7)),
                (CallbackTrigger, expected_read(5)),
                (Diagnostic, expected_read(0)),
                (Optional, expected_read(0)),
            ],
        ),
        // The gateway refuses these itself: the instance never saw the request.
        (
            CredentialsRefused,
            [
                (Change, expected(3, "not_sent")),
                (Prerequisite, expected(3, "not_sent")),
                (InstanceChoice, expected(5, "not_sent")),
                (Read, expected_read(3)),
                (Polled, expected_read(7)),
                (CallbackTrigger, expected_read(5)),
                (Diagnostic, expected_read(0)),
                (Optional, expected_read(0)),
            ],
        ),
        (
            Blocked,
            [
                (Change, expected(9, "not_sent")),
                (Prerequisite, expected(9, "not_sent")),
                (InstanceChoice, expected(5, "not_sent")),
                (Read, expected_read(9)),
                (Polled, expected_read(7)),
                (CallbackTrigger, expected_read(5)),
                (Diagnostic, expected_read(0)),
                (Optional, expected_read(0)),
            ],
        ),
        (
            PersonalWechat,
            [
                (Change, expected(3, "rejected")),
                (Prerequisite, expected(3, "not_sent")),
                (InstanceChoice, expected(5, "not_sent")),
                (Read, expected_read(3)),
                (Polled, expected_read(7)),
                (CallbackTrigger, expected_read(5)),
                (Diagnostic, expected_read(0)),
                (Optional, expected_read(0)),
            ],
        ),
    ]
};

/// The classes that the case may belong to.
pub fn result_classes(case: &Case) -> &'static [ResultClass] {
    let accepted_shape = case.step.accepted_shape(case.command.report);
    classes_of(case.observation(), accepted_shape, case.route)
}

/// The classes that an observation may belong to.
pub fn classes_of(
    observation: Observation,
    accepted_shape: AcceptedShape,
    route: Route,
) -> &'static [ResultClass] {
    match observation {
        // A private server has no credentials and no limit: a proxy in front of it, or the operator, may.
        Observation::CredentialsRefused
        | Observation::TooManyCalls
        | Observation::PersonalWechat
            if route == Route::Direct =>
        {
            &[ResultClass::Rejected]
        }
        Observation::CredentialsRefused => &[ResultClass::CredentialsRefused],
        Observation::TooManyCalls => &[ResultClass::Blocked],
        Observation::PersonalWechat => &[ResultClass::PersonalWechat],
        Observation::Answer => &[ResultClass::Accepted],
        Observation::AnswerThenReset => &[ResultClass::Accepted, ResultClass::Uncertain],
        Observation::NoConnection | Observation::ConnectTimeout => &[ResultClass::NotConnected],
        Observation::ClosedAtOnce => &[ResultClass::NotConnected, ResultClass::Uncertain],
        Observation::Broken | Observation::UnexpectedStatus | Observation::Silence => {
            &[ResultClass::Uncertain]
        }
        Observation::UnusableBody if accepted_shape == AcceptedShape::Anything => {
            &[ResultClass::Accepted]
        }
        Observation::UnusableBody => &[ResultClass::Uncertain],
        Observation::BareJson(shape) if is_accepted(shape, accepted_shape) => {
            &[ResultClass::Accepted]
        }
        Observation::BareJson(_) => &[ResultClass::Uncertain],
        Observation::Refusal | Observation::NotReady | Observation::ServerFail => {
            &[ResultClass::Rejected]
        }
        Observation::LoggedOut | Observation::Reconnecting => &[ResultClass::NotLoggedIn],
    }
}

fn is_accepted(shape: Shape, accepted_shape: AcceptedShape) -> bool {
    match shape {
        Shape::Null => matches!(
            accepted_shape,
            AcceptedShape::List | AcceptedShape::Anything
        ),
        Shape::EmptyList => matches!(
            accepted_shape,
            AcceptedShape::List
                | AcceptedShape::Page
                | AcceptedShape::Rows
                | AcceptedShape::Anything
        ),
        Shape::EmptyObject => matches!(
            accepted_shape,
            AcceptedShape::Object | AcceptedShape::Rows | AcceptedShape::Anything
        ),
        Shape::JsonString => accepted_shape == AcceptedShape::Anything,
    }
}

/// Whether the command retries: the request cannot have been executed, or it only reads.
pub fn is_retried(case: &Case) -> bool {
    let role = case.step.role;
    // A raw call and a diagnostic request report any answer as it is.
    let interprets_answer = case.step.accepted_shape(case.command.report)
        != AcceptedShape::Anything
        && role != Role::Diagnostic;
    (interprets_answer || case.observation() == Observation::Broken)
        && may_be_retried(case.observation(), role)
}

/// Whether requests of this role are retried after this observation.
pub fn may_be_retried(observation: Observation, role: Role) -> bool {
    match observation {
        Observation::NoConnection | Observation::ClosedAtOnce | Observation::NotReady => true,
        Observation::Broken
        | Observation::UnexpectedStatus
        | Observation::UnusableBody
        | Observation::BareJson(_) => role != Role::Change,
        _ => false,
    }
}

/// Every result that the case may have.
pub fn expected_results(case: &Case) -> Vec<ExpectedResult> {
    if let Some(exception) = exceptions::matching(case) {
        return vec![exception.expected];
    }
    let result_classes: &[ResultClass] = match (case.mode, case.step.role) {
        (Mode::Once, Role::Polled) => &[ResultClass::Accepted],
        (Mode::Once, _) if is_retried(case) => &[ResultClass::Accepted],
        _ => result_classes(case),
    };
    result_classes
        .iter()
        .map(|class| expected_result(*class, case.step.role))
        .collect()
}

/// Whether the gateway refuses the request itself, so that it is certainly not executed although it was
/// sent.
pub fn is_refused_by_gateway(case: &Case) -> bool {
    [
        &[ResultClass::CredentialsRefused][..],
        &[ResultClass::Blocked],
    ]
    .contains(&result_classes(case))
}

/// The result by the rules.
pub fn expected_result(class: ResultClass, role: Role) -> ExpectedResult {
    let (_, columns) = RULES.iter().find(|(row, _)| *row == class).unwrap();
    columns
        .iter()
        .find(|(column, _)| *column == role)
        .unwrap()
        .1
}
