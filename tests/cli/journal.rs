//! A batch with a journal resumes where it ended.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use qiwei::sandbox::Sandbox;
use rustix::process::Signal;
use serde_json::json;

use crate::support::state::{
    command, field, on_a_full_disk, results, results_in, sends, texts, wait_until, with_state,
};
use crate::support::{
    Finished, GROUP, Home, PERSON, Qiwei, check_all, requests, sandbox, sandbox_with,
};

fn lines(texts: &[&str]) -> String {
    texts.iter().fold(String::new(), |mut lines, text| {
        writeln!(lines, "{}", json!({"to": GROUP, "text": text})).unwrap();
        lines
    })
}

/// A batch with a journal; the same home has the same journal.
fn batch(server: &Sandbox, home: &Home, input: &str, flags: &[&str]) -> Qiwei {
    let file = home.file("in.ndjson", input);
    let journal = home.path().join("run.journal");
    with_state(server, home, &["send", "--batch", &file, "--journal"])
        .arg(journal)
        .args(flags)
}

fn outcomes(run: &Finished) -> Vec<serde_json::Value> {
    field(&results(run), "outcome")
}

#[test]
fn repeated_command_sends_nothing() {
    for jobs in ["1", "4"] {
        let (server, home) = (sandbox(), Home::new());
        let input = lines(&["a", "b", "", "c"]).replace(&lines(&[""]), "\n");
        let run = || {
            batch(&server, &home, &input, &["--jobs", jobs])
                .run()
                .ends_with(0)
        };
        let first = run();
        assert_eq!(outcomes(&first), ["accepted"; 3]);
        let second = run();
        assert_eq!(second.stderr, "3 lines: 3 previously accepted\n");
        let expected = first.stdout.replace("\"accepted\"", "\"duplicate\"");
        assert_eq!(second.stdout, expected, "line by line what it was");
        assert_eq!(requests(&server).len(), 3);
    }
}

#[test]
fn repeated_command_retries_unaccepted_lines() {
    let (server, home) = (sandbox(), Home::new());
    for fault in ["code=-987", "drop-after", "svr-fail"] {
        server.add_fault(format!("{fault}@/msg/send_text*1").parse().unwrap());
    }
    let input = lines(&["refused", "lost", "failed", "fine"]);
    let run = |flags: &[&str]| batch(&server, &home, &input, flags).run();
    let first = run(&[]).ends_with(8);
    assert_eq!(
        outcomes(&first),
        ["rejected", "unknown", "rejected", "accepted"]
    );
    let second = run(&[]).ends_with(8);
    assert_eq!(
        outcomes(&second),
        ["accepted", "unknown", "accepted", "duplicate"]
    );
    let error = &results(&second)[1]["error"];
    assert_eq!(
        (&error["exit"], &error["retryable"]),
        (&json!(6), &json!(false))
    );
    assert_eq!(texts(&server), ["lost", "fine", "refused", "failed"]);
    let third = run(&["--resend"]).ends_with(0);
    assert_eq!(
        outcomes(&third),
        ["duplicate", "accepted", "duplicate", "duplicate"]
    );
    assert_eq!(outcomes(&run(&[]).ends_with(0)), ["duplicate"; 4]);
    assert_eq!(
        texts(&server),
        ["lost", "fine", "refused", "failed", "lost"]
    );
    assert_eq!(sends(&server), 7);
}

#[test]
fn changed_line_is_not_sent() {
    let (server, home) = (sandbox(), Home::new());
    batch(&server, &home, &lines(&["a", "b", "c"]), &[])
        .run()
        .ends_with(0);
    for changed in [
        lines(&["a", "B", "c"]),
        lines(&["a", "b", "c"])
            .replacen(GROUP, PERSON, 2)
            .replacen(PERSON, GROUP, 1),
        lines(&["a", "b", "c"]).replace("\"b\"", "\"b\",\"at\":\"all\""),
    ] {
        let run = batch(&server, &home, &changed, &[]).run().ends_with(8);
        assert_eq!(
            outcomes(&run),
            ["duplicate", "not_sent", "duplicate"],
            "{changed}"
        );
        let error = &results(&run)[1]["error"];
        assert_eq!(
            (&error["kind"], &error["exit"]),
            (&json!("usage"), &json!(2))
        );
        assert!(
            error["message"].as_str().unwrap().contains("line 2"),
            "{error}"
        );
    }
    assert_eq!(sends(&server), 3);
    // Lines appended to the input are sent.
    let run = batch(&server, &home, &lines(&["a", "b", "c", "d"]), &[])
        .run()
        .ends_with(0);
    assert_eq!(
        outcomes(&run),
        ["duplicate", "duplicate", "duplicate", "accepted"]
    );
}

#[test]
fn journal_is_locked_by_one_run() {
    let (server, home) = (sandbox(), Home::new());
    server.add_fault("hang*1".parse().unwrap());
    let run = || batch(&server, &home, &lines(&["a", "b"]), &["--json"]);
    let first = run().start();
    wait_until("the first is at work", || sends(&server) == 1);
    let second = run().run().ends_with(9);
    assert_eq!(second.stdout, "");
    let error = second.error();
    assert_eq!(
        (&error["kind"], &error["outcome"], &error["retryable"]),
        (&json!("busy"), &json!("not_sent"), &json!(true))
    );
    assert_eq!(sends(&server), 1);
    first.signal(Signal::KILL);
    drop(first);
    let third = run().run().ends_with(8);
    assert_eq!(outcomes(&third), ["unknown", "accepted"]);
}

#[test]
fn resumes_after_signal() {
    let (server, home) = (sandbox(), Home::new());
    server.add_fault("latency=2s*1".parse().unwrap());
    let input = lines(&["a", "b", "c"]);
    let first = batch(&server, &home, &input, &[]).start();
    wait_until("the first is on its way", || sends(&server) == 1);
    first.signal(Signal::INT);
    assert_eq!(outcomes(&first.end().ends_with(130)), ["accepted"]);
    let second = batch(&server, &home, &input, &[]).run().ends_with(0);
    assert_eq!(outcomes(&second), ["duplicate", "accepted", "accepted"]);
    assert_eq!(texts(&server), ["a", "b", "c"]);
}

#[test]
fn keys_and_journal_agree() {
    let (server, home) = (sandbox(), Home::new());
    with_state(&server, &home, &["send", GROUP, "a", "--key", "k"])
        .run()
        .ends_with(0);
    let input = format!("{}\n", json!({"to": GROUP, "text": "a", "key": "k"}));
    for _ in 0..2 {
        let run = batch(&server, &home, &input, &[]).run().ends_with(0);
        assert_eq!(outcomes(&run), ["duplicate"]);
    }
    // The journal has copied the outcome from the ledger and no longer needs the key.
    with_state(&server, &home, &["ledger", "forget", "k"])
        .run()
        .ends_with(0);
    let run = batch(&server, &home, &input, &[]).run().ends_with(0);
    assert_eq!(outcomes(&run), ["duplicate"]);
    assert_eq!(sends(&server), 1);
    // A line with a key that is sent with a journal is also recorded in the ledger.
    let second = format!("{input}{}\n", json!({"to": GROUP, "text": "b", "key": "l"}));
    batch(&server, &home, &second, &[]).run().ends_with(0);
    let run = with_state(
        &server,
        &home,
        &["send", GROUP, "b", "--key", "l", "--json"],
    )
    .run();
    assert_eq!(run.ends_with(0).json()["outcome"], "duplicate");
}

#[test]
fn stdin_batch_accepts_journal() {
    let (server, home) = (sandbox(), Home::new());
    let journal = home.path().join("j");
    for outcome in ["accepted", "duplicate"] {
        let run = with_state(&server, &home, &["send", "--batch", "-", "--journal"])
            .arg(&journal)
            .stdin(lines(&["a", "b"]))
            .run();
        assert_eq!(outcomes(&run.ends_with(0)), [outcome; 2]);
    }
    assert_eq!(
        journal.metadata().unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(sends(&server), 2);
}

#[test]
fn unusable_journal_prevents_sending() {
    let (server, home) = (sandbox(), Home::new());
    let input = home.file("in.ndjson", lines(&["a"]));
    let text = home.file(
        "text",
        "something else entirely, and long enough. ".repeat(200),
    );
    let newer = home.path().join("newer");
    let db = rusqlite::Connection::open(&newer).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    for journal in [
        "/dev/null/journal",
        home.path().to_str().unwrap(),
        &text,
        &input,
        newer.to_str().unwrap(),
    ] {
        for jobs in ["1", "3"] {
            let args = [
                "send",
                "--batch",
                &input,
                "--journal",
                journal,
                "--jobs",
                jobs,
                "--json",
            ];
            let run = with_state(&server, &home, &args).run().ends_with(3);
            assert_eq!(run.stdout, "", "{journal}");
            let error = run.error();
            assert_eq!(error["outcome"], "not_sent", "{journal}");
            assert!(
                error["message"].as_str().unwrap().contains(journal),
                "{error}"
            );
        }
    }
    assert_eq!(requests(&server), [""; 0]);
    assert_eq!(std::fs::read_to_string(&input).unwrap(), lines(&["a"]));
}

/// Wherever the space runs out, lines that cannot be recorded are not sent, and the same command
/// with more space sends the rest.
#[test]
fn full_disk_neither_loses_nor_duplicates() {
    let names: Vec<String> = (0..30).map(|n| format!("t{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let cut_short = AtomicUsize::new(0);
    let limits = [
        0, 8, 32, 64, 72, 90, 108, 130, 150, 170, 200, 230, 260, 300, 1000,
    ];
    check_all(&limits, |limit| {
        let (server, home) = (sandbox(), Home::new());
        let input = home.file("in.ndjson", lines(&names));
        let journal = home.path().join("run.journal");
        let args = [
            "send",
            "--batch",
            &input,
            "--journal",
            journal.to_str().unwrap(),
        ];
        let output = on_a_full_disk(*limit, &command(&server, &home, &args))
            .output()
            .unwrap();
        let first = results_in(std::str::from_utf8(&output.stdout).unwrap());
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 3 | 8)), "{limit}: {output:?}");
        let sent = server.deliveries().len();
        assert_eq!(
            field(&first, "outcome")
                .iter()
                .filter(|o| *o == "accepted")
                .count(),
            sent
        );
        assert!(
            field(&first, "outcome")
                .iter()
                .all(|o| o == "accepted" || o == "not_sent"),
            "{output:?}"
        );
        if (1..30).contains(&sent) {
            cut_short.fetch_add(1, Ordering::Relaxed);
        }
        let again = with_state(&server, &home, &args).run();
        let again = results(&again);
        assert_eq!(again.len(), 30, "{limit}");
        let mut times = BTreeMap::new();
        for text in texts(&server) {
            *times.entry(text).or_insert(0) += 1;
        }
        for (result, name) in again.iter().zip(&names) {
            let times = times.get(*name).copied().unwrap_or(0);
            let outcome = result["outcome"].as_str().unwrap();
            assert!(
                times == 1,
                "{limit}: {name} was sent {times} times: {outcome}"
            );
        }
    });
    assert!(cut_short.into_inner() > 0);
}

#[test]
fn journal_entries_are_separate_per_account() {
    let home = Home::new();
    let (one, other) = (
        sandbox_with(|s| s.latency = Duration::from_millis(1)),
        sandbox(),
    );
    for server in [&one, &other] {
        let run = batch(server, &home, &lines(&["a"]), &[]).run().ends_with(0);
        assert_eq!(outcomes(&run), ["accepted"]);
    }
    assert_eq!((sends(&one), sends(&other)), (1, 1));
}
