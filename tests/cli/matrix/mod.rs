//! The fault matrix: every command × everything that can go wrong on the way → exit code and
//! outcome, generated from four small tables.
//!
//! | table | says |
//! |---|---|
//! | [`commands`] | which requests a command makes, and what hangs on each |
//! | [`faults`], [`raw`] | what goes wrong, what of it the client can know, whether the server acted |
//! | [`rules`], [`exceptions`] | what follows from the two, and where it does not, with the reasons |
//! | [`cells`] | which of them meet, and how: always, once, or until the deadline |
//!
//! [`run`] runs a cell against a sandbox, [`judge`] compares what the program says with the rules
//! *and* with what the server really did. `docs/faults.md` is written from the same tables.

mod cells;
mod command;
mod commands;
mod exceptions;
mod faults;
mod judge;
mod raw;
mod rules;
mod run;
mod table;
mod world;

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::sync::Mutex;

use cells::{Cell, cells};
use command::{Command, Role, Step};
use commands::COMMANDS;
use faults::{Comes, Place};

use crate::generated::{is_current, root};
use crate::support::check_at_once;

/// Fewer would mean that a table lost its rows. The exact number stands in `docs/faults.md`.
const AT_LEAST: usize = 4000;

/// Runs these cells, so many at a time, and tells of all that failed.
fn check(cells: &[Cell], at_once: usize) {
    let visited = Mutex::new(BTreeSet::new());
    let failed = Mutex::new(Vec::new());
    check_at_once(at_once, cells, |cell| {
        // What panics has said why on stderr; the other cells are worth looking at all the same.
        let panicked = || Err("panicked".into());
        if let Err(why) = catch_unwind(|| run::run(cell)).unwrap_or_else(|_| panicked()) {
            failed.lock().unwrap().push(format!("{cell}: {why}"));
        }
        assert!(
            visited.lock().unwrap().insert(cell.to_string()),
            "{cell} twice"
        );
    });
    assert_eq!(visited.into_inner().unwrap().len(), cells.len());
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    let of = cells.len();
    assert!(
        failed.is_empty(),
        "{} of {of} cells:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

#[test]
fn cells_that_end_by_themselves() {
    let cells: Vec<Cell> = cells().into_iter().filter(|cell| !cell.waits()).collect();
    check(&cells, 8);
}

#[test]
fn cells_that_wait() {
    // They do next to nothing, so many fit at once.
    let cells: Vec<Cell> = cells().into_iter().filter(Cell::waits).collect();
    check(&cells, 48);
}

#[test]
fn no_cell_is_missing() {
    let cells = cells();
    let names: BTreeSet<String> = cells.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), cells.len(), "two cells of one name");
    assert!(cells.len() >= AT_LEAST, "only {} cells", cells.len());
    for command in COMMANDS {
        let of_command = |cell: &&Cell| cell.command.name == command.name;
        assert!(
            cells.iter().any(|cell| of_command(&cell)),
            "{} has none",
            command.name
        );
    }
}

#[test]
fn every_request_meets_every_fault() {
    let cells = cells();
    for path in requests() {
        let roles = || {
            steps()
                .filter(|step| step.path == path)
                .map(|step| step.role)
        };
        let makes = |command: &&Command| command.change().is_some_and(|step| step.path == path);
        let adds_up = COMMANDS.iter().filter(makes).any(Command::adds_up);
        assert!(
            roles().next().is_some(),
            "no command of the matrix makes {path}"
        );
        if roles().all(|role| role == Role::Aside) {
            continue;
        }
        for fault in faults::all()
            .iter()
            .filter(|fault| fault.place == Place::Request)
        {
            let is_elsewhere = match fault.comes {
                Comes::ServerFail => !path.starts_with("/msg/"),
                Comes::Reconnecting => path != "/client/get_client_status",
                _ => !adds_up && fault.is_about_doing(),
            };
            let meets = |cell: &Cell| cell.step.path == path && cell.fault == fault;
            let met = cells.iter().any(meets);
            assert!(met || is_elsewhere, "{path} never meets {fault}");
        }
    }
}

fn steps() -> impl Iterator<Item = &'static Step> {
    COMMANDS.iter().flat_map(|command| command.steps)
}

/// Every path the program has a request for, as its own table has them.
fn requests() -> BTreeSet<&'static str> {
    let source = include_str!("../../../src/api/request.rs");
    let (source, _tests) = source.split_once("#[cfg(test)]").unwrap();
    let strings = source.split('"').skip(1).step_by(2);
    let paths: BTreeSet<&str> = strings.filter(|text| text.starts_with('/')).collect();
    assert!(paths.len() > 10, "{paths:?}");
    paths
}

#[test]
fn no_exception_is_superfluous() {
    let mut used = BTreeSet::new();
    for cell in cells() {
        used.extend(exceptions::of(&cell).map(|exception| exception.why));
    }
    for exception in exceptions::EXCEPTIONS {
        assert!(used.contains(exception.why), "no cell is of {exception:?}");
    }
}

#[test]
fn the_table_for_people_is_current() {
    is_current(&root().join("docs/faults.md"), &table::markdown());
}
