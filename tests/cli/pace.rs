//! `--pace`: a rate limit shared by all processes that send for an account.
//!
//! The tests measure only the lower bound, which also holds on a busy machine: message n, counted
//! from 0, arrives no earlier than n intervals after the start.

use std::time::Duration;

use jiff::Timestamp;
use qiwei::sandbox::Sandbox;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::raw::{RawServer, http, ok};
use crate::support::state::{
    change_state, field, results, sends, state_file, state_folder, texts, wait_until, with_state,
};
use crate::support::{
    CHILD_TIMEOUT, Finished, GROUP, Home, Qiwei, requests, sandbox, sandbox_with,
};

fn send(server: &Sandbox, home: &Home, flags: &[&str]) -> Qiwei {
    with_state(server, home, &["send", GROUP, "x", "--json"]).args(flags)
}

/// Checks that the wait exceeds the run's limit; returns the wait in seconds.
#[track_caller]
fn check_too_soon(run: &Finished) -> f64 {
    let error = run.message_error(9, "not_sent");
    assert_eq!(
        (&error["kind"], &error["retryable"]),
        (&json!("busy"), &json!(true)),
        "{run:?}"
    );
    error["retry_after"].as_f64().unwrap()
}

#[track_caller]
fn check_pace(server: &Sandbox, start: Timestamp, interval: Duration) {
    let times: Vec<Timestamp> = server.deliveries().iter().map(|d| d.at).collect();
    for (n, at) in (0u32..).zip(&times) {
        let earliest = start + interval * n;
        assert!(
            *at >= earliest,
            "number {n} at {at}, not before {earliest}: {times:?}"
        );
    }
}

/// The last reserved send time, in microseconds.
fn last_reserved_time(home: &Home) -> i64 {
    stored(home, "next_at")
}

/// The end of the pause that the server asked for.
fn pause_end(home: &Home) -> i64 {
    stored(home, "held_until")
}

fn stored(home: &Home, column: &str) -> i64 {
    let db = rusqlite::Connection::open(state_file(home)).unwrap();
    db.busy_timeout(CHILD_TIMEOUT).unwrap();
    let query = format!("SELECT {column} FROM pace");
    db.query_row(&query, [], |row| row.get(0)).unwrap()
}

#[test]
fn processes_share_pace() {
    let (server, home) = (sandbox(), Home::new());
    let start = Timestamp::now();
    let runs: Vec<_> = (0..8)
        .map(|_| send(&server, &home, &["--pace", "10/s"]).start())
        .collect();
    for run in runs {
        run.end().ends_with(0);
    }
    assert_eq!(server.deliveries().len(), 8);
    check_pace(&server, start, Duration::from_millis(100));
}

#[test]
fn shell_loop_shares_pace() {
    let (server, home) = (sandbox(), Home::new());
    let start = Timestamp::now();
    for args in [
        &["send", GROUP, "x", "--pace", "5/s"][..],
        &["at", GROUP, "x", "--all", "--pace", "5/s"],
        &["send", GROUP, "x", "--pace", "5/s", "--key", "k"],
    ] {
        with_state(&server, &home, args).run().ends_with(0);
    }
    check_pace(&server, start, Duration::from_millis(200));
    // A message that is not sent reserves no send time.
    let before = last_reserved_time(&home);
    let args = ["send", GROUP, "x", "--pace", "5/s", "--key", "k", "--json"];
    let run = with_state(&server, &home, &args).run().ends_with(0);
    assert_eq!(run.json()["outcome"], "duplicate");
    assert_eq!(last_reserved_time(&home), before);
}

#[test]
fn batch_keeps_pace_with_any_number_of_jobs() {
    for jobs in ["1", "4"] {
        let (server, home) = (sandbox(), Home::new());
        let input: String = (0..10)
            .map(|n| format!("{{\"to\":\"R:{n}\",\"text\":\"m{n}\"}}\n"))
            .collect();
        let start = Timestamp::now();
        let run = with_state(
            &server,
            &home,
            &["send", "--batch", "-", "--pace", "20/s", "--jobs", jobs],
        )
        .stdin(input)
        .run()
        .ends_with(0);
        assert_eq!(results(&run).len(), 10);
        check_pace(&server, start, Duration::from_millis(50));
        assert_eq!(server.deliveries().len(), 10);
    }
}

#[test]
fn exceeded_max_wait_reports_retry_after() {
    let (server, home) = (sandbox(), Home::new());
    let pace = ["--pace", "1/h"];
    send(&server, &home, &pace).run().ends_with(0);
    for flags in [
        &["--max-wait", "0s"][..],
        &["--max-wait", "50min"],
        &["--timeout", "5s"],
        &["--max-wait", "50min", "--timeout", "5s"],
    ] {
        let run = send(&server, &home, &pace).args(flags).run();
        let wait = check_too_soon(&run);
        assert!(wait > 3000.0 && wait <= 3600.0, "{flags:?}: {wait}");
        assert!(run.took < Duration::from_secs(30), "{:?}", run.took);
    }
    assert_eq!(requests(&server).len(), 1, "no reservation, no request");
    let human = with_state(
        &server,
        &home,
        &["send", GROUP, "x", "--pace", "1/h", "--max-wait", "0s"],
    );
    human
        .run()
        .ends_with(9)
        .assert_stderr_contains("allows no request")
        .assert_stderr_contains("hint: ")
        .assert_stderr_contains("--max-wait");
    // A refusal reserves no send time: the wait does not grow.
    let wait = check_too_soon(&send(&server, &home, &pace).args(["--max-wait", "0s"]).run());
    assert!(wait <= 3600.0, "{wait}");
}

#[test]
fn burst_is_sent_at_once() {
    let (server, home) = (sandbox(), Home::new());
    let send = || {
        send(
            &server,
            &home,
            &["--pace", "1/min,burst=3", "--max-wait", "0s"],
        )
    };
    for _ in 0..3 {
        send().run().ends_with(0);
    }
    let wait = check_too_soon(&send().run());
    assert!(wait > 0.0 && wait <= 60.0, "{wait}");
    assert_eq!(sends(&server), 3);
}

#[test]
fn pace_is_separate_per_account() {
    let home = Home::new();
    let (one, other) = (sandbox_with(|s| s.online = 2), sandbox());
    let flags = ["--pace", "1/h", "--max-wait", "0s"];
    for (server, instance) in [(&one, 0), (&one, 1), (&other, 0)] {
        let guid = &server.guids()[instance];
        let run = || send(server, &home, &flags).args(["--guid", guid]).run();
        run().ends_with(0);
        check_too_soon(&run());
    }
    assert_eq!((sends(&one), sends(&other)), (2, 1));
}

#[test]
fn killed_waiter_does_not_delay_others() {
    let (server, home) = (sandbox(), Home::new());
    let send = |flags: &[&str]| send(&server, &home, &["--pace", "1/min"]).args(flags);
    send(&[]).run().ends_with(0);
    let before = last_reserved_time(&home);
    let waiting: Vec<_> = (0..4).map(|_| send(&["--timeout", "1h"]).start()).collect();
    wait_until("four reservations", || {
        last_reserved_time(&home) >= before + 4 * 60_000_000
    });
    for run in &waiting {
        run.signal(Signal::KILL);
    }
    drop(waiting);
    assert_eq!(sends(&server), 1);
    // Only the reservations of the killed processes remain.
    let wait = check_too_soon(&send(&["--max-wait", "0s"]).run());
    assert!(wait > 200.0 && wait <= 300.0, "{wait}");
    change_state(&home, "UPDATE pace SET next_at = seen_at");
    send(&["--max-wait", "0s"]).run().ends_with(0);
}

#[test]
fn time_of_earlier_boot_delays_nobody() {
    let (server, home) = (sandbox(), Home::new());
    let send = || send(&server, &home, &["--pace", "1/h", "--max-wait", "0s"]);
    send().run().ends_with(0);
    change_state(
        &home,
        "UPDATE pace SET next_at = 4000000000000000, seen_at = 4000000000000000",
    );
    send().run().ends_with(0);
    check_too_soon(&send().run());
}

#[test]
fn pace_is_a_setting() {
    let (server, home) = (sandbox_with(|s| s.online = 5), Home::new());
    let guids = server.guids();
    let twice = |instance: usize, env: Option<&str>, flags: &[&str]| {
        let mut last = None;
        for _ in 0..2 {
            let mut run =
                send(&server, &home, flags).args(["--max-wait", "0s", "--guid", &guids[instance]]);
            if let Some(pace) = env {
                run = run.env("QIWEI_PACE", pace);
            }
            last = Some(run.run());
        }
        last.unwrap()
    };
    twice(0, None, &[]).ends_with(0);
    check_too_soon(&twice(0, Some("1/h"), &[]));
    home.write_config("pace = '1/h'\n[profiles.fast]\npace = '1000/s,burst=100'\n");
    check_too_soon(&twice(1, None, &[]));
    twice(1, None, &["--pace", "off"]).ends_with(0);
    twice(2, Some("off"), &[]).ends_with(0);
    twice(3, None, &["--profile", "fast"]).ends_with(0);
    check_too_soon(&twice(4, Some("off"), &["--pace", "1/h"]));
}

#[test]
fn rejects_invalid_pace() {
    let (server, home) = (sandbox(), Home::new());
    for pace in [
        "",
        "20",
        "0/s",
        "-1/s",
        "1.5/s",
        "1/d",
        "x/min",
        "1/s,burst=0",
        "1/s,5",
        "fast",
    ] {
        for args in [
            &["send", GROUP, "x"][..],
            &["at", GROUP, "x", "--all"],
            &["send", "--batch", "-"],
        ] {
            let flag = format!("--pace={pace}");
            let run = with_state(&server, &home, args)
                .without_env("QIWEI_GUID")
                .args([&flag, "--json"])
                .run();
            assert_eq!(run.code, 2, "{pace}: {run:?}");
            assert_eq!(run.error()["outcome"], "not_sent", "{pace}");
            assert!(run.stderr.contains("20/min"), "{pace}: {run:?}");
        }
        send(&server, &home, &[])
            .env("QIWEI_PACE", pace)
            .run()
            .ends_with(if pace.is_empty() { 0 } else { 3 });
    }
    assert_eq!(requests(&server).len(), 1);
    for flags in [["--max-wait", "soon"], ["--max-wait", "-1s"]] {
        send(&server, &home, &flags).run().ends_with(2);
    }
}

#[test]
fn too_frequent_pauses_other_processes() {
    let (server, home) = (sandbox(), Home::new());
    server.add_fault("busy@/msg/send_text*1".parse().unwrap());
    let paced = || send(&server, &home, &["--pace", "1000/s", "--max-wait", "0s"]);
    let refused = paced().run();
    assert_eq!(
        (refused.code, &refused.error()["outcome"]),
        (1, &json!("rejected"))
    );
    assert!(refused.stderr.contains("waits 1m"), "{refused:?}");
    let wait = check_too_soon(&paced().run());
    assert!(wait > 30.0 && wait <= 60.0, "{wait}");
    assert_eq!(sends(&server), 1);
    // A send without a pace is not delayed.
    send(&server, &home, &[]).run().ends_with(0);
}

/// A server that answers HTTP 429 with this `retry-after` once, then accepts.
fn slow_down(retry_after: &'static str) -> RawServer {
    let said = std::cell::Cell::new(false);
    RawServer::start(move |connection| {
        if said.replace(true) {
            connection.write(ok(r#"{"error_code":0,"data":{"msg_data":{"id":"5"}}}"#));
        } else {
            let answer = http("429 Too Many Requests", "{}");
            let header = format!("retry-after: {retry_after}\r\ncontent-type");
            connection.write(answer.replacen("content-type", &header, 1));
        }
    })
}

fn send_to(server: &RawServer, home: &Home, flags: &[&str]) -> Finished {
    Qiwei::on(
        &server.base_url(),
        ["send", GROUP, "x", "--guid", "g", "--json"],
    )
    .with_home(home)
    .env("QIWEI_STATE_DIR", state_folder(home))
    .args(flags)
    .run()
}

#[test]
fn honors_retry_after() {
    let (server, home) = (slow_down("600"), Home::new());
    let run = send_to(&server, &home, &["--pace", "1000/s,burst=50"]);
    assert_eq!(
        (run.code, &run.error()["retry_after"]),
        (1, &json!(600.0)),
        "{run:?}"
    );
    let wait = check_too_soon(&send_to(
        &server,
        &home,
        &["--pace", "1000/s,burst=50", "--max-wait", "0s"],
    ));
    assert!(wait > 500.0 && wait <= 600.0, "{wait}");
    assert_eq!(server.requests().len(), 1);

    let (server, home) = (slow_down("1"), Home::new());
    let start = Timestamp::now();
    assert_eq!(send_to(&server, &home, &["--pace", "1000/s"]).code, 1);
    assert_eq!(send_to(&server, &home, &["--pace", "1000/s"]).code, 0);
    assert!(Timestamp::now() >= start + Duration::from_secs(1));
}

#[test]
fn ignores_invalid_retry_after() {
    for (retry_after, most) in [
        ("18446744073709551615", 86_400.0),
        ("99999999999999999999", 60.0),
        ("-5", 60.0),
        ("soon", 60.0),
    ] {
        let (server, home) = (slow_down(retry_after), Home::new());
        let run = send_to(&server, &home, &["--pace", "1000/s"]);
        assert_eq!(run.code, 1, "{retry_after}: {run:?}");
        let run = send_to(&server, &home, &["--pace", "1000/s", "--max-wait", "0s"]);
        let wait = check_too_soon(&run);
        assert!(wait > 0.0 && wait <= most, "{retry_after}: {wait}");
    }
}

/// The pause also applies to processes that have reserved a send time and wait for it.
#[test]
fn too_frequent_pauses_waiting_processes() {
    let (server, home) = (sandbox(), Home::new());
    let pace = ["--pace", "40/min", "--timeout", "1h"];
    const INTERVAL: i64 = 1_500_000;
    server.add_fault("latency=500ms@/msg/send_text*1".parse().unwrap());
    server.add_fault("busy@/msg/send_text*1".parse().unwrap());
    let first = send(&server, &home, &pace).start();
    wait_until("the first request", || sends(&server) == 1);
    let before = last_reserved_time(&home);
    let waiting: Vec<_> = (0..3)
        .map(|_| send(&server, &home, &pace).start())
        .collect();
    wait_until("three reservations", || {
        last_reserved_time(&home) >= before + 3 * INTERVAL
    });
    first.end().ends_with(0);
    // The second process is answered "busy". The reserved times of the other two are before the end of the
    // pause, so they reserve new ones after it instead of sending.
    wait_until("one is throttled", || {
        pause_end(&home) > before + 50_000_000
    });
    wait_until("two new reservations", || {
        last_reserved_time(&home) >= pause_end(&home) + 2 * INTERVAL
    });
    assert_eq!(sends(&server), 2);
    drop(waiting);
}

#[test]
fn signal_ends_pace_wait() {
    for jobs in ["1", "3"] {
        let (server, home) = (sandbox(), Home::new());
        let input: String = (0..4)
            .map(|n| format!("{{\"to\":\"R:{n}\",\"text\":\"m{n}\"}}\n"))
            .collect();
        let args = [
            "send",
            "--batch",
            "-",
            "--pace",
            "1/h",
            "--timeout",
            "5h",
            "--jobs",
            jobs,
        ];
        let mut run = with_state(&server, &home, &args).stdin(input).start();
        let first: Value = serde_json::from_str(&run.stdout_line()).unwrap();
        assert_eq!(first["outcome"], "accepted");
        run.signal(Signal::INT);
        let run = run.end().ends_with(130);
        // Lines that were waiting are reported as not sent.
        assert!(
            field(&results(&run), "outcome")
                .iter()
                .all(|o| o == "not_sent"),
            "{run:?}"
        );
        assert_eq!(texts(&server).len(), 1);
    }
}
