//! Keys used by several processes at once, or left by a killed one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::ledger::expect_failed_send;
use crate::support::postgres::database;
use crate::support::state::{sends, texts, wait_until, with_database};
use crate::support::{GROUP, check_at_once, sandbox, sandbox_with};

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn many_processes_with_one_key_deliver_once() {
    let server = sandbox_with(|s| s.latency = Duration::from_millis(30));
    let database = database();
    let args = [
        "send",
        GROUP,
        "x",
        "--key",
        "k",
        "--json",
        "--timeout",
        "60s",
    ];
    let racers: Vec<_> = (0..64)
        .map(|_| with_database(&server, &database, &args).start())
        .collect();
    let results: Vec<Value> = racers
        .into_iter()
        .map(|racer| racer.end().ends_with(0).json())
        .collect();
    let count = |outcome: &str| results.iter().filter(|r| r["outcome"] == outcome).count();
    assert_eq!(
        (count("accepted"), count("duplicate")),
        (1, 63),
        "{results:?}"
    );
    assert!(
        results
            .iter()
            .all(|r| r["message_id"] == results[0]["message_id"])
    );
    assert_eq!(sends(&server), 1);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn wait_for_same_key_is_bounded() {
    let (server, database) = (sandbox(), database());
    server.add_fault("hang*1".parse().unwrap());
    let send = |more: &[&str]| {
        let args = ["send", GROUP, "x", "--key", "k", "--json"];
        with_database(&server, &database, &args).args(more)
    };
    let _first = send(&[]).start();
    wait_until("the first is under way", || sends(&server) == 1);
    for flags in [
        ["--max-wait", "0s"],
        ["--max-wait", "300ms"],
        ["--timeout", "1s"],
    ] {
        let run = send(&flags).run();
        let error = expect_failed_send(&run, 9, "not_sent");
        assert_eq!(
            (&error["kind"], &error["retryable"]),
            (&json!("busy"), &json!(true))
        );
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .contains("another process"),
            "{error}"
        );
        assert!(run.took < Duration::from_secs(10));
    }
    let forget = with_database(&server, &database, &["ledger", "forget", "k"]).run();
    forget.ends_with(9);
    assert_eq!(sends(&server), 1);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn killed_send_is_unknown_on_other_machines() {
    for fault in ["hang", "hang-after"] {
        let (server, database) = (sandbox(), database());
        server.add_fault(format!("{fault}*1").parse().unwrap());
        let send = |more: &[&str]| {
            let args = ["send", GROUP, "x", "--key", "k", "--json"];
            with_database(&server, &database, &args).args(more)
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
        drop(first);
    }
}

/// Sends one message, killed at a random moment, and again until it ends by itself. `QIWEI_TEST_KILLS` sets
/// the number of messages.
#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
#[expect(clippy::print_stdout, reason = "shown with --nocapture")]
fn killed_at_any_moment_never_sends_twice_and_loses_nothing_silently() {
    let kills = std::env::var("QIWEI_TEST_KILLS").ok();
    let kills: usize = kills.map_or(24, |kills| kills.parse().unwrap());
    let (server, database) = (sandbox(), database());
    let whole = {
        let args = ["send", GROUP, "whole", "--key", "whole"];
        let run = with_database(&server, &database, &args).run();
        run.ends_with(0).took
    };
    let numbers: Vec<usize> = (0..kills).collect();
    let unknown = AtomicUsize::new(0);
    check_at_once(4, &numbers, |number| {
        let text = format!("text {number}");
        let key = format!("k{number}");
        let args = [
            "send", GROUP, &text, "--key", &key, "--pace", "1000/s", "--json",
        ];
        let mut rng = fastrand::Rng::with_seed(*number as u64);
        let first = with_database(&server, &database, &args).start();
        thread::sleep(whole.mul_f64(rng.f64() * 1.5));
        first.signal(Signal::KILL);
        drop(first);
        let last = with_database(&server, &database, &args).run();
        let result: Value = serde_json::from_str(last.stdout.trim()).unwrap();
        let delivered = texts(&server).iter().filter(|sent| **sent == text).count();
        match result["outcome"].as_str().unwrap() {
            "accepted" | "duplicate" => assert_eq!(delivered, 1, "{number} {last:?}"),
            "unknown" => {
                unknown.fetch_add(1, Ordering::SeqCst);
                assert!(delivered <= 1, "{number} {last:?}");
            }
            other => panic!("{number} {other} {last:?}"),
        }
    });
    println!("{} of {kills} unknown", unknown.load(Ordering::SeqCst));
}

/// Two homes stand for two machines; their clocks do not matter, because only that of the database is read.
#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
#[expect(clippy::print_stdout, reason = "shown with --nocapture")]
fn processes_on_several_machines_keep_one_pace() {
    let (server, database) = (sandbox(), database());
    let (processes, lines) = (24, 5);
    let input = "{\"to\":\"R:1\",\"text\":\"x\"}\n".repeat(lines);
    let start = Instant::now();
    let runs: Vec<_> = (0..processes)
        .map(|_| {
            let args = ["send", "--batch", "-", "--pace", "15/s", "--timeout", "60s"];
            with_database(&server, &database, &args)
                .stdin(input.clone())
                .start()
        })
        .collect();
    for run in runs {
        run.end().ends_with(0);
    }
    let took = start.elapsed().as_secs_f64();
    let expected = (processes * lines - 1) as f64 / 15.0;
    println!("{took:.2} s instead of {expected:.2} s");
    assert_eq!(sends(&server), processes * lines);
    // On a busy machine the last process may be late; none is ever early.
    assert!(
        took > expected * 0.99 && took < expected * 1.5,
        "{took} {expected}"
    );
}
