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
# Fault results

The exit code depends on two things: what the client can *know* about the server, and the role of
the request that failed. Each cell is an exit code and, for commands that change something, the
`outcome` in the error of `--json`:

- `accepted`: the server executed the change. `not_sent`, `rejected`: it certainly did not.
- `unknown`: the change may or may not have been executed. It is not repeated to find out.

Each line of `send --batch` reports what a single `send` would; the batch itself then exits with 8.
";

const COLUMNS: [(Role, &str, &str); 5] = [
    (
        Role::Change,
        "Changing request",
        "Makes the change the command was run for.",
    ),
    (
        Role::Prerequisite,
        "Prerequisite read",
        "The change is not requested without its answer.",
    ),
    (
        Role::InstanceChoice,
        "Instance selection",
        "Reads the status of every instance, to select one.",
    ),
    (
        Role::Read,
        "Read",
        "Its answer is the result of the command, or is needed for the next step of a login.",
    ),
    (
        Role::Polled,
        "Polling",
        "Repeated until the awaited status is returned or `--timeout` ends.",
    ),
];

const OTHERS: [(Role, &str, &str); 3] = [
    (
        Role::CallbackTrigger,
        "Callback trigger",
        "Makes the server send a callback; the command exits with 5 if none arrives.",
    ),
    (
        Role::Diagnostic,
        "Diagnostic request",
        "Each answer is one line of the result; the command exits with 5 only if there is no connection.",
    ),
    (
        Role::Optional,
        "Optional request",
        "If it fails, the command continues, with a warning where that matters.",
    ),
];

/// The text for an observation.
fn description(observation: Observation) -> &'static str {
    match observation {
        Observation::Answer => "valid answer",
        Observation::AnswerThenReset => "valid answer, then a reset",
        Observation::NoConnection => "no connection",
        Observation::ConnectTimeout => "no connection before the deadline",
        Observation::ClosedAtOnce => "connection reset before the request was read",
        Observation::Broken => "connection lost during the exchange, or not HTTP",
        Observation::UnexpectedStatus => "HTTP 5xx, a redirect, an undefined status code",
        Observation::UnusableBody => "HTTP 200 without usable JSON",
        Observation::BareJson(Shape::Null) => "HTTP 200 with `null`",
        Observation::BareJson(Shape::EmptyList) => "HTTP 200 with `[]`",
        Observation::BareJson(Shape::EmptyObject) => "HTTP 200 with `{}`",
        Observation::BareJson(Shape::JsonString) => "HTTP 200 with a plain JSON string",
        Observation::Silence => "no response, or an incomplete one",
        Observation::Refusal => "refusal: HTTP 4xx, or a business code",
        Observation::NotReady => "\"not ready yet\" (1014)",
        Observation::ServerFail => "`is_svr_fail`",
        Observation::LoggedOut => "refusal because the account is logged out",
        Observation::Reconnecting => "status 0 from a healthy (reconnecting) instance",
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
    text.push_str("\n| Fault | Retried | ");
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
        "\nRetried means up to `--retries` times. `null` and `[]` are an empty list of instances. `{}` confirms a \
         request that returns no data\n(a message returns data). A plain JSON string is the guid of a new \
         instance. Everywhere else they are unusable.\n",
    );
}

fn retried(observation: Observation) -> &'static str {
    let repeated = |role| rules::may_be_retried(observation, role);
    match (repeated(Role::Change), repeated(Role::Read)) {
        (true, _) => "yes",
        (false, true) => "reads",
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
    text.push_str("\n## Requests of each command\n\n");
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
    text.push_str("\n## Exceptions\n\n");
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
    text.push_str("\n## Tested faults\n\n");
    text.push_str("Names in code font are faults of `qiwei sandbox --fault`. The others are injected by a raw socket; \
                   where execution may make a\ndifference, once without and once with the request executed.\n\n");
    for (observation, faults) in kinds() {
        let names: Vec<String> = faults
            .iter()
            .filter(|fault| !fault.is_executed_variant())
            .map(|fault| match fault.injection {
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
        "\n## Test coverage\n\n\
         {commands} command lines, {faults} faults, {} cells: {} in which the fault lasts, {} in \
         which it is injected once,\n{} in which only the deadline ends the command. `cargo test matrix` \
         runs each cell and compares the result with this\ntable and with what the server really did.",
        cases.len(),
        of(Mode::Always),
        of(Mode::Once),
        of(Mode::Deadline),
    )
    .unwrap();
}
