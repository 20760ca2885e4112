//! Renders the matrix as Markdown: `docs/faults.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::case::{Mode, cases};
use super::command::{AcceptedShape, Role};
use super::commands::COMMANDS;
use super::exceptions::EXCEPTIONS;
use super::faults::{self, Injection, Observation, Shape};
use super::rules::{self, ExpectedResult};

const HEAD: &str = "\
<!-- Written by `UPDATE_GENERATED=1 cargo test matrix` from the tables in tests/cli/matrix. -->
# When something goes wrong

What a command ends with depends on two things: what it can *know* of the server, and the role
of the request that went wrong. Each cell below is an exit code and, for commands that change
something, the `outcome` in the error of `--json`:

- `accepted`: the server did it. `not_sent`, `rejected`: it certainly did not.
- `unknown`: it may or may not have been done. Nothing is done twice to find out.

A line of `send --batch` tells what a single `send` would; the batch itself then ends with 8.
";

const COLUMNS: [(Role, &str, &str); 5] = [
    (Role::Change, "the change", "It is what the command is for."),
    (
        Role::Prerequisite,
        "a question before it",
        "The change is not tried without its answer.",
    ),
    (
        Role::InstanceChoice,
        "a state, to choose by",
        "The instance is chosen by the states of all.",
    ),
    (
        Role::Read,
        "a question",
        "Its answer is what the command is for, or the next step of a login.",
    ),
    (
        Role::Polled,
        "a wait",
        "It is asked again until the answer is the one waited for, or `--timeout` is over.",
    ),
];

const OTHERS: [(Role, &str, &str); 3] = [
    (
        Role::CallbackTrigger,
        "a trigger",
        "It makes the server call back; the command ends with 5 when no callback comes.",
    ),
    (
        Role::Diagnostic,
        "a diagnostic request",
        "Every answer is one line of the result; only without any connection the command ends with 5.",
    ),
    (
        Role::Optional,
        "an optional request",
        "The command goes on without it, with a warning where that matters.",
    ),
];

/// The text for an observation.
fn description(observation: Observation) -> &'static str {
    match observation {
        Observation::Answer => "the answer",
        Observation::AnswerThenReset => "the answer, then a reset",
        Observation::NoConnection => "no connection",
        Observation::ConnectTimeout => "no connection before the deadline",
        Observation::ClosedAtOnce => "a connection that is gone at once",
        Observation::Broken => "a connection that breaks, or no HTTP",
        Observation::UnexpectedStatus => "HTTP 5xx, a redirect, a status there is not",
        Observation::UnusableBody => "HTTP 200 without usable JSON",
        Observation::BareJson(Shape::Null) => "HTTP 200 with `null`",
        Observation::BareJson(Shape::EmptyList) => "HTTP 200 with `[]`",
        Observation::BareJson(Shape::EmptyObject) => "HTTP 200 with `{}`",
        Observation::BareJson(Shape::Word) => "HTTP 200 with a bare word",
        Observation::Silence => "nothing, or never all of it",
        Observation::Refusal => "a no: HTTP 4xx, or a business code",
        Observation::NotReady => "\"not ready yet\" (1014)",
        Observation::ServerFail => "`is_svr_fail`",
        Observation::LoggedOut => "a no because the account is logged out",
        Observation::Reconnecting => "state 0 of an instance that is well",
    }
}

/// The table, as Markdown.
pub fn markdown() -> String {
    let mut text = HEAD.to_owned();
    results(&mut text);
    columns(&mut text);
    exceptions(&mut text);
    list(&mut text);
    count(&mut text);
    text
}

fn kinds() -> BTreeMap<Observation, Vec<&'static faults::Fault>> {
    let mut kinds: BTreeMap<Observation, Vec<_>> = BTreeMap::new();
    for fault in faults::all() {
        kinds.entry(fault.observation).or_default().push(fault);
    }
    kinds
}

fn results(text: &mut String) {
    text.push_str("\n| what comes | tried again | ");
    text.push_str(&COLUMNS.map(|(_, name, _)| name).join(" | "));
    text.push_str(" |\n|---|---|---|---|---|---|---|\n");
    // Observations with equal results share a row.
    let mut rows: Vec<(String, Vec<&str>)> = Vec::new();
    for observation in kinds().into_keys() {
        let cases = COLUMNS
            .map(|(role, ..)| case(observation, role))
            .join(" | ");
        let row = format!("{} | {cases}", retried(observation));
        match rows.iter_mut().find(|(same, _)| *same == row) {
            Some((_, descriptions)) => descriptions.push(description(observation)),
            None => rows.push((row, vec![description(observation)])),
        }
    }
    for (row, descriptions) in rows {
        writeln!(text, "| {} | {row} |", descriptions.join("; ")).unwrap();
    }
    text.push_str(
        "\nTried again means up to `--retries` times. `null` and `[]` are an empty list of instances, `{}` is a yes where nothing but a yes is \
         answered (not to a message), and a\nbare word is the guid of a new instance; everywhere \
         else they are unusable.\n",
    );
}

fn retried(observation: Observation) -> &'static str {
    let repeated = |role| rules::may_be_retried(observation, role);
    match (repeated(Role::Change), repeated(Role::Read)) {
        (true, _) => "yes",
        (false, true) => "questions",
        (false, false) => "no",
    }
}

fn case(observation: Observation, role: Role) -> String {
    let mut shown: Vec<String> = rules::result_classes(observation, AcceptedShape::Fields)
        .iter()
        .map(|class| format_result(rules::expected_result(*class, role)))
        .collect();
    shown.dedup();
    shown.join(", or ")
}

fn format_result(expected: ExpectedResult) -> String {
    match expected.outcome {
        _ if expected.exit == 0 => "0".into(),
        Some(outcome) => format!("{} `{outcome}`", expected.exit),
        None => expected.exit.to_string(),
    }
}

fn columns(text: &mut String) {
    text.push_str("\n## Which request of which command\n\n");
    for (role, name, why) in COLUMNS.into_iter().chain(OTHERS) {
        writeln!(text, "- **{name}**: {why}").unwrap();
        let mut paths: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for command in COMMANDS {
            for step in command.steps.iter().filter(|step| step.role == role) {
                let commands = paths.entry(step.path).or_default();
                if !commands.contains(&command.name) {
                    commands.push(command.name);
                }
            }
        }
        for (path, commands) in paths {
            writeln!(text, "  - `{path}` of {}", commands.join("; ")).unwrap();
        }
    }
}

fn exceptions(text: &mut String) {
    text.push_str("\n## Where it is otherwise\n\n");
    for exception in EXCEPTIONS {
        writeln!(
            text,
            "- {}: {}.",
            exception.why,
            format_result(exception.expected)
        )
        .unwrap();
    }
}

fn list(text: &mut String) {
    text.push_str("\n## What was tried\n\n");
    text.push_str("In code: a fault of `qiwei sandbox --fault`. In words: what a raw socket did, where \
                   it may matter\nboth before and after the server had carried the request out.\n\n");
    for (observation, faults) in kinds() {
        let names: Vec<String> = faults
            .iter()
            .filter(|fault| !fault.is_executed_variant())
            .map(|fault| match fault.how {
                Injection::Sandbox(_) => format!("`{fault}`"),
                Injection::Raw(_) | Injection::Connect(_) => fault.to_string(),
            })
            .collect();
        writeln!(
            text,
            "- **{}**: {}",
            description(observation),
            names.join("; ")
        )
        .unwrap();
    }
}

fn count(text: &mut String) {
    let cases = cases();
    let of = |mode| cases.iter().filter(|case| case.mode == mode).count();
    let (commands, faults) = (COMMANDS.len(), faults::all().len());
    writeln!(
        text,
        "\n## How much was tried\n\n\
         {commands} command lines, {faults} faults, {} cells: {} in which the fault lasts, {} in \
         which it strikes once,\n{} in which only the deadline ends the command. Each cell is run \
         by `cargo test matrix` and compared with this\ntable and with what the server really did.",
        cases.len(),
        of(Mode::Always),
        of(Mode::Once),
        of(Mode::Deadline),
    )
    .unwrap();
}
