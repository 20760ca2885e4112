//! What a command must say: what the client can know, and what hangs on the request, decide.

use super::case::{Case, Mode};
use super::command::{AcceptedShape, Role};
use super::exceptions;
use super::faults::{Observation, Shape};

/// Injection a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub exit: i32,
    /// What it says of the change; a command that changes nothing says nothing.
    pub outcome: Option<&'static str>,
}

pub const fn end(exit: i32, outcome: &'static str) -> End {
    End {
        exit,
        outcome: Some(outcome),
    }
}

pub const fn asked(exit: i32) -> End {
    let outcome = None;
    End { exit, outcome }
}

/// The lines of the table: what has come, in the fewest words that decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Yes,
    NotConnected,
    Uncertain,
    No,
    NotLoggedIn,
}

/// The rules. A row is what is known, a column is what hangs on the request.
pub const RULES: [(Line, [(Role, End); 8]); 5] = {
    use Line::{No, NotConnected, NotLoggedIn, Uncertain, Yes};
    use Role::{Aside, Awaited, Before, Change, Choosing, Read, Survey, Trigger};
    [
        (
            Yes,
            [
                (Change, end(0, "accepted")),
                (Before, end(0, "accepted")),
                (Choosing, end(0, "accepted")),
                (Read, asked(0)),
                (Awaited, asked(0)),
                (Trigger, asked(0)),
                (Survey, asked(0)),
                (Aside, asked(0)),
            ],
        ),
        (
            NotConnected,
            [
                (Change, end(5, "not_sent")),
                (Before, end(5, "not_sent")),
                (Choosing, end(5, "not_sent")),
                (Read, asked(5)),
                (Awaited, asked(7)),
                (Trigger, asked(5)),
                (Survey, asked(5)),
                (Aside, asked(0)),
            ],
        ),
        (
            Uncertain,
            [
                (Change, end(6, "unknown")),
                (Before, end(5, "not_sent")),
                (Choosing, end(5, "not_sent")),
                (Read, asked(5)),
                (Awaited, asked(7)),
                (Trigger, asked(5)),
                (Survey, asked(0)),
                (Aside, asked(0)),
            ],
        ),
        (
            No,
            [
                (Change, end(1, "rejected")),
                (Before, end(1, "not_sent")),
                (Choosing, end(5, "not_sent")),
                (Read, asked(1)),
                (Awaited, asked(7)),
                (Trigger, asked(5)),
                (Survey, asked(0)),
                (Aside, asked(0)),
            ],
        ),
        (
            NotLoggedIn,
            [
                (Change, end(4, "rejected")),
                (Before, end(4, "not_sent")),
                (Choosing, end(4, "not_sent")),
                (Read, asked(4)),
                (Awaited, asked(7)),
                (Trigger, asked(5)),
                (Survey, asked(0)),
                (Aside, asked(0)),
            ],
        ),
    ]
};

/// The lines that may be true of what has come.
pub fn lines(observation: Observation, accepted_shape: AcceptedShape) -> &'static [Line] {
    match observation {
        Observation::Answer => &[Line::Yes],
        Observation::AnswerThenReset => &[Line::Yes, Line::Uncertain],
        Observation::NoConnection => &[Line::NotConnected],
        Observation::GoneAtOnce | Observation::NotInTime => &[Line::NotConnected, Line::Uncertain],
        Observation::Broken | Observation::OddStatus | Observation::Silence => &[Line::Uncertain],
        Observation::Nonsense if accepted_shape == AcceptedShape::Anything => &[Line::Yes],
        Observation::Nonsense => &[Line::Uncertain],
        Observation::Bare(shape) if is_taken(shape, accepted_shape) => &[Line::Yes],
        Observation::Bare(_) => &[Line::Uncertain],
        Observation::Refusal | Observation::NotReady | Observation::ServerFail => &[Line::No],
        Observation::LoggedOut | Observation::Reconnecting => &[Line::NotLoggedIn],
    }
}

fn is_taken(shape: Shape, accepted_shape: AcceptedShape) -> bool {
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
        Shape::Word => accepted_shape == AcceptedShape::Anything,
    }
}

/// Where a second try does no harm: the server cannot have acted, or was only asked.
pub fn is_tried_again(case: &Case) -> bool {
    let role = case.step.role;
    // A raw call and the survey take whatever comes for what it is.
    let is_open = case.step.accepted_shape(case.command.report) != AcceptedShape::Anything
        && role != Role::Survey;
    (is_open || case.observation() == Observation::Broken) && is_repeated(case.observation(), role)
}

/// The same in general.
pub fn is_repeated(observation: Observation, role: Role) -> bool {
    match observation {
        Observation::NoConnection | Observation::GoneAtOnce | Observation::NotReady => true,
        Observation::Broken
        | Observation::OddStatus
        | Observation::Nonsense
        | Observation::Bare(_) => role != Role::Change,
        _ => false,
    }
}

/// Every way in which the cell may end.
pub fn ends(case: &Case) -> Vec<End> {
    if let Some(exception) = exceptions::of(case) {
        return vec![exception.end];
    }
    let lines: &[Line] = match (case.mode, case.step.role) {
        (Mode::Once, Role::Awaited) => &[Line::Yes],
        (Mode::Once, _) if is_tried_again(case) => &[Line::Yes],
        _ => lines(
            case.observation(),
            case.step.accepted_shape(case.command.report),
        ),
    };
    lines.iter().map(|line| of(*line, case.step.role)).collect()
}

/// What the rules say.
pub fn of(line: Line, role: Role) -> End {
    let (_, columns) = RULES.iter().find(|(row, _)| *row == line).unwrap();
    columns
        .iter()
        .find(|(column, _)| *column == role)
        .unwrap()
        .1
}
