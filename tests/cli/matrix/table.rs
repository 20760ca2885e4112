//! The matrix in words, for people: `docs/faults.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::cells::{Mode, cells};
use super::command::{Role, Takes};
use super::commands::COMMANDS;
use super::exceptions::EXCEPTIONS;
use super::faults::{self, Comes, How, Shape};
use super::rules::{self, End};

const HEAD: &str = "\
<!-- Written by `UPDATE_GENERATED=1 cargo test matrix` from the tables in tests/cli/matrix. -->
# When something goes wrong

What a command ends with depends on two things: what it can *know* of the server, and what hangs on
the request that went wrong. Each cell below is an exit code and, for commands that change
something, the `outcome` in the error of `--json`:

- `accepted`: the server did it. `not_sent`, `rejected`: it certainly did not.
- `unknown`: it may or may not have been done. Nothing is done twice to find out.

A line of `send --batch` tells what a single `send` would; the batch itself then ends with 8.
";

const COLUMNS: [(Role, &str, &str); 5] = [
    (Role::Change, "the change", "It is what the command is for."),
    (
        Role::Before,
        "a question before it",
        "The change is not tried without its answer.",
    ),
    (
        Role::Choosing,
        "a state, to choose by",
        "The instance is chosen by the states of all.",
    ),
    (
        Role::Read,
        "a question",
        "Its answer is what the command is for, or the next step of a login.",
    ),
    (
        Role::Awaited,
        "a wait",
        "It is asked again until the answer is the one waited for, or `--timeout` is over.",
    ),
];

const OTHERS: [(Role, &str, &str); 3] = [
    (
        Role::Trigger,
        "a trigger",
        "It makes the server call back; the command ends with 5 when no callback comes.",
    ),
    (
        Role::Survey,
        "a survey",
        "Every answer is one line of the result; only without any connection the command ends with 5.",
    ),
    (
        Role::Aside,
        "an aside",
        "The command goes on without it, with a warning where that matters.",
    ),
];

/// What has come, in words.
fn in_words(comes: Comes) -> &'static str {
    match comes {
        Comes::Answer => "the answer",
        Comes::AnswerThenReset => "the answer, then a reset",
        Comes::NoConnection => "no connection",
        Comes::NotInTime => "no connection before the deadline",
        Comes::GoneAtOnce => "a connection that is gone at once",
        Comes::Broken => "a connection that breaks, or no HTTP",
        Comes::OddStatus => "HTTP 5xx, a redirect, a status there is not",
        Comes::Nonsense => "HTTP 200 without usable JSON",
        Comes::Bare(Shape::Null) => "HTTP 200 with `null`",
        Comes::Bare(Shape::EmptyList) => "HTTP 200 with `[]`",
        Comes::Bare(Shape::EmptyObject) => "HTTP 200 with `{}`",
        Comes::Bare(Shape::Word) => "HTTP 200 with a bare word",
        Comes::Silence => "nothing, or never all of it",
        Comes::Refusal => "a no: HTTP 4xx, or a business code",
        Comes::NotReady => "\"not ready yet\" (1014)",
        Comes::ServerFail => "`is_svr_fail`",
        Comes::LoggedOut => "a no because the account is logged out",
        Comes::Reconnecting => "state 0 of an instance that is well",
    }
}

/// The table, as Markdown.
pub fn markdown() -> String {
    let mut text = HEAD.to_owned();
    ends(&mut text);
    columns(&mut text);
    exceptions(&mut text);
    list(&mut text);
    count(&mut text);
    text
}

fn kinds() -> BTreeMap<Comes, Vec<&'static faults::Fault>> {
    let mut kinds: BTreeMap<Comes, Vec<_>> = BTreeMap::new();
    for fault in faults::all() {
        kinds.entry(fault.comes).or_default().push(fault);
    }
    kinds
}

fn ends(text: &mut String) {
    text.push_str("\n| what comes | tried again | ");
    text.push_str(&COLUMNS.map(|(_, name, _)| name).join(" | "));
    text.push_str(" |\n|---|---|---|---|---|---|---|\n");
    // Those that end alike stand together.
    let mut rows: Vec<(String, Vec<&str>)> = Vec::new();
    for comes in kinds().into_keys() {
        let cells = COLUMNS.map(|(role, ..)| cell(comes, role)).join(" | ");
        let row = format!("{} | {cells}", again(comes));
        match rows.iter_mut().find(|(same, _)| *same == row) {
            Some((_, whats)) => whats.push(in_words(comes)),
            None => rows.push((row, vec![in_words(comes)])),
        }
    }
    for (row, whats) in rows {
        writeln!(text, "| {} | {row} |", whats.join("; ")).unwrap();
    }
    text.push_str(
        "\nTried again means up to `--retries` times. `null` and `[]` are an empty list of instances, `{}` is a yes where nothing but a yes is \
         answered (not to a message), and a\nbare word is the guid of a new instance; everywhere \
         else they are unusable.\n",
    );
}

fn again(comes: Comes) -> &'static str {
    let repeated = |role| rules::is_repeated(comes, role);
    match (repeated(Role::Change), repeated(Role::Read)) {
        (true, _) => "yes",
        (false, true) => "questions",
        (false, false) => "no",
    }
}

fn cell(comes: Comes, role: Role) -> String {
    let mut shown: Vec<String> = rules::lines(comes, Takes::Fields)
        .iter()
        .map(|line| end(rules::of(*line, role)))
        .collect();
    shown.dedup();
    shown.join(", or ")
}

fn end(end: End) -> String {
    match end.outcome {
        _ if end.exit == 0 => "0".into(),
        Some(outcome) => format!("{} `{outcome}`", end.exit),
        None => end.exit.to_string(),
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
        writeln!(text, "- {}: {}.", exception.why, end(exception.end)).unwrap();
    }
}

fn list(text: &mut String) {
    text.push_str("\n## What was tried\n\n");
    text.push_str("In code: a fault of `qiwei sandbox --fault`. In words: what a raw socket did, where \
                   it may matter\nboth before and after the server had carried the request out.\n\n");
    for (comes, faults) in kinds() {
        let names: Vec<String> = faults
            .iter()
            .filter(|fault| !fault.is_about_doing())
            .map(|fault| match fault.how {
                How::Sandbox(_) => format!("`{fault}`"),
                How::Raw(_) | How::Arriving(_) => fault.to_string(),
            })
            .collect();
        writeln!(text, "- **{}**: {}", in_words(comes), names.join("; ")).unwrap();
    }
}

fn count(text: &mut String) {
    let cells = cells();
    let of = |mode| cells.iter().filter(|cell| cell.mode == mode).count();
    let (commands, faults) = (COMMANDS.len(), faults::all().len());
    writeln!(
        text,
        "\n## How much was tried\n\n\
         {commands} command lines, {faults} faults, {} cells: {} in which the fault lasts, {} in \
         which it strikes once,\n{} in which only the deadline ends the command. Each cell is run \
         by `cargo test matrix` and compared with this\ntable and with what the server really did.",
        cells.len(),
        of(Mode::Always),
        of(Mode::Once),
        of(Mode::Deadline),
    )
    .unwrap();
}
