//! Keys, pace and `ledger` with a shared database.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::ledger::expect_failed_send;
use crate::support::postgres::database;
use crate::support::state::{
    everything_in, field, sends, state_folder, texts, with_database, with_state,
};
use crate::support::{GROUP, Home, sandbox};

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn machines_share_keys() {
    let (server, database) = (sandbox(), database());
    let send = |text: &str, more: &[&str]| {
        let args = ["send", GROUP, text, "--key", "k", "--json"];
        with_database(&server, &database, &args).args(more).run()
    };
    let first = send("x", &[]).ends_with(0).json();
    assert_eq!(first["outcome"], "accepted");
    let again = send("x", &[]).ends_with(0).json();
    assert_eq!(again["outcome"], "duplicate");
    for name in ["message_id", "seq", "sent_at"] {
        assert_eq!(again[name], first[name], "{name}");
    }
    let other = expect_failed_send(&send("other", &[]), 2, "not_sent");
    assert!(
        other["message"]
            .as_str()
            .unwrap()
            .contains("another message")
    );
    assert_eq!(texts(&server), ["x"]);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn refused_message_frees_its_key() {
    let (server, database) = (sandbox(), database());
    server.add_fault("code=-987@/msg/send_text*1".parse().unwrap());
    let send = |text: &str| {
        let args = ["send", GROUP, text, "--key", "k", "--json"];
        with_database(&server, &database, &args).run()
    };
    expect_failed_send(&send("x"), 1, "rejected");
    assert_eq!(send("y").ends_with(0).json()["outcome"], "accepted");
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn unknown_outcome_is_not_repeated_on_another_machine() {
    let (server, database) = (sandbox(), database());
    server.add_fault("drop-after*1".parse().unwrap());
    let send = |more: &[&str]| {
        let args = ["send", GROUP, "x", "--key", "k", "--json"];
        with_database(&server, &database, &args).args(more).run()
    };
    expect_failed_send(&send(&[]), 6, "unknown");
    expect_failed_send(&send(&[]), 6, "unknown");
    assert_eq!(sends(&server), 1);
    assert_eq!(
        send(&["--resend"]).ends_with(0).json()["outcome"],
        "accepted"
    );
    assert_eq!(send(&[]).ends_with(0).json()["outcome"], "duplicate");
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn nothing_is_kept_in_local_files() {
    let (server, database, home) = (sandbox(), database(), Home::new());
    let args = ["send", GROUP, "x", "--key", "k", "--pace", "100/s"];
    with_state(&server, &home, &args)
        .env("QIWEI_STATE", database.url())
        .run()
        .ends_with(0);
    assert!(
        !state_folder(&home).exists(),
        "{:?}",
        everything_in(home.path())
    );
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn machines_share_pace() {
    let (server, database) = (sandbox(), database());
    let send = |more: &[&str]| {
        let args = ["send", GROUP, "x", "--pace", "60/min", "--json"];
        with_database(&server, &database, &args).args(more).run()
    };
    send(&[]).ends_with(0);
    let start = Instant::now();
    let busy = expect_failed_send(&send(&["--max-wait", "0s"]), 9, "not_sent");
    assert_eq!(busy["retryable"], true);
    send(&[]).ends_with(0);
    assert!(
        start.elapsed() > Duration::from_millis(500),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(sends(&server), 2);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn ledger_lists_forgets_and_prunes() {
    let (server, database) = (sandbox(), database());
    let run = |args: &[&str]| with_database(&server, &database, args).run();
    let keys = |args: &[&str]| {
        let all = [&["ledger", "ls", "--json"], args].concat();
        let rows = run(&all).ends_with(0).json();
        field(rows.as_array().unwrap(), "key")
    };
    assert_eq!(keys(&[]), [] as [Value; 0]);
    server.add_fault("code=-987@/msg/send_text*1".parse().unwrap());
    run(&["send", GROUP, "x", "--key", "refused"]).ends_with(1);
    for key in ["a", "b", "c"] {
        run(&["send", GROUP, "x", "--key", key]).ends_with(0);
    }
    let hours = [("a", 50), ("b", 30), ("c", 0), ("refused", 60)];
    for (key, age) in hours {
        database.sql(&format!(
            "UPDATE qiwei.sends SET changed_at = now() - interval '{age}h' WHERE key = '{key}'"
        ));
    }
    assert_eq!(keys(&[]), ["c", "b", "a", "refused"]);
    assert_eq!(keys(&["--limit", "2"]), ["c", "b"]);
    assert_eq!(keys(&["--since", "31h"]), ["c", "b"]);
    assert_eq!(keys(&["--outcome", "rejected"]), ["refused"]);
    assert_eq!(
        keys(&["--outcome", "accepted", "--since", "55h", "--limit", "9"]),
        ["c", "b", "a"]
    );
    let table = run(&["ledger", "ls", "--limit", "1"]).ends_with(0).stdout;
    assert!(
        table.contains("accepted") && table.lines().count() == 2,
        "{table}"
    );
    run(&["ledger", "forget", "b"]).assert_output(0, "removed b\n", "");
    run(&["ledger", "forget", "b"]).ends_with(2);
    run(&["ledger", "prune", "--days", "2"]).assert_output(0, "removed 2\n", "");
    assert_eq!(keys(&[]), ["c"]);
}

/// As with the local file: only the second day of use confirms the clock.
#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn old_keys_are_removed_once_the_clock_is_confirmed() {
    let (server, database) = (sandbox(), database());
    let send = |key: &str| {
        let args = ["send", GROUP, "x", "--key", key];
        with_database(&server, &database, &args).run().ends_with(0);
    };
    send("old");
    database.sql("UPDATE qiwei.sends SET changed_at = now() - interval '40d'");
    send("new");
    let keys = || database.sql("SELECT key FROM qiwei.sends ORDER BY key");
    assert_eq!(keys(), ["new", "old"]);
    database.sql("UPDATE qiwei.days SET day = day - 1");
    send("newer");
    assert_eq!(keys(), ["new", "newer"]);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn batches_share_keys() {
    let (server, database) = (sandbox(), database());
    let line = |n: usize| json!({"to": format!("R:{}", n % 5), "text": "x", "key": format!("{n}")});
    let input: String = (0..40).map(|n| format!("{}\n", line(n))).collect();
    for expected in ["accepted", "duplicate"] {
        let args = ["send", "--batch", "-", "--jobs", "4", "--pace", "1000/s"];
        let run = with_database(&server, &database, &args)
            .stdin(input.clone())
            .run()
            .ends_with(0);
        let outcomes = field(&crate::support::state::results(&run), "outcome");
        assert!(
            outcomes.iter().all(|outcome| outcome == expected),
            "{outcomes:?}"
        );
        assert_eq!(outcomes.len(), 40);
    }
    assert_eq!(sends(&server), 40);
}
