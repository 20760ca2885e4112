//! What a command must say: what the client can know, and what hangs on the request, decide.

use super::cells::{Cell, Mode};
use super::command::{Role, Takes};
use super::exceptions;
use super::faults::{Comes, Shape};

/// How a command ends.
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
pub fn lines(comes: Comes, takes: Takes) -> &'static [Line] {
    match comes {
        Comes::Answer => &[Line::Yes],
        Comes::AnswerThenReset => &[Line::Yes, Line::Uncertain],
        Comes::NoConnection => &[Line::NotConnected],
        Comes::GoneAtOnce | Comes::NotInTime => &[Line::NotConnected, Line::Uncertain],
        Comes::Broken | Comes::OddStatus | Comes::Silence => &[Line::Uncertain],
        Comes::Nonsense if takes == Takes::Anything => &[Line::Yes],
        Comes::Nonsense => &[Line::Uncertain],
        Comes::Bare(shape) if is_taken(shape, takes) => &[Line::Yes],
        Comes::Bare(_) => &[Line::Uncertain],
        Comes::Refusal | Comes::NotReady | Comes::ServerFail => &[Line::No],
        Comes::LoggedOut | Comes::Reconnecting => &[Line::NotLoggedIn],
    }
}

fn is_taken(shape: Shape, takes: Takes) -> bool {
    match shape {
        Shape::Null | Shape::EmptyList => matches!(takes, Takes::List | Takes::Anything),
        Shape::EmptyObject => matches!(takes, Takes::Object | Takes::Anything),
        Shape::Word => matches!(takes, Takes::Word | Takes::Anything),
    }
}

/// Where a second try does no harm: the server cannot have acted, or was only asked.
pub fn is_tried_again(cell: &Cell) -> bool {
    let role = cell.step.role;
    // A raw call and the survey take whatever comes for what it is.
    let is_open = cell.step.takes(cell.command.report) != Takes::Anything && role != Role::Survey;
    (is_open || cell.comes() == Comes::Broken) && is_repeated(cell.comes(), role)
}

/// The same in general.
pub fn is_repeated(comes: Comes, role: Role) -> bool {
    match comes {
        Comes::NoConnection | Comes::GoneAtOnce | Comes::NotReady => true,
        Comes::Broken | Comes::OddStatus | Comes::Nonsense | Comes::Bare(_) => role != Role::Change,
        _ => false,
    }
}

/// Every way in which the cell may end.
pub fn ends(cell: &Cell) -> Vec<End> {
    if let Some(exception) = exceptions::of(cell) {
        return vec![exception.end];
    }
    let lines: &[Line] = match (cell.mode, cell.step.role) {
        (Mode::Once, Role::Awaited) => &[Line::Yes],
        (Mode::Once, _) if is_tried_again(cell) => &[Line::Yes],
        _ => lines(cell.comes(), cell.step.takes(cell.command.report)),
    };
    lines.iter().map(|line| of(*line, cell.step.role)).collect()
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
