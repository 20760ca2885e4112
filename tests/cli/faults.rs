//! The promise about delivery: each fault of the sandbox, what a command makes of it, and how
//! often the server carried the request out.

use std::collections::BTreeSet;

use qiwei::sandbox::{FORMS, Sandbox};
use serde_json::{Value, json};

use crate::support::{Finished, GROUP, Qiwei, check_all, requests, sandbox_apart, sandbox_with};

/// A fault, its exit code, its outcome, and whether the server carried the request out.
type Row = (&'static str, i32, &'static str, bool);

/// What `send` makes of every fault.
const SEND: [Row; 40] = [
    ("latency=50ms", 0, "accepted", true),
    ("latency=1m", 6, "unknown", true),
    ("refuse=1m", 5, "not_sent", false),
    ("reset-early", 6, "unknown", false),
    ("reset", 6, "unknown", false),
    ("reset-after", 6, "unknown", true),
    ("drop-before", 6, "unknown", false),
    ("drop-after", 6, "unknown", true),
    ("hang", 6, "unknown", false),
    ("hang-after", 6, "unknown", true),
    ("http=400", 1, "rejected", false),
    ("http=401", 1, "rejected", false),
    ("http=404", 1, "rejected", false),
    ("http=422", 1, "rejected", false),
    ("http=429", 1, "rejected", false),
    ("http=500", 6, "unknown", false),
    ("http=503", 6, "unknown", false),
    ("http-after=502", 6, "unknown", true),
    ("http-after=504", 6, "unknown", true),
    ("html", 6, "unknown", false),
    ("html-after", 6, "unknown", true),
    ("empty", 6, "unknown", false),
    ("empty-after", 6, "unknown", true),
    ("garbled", 6, "unknown", false),
    ("garbled-after", 6, "unknown", true),
    ("truncated", 6, "unknown", true),
    ("null", 6, "unknown", false),
    ("null-after", 6, "unknown", true),
    ("object", 6, "unknown", false),
    ("object-after", 6, "unknown", true),
    ("array", 6, "unknown", false),
    ("array-after", 6, "unknown", true),
    ("code=-987", 1, "rejected", false),
    ("busy", 1, "rejected", false),
    ("svr-fail", 1, "rejected", false),
    ("logout", 4, "rejected", false),
    ("reconnecting", 0, "accepted", true),
    ("drip=1ms", 0, "accepted", true),
    ("drip=1m", 6, "unknown", true),
    ("huge", 6, "unknown", false),
];

/// Faults that only the command's own deadline ends.
const ENDLESS: [&str; 4] = ["latency=1m", "hang", "hang-after", "drip=1m"];

/// A connection that is reset as soon as it is there may be gone before the client knows that it
/// had one. Then it is certain that nothing was sent, and saying so is as right as `unknown`.
const EITHER: &str = "reset-early";

/// Runs a command on a sandbox with this fault. The command never retries a connection, and ends
/// long before the fault would.
fn run(server: &Sandbox, fault: &str, args: &[&str]) -> Finished {
    server.add_fault(fault.parse().unwrap());
    let timeout = if ENDLESS.contains(&fault) {
        "2s"
    } else {
        "30s"
    };
    let run = Qiwei::on(&server.base_url(), args)
        .args(["--json", "--retries", "0", "--timeout", timeout])
        .run();
    assert!(run.took.as_secs() < 29, "{fault} took {:?}", run.took);
    run
}

fn kind_of(fault: &str) -> &str {
    fault.split_once('=').map_or(fault, |(kind, _)| kind)
}

/// The outcome a run reports, wherever it stands.
fn outcome(run: &Finished) -> Value {
    if run.code == 0 {
        run.json()["outcome"].clone()
    } else {
        assert_eq!(run.stdout, "", "stdout holds no failures");
        run.error()["outcome"].clone()
    }
}

#[test]
fn every_kind_of_fault_is_in_the_table() {
    let kinds: BTreeSet<&str> = SEND.iter().map(|(fault, ..)| kind_of(fault)).collect();
    let forms: BTreeSet<&str> = FORMS.iter().map(|form| form.name).collect();
    assert_eq!(kinds, forms);
}

#[test]
fn a_send_says_what_became_of_it_and_never_sends_twice() {
    check_all(&SEND, |&(fault, code, outcome_word, executed)| {
        let server = sandbox_apart();
        let guid = &server.guids()[0];
        let run = run(&server, fault, &["send", GROUP, "x", "--guid", guid]);
        let came = (run.code, outcome(&run));
        let either = fault == EITHER && came == (5, json!("not_sent"));
        assert!(
            either || came == (code, json!(outcome_word)),
            "{fault}: {run:?}"
        );
        assert_eq!(server.deliveries().len(), usize::from(executed), "{fault}");
        let sends = server
            .exchanges()
            .iter()
            .filter(|e| e.path.starts_with("/msg/"))
            .count();
        assert!(sends <= 1, "{fault}: {sends} sends");
        if run.code == 6 {
            assert!(
                requests(&server).len() <= 1,
                "{fault}: nothing is asked after an unknown"
            );
            assert_eq!(run.error()["retryable"], false, "{fault}");
        }
    });
}

#[test]
fn a_send_with_retries_left_still_sends_once() {
    check_all(&SEND, |&(fault, code, ..)| {
        if ENDLESS.contains(&fault) || kind_of(fault) == "refuse" || fault == EITHER {
            return;
        }
        let server = sandbox_apart();
        server.add_fault(fault.parse().unwrap());
        let guid = &server.guids()[0];
        let args = ["send", GROUP, "x", "--guid", guid, "--retries", "3"];
        let run = Qiwei::on(&server.base_url(), args).run();
        assert_eq!(run.code, code, "{fault}: {run:?}");
        let sends = server
            .exchanges()
            .iter()
            .filter(|e| e.path.starts_with("/msg/"))
            .count();
        assert!(sends <= 1, "{fault}: {sends} sends");
    });
}

#[test]
fn a_removal_says_what_became_of_it() {
    check_all(&SEND, |&(fault, code, outcome_word, executed)| {
        // An empty object is the whole answer of dialect C; what strikes sends or look-ups only
        // does not strike here, and removing needs no login.
        let (code, outcome_word, executed) = match kind_of(fault) {
            "object" => (0, "accepted", false),
            "object-after" | "svr-fail" | "logout" => (0, "accepted", true),
            _ => (code, outcome_word, executed),
        };
        let server = sandbox_apart();
        let guid = &server.guids()[0];
        let run = run(&server, fault, &["instance", "rm", guid]);
        let removal = &run.json()[0];
        assert_eq!(removal["guid"], guid.as_str());
        assert_eq!(removal["removed"], code == 0, "{fault}");
        if code == 0 {
            assert_eq!(run.code, 0, "{fault}: {run:?}");
        } else {
            let came = (run.code, removal["error"]["outcome"].clone());
            let either = fault == EITHER && came == (5, json!("not_sent"));
            assert!(
                either || came == (code, json!(outcome_word)),
                "{fault}: {run:?}"
            );
            assert_eq!(run.error(), removal["error"], "{fault}");
        }
        assert_eq!(server.guids().is_empty(), executed, "{fault}");
        assert!(
            requests(&server).len() <= 1,
            "{fault}: {:?}",
            requests(&server)
        );
    });
}

#[test]
fn a_read_that_fails_for_good_is_unreachable() {
    check_all(&SEND, |&(fault, code, outcome_word, _)| {
        let code = match kind_of(fault) {
            "svr-fail" => 0,
            _ if outcome_word == "unknown" => 5,
            _ => code,
        };
        let server = sandbox_apart();
        let guid = &server.guids()[0];
        let run = run(&server, fault, &["sessions", "--guid", guid]);
        assert_eq!(run.code, code, "{fault}: {run:?}");
        if code != 0 {
            assert_eq!(run.stdout, "", "{fault}");
            assert_eq!(
                run.error()["outcome"],
                Value::Null,
                "{fault}: nothing was to be changed"
            );
        }
        if code == 5 {
            assert_eq!(run.error()["kind"], "unreachable", "{fault}");
            assert_eq!(run.error()["retryable"], true, "{fault}");
        }
    });
}

#[test]
fn a_read_is_tried_again() {
    check_all(&SEND, |&(fault, _, outcome_word, _)| {
        if outcome_word != "unknown" || ENDLESS.contains(&fault) {
            return;
        }
        let once = format!("{fault}*1");
        let server = sandbox_apart();
        server.add_fault(once.parse().unwrap());
        let guid = &server.guids()[0];
        let args = ["sessions", "--json", "--guid", guid, "--retries", "1"];
        let run = Qiwei::on(&server.base_url(), args).run();
        assert_eq!(run.code, 0, "{once}: {run:?}");
        assert_eq!(run.json().as_array().unwrap().len(), 6, "{once}");
    });
}

#[test]
fn a_list_that_cannot_be_had_ends_what_needs_it() {
    let server = sandbox_with(|scenario| scenario.online = 2);
    server.add_fault("http=502@/client/all_clients".parse().unwrap());
    for args in [
        &["instance", "ls"][..],
        &["instance", "use", "--auto"],
        &["instance", "rm", "--stopped", "--yes", "--settle", "1ms"],
        &["sessions"],
        &["status"],
        &["send", GROUP, "x"],
    ] {
        let run = Qiwei::on(&server.base_url(), args)
            .args(["--json", "--retries", "0"])
            .run();
        assert_eq!(run.stdout, "", "{args:?}");
        let error = run.ends_with(5).error();
        assert_eq!(
            error["message"], "the server answered HTTP 502: Bad Gateway",
            "{args:?}"
        );
    }
    assert!(
        requests(&server)
            .iter()
            .all(|r| r == "POST /client/all_clients {}")
    );
    assert_eq!(server.deliveries().len(), 0);
}
