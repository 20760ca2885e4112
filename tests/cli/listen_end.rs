//! How `qiwei listen` ends: quickly, with the configured notify_url restored first, and nothing unnamed.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, test_kill_process};

use crate::support::background::{BackgroundChild, eventually};
use crate::support::client::post;
use crate::support::login::{CONFIGURED_URL, callback, listen, listening, notify_urls};
use crate::support::sandbox;

/// `docker stop` kills after 10 s.
const KILL_TIME: Duration = Duration::from_secs(9);

fn message(guid: &str, id: usize, text: &str) -> String {
    callback(
        guid,
        11010,
        &format!(r#"{{"id":"{id}","content":"{text}"}}"#),
    )
}

#[test]
fn sigterm_restores_notify_url_before_it_waits_for_commands() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let run = listen(&server, "").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
    let pids = run.home().join("pids");
    let command = "sleep 600 & echo $$ $! > \"$HOME/pids\"; wait";
    let (mut running, url) = listening(&server, run.arg("--exec").arg(command));
    for id in [1, 2] {
        assert_eq!(post(&url, &message(&guid, id, "x")).status, 200);
    }
    let ids: Vec<Pid> = eventually("the command", || {
        let text = std::fs::read_to_string(&pids).ok()?;
        let ids: Vec<Pid> = text
            .split_whitespace()
            .filter_map(|id| Pid::from_raw(id.parse().ok()?))
            .collect();
        (ids.len() == 2).then_some(ids)
    });
    let start = Instant::now();
    running.signal(Signal::TERM);
    running.err.wait_for("the wait", |line| {
        line.contains("for --exec commands to end (2)")
    });
    assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
    let run = running.finish().ends_with(143);
    assert!(start.elapsed() < KILL_TIME, "{run:?}");
    assert!(
        run.stderr
            .contains("for these callbacks: new_message 1, new_message 2"),
        "{run:?}"
    );
    // Neither the shell nor its own child goes on.
    eventually("the end of the commands", || {
        ids.iter()
            .all(|id| test_kill_process(*id).is_err())
            .then_some(())
    });
}

#[test]
fn command_that_ends_after_sigterm_completes_the_run() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let run = listen(&server, "").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
    let home = run.home().to_owned();
    let command = "touch \"$HOME/started\"; while ! test -e \"$HOME/go\"; do sleep 0.02; done; touch \"$HOME/done\"";
    let (mut running, url) = listening(&server, run.arg("--exec").arg(command));
    assert_eq!(post(&url, &message(&guid, 1, "x")).status, 200);
    eventually("the command", || {
        home.join("started").exists().then_some(())
    });
    running.signal(Signal::INT);
    running
        .err
        .wait_for("the wait", |line| line.starts_with("waiting up to"));
    std::fs::write(home.join("go"), "").unwrap();
    let run = running.finish().ends_with(130);
    assert!(home.join("done").exists());
    assert!(!run.stderr.contains("warning"), "{run:?}");
}

#[test]
fn sigterm_names_callbacks_that_a_stalled_reader_did_not_take() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let run = listen(&server, "").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
    let mut running = BackgroundChild::start_unread(run);
    running
        .err
        .wait_for("start", |line| line.starts_with("listening"));
    let url = notify_urls(&server).pop().unwrap();
    // Far more than a pipe holds.
    let long = "x".repeat(200_000);
    for id in 1..=3 {
        assert_eq!(post(&url, &message(&guid, id, &long)).status, 200);
    }
    let start = Instant::now();
    running.signal(Signal::TERM);
    running.err.wait_for("the wait", |line| {
        line.contains("for acknowledged callbacks to be printed (3)")
    });
    assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
    let named = running
        .err
        .wait_for("the names", |line| line.contains("could not be printed"));
    running.close_stdout();
    running.finish().ends_with(143);
    assert!(start.elapsed() < KILL_TIME, "{:?}", start.elapsed());
    assert!(
        named.ends_with("new_message 1, new_message 2, new_message 3"),
        "{named}"
    );
}
