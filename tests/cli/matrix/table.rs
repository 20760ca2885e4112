//! Renders the matrix as Markdown: `docs/faults.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::case::{Case, Mode, cases};
use super::command::{AcceptedShape, Role};
use super::commands::COMMANDS;
use super::exceptions::{self, EXCEPTIONS, Exception};
use super::faults::{self, Injection, Observation, Shape};
use super::route::{LEFT_OUT, Route};
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

When the reader of standard output exits early (`| head -1`), a command with a single result exits with 0.
A batch stops, and exits with 8 if lines are unsent; `listen`, `login --json` and `status --watch` exit with 8.
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
        Observation::CredentialsRefused => "HTTP 401 or 403, code 401",
        Observation::TooManyCalls => "HTTP 429",
        Observation::PersonalWechat => "refusal in the form of personal WeChat (`baseResponse`)",
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
    text.push_str("\n## Exceptions\n\n");
    exceptions(&mut text, Route::Direct);
    gateway(&mut text);
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
    rows(text, Route::Direct, |_| true);
    text.push_str(
        "\nRetried means up to `--retries` times. `null` and `[]` are an empty list of instances. `{}` confirms a \
         request that returns no data\n(a message returns data). A plain JSON string is the guid of a new \
         instance. Everywhere else they are unusable.\n",
    );
}

/// The results of the observations that `are_shown`.
fn rows(text: &mut String, route: Route, are_shown: impl Fn(&Observation) -> bool) {
    text.push_str("\n| Fault | Retried | ");
    text.push_str(&COLUMNS.map(|(_, name, _)| name).join(" | "));
    text.push_str(" |\n|---|---|---|---|---|---|---|\n");
    // Observations with equal results share a row.
    let mut rows: Vec<(String, Vec<&str>)> = Vec::new();
    for observation in kinds().into_keys().filter(are_shown) {
        let cases = row(observation, route).join(" | ");
        let row = format!("{} | {cases}", retried(observation));
        match rows.iter_mut().find(|(same, _)| *same == row) {
            Some((_, descriptions)) => descriptions.push(description(observation)),
            None => rows.push((row, vec![description(observation)])),
        }
    }
    for (row, descriptions) in rows {
        writeln!(text, "| {} | {row} |", descriptions.join("; ")).unwrap();
    }
}

fn row(observation: Observation, route: Route) -> [String; 5] {
    COLUMNS.map(|(role, ..)| result(observation, role, route))
}

fn gateway(text: &mut String) {
    text.push_str(
        "\n## Through the hosted gateway\n\n\
         Each command line runs a second time through the gateway (`app_key` and `app_secret`, no pace), and meets the same \
         faults.\nThe results are those above, except for these refusals. The first two come from the gateway itself, \
         so the instance never\nsaw the request:\n",
    );
    let differs = |kind: &Observation| row(*kind, Route::Gateway) != row(*kind, Route::Direct);
    rows(text, Route::Gateway, differs);
    text.push_str(
        "\nMore differs:\n\n\
         - Commands that receive callbacks run with `--listen` and `--notify-url`. Without them they use the gateway's \
         WebSocket,\n  which has tests of its own.\n",
    );
    for (command, why) in LEFT_OUT {
        writeln!(text, "- `{command}` is left out: {why}.").unwrap();
    }
    exceptions(text, Route::Gateway);
}

fn retried(observation: Observation) -> &'static str {
    let repeated = |role| rules::may_be_retried(observation, role);
    match (repeated(Role::Change), repeated(Role::Read)) {
        (true, _) => "yes",
        (false, true) => "reads",
        (false, false) => "no",
    }
}

fn result(observation: Observation, role: Role, route: Route) -> String {
    let mut shown: Vec<String> = rules::classes_of(observation, AcceptedShape::Fields, route)
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

/// The exceptions that concern this route; those of both belong to the direct one.
fn exceptions(text: &mut String, route: Route) {
    let direct = cases(Route::Direct);
    let is_direct = |exception: &&Exception| {
        let is_exception = |case: &Case| {
            exceptions::matching(case).is_some_and(|other| other.why == exception.why)
        };
        direct.iter().any(is_exception)
    };
    for exception in EXCEPTIONS
        .iter()
        .filter(|exception| is_direct(exception) == (route == Route::Direct))
    {
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
    let cases = cases(Route::Direct);
    let through_gateway = super::case::cases(Route::Gateway).len();
    let of = |mode| cases.iter().filter(|case| case.mode == mode).count();
    let (commands, faults) = (COMMANDS.len(), faults::all().len());
    writeln!(
        text,
        "\n## Test coverage\n\n\
         {commands} command lines, {faults} faults, {} cells: {} in which the fault lasts, {} in \
         which it is injected once,\n{} in which only the deadline ends the command; {through_gateway} more \
         through the gateway. `cargo test matrix` runs\neach cell and compares the result with this table and \
         with what the server really did.",
        cases.len(),
        of(Mode::Always),
        of(Mode::Once),
        of(Mode::Deadline),
    )
    .unwrap();
}
