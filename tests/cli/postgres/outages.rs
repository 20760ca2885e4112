//! Lost connections and servers that stop, in every phase of a send.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::ledger::expect_failed_send;
use crate::support::cutting_proxy::{Cut, CuttingProxy};
use crate::support::postgres::{Server, database};
use crate::support::state::{sends, wait_until, with_database, with_state};
use crate::support::{GROUP, Home, check_at_once, sandbox, sandbox_with};

const SEND: [&str; 8] = [
    "send", GROUP, "x", "--key", "k", "--pace", "100/s", "--json",
];

/// The outcome that a run printed.
fn outcome(run: &crate::support::Finished) -> String {
    let result: Value =
        serde_json::from_str(run.stdout.trim()).unwrap_or_else(|e| panic!("{e}: {run:?}"));
    result["outcome"].as_str().unwrap().to_owned()
}

/// Returns how many messages the client sent.
fn send_through_cut(at: usize, cut: Cut) -> usize {
    let (server, database) = (sandbox(), database());
    let proxy = CuttingProxy::start(&database, at, cut);
    let first = with_state(&server, &Home::new(), &SEND)
        .env("QIWEI_STATE", database.url_through(proxy.port))
        .run();
    let case = format!("{cut:?} {at}: {first:?}");
    let delivered = sends(&server);
    match outcome(&first).as_str() {
        "accepted" => assert_eq!((first.code, delivered), (0, 1), "{case}"),
        "not_sent" => {
            let error = expect_failed_send(&first, 9, "not_sent");
            assert_eq!(
                (&error["retryable"], delivered),
                (&json!(true), 0),
                "{case}"
            );
        }
        other => panic!("{other} {case}"),
    }
    let second = with_database(&server, &database, &SEND).run();
    let case = format!("{case}\n{second:?}");
    match (delivered, outcome(&second).as_str()) {
        (1, "duplicate") | (0, "accepted") => {}
        // Sent, but the database does not know it.
        (1, "unknown") => assert!(first.stderr.contains("could not be recorded"), "{case}"),
        // The database knows of the intent, but its answer did not arrive, so nothing was sent.
        (0, "unknown") => assert_eq!(cut, Cut::After, "{case}"),
        _ => panic!("{case}"),
    }
    assert!(sends(&server) <= 1, "{case}");
    proxy.messages()
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn severed_connection_in_every_phase_never_sends_twice() {
    let whole = send_through_cut(usize::MAX, Cut::Before);
    assert!(whole > 5, "{whole}");
    let cases: Vec<(usize, Cut)> = (1..=whole)
        .flat_map(|at| [(at, Cut::Before), (at, Cut::After)])
        .collect();
    check_at_once(4, &cases, |(at, cut)| {
        send_through_cut(*at, *cut);
    });
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn server_that_crashes_during_a_send_leaves_it_unknown() {
    let mut postgres = Server::start();
    let database = postgres.database();
    let server = sandbox_with(|s| s.latency = Duration::from_millis(600));
    let first = with_database(&server, &database, &SEND).start();
    wait_until("the first is under way", || sends(&server) == 1);
    postgres.stop_immediately();
    let first = first
        .end()
        .ends_with(0)
        .assert_stderr_contains("could not be recorded");
    assert_eq!(outcome(&first), "accepted");
    let down = with_database(&server, &database, &SEND).run();
    expect_failed_send(&down, 9, "not_sent");
    postgres.start_again();
    let after = with_database(&server, &database, &SEND).run();
    expect_failed_send(&after, 6, "unknown");
    assert_eq!(sends(&server), 1);
}

/// A connection that is lost while the send waits for its turn has lost the lock of the key.
#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn lost_lock_is_noticed_before_the_send() {
    let (server, database) = (sandbox(), database());
    let send = |key: &str| {
        let args = [
            "send", GROUP, "x", "--key", key, "--pace", "20/min", "--json",
        ];
        with_database(&server, &database, &args)
    };
    send("first").run().ends_with(0);
    let waiting = send("k").start();
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let reserved = "SELECT count(*) FROM qiwei.pace WHERE next_at >
                    floor(extract(epoch FROM clock_timestamp()) * 1000000) + 3500000";
    wait_until("it waits for its turn", || {
        database.sql(locks) == ["1"] && database.sql(reserved) == ["1"]
    });
    database.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'qiwei' AND datname = current_database()",
    );
    let run = waiting.end();
    expect_failed_send(&run, 9, "not_sent");
    assert_eq!(sends(&server), 1);
    let again = with_database(
        &server,
        &database,
        &["send", GROUP, "x", "--key", "k", "--json"],
    );
    assert_eq!(outcome(&again.run().ends_with(0)), "accepted");
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn process_killed_while_waiting_starves_nobody() {
    let (server, database) = (sandbox(), database());
    server.add_fault("hang*1".parse().unwrap());
    let send = || {
        let args = ["send", GROUP, "x", "--key", "k", "--json"];
        with_database(&server, &database, &args).start()
    };
    let waiters = |count: &str| {
        let sql = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        database.sql(sql) == [count]
    };
    let first = send();
    wait_until("the first is under way", || sends(&server) == 1);
    let killed = send();
    wait_until("one waits", || waiters("1"));
    let last = send();
    wait_until("two wait", || waiters("2"));
    killed.signal(Signal::KILL);
    first.signal(Signal::KILL);
    let run = last.end();
    expect_failed_send(&run, 6, "unknown");
    assert!(run.took < Duration::from_secs(20), "{run:?}");
}
