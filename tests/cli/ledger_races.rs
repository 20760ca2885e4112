//! Keys used by several processes at once, or left by a killed process.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::ledger::expect_failed_send;
use crate::support::state::{everything_in, sends, state_folder, wait_until, with_state};
use crate::support::{GROUP, Home, sandbox, sandbox_with};

#[test]
fn concurrent_sends_with_one_key_deliver_once() {
    let (server, home) = (
        sandbox_with(|s| s.latency = Duration::from_millis(30)),
        Home::new(),
    );
    let racers: Vec<_> = (0..24)
        .map(|_| {
            with_state(
                &server,
                &home,
                &["send", GROUP, "x", "--key", "k", "--json"],
            )
            .start()
        })
        .collect();
    let results: Vec<Value> = racers
        .into_iter()
        .map(|racer| racer.end().ends_with(0).json())
        .collect();
    let accepted = results
        .iter()
        .filter(|r| r["outcome"] == "accepted")
        .count();
    let duplicates = results
        .iter()
        .filter(|r| r["outcome"] == "duplicate")
        .count();
    assert_eq!((accepted, duplicates), (1, 23), "{results:?}");
    assert!(
        results
            .iter()
            .all(|r| r["message_id"] == results[0]["message_id"])
    );
    assert_eq!(sends(&server), 1);
}

#[test]
fn concurrent_sends_with_own_keys_do_not_block() {
    let (server, home) = (sandbox(), Home::new());
    let runs: Vec<_> = (0..16)
        .map(|n| {
            let key = format!("k{n}");
            with_state(&server, &home, &["send", GROUP, &key, "--key", &key]).start()
        })
        .collect();
    for run in runs {
        run.end().ends_with(0);
    }
    assert_eq!(server.deliveries().len(), 16);
    let ledger = with_state(&server, &home, &["ledger", "ls", "--json"])
        .run()
        .json();
    assert_eq!(ledger.as_array().unwrap().len(), 16);
}

#[test]
fn waits_for_same_key_in_flight() {
    let (server, home) = (sandbox(), Home::new());
    server.add_fault("latency=400ms*1".parse().unwrap());
    let send = || {
        with_state(
            &server,
            &home,
            &["send", GROUP, "x", "--key", "k", "--json"],
        )
    };
    let first = send().start();
    wait_until("the first is under way", || sends(&server) == 1);
    let second = send().run().ends_with(0).json();
    assert_eq!(second["outcome"], "duplicate");
    assert_eq!(
        first.end().ends_with(0).json()["message_id"],
        second["message_id"]
    );
    assert_eq!(sends(&server), 1);
}

#[test]
fn wait_for_same_key_is_bounded() {
    let (server, home) = (sandbox(), Home::new());
    server.add_fault("hang*1".parse().unwrap());
    let send = || {
        with_state(
            &server,
            &home,
            &["send", GROUP, "x", "--key", "k", "--json"],
        )
    };
    let _first = send().start();
    wait_until("the first is under way", || sends(&server) == 1);
    let error = expect_failed_send(&send().args(["--max-wait", "0s"]).run(), 9, "not_sent");
    assert_eq!(
        (&error["kind"], &error["retryable"]),
        (&json!("busy"), &json!(true))
    );
    for flags in [["--max-wait", "300ms"], ["--timeout", "300ms"]] {
        let start = Instant::now();
        expect_failed_send(&send().args(flags).run(), 9, "not_sent");
        assert!(start.elapsed() >= Duration::from_millis(300), "{flags:?}");
    }
    assert_eq!(sends(&server), 1);
}

#[test]
fn forget_refuses_key_in_flight() {
    let (server, home) = (sandbox(), Home::new());
    server.add_fault("hang*1".parse().unwrap());
    let args = ["send", GROUP, "x", "--key", "k"];
    let first = with_state(&server, &home, &args).start();
    wait_until("the first is under way", || sends(&server) == 1);
    let forget = || with_state(&server, &home, &["ledger", "forget", "k", "--json"]).run();
    let run = forget().ends_with(9);
    assert_eq!(run.stdout, "");
    assert_eq!(run.error()["outcome"], "not_sent");
    first.signal(Signal::KILL);
    drop(first);
    assert_eq!(forget().ends_with(0).json()["forgotten"], 1);
}

#[test]
fn killed_send_is_unknown() {
    for fault in ["hang", "hang-after"] {
        let (server, home) = (sandbox(), Home::new());
        server.add_fault(format!("{fault}*1").parse().unwrap());
        let send = |more: &[&str]| {
            with_state(
                &server,
                &home,
                &["send", GROUP, "x", "--key", "k", "--json"],
            )
            .args(more)
        };
        let first = send(&[]).start();
        wait_until("the first is under way", || sends(&server) == 1);
        // A process that waits for the killed one reports `unknown`.
        let waiting = send(&[]).start();
        first.signal(Signal::KILL);
        expect_failed_send(&waiting.end(), 6, "unknown");
        expect_failed_send(&send(&[]).run(), 6, "unknown");
        assert_eq!(sends(&server), 1, "{fault}");
        let again = send(&["--resend"]).run().ends_with(0);
        assert_eq!(again.json()["outcome"], "accepted", "{fault}");
        assert_eq!(send(&[]).run().ends_with(0).json()["outcome"], "duplicate");
        assert_eq!(sends(&server), 2, "{fault}");
        drop(first);
    }
}

#[test]
fn key_lock_ends_with_send() {
    let (server, home) = (sandbox(), Home::new());
    for key in ["a", "b", "a"] {
        with_state(&server, &home, &["send", GROUP, "x", "--key", key])
            .run()
            .ends_with(0);
    }
    let left = everything_in(&state_folder(&home));
    assert!(
        !left
            .iter()
            .any(|path| path.extension().is_some_and(|e| e == "lock")),
        "{left:?}"
    );
}

/// All processes find no database and try to create it.
#[test]
fn concurrent_processes_create_database_once() {
    for round in 0..4 {
        let (server, home) = (sandbox(), Home::new());
        let line = |n: usize| json!({"to": format!("R:{n}"), "text": "x", "key": format!("{n}")});
        let input: String = (0..32).map(|n| format!("{}\n", line(n))).collect();
        let runs: Vec<_> = (0..4)
            .map(|_| {
                let args = ["send", "--batch", "-", "--jobs", "8"];
                with_state(&server, &home, &args)
                    .stdin(input.clone())
                    .start()
            })
            .collect();
        for run in runs {
            run.end().ends_with(0);
        }
        assert_eq!(sends(&server), 32, "round {round}");
    }
}
