//! The fault matrix: every command × every fault → exit code and outcome, directly and through the
//! hosted gateway, generated from tables.
//!
//! | table | content |
//! |---|---|
//! | [`commands`] | which requests a command makes, and the role of each |
//! | [`faults`], [`raw`] | the faults, what the client can know, whether the request was executed |
//! | [`rules`], [`exceptions`] | the expected results, and the exceptions with reasons |
//! | [`route`] | how the requests reach the server: directly, or through the gateway |
//! | [`case`] | which of them are combined, and how: always, once, or until the deadline |
//!
//! [`run`] runs a case against a sandbox, [`verify`] compares the reported result with the rules
//! *and* with what the server really did. `docs/faults.md` is written from the same tables.

mod case;
mod command;
mod commands;
mod exceptions;
mod faults;
mod front_server;
mod raw;
mod route;
mod rules;
mod run;
mod server;
mod table;
mod verify;

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::sync::Mutex;

use case::{Case, cases};
use command::{Command, Role, Step};
use commands::COMMANDS;
use faults::{Observation, Stage};
use route::Route;

use crate::generated::{check_or_rewrite, root};
use crate::support::check_at_once;

/// Lower bound that detects lost rows in a table. The exact number is in `docs/faults.md`.
const MIN_CASES: usize = 4000;

/// Runs the cases, `at_once` at a time, and reports all that failed.
fn check(cases: &[Case], at_once: usize) {
    let visited = Mutex::new(BTreeSet::new());
    let failed = Mutex::new(Vec::new());
    check_at_once(at_once, cases, |case| {
        // The panic message is on stderr; the other cases still run.
        let panicked = || Err("panicked".into());
        if let Err(why) = catch_unwind(|| run::run(case)).unwrap_or_else(|_| panicked()) {
            failed.lock().unwrap().push(format!("{case}: {why}"));
        }
        assert!(
            visited.lock().unwrap().insert(case.to_string()),
            "{case} twice"
        );
    });
    assert_eq!(visited.into_inner().unwrap().len(), cases.len());
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    let of = cases.len();
    assert!(
        failed.is_empty(),
        "{} of {of} cells:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

fn check_cases_without_timeouts(route: Route) {
    let cases: Vec<Case> = cases(route).into_iter().filter(|c| !c.waits()).collect();
    check(&cases, 8);
}

fn check_cases_with_timeouts(route: Route) {
    let cases: Vec<Case> = cases(route).into_iter().filter(Case::waits).collect();
    // They mostly sleep, so many can run at once.
    check(&cases, 48);
}

#[test]
fn cases_without_timeouts_follow_rules() {
    check_cases_without_timeouts(Route::Direct);
}

#[test]
fn cases_with_timeouts_follow_rules() {
    check_cases_with_timeouts(Route::Direct);
}

#[test]
fn gateway_cases_without_timeouts_follow_rules() {
    check_cases_without_timeouts(Route::Gateway);
}

#[test]
fn gateway_cases_with_timeouts_follow_rules() {
    check_cases_with_timeouts(Route::Gateway);
}

#[test]
fn covers_every_case() {
    for route in Route::ALL {
        let cases = cases(route);
        let names: BTreeSet<String> = cases.iter().map(ToString::to_string).collect();
        assert_eq!(names.len(), cases.len(), "two cells of one name");
        assert!(cases.len() >= MIN_CASES, "{route}: {} cells", cases.len());
        for command in COMMANDS.iter().filter(|command| route.takes(command)) {
            let is_covered = cases.iter().any(|case| case.command.name == command.name);
            assert!(is_covered, "{route}: {} has none", command.name);
        }
    }
}

#[test]
fn left_out_commands_exist() {
    for (name, _) in route::LEFT_OUT {
        assert!(
            COMMANDS.iter().any(|command| command.name == *name),
            "{name}"
        );
    }
}

#[test]
fn every_request_meets_every_fault() {
    Route::ALL.into_iter().for_each(check_faults_of_requests);
}

fn check_faults_of_requests(route: Route) {
    let cases = cases(route);
    for path in requests() {
        let roles = || {
            steps()
                .filter(|step| step.path == path)
                .map(|step| step.role)
        };
        let makes = |command: &&Command| command.change().is_some_and(|step| step.path == path);
        let is_non_idempotent = COMMANDS
            .iter()
            .filter(makes)
            .any(Command::is_non_idempotent);
        assert!(
            roles().next().is_some(),
            "no command of the matrix makes {path}"
        );
        if roles().all(|role| role == Role::Optional) {
            continue;
        }
        for fault in faults::all()
            .iter()
            .filter(|fault| fault.stage == Stage::Request)
        {
            let is_elsewhere = match fault.observation {
                Observation::ServerFail => !path.starts_with("/msg/"),
                Observation::Reconnecting => path != "/client/get_client_status",
                _ => !is_non_idempotent && fault.is_executed_variant(),
            };
            let meets = |case: &Case| case.step.path == path && case.fault == fault;
            let met = cases.iter().any(meets);
            assert!(met || is_elsewhere, "{route}: {path} never meets {fault}");
        }
    }
}

fn steps() -> impl Iterator<Item = &'static Step> {
    COMMANDS.iter().flat_map(|command| command.steps)
}

/// Every path in the program's request table.
fn requests() -> BTreeSet<&'static str> {
    let source = include_str!("../../../src/api/request.rs");
    let (source, _tests) = source.split_once("#[cfg(test)]").unwrap();
    let directory = include_str!("../../../src/api/directory.rs");
    let strings = [source, directory].map(|source| source.split('"').skip(1).step_by(2));
    let strings = strings.into_iter().flatten();
    let paths: BTreeSet<&str> = strings.filter(|text| text.starts_with('/')).collect();
    assert!(paths.len() > 10, "{paths:?}");
    paths
}

#[test]
fn every_exception_is_needed() {
    let mut used = BTreeSet::new();
    for case in Route::ALL.into_iter().flat_map(cases) {
        used.extend(exceptions::matching(&case).map(|exception| exception.why));
    }
    for exception in exceptions::EXCEPTIONS {
        assert!(used.contains(exception.why), "no cell is of {exception:?}");
    }
}

#[test]
fn fault_document_is_current() {
    check_or_rewrite(&root().join("docs/faults.md"), &table::markdown());
}
