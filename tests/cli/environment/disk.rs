//! Full disks and file size limits: completed changes are reported, changes that cannot be recorded
//! are not made, and no partial file is left. The ledger and the journal on a full disk have their
//! own tests.

use std::fs::{File, OpenOptions};
use std::path::Path;

use serde_json::{Value, json};

use crate::support::background::end;
use crate::support::client::post;
use crate::support::login::{
    CONFIGURED_URL, callback, listen, listening, notify_urls, paths, waiting,
};
use crate::support::state::{everything_in, sends, with_state};
use crate::support::{Finished, GROUP, Home, Qiwei, sandbox, sandbox_with};

/// Limits the size of every file to zero.
const NO_SPACE: &str = "ulimit -f 0";

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// The files in a folder, without lock files.
fn files_in(folder: &Path) -> Vec<String> {
    let name = |path: &std::path::PathBuf| path.to_string_lossy().into_owned();
    let files = everything_in(folder)
        .into_iter()
        .filter(|path| path.is_file());
    let mut names: Vec<String> = files.map(|path| name(&path)).collect();
    names.retain(|name| !name.ends_with(".lock"));
    names
}

#[track_caller]
fn message(run: &Finished) -> String {
    run.error()["message"].as_str().unwrap().to_owned()
}

/// If the result cannot be printed, the error says that the change was made; otherwise a script
/// would repeat it.
#[test]
#[cfg(target_os = "linux")]
fn reports_completed_change_when_stdout_is_full() {
    let server = sandbox_with(|scenario| {
        (scenario.running, scenario.stopped) = (1, 1);
    });
    let guids = server.guids();
    let cases: [(&[&str], &str); 9] = [
        (&["send", GROUP, "x"], "message 1066173 was accepted"),
        (&["at", GROUP, "x", "--all"], "message 1066174 was accepted"),
        (&["instance", "create"], "was created"),
        (&["instance", "create", "--no-use"], "was created"),
        (&["instance", "stop", &guids[1]], "stopped "),
        (&["instance", "start", &guids[1]], "started "),
        (&["instance", "rm", &guids[2], "--yes"], "removed "),
        (
            &["login", "--force", "--qr", "none"],
            "the account is logged in",
        ),
        (&["logout"], "logged out "),
    ];
    for (args, done) in cases {
        for json in [true, false] {
            // `login --json` already fails at its first event, before the login completes.
            if json && args[0] == "login" || !json && args[0] != "login" {
                continue;
            }
            let run = Qiwei::on(&server.base_url(), args)
                .args(["--guid", &guids[0]])
                .args(json.then_some("--json"))
                .stdout_to(full());
            let run = run.run().ends_with(74);
            let said = if json {
                message(&run)
            } else {
                run.stderr.clone()
            };
            assert!(said.contains(done), "{args:?}: {said}");
            assert!(
                said.contains("but cannot write the result to stdout"),
                "{said}"
            );
            if json {
                assert_eq!(run.error()["outcome"], "accepted", "{run:?}");
            }
        }
    }
    // The error names the guid of the created instance.
    let run = Qiwei::on(&server.base_url(), ["instance", "create", "--json"]).stdout_to(full());
    let said = message(&run.run());
    assert!(said.starts_with(server.guids().last().unwrap()), "{said}");
}

#[test]
#[cfg(target_os = "linux")]
fn read_command_reports_full_stdout() {
    let server = sandbox();
    for args in [
        &["instance", "ls"][..],
        &["sessions"],
        &["status"],
        &["status", "--watch"],
        &["config", "explain"],
        &["config", "path"],
        &["ledger", "ls"],
        &["probe"],
        &["completions", "bash"],
        &["send", GROUP, "x", "--dry-run"],
        &["--help"],
        &["--version"],
    ] {
        let run = Qiwei::on(&server.base_url(), args).stdout_to(full()).run();
        let run = run.ends_with(74);
        run.assert_stderr_contains("cannot write the result to stdout: No space left on device");
    }
    assert_eq!(sends(&server), 0);
}

/// A batch stops when its results cannot be printed, and reports how many lines were sent.
#[test]
#[cfg(target_os = "linux")]
fn batch_reports_progress_when_stdout_is_full() {
    for jobs in ["1", "4"] {
        let (server, home) = (sandbox(), Home::new());
        let lines: String = (0..50)
            .map(|n| format!("{{\"to\":\"R:10{n}\",\"text\":\"x\"}}\n"))
            .collect();
        let file = home.file("in.ndjson", lines);
        let args = ["send", "--batch", &file, "--jobs", jobs, "--json"];
        let run = with_state(&server, &home, &args).stdout_to(full()).run();
        let said = message(&run.ends_with(74));
        let sent = sends(&server);
        assert!(sent < 50, "{sent}");
        let tally = match sent {
            1 => "1 line: 1 accepted; the remaining lines".to_owned(),
            sent => format!("{sent} lines: {sent} accepted; the remaining lines"),
        };
        assert!(said.contains(&tally), "{sent} were sent: {said}");
    }
}

/// Invalid input after some lines were sent is not a usage error, which would mean that nothing was
/// sent.
#[test]
fn batch_reports_progress_when_input_fails() {
    let line = format!("{{\"to\":\"{GROUP}\",\"text\":\"x\"}}\n");
    let endless = "x".repeat(17 * 1024 * 1024);
    for (good, code) in [(0, 2), (2, 8)] {
        let server = sandbox();
        let input = line.repeat(good) + &endless;
        let run = Qiwei::on(&server.base_url(), ["send", "--batch", "-", "--json"]);
        let run = run.stdin(input).run().ends_with(code);
        assert_eq!(sends(&server), good);
        let said = message(&run);
        assert!(said.contains("a line is longer than 16 MiB"), "{said}");
        assert_eq!(said.contains("2 lines: 2 accepted"), good == 2, "{said}");
        let outcome = if good == 0 {
            json!("not_sent")
        } else {
            Value::Null
        };
        assert_eq!(run.error()["outcome"], outcome);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn listen_restores_notify_url_when_stdout_is_full() {
    let server = sandbox();
    let command = listen(&server, "--json")
        .env("QIWEI_NOTIFY_URL", CONFIGURED_URL)
        .stdout_to(full());
    let mut running = crate::support::background::BackgroundChild::start_unread(command);
    running
        .err
        .wait_for("start", |line| line.starts_with("listening"));
    let url = notify_urls(&server).pop().unwrap();
    let guid = &server.guids()[0];
    assert_eq!(post(&url, &callback(guid, 11010, "{}")).status, 200);
    let run = running.finish().ends_with(74);
    assert!(run.stderr.contains("No space left on device"), "{run:?}");
    assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
}

#[test]
fn unwritable_config_is_unchanged() {
    let before = "# mine\nretries = 1\n";
    for old in [None, Some(before)] {
        let server = sandbox();
        let guid = server.guids()[0].clone();
        for args in [
            &["config", "set", "timeout", "9s"][..],
            &["instance", "use", &guid],
            // Checked before any request: the guid of a new instance could not be saved.
            &["instance", "create"],
            &["login", "--new", "--qr", "none"],
        ] {
            let home = Home::new();
            if let Some(old) = old {
                home.write_config(old);
            }
            let run = Qiwei::on(&server.base_url(), args)
                .with_home(&home)
                .arg("--json")
                .after_shell(NO_SPACE)
                .run()
                .ends_with(3);
            let said = message(&run);
            assert!(said.starts_with("cannot write the config "), "{said}");
            assert!(said.ends_with("File too large (os error 27)"), "{said}");
            assert_eq!(run.error()["outcome"], "not_sent");
            assert_eq!(home.config(), old.unwrap_or_default());
            let kept: usize = old.iter().count();
            let left = files_in(home.path());
            assert_eq!(left.len(), kept, "{args:?}: {left:?}");
        }
        assert_eq!(server.guids(), [guid]);
        let asked = paths(&server);
        assert!(
            !asked.iter().any(|path| path.contains("create")),
            "{asked:?}"
        );
    }
}

/// The login succeeds with a warning that the guid was not saved.
#[test]
fn login_succeeds_when_guid_cannot_be_saved() {
    let server = waiting("after=10ms");
    let run = crate::support::login::login(&server, "--qr none").after_shell(NO_SPACE);
    let run = end(run).ends_with(0);
    assert!(
        run.stdout.is_empty() || run.stdout.starts_with("logged in: "),
        "{run:?}"
    );
    run.assert_stderr_contains("could not be made the current one");
}

#[test]
fn failed_qr_file_leaves_no_file() {
    for (name, limit) in [("code.png", 0), ("code.svg", 0), ("code.svg", 1)] {
        let server = waiting("never");
        let home = Home::new();
        let path = home.path().join(name);
        let args = ["login", "--qr", "none", "--json", "--qr-file"];
        let run = Qiwei::on(&server.base_url(), args)
            .with_home(&home)
            .arg(&path)
            .env("QIWEI_NOTIFY_URL", CONFIGURED_URL)
            .after_shell(&format!("ulimit -f {limit}"));
        let run = end(run).ends_with(74);
        let said = message(&run);
        assert!(said.starts_with(&format!("cannot write the QR code to {}", path.display())));
        let hint = run.error()["hint"].as_str().unwrap_or_default().to_owned();
        assert!(hint.contains("ulimit -f"), "{run:?}");
        let left = files_in(home.path());
        assert!(
            !left
                .iter()
                .any(|name| name.contains("code") || name.contains(".tmp")),
            "{left:?}"
        );
        assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
    }
}

/// Stdout is a file that cannot grow.
#[test]
fn reports_accepted_message_under_file_size_limit() {
    let (server, home) = (sandbox(), Home::new());
    let out = home.path().join("out.json");
    let run = with_state(&server, &home, &["send", GROUP, "x", "--json"])
        .after_shell(NO_SPACE)
        .stdout_to(File::create(&out).unwrap())
        .run()
        .ends_with(74);
    assert_eq!(run.error()["outcome"], "accepted", "{run:?}");
    assert_eq!(sends(&server), 1);
    assert_eq!(std::fs::read(&out).unwrap(), b"");
}

/// Requests that cannot be recorded cause a warning, and the command continues.
#[test]
fn sandbox_continues_when_record_file_is_full() {
    let home = Home::new();
    let record = home.path().join("record.ndjson");
    let command = env!("CARGO_BIN_EXE_qiwei");
    let args = [
        "sandbox",
        "--record",
        record.to_str().unwrap(),
        "--",
        command,
        "sessions",
    ];
    let run = Qiwei::new(args).after_shell(NO_SPACE).run().ends_with(0);
    assert!(run.stdout.contains("S:788123456789"), "{run:?}");
    run.assert_stderr_contains(
        "warning: a request could not be written to the record: File too large",
    );
}

/// `--count` ends the listener with exit code 0 even if no file can be written.
#[test]
fn listen_works_without_disk_space() {
    let server = sandbox();
    let command = listen(&server, "--json --count 1").after_shell(NO_SPACE);
    let (mut running, url) = listening(&server, command);
    let guid = &server.guids()[0];
    assert_eq!(post(&url, &callback(guid, 11010, "{}")).status, 200);
    let run = running.finish().ends_with(0);
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
}
