//! User commands that are run for external events: `--exec` and `--code-cmd`.

use std::path::Path;

use qiwei::sandbox::Sandbox;
use serde_json::json;

use crate::support::background::BackgroundChild;
use crate::support::client::post;
use crate::support::login::{callback, first_url, listen, listening, login, waiting};
use crate::support::{Finished, sandbox};

/// Creates the file `bait` if a shell evaluates it.
const SHELL_INJECTION: &str = "$(touch bait) `touch bait`; touch bait | touch bait && touch bait\n\
                    touch bait #'\"\u{0}--help -rf %s \\";

/// Runs `script` with `--exec` for one callback with this content; returns the run and its file
/// `out`.
fn for_one(server: &Sandbox, content: &str, script: &str) -> (Finished, String) {
    let run = listen(server, "--count 1");
    let folder = run.home().to_owned();
    let command = format!("cd {}; {script}", folder.display());
    let (mut running, url) = listening(server, run.arg("--exec").arg(command));
    let data = json!({"id": "1", "sender": content, "content": content, "msg_type": 2});
    let body = callback(&server.guids()[0], 11010, &data.to_string());
    assert_eq!(post(&url, &body).status, 200);
    let run = running.finish().ends_with(0);
    assert!(!Path::new(&folder).join("bait").exists(), "{run:?}");
    let out = std::fs::read_to_string(folder.join("out")).unwrap();
    (run, out)
}

#[test]
fn message_text_is_never_executed() {
    let server = sandbox();
    let (run, out) = for_one(&server, SHELL_INJECTION, "cat > out");
    assert_eq!(out, run.stdout);
    assert_eq!(run.json()["data"]["content"], SHELL_INJECTION);
}

#[test]
fn message_text_is_not_in_arguments_or_environment() {
    let server = sandbox();
    let script = "{ env; echo \"$0 $*\"; } > out";
    let (_, out) = for_one(&server, "needle$(touch bait)", script);
    assert!(out.contains("HOME=") && !out.contains("needle"), "{out}");
    // Neither is the token of the callback URL.
    let url = first_url(&server);
    assert!(!out.contains(url.rsplit_once('/').unwrap().1), "{out}");
}

#[test]
fn exec_receives_messages_longer_than_arg_max() {
    let server = sandbox();
    let content = "长".repeat(150_000);
    let (run, out) = for_one(&server, &content, "cat > out");
    assert_eq!(out, run.stdout);
    assert_eq!(run.json()["data"]["content"], content);
}

/// Prints the target of every open descriptor of the shell.
const OPEN_FILES: &str = "for f in /proc/$$/fd/*; do readlink $f; done > out";

#[test]
#[cfg(target_os = "linux")]
fn exec_inherits_no_descriptors() {
    let server = sandbox();
    let (_, out) = for_one(&server, "x", OPEN_FILES);
    check_open_files(&out);

    let server = waiting("require-code=246810,after=10ms");
    let run = login(&server, "--qr none --poll 50ms");
    let folder = run.home().to_owned();
    let command = format!("cd {}; {OPEN_FILES}; echo 246810", folder.display());
    let mut running = BackgroundChild::start(run.arg("--code-cmd").arg(command));
    running.finish().ends_with(0);
    check_open_files(&std::fs::read_to_string(folder.join("out")).unwrap());
}

#[track_caller]
fn check_open_files(out: &str) {
    assert!(out.lines().count() >= 3, "{out}");
    for line in out.lines() {
        let is_ours = ["socket:", "qiwei", ".lock", ".sqlite3"]
            .iter()
            .any(|part| line.contains(part));
        assert!(!is_ours, "{line} is open in {out}");
    }
}

#[test]
fn endless_code_command_output_is_bounded() {
    let server = waiting("require-code=246810,after=10ms");
    let run = login(&server, "--qr none --poll 50ms --timeout 20s --json");
    let command = "yes 246810";
    let mut running = BackgroundChild::start(run.arg("--code-cmd").arg(command));
    running
        .err
        .wait_for("a refusal of what was printed", |line| {
            line.contains("no verification code")
        });
    running.signal(rustix::process::Signal::TERM);
    running.finish().ends_with(143);
}
