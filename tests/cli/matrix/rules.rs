//! Expected results by what the client can know and by the role of the request.

use super::case::{Case, Mode};
use super::command::{AcceptedShape, Role};
use super::exceptions;
use super::faults::{Observation, Shape};

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
}

/// The rules. A row is what the client can know, a column is the role of the request.
pub const RULES: [(ResultClass, [(Role, ExpectedResult); 8]); 5] = {
    use ResultClass::{Accepted, NotConnected, NotLoggedIn, Rejected, Uncertain};
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
    ]
};

/// The classes that an observation may belong to.
pub fn result_classes(
    observation: Observation,
    accepted_shape: AcceptedShape,
) -> &'static [ResultClass] {
    match observation {
        Observation::Answer => &[ResultClass::Accepted],
        Observation::AnswerThenReset => &[ResultClass::Accepted, ResultClass::Uncertain],
        Observation::NoConnection => &[ResultClass::NotConnected],
        Observation::ClosedAtOnce | Observation::ConnectTimeout => {
            &[ResultClass::NotConnected, ResultClass::Uncertain]
        }
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
            AcceptedShape::List | AcceptedShape::Page | AcceptedShape::Anything
        ),
        Shape::EmptyObject => matches!(
            accepted_shape,
            AcceptedShape::Object | AcceptedShape::Anything
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
        _ => result_classes(
            case.observation(),
            case.step.accepted_shape(case.command.report),
        ),
    };
    result_classes
        .iter()
        .map(|class| expected_result(*class, case.step.role))
        .collect()
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
