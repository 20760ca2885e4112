//! Batches whose journal is in the shared state, and sends without a state.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::postgres::{Database, database};
use crate::support::state::{field, results, sends, texts, wait_until, with_database, with_state};
use crate::support::{GROUP, Home, Qiwei, sandbox};

const NO_DATABASE: &str = "postgres://ci@127.0.0.1:1/d";

fn input(lines: usize) -> String {
    (0..lines)
        .map(|n| format!("{}\n", json!({"to": "R:1", "text": format!("text {n}")})))
        .collect()
}

fn run(server: &qiwei::sandbox::Sandbox, database: &Database, lines: usize) -> Qiwei {
    let args = ["send", "--batch", "-", "--run", "night 7"];
    with_database(server, database, &args).stdin(input(lines))
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn killed_batch_is_resumed_on_another_machine() {
    let (server, database) = (sandbox(), database());
    for _ in 0..3 {
        server.add_fault("latency=1ms@/msg/send_text*1".parse().unwrap());
    }
    server.add_fault("hang-after@/msg/send_text*1".parse().unwrap());
    let first = run(&server, &database, 10).start();
    wait_until("the fourth is under way", || sends(&server) == 4);
    // Another process does not work on the same batch.
    run(&server, &database, 10)
        .run()
        .ends_with(9)
        .assert_stderr_contains("night 7");
    first.signal(Signal::KILL);
    drop(first);
    let second = run(&server, &database, 10).run().ends_with(8);
    let outcomes = field(&results(&second), "outcome");
    let expected: Vec<Value> = ["duplicate"; 3]
        .iter()
        .chain(&["unknown"])
        .chain(&["accepted"; 6])
        .map(|outcome| json!(outcome))
        .collect();
    assert_eq!(outcomes, expected);
    let mut sent = texts(&server);
    sent.sort();
    assert_eq!(
        sent,
        (0..10).map(|n| format!("text {n}")).collect::<Vec<_>>()
    );
    // The journal is not part of the ledger.
    let ledger = with_database(&server, &database, &["ledger", "ls", "--json"]).run();
    assert_eq!(ledger.json(), json!([]));
}

#[test]
fn run_needs_a_shared_state() {
    let server = sandbox();
    let args = ["send", "--batch", "-", "--run", "x"];
    let run = with_state(&server, &Home::new(), &args)
        .stdin(input(1))
        .run();
    run.ends_with(2).assert_stderr_contains("QIWEI_STATE");
    assert_eq!(sends(&server), 0);
}

#[test]
fn sends_without_a_state_only_on_request() {
    let server = sandbox();
    let send = |more: &[&str]| {
        let args = [
            "send", GROUP, "x", "--key", "k", "--pace", "100/s", "--json",
        ];
        with_state(&server, &Home::new(), &args)
            .args(more)
            .env("QIWEI_STATE", NO_DATABASE)
            .run()
    };
    send(&[]).ends_with(9);
    send(&["--on-no-state", "refuse"]).ends_with(9);
    assert_eq!(sends(&server), 0);
    let sent = send(&["--on-no-state", "send"])
        .ends_with(0)
        .assert_stderr_contains("warning:");
    assert_eq!(
        (&sent.json()["outcome"], &sent.json()["deduplicated"]),
        (&json!("accepted"), &json!(false))
    );
    let batch = with_state(
        &server,
        &Home::new(),
        &["send", "--batch", "-", "--on-no-state", "send"],
    )
    .stdin("{\"to\":\"R:1\",\"text\":\"y\",\"key\":\"b\"}\n{\"to\":\"R:1\",\"text\":\"z\"}\n")
    .env("QIWEI_STATE", NO_DATABASE)
    .run()
    .ends_with(0);
    assert_eq!(
        field(&results(&batch), "deduplicated"),
        [json!(false), json!(null)]
    );
    assert_eq!(sends(&server), 3);
}

/// A key in use and an earlier `unknown` are not failures of the state.
#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn refusals_of_the_ledger_hold_with_on_no_state() {
    let (server, database) = (sandbox(), database());
    server.add_fault("drop-after@/msg/send_text*1".parse().unwrap());
    let send = || {
        let args = [
            "send",
            GROUP,
            "x",
            "--key",
            "k",
            "--on-no-state",
            "send",
            "--json",
        ];
        with_database(&server, &database, &args).run()
    };
    send().ends_with(6);
    send().ends_with(6);
    assert_eq!(sends(&server), 1);
    let args = [
        "send",
        GROUP,
        "y",
        "--key",
        "l",
        "--on-no-state",
        "send",
        "--json",
    ];
    let run = with_database(&server, &database, &args).run().ends_with(0);
    assert_eq!(run.json()["deduplicated"], true);
}
