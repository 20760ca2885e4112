//! `--key` and the ledger.

use serde_json::{Value, json};

use crate::support::memory::measure;
use crate::support::raw::{RawServer, closed_port, ok};
use crate::support::state::{change_state, command, field, sends, state_folder, with_state};
use crate::support::{
    Finished, GROUP, Home, PERSON, Qiwei, check_all, requests, sandbox, sandbox_with,
};

/// Checks the exit code and outcome of a failed send; returns its error.
#[track_caller]
pub fn expect_failed_send(run: &Finished, code: i32, outcome: &str) -> Value {
    run.message_error(code, outcome)
}

#[test]
fn same_key_is_sent_once() {
    let (server, home) = (sandbox(), Home::new());
    let send = || {
        with_state(
            &server,
            &home,
            &["send", GROUP, "备份好了", "--key", "夜 1"],
        )
    };
    let first = send().arg("--json").run().ends_with(0).json();
    assert_eq!(first["outcome"], "accepted");
    assert_eq!(requests(&server).len(), 1);
    let second = send().arg("--json").run().ends_with(0).json();
    let mut expected = first.clone();
    expected["outcome"] = json!("duplicate");
    assert_eq!(second, expected, "the first message's answer again");
    let id = first["message_id"].as_str().unwrap();
    send()
        .run()
        .assert_output(0, &format!("duplicate {GROUP} message {id}\n"), "");
    assert_eq!(requests(&server).len(), 1, "{:?}", requests(&server));
    // Without a key nothing is recorded.
    with_state(&server, &home, &["send", GROUP, "备份好了"])
        .run()
        .ends_with(0);
    assert_eq!(sends(&server), 2);
}

#[test]
fn rejects_key_with_other_content() {
    let (server, home) = (sandbox(), Home::new());
    let send = |args: &[&str]| {
        with_state(&server, &home, args)
            .args(["--key", "k", "--json"])
            .run()
    };
    send(&["at", GROUP, "x", "--user", "1688"]).ends_with(0);
    for args in [
        &["at", GROUP, "y", "--user", "1688"][..],
        &["at", "R:1098765432109", "x", "--user", "1688"],
        &["at", GROUP, "x", "--user", "1689"],
        &["at", GROUP, "x", "--user", "1688", "1689"],
        &["at", GROUP, "x", "--all"],
        &["send", GROUP, "x"],
        &["send", GROUP, "x", "--resend"],
        &["send", PERSON, "x"],
    ] {
        let error = expect_failed_send(&send(args), 2, "not_sent");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains(GROUP) && message.contains("\"k\""),
            "{message}"
        );
        assert!(
            error["hint"].as_str().unwrap().contains("ledger forget"),
            "{error}"
        );
    }
    let again = send(&["at", GROUP, "x", "--user", "1688"]).ends_with(0);
    assert_eq!(again.json()["outcome"], "duplicate");
    assert_eq!(requests(&server).len(), 1);
}

#[test]
fn rejected_message_may_be_corrected_under_same_key() {
    for fault in ["code=-987", "http=422", "busy", "svr-fail", "http=429"] {
        let (server, home) = (sandbox(), Home::new());
        let send = |text| {
            with_state(
                &server,
                &home,
                &["send", GROUP, text, "--key", "k", "--json"],
            )
            .run()
        };
        server.add_fault(format!("{fault}@/msg/send_**1").parse().unwrap());
        expect_failed_send(&send("x"), 1, "rejected");
        assert_eq!(
            send("better").ends_with(0).json()["outcome"],
            "accepted",
            "{fault}"
        );
        assert_eq!(
            send("better").ends_with(0).json()["outcome"],
            "duplicate",
            "{fault}"
        );
        expect_failed_send(&send("x"), 2, "not_sent");
        assert_eq!(server.deliveries().len(), 1, "{fault}");
    }
}

#[test]
fn unsent_message_may_be_retried_under_same_key() {
    let home = Home::new();
    let (socket, address) = closed_port();
    let send = || {
        let args = ["send", GROUP, "x", "--guid", "g", "--key", "k", "--json"];
        Qiwei::on(&format!("http://{address}"), args)
            .with_home(&home)
            .args(["--retries", "0"])
            .run()
    };
    expect_failed_send(&send(), 5, "not_sent");
    socket.listen(8).unwrap();
    let server = RawServer::serve(socket.into(), |connection| {
        connection.write(ok(
            r#"{"error_code":0,"data":{"msg_data":{"id":"5","seq":"7"}}}"#,
        ));
    });
    assert_eq!(send().ends_with(0).json()["outcome"], "accepted");
    assert_eq!(send().ends_with(0).json()["message_id"], "5");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn unknown_outcome_requires_resend() {
    let faults = [
        ("drop-after", true),
        ("drop-before", false),
        ("hang-after", true),
        ("garbled-after", true),
        ("http-after=502", true),
        ("truncated", true),
        ("empty", false),
    ];
    check_all(&faults, |&(fault, delivered)| {
        let (server, home) = (sandbox(), Home::new());
        let send = |more: &[&str]| {
            let args = ["send", GROUP, "x", "--key", "k", "--json"];
            with_state(&server, &home, &args).args(more).run()
        };
        server.add_fault(format!("{fault}*1").parse().unwrap());
        let timeout = if fault == "hang-after" { "2s" } else { "30s" };
        expect_failed_send(&send(&["--timeout", timeout]), 6, "unknown");
        for _ in 0..2 {
            let error = expect_failed_send(&send(&[]), 6, "unknown");
            assert_eq!(error["retryable"], false, "{error}");
            assert!(
                error["hint"].as_str().unwrap().contains("--resend"),
                "{error}"
            );
            assert!(
                error["message"].as_str().unwrap().contains(GROUP),
                "{error}"
            );
        }
        assert_eq!(requests(&server).len(), 1, "{fault}");
        // Another message under the same key is refused too.
        let other = with_state(
            &server,
            &home,
            &["send", GROUP, "y", "--key", "k", "--json"],
        )
        .run();
        expect_failed_send(&other, 2, "not_sent");
        assert_eq!(
            send(&["--resend"]).ends_with(0).json()["outcome"],
            "accepted"
        );
        assert_eq!(
            send(&["--resend"]).ends_with(0).json()["outcome"],
            "duplicate"
        );
        assert_eq!(send(&[]).ends_with(0).json()["outcome"], "duplicate");
        assert_eq!(
            server.deliveries().len(),
            1 + usize::from(delivered),
            "{fault}"
        );
    });
}

/// The failure of the second attempt does not determine the outcome of the first.
#[test]
fn failed_resend_keeps_outcome_unknown() {
    for (second, code, outcome) in [
        ("code=-987@/msg/send_text*1", 1, "rejected"),
        ("http=422@/msg/send_text*1", 1, "rejected"),
        ("refuse=2s", 5, "not_sent"),
    ] {
        let (server, home) = (sandbox(), Home::new());
        let send = |more: &[&str]| {
            let args = ["send", GROUP, "x", "--key", "k", "--json"];
            with_state(&server, &home, &args).args(more).run()
        };
        server.add_fault("drop-after*1".parse().unwrap());
        expect_failed_send(&send(&[]), 6, "unknown");
        server.add_fault(second.parse().unwrap());
        expect_failed_send(&send(&["--resend", "--retries", "0"]), code, outcome);
        expect_failed_send(&send(&[]), 6, "unknown");
        assert_eq!(server.deliveries().len(), 1, "{second}");
        let last = send(&["--resend", "--retries", "20"]).ends_with(0);
        assert_eq!(last.json()["outcome"], "accepted", "{second}");
    }
}

#[test]
fn keys_are_separate_per_account() {
    let home = Home::new();
    let (one, other) = (sandbox_with(|s| s.online = 2), sandbox());
    let servers = [(&one, 0), (&one, 1), (&other, 0)];
    for outcome in ["accepted", "duplicate"] {
        for (server, instance) in servers {
            let run = with_state(server, &home, &["send", GROUP, "x", "--key", "k", "--json"])
                .args(["--guid", &server.guids()[instance]])
                .run();
            assert_eq!(run.ends_with(0).json()["outcome"], outcome, "{instance}");
        }
    }
    assert_eq!((sends(&one), sends(&other)), (2, 1));
}

#[test]
fn at_accepts_key() {
    let (server, home) = (sandbox(), Home::new());
    for outcome in ["accepted", "duplicate"] {
        let run = with_state(
            &server,
            &home,
            &["at", GROUP, "x", "--all", "--key", "k", "--json"],
        )
        .run();
        assert_eq!(run.ends_with(0).json()["outcome"], outcome);
    }
    assert_eq!(sends(&server), 1);
    assert_eq!(server.deliveries()[0].at_list, [json!(0)]);
}

#[test]
fn rejects_invalid_keys() {
    let long = "x".repeat(201);
    for key in ["", "a\nb", "\u{7}", &long] {
        let run = Qiwei::new(["send", GROUP, "x", "--key", key]).run();
        run.ends_with(2)
            .assert_stderr_contains("a key must be one line of 1 to 200 characters");
    }
}

#[test]
fn ledger_ls_prints_any_number_of_rows_in_little_memory() {
    let (server, home) = (sandbox(), Home::new());
    with_state(&server, &home, &["send", GROUP, "x", "--key", "first"])
        .run()
        .ends_with(0);
    let list = |args: &[&str]| measure(&mut command(&server, &home, args));
    let small = list(&["ledger", "ls"]);
    // The later a key, the longer, so that columns widen between the parts that are laid out together.
    change_state(
        &home,
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 50000)
         INSERT INTO sends SELECT server, guid, substr('000000000000000000000', 1, n / 2500) || n,
             target, digest, outcome, message_id, seq, sent_at, changed_at - n FROM sends, n",
    );
    for (args, lines) in [
        (&["ledger", "ls"][..], 50_002),
        (&["ledger", "ls", "--json"], 1),
    ] {
        let large = list(args);
        assert_eq!((large.code, large.lines), (Some(0), lines), "{args:?}");
        assert!(
            large.peak < small.peak + 8 * 1024,
            "{args:?}: {} KiB",
            large.peak
        );
    }
    let run = with_state(&server, &home, &["ledger", "ls"])
        .run()
        .ends_with(0);
    let mut lines = run.stdout.lines();
    assert!(lines.next().unwrap().starts_with("KEY"));
    let mut last_column = 0;
    for line in lines {
        assert_eq!(line.split_whitespace().nth(1), Some(GROUP), "{line}");
        let column = line.find(GROUP).unwrap();
        assert!(column >= last_column, "{line}");
        last_column = column;
    }
}

#[test]
fn ledger_ls_prints_outcome_of_each_key() {
    let (server, home) = (sandbox(), Home::new());
    let run = |args: &[&str]| with_state(&server, &home, args).run();
    // Without a ledger these commands create no files.
    run(&["ledger", "ls", "--json"]).assert_output(0, "[]\n", "");
    run(&["ledger", "prune", "--json"]).assert_output(0, "{\"forgotten\":0}\n", "");
    assert!(!state_folder(&home).exists());

    run(&["send", GROUP, "x", "--key", "sent"]).ends_with(0);
    server.add_fault("drop-after*1".parse().unwrap());
    run(&["send", PERSON, "x", "--key", "lost"]).ends_with(6);
    server.add_fault("code=-987@/msg/send_text*1".parse().unwrap());
    run(&["send", PERSON, "x", "--key", "refused"]).ends_with(1);
    change_state(
        &home,
        "UPDATE sends SET changed_at = 1764000000 + (key = 'lost') + 2 * (key = 'sent')",
    );
    let guid = &server.guids()[0];
    let row = |key, to, outcome, id: Value, at| {
        json!({"key": key, "to": to, "outcome": outcome, "message_id": id, "at": at,
               "guid": guid, "base_url": server.base_url()})
    };
    let id = server.deliveries()[0].id.clone();
    assert_eq!(
        run(&["ledger", "ls", "--json"]).ends_with(0).json(),
        json!([
            row("sent", GROUP, "accepted", json!(id), "2025-11-24T16:00:02Z"),
            row(
                "lost",
                PERSON,
                "unknown",
                Value::Null,
                "2025-11-24T16:00:01Z"
            ),
            row(
                "refused",
                PERSON,
                "rejected",
                Value::Null,
                "2025-11-24T16:00:00Z"
            ),
        ])
    );
    let table = run(&["ledger", "ls"]).ends_with(0).stdout;
    let words: Vec<Vec<&str>> = table
        .lines()
        .map(|l| l.split_whitespace().collect())
        .collect();
    assert_eq!(
        words[0],
        ["KEY", "TO", "OUTCOME", "MESSAGE", "AT"],
        "{table}"
    );
    assert_eq!(
        words[1],
        ["sent", GROUP, "accepted", &id, "2025-11-24", "16:00"],
        "{table}"
    );
    assert_eq!(
        words[2],
        ["lost", PERSON, "unknown", "-", "2025-11-24", "16:00"],
        "{table}"
    );
}

#[test]
fn forgotten_key_can_be_reused() {
    let (server, home) = (sandbox_with(|s| s.online = 2), Home::new());
    let guids = server.guids();
    let run = |args: &[&str]| with_state(&server, &home, args).run();
    let send = |guid: &str| {
        run(&["send", GROUP, "x", "--key", "k", "--guid", guid, "--json"]).ends_with(0)
    };
    send(&guids[0]);
    send(&guids[1]);
    run(&["ledger", "forget", "k", "--guid", &guids[0], "--json"]).assert_output(
        0,
        "{\"key\":\"k\",\"forgotten\":1}\n",
        "",
    );
    assert_eq!(send(&guids[0]).json()["outcome"], "accepted");
    assert_eq!(send(&guids[1]).json()["outcome"], "duplicate");
    // Without an instance, the key is removed for all instances.
    let everywhere = || {
        with_state(&server, &home, &["ledger", "forget", "k"])
            .without_env("QIWEI_GUID")
            .run()
    };
    everywhere().assert_output(0, "removed k\n", "");
    everywhere()
        .ends_with(2)
        .assert_stderr_contains("no key \"k\"")
        .assert_stderr_contains("hint: `qiwei ledger ls`");
    assert_eq!(send(&guids[1]).json()["outcome"], "accepted");
    // Keys of one server are not visible on another.
    let elsewhere = Qiwei::new(["ledger", "forget", "k"])
        .with_home(&home)
        .env("QIWEI_STATE_DIR", state_folder(&home));
    elsewhere.run().ends_with(2);
}

#[test]
fn prunes_old_keys() {
    const AGE: &str = "INSERT OR IGNORE INTO days VALUES (unixepoch() / 86400 - 1);
                       UPDATE sends SET changed_at = unixepoch() - 86400 *";
    let outcome = |run: Finished| run.ends_with(0).json()["outcome"].clone();
    for (config, kept, lost) in [
        ("", 29, 31),
        ("ledger_days = 5\n", 4, 6),
        ("ledger_days = 100\n", 99, 101),
    ] {
        let (server, home) = (sandbox(), Home::new());
        home.write_config(config);
        let send = || {
            with_state(
                &server,
                &home,
                &["send", GROUP, "x", "--key", "k", "--json"],
            )
            .run()
        };
        assert_eq!(outcome(send()), "accepted");
        change_state(&home, &format!("{AGE} {kept}"));
        assert_eq!(outcome(send()), "duplicate", "{config}");
        change_state(&home, &format!("{AGE} {lost}"));
        assert_eq!(outcome(send()), "accepted", "{config}");
    }
    let (server, home) = (sandbox(), Home::new());
    let run = |args: &[&str]| with_state(&server, &home, args).run();
    for key in ["a", "b", "c"] {
        run(&["send", GROUP, "x", "--key", key]).ends_with(0);
    }
    change_state(&home, &format!("{AGE} 3 WHERE key < 'c'"));
    run(&["ledger", "prune"]).assert_output(0, "removed 0\n", "");
    run(&["ledger", "prune", "--days", "2", "--json"]).assert_output(0, "{\"forgotten\":2}\n", "");
    let left = run(&["ledger", "ls", "--json"]).json();
    assert_eq!(field(left.as_array().unwrap(), "key"), ["c"]);
    with_state(&server, &home, &["ledger", "prune"])
        .env("QIWEI_LEDGER_DAYS", "0")
        .run()
        .ends_with(3)
        .assert_stderr_contains("QIWEI_LEDGER_DAYS");
    run(&["ledger", "prune", "--days", "0"]).ends_with(2);
}
