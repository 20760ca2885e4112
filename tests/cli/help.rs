//! Help: where it is printed, what it contains, and that its examples run.

use crate::support::script::{in_sandbox, is_installed};
use crate::support::{Qiwei, check_all, sandbox};

/// Examples that need more than the sandbox around them, with the reason.
const NOT_RUN: [(&str, &str); 10] = [
    ("qiwei listen", "runs until a signal"),
    ("qiwei listen --type", "waits for a message"),
    ("qiwei login --qr-file", "waits for a verification code"),
    (
        "echo 123456 | qiwei login",
        "needs a login that waits for a code",
    ),
    ("qiwei status --watch", "runs until a signal"),
    ("qiwei probe callback", "needs a callback, or a listener"),
    ("qiwei sandbox --listen", "runs until a signal"),
    ("${EDITOR:-vi}", "needs an editor"),
    ("QIWEI_STATE=postgres:", "needs a database"),
    ("source <(", "needs bash"),
];

#[test]
fn commands_without_their_arguments_print_help() {
    let rows: [(&[&str], i32); 8] = [
        (&[], 2),
        (&["ledger"], 2),
        (&["instance"], 2),
        (&["help"], 0),
        (&["help", "send"], 0),
        (&["ledger", "help"], 0),
        (&["help", "instance", "rm"], 0),
        (&["send", "--help"], 0),
    ];
    check_all(&rows, |(args, code)| {
        for lang in ["en", "zh"] {
            let run = Qiwei::new(*args).env("QIWEI_LANG", lang).run();
            let run = run.ends_with(*code);
            assert_eq!(run.stderr, "");
            let usage = if lang == "en" {
                "Usage: qiwei"
            } else {
                "用法: qiwei"
            };
            assert!(run.stdout.contains(usage), "{}", run.stdout);
        }
    });
}

#[test]
fn missing_command_is_an_error_in_json() {
    let run = Qiwei::new(["ledger", "-o", "json"]).run().ends_with(2);
    assert_eq!(run.stdout, "");
    assert_eq!(run.error()["message"], "no command given");
}

#[test]
fn unknown_command_behind_help_is_an_error() {
    let run = Qiwei::new(["help", "frob"]).run().ends_with(2);
    assert_eq!(run.stdout, "");
    run.assert_stderr_contains("unrecognized subcommand 'frob'");
}

#[test]
fn commands_are_listed_by_topic() {
    let run = Qiwei::new(["-h"]).run().ends_with(0);
    let mut rest = run.stdout.as_str();
    for part in [
        "Messages:",
        "send",
        "Account:",
        "login",
        "Server and setup:",
        "Try it:",
    ] {
        let at = rest.find(part);
        rest = &rest[at.unwrap_or_else(|| panic!("no {part} in order in {}", run.stdout))..];
    }
}

#[test]
fn global_options_are_described_once() {
    for args in [
        &["send", "-h"][..],
        &["send", "--help"],
        &["ledger", "ls", "-h"],
        &["-h"],
    ] {
        let help = Qiwei::new(args).run().ends_with(0).stdout;
        assert!(!help.contains("--base-url"), "{help}");
        assert!(
            help.contains("Global options: see `qiwei --help`"),
            "{help}"
        );
    }
    let help = Qiwei::new(["--help"]).run().ends_with(0).stdout;
    for part in ["--base-url", "--color", "never:", "-o, --output", "ndjson:"] {
        assert!(help.contains(part), "{part} in {help}");
    }
}

#[test]
fn help_names_the_values_of_options() {
    let rows = [
        ("listen", "room_dismissed"),
        ("listen", "admin_task"),
        ("instance create", "262 Mac 4.1.36"),
        ("instance create", "241 Windows 4.1.2"),
        ("sessions", "group"),
        ("completions", "~/.config/fish/completions/qiwei.fish"),
        ("completions", "$PROFILE"),
    ];
    check_all(&rows, |(command, value)| {
        let args = command.split(' ').chain(["--help"]);
        let help = Qiwei::new(args).run().ends_with(0).stdout;
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(value), "{help}");
    });
}

#[test]
fn synonyms_of_other_programs_are_known() {
    let server = sandbox();
    let rows = [
        "instance list",
        "alias list",
        "ledger list",
        "config list",
        "config ls",
        "instance delete --stopped --yes --settle 100ms",
        "instance remove --stopped --yes --settle 100ms",
        "ledger delete --help",
        "alias remove --help",
    ];
    check_all(&rows, |line| {
        Qiwei::on(&server.base_url(), line.split(' '))
            .run()
            .ends_with(0);
    });
    let help = Qiwei::new(["instance", "-h"]).run().ends_with(0).stdout;
    assert!(!help.contains("delete"), "{help}");
}

/// They can be copied: they are short, and run.
#[test]
fn examples_run() {
    let rows: Vec<_> = examples().into_iter().filter(|line| is_run(line)).collect();
    check_all(&rows, |line| {
        let script = format!("{PREPARATION}\n{line}");
        let run = in_sandbox(&["--stopped", "1"], &script);
        let expected = if line.contains("drop-after") { 6 } else { 0 };
        assert_eq!(run.code, expected, "{}{}", run.stdout, run.stderr);
    });
}

/// What the examples assume.
const PREPARATION: &str = "
    qiwei config set profiles.staging.base_url \"$QIWEI_BASE_URL\" -q
    qiwei config set profiles.staging.aliases.ops R:1012345678901 -q
    qiwei config set aliases.ops R:1012345678901 -q
    qiwei config set pace off -q
    qiwei instance use --auto -q
    mkdir -p ~/.config/fish/completions
    qiwei send ops first --key backup-2026-11-24 -q
    echo secret > secret.txt";

fn is_run(line: &str) -> bool {
    let is_left_out = NOT_RUN.iter().any(|(start, _)| line.starts_with(start));
    !is_left_out && (!line.contains("jq") || is_installed("jq"))
}

/// The examples of every command, from the man pages.
fn examples() -> Vec<String> {
    let mut found = Vec::new();
    let mut commands = vec![(String::new(), qiwei::command(false))];
    while let Some((words, command)) = commands.pop() {
        let examples = qiwei::examples(&words, false);
        found.extend(examples.iter().map(|(_, line)| (*line).to_owned()));
        for inner in command.get_subcommands() {
            let words = format!("{words} {}", inner.get_name());
            commands.push((words.trim().to_owned(), inner.clone()));
        }
    }
    assert!(found.len() > 60, "only {} examples", found.len());
    found
}
