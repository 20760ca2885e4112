//! `send --batch`: input, result lines, parallel jobs and memory use.

use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use qiwei::sandbox::{Sandbox, Status};
use serde_json::json;

use crate::support::counting_server::CountingServer;
use crate::support::memory::measure;
use crate::support::state::{field, results, sends, texts, wait_until, with_state};
use crate::support::{Finished, GROUP, Home, PERSON, Qiwei, check_all, sandbox, sandbox_with};

/// So many lines, each with a text of its own: `m1`, `m2`, ….
pub fn lines(count: usize) -> String {
    lines_to(count, |_| GROUP.into())
}

pub fn lines_to(count: usize, target: impl Fn(usize) -> String) -> String {
    (1..=count).fold(String::new(), |mut text, n| {
        let to = target(n);
        writeln!(text, r#"{{"to":"{to}","text":"m{n}","id":{n}}}"#).unwrap();
        text
    })
}

/// A batch from a file.
pub fn batch(server: &Sandbox, home: &Home, input: &str, flags: &[&str]) -> Qiwei {
    let file = home.file("in.ndjson", input);
    with_state(server, home, &["send", "--batch", &file]).args(flags)
}

/// A batch from standard input.
pub fn piped(server: &Sandbox, input: &str, flags: &[&str]) -> Finished {
    with_state(server, &Home::new(), &["send", "--batch", "-"])
        .args(flags)
        .stdin(input)
        .run()
}

/// A file with three bad lines among good ones.
pub fn partly_bad() -> String {
    format!(
        "{good}\nnot json\n{good}\n{{\"to\":\"{PERSON}\",\"text\":\"x\",\"at\":\"all\",\"id\":7}}\n\n{{\"to\":\"nobody\",\"text\":\"x\"}}\n",
        good = json!({"to": GROUP, "text": "x"})
    )
}

#[test]
fn prints_result_with_all_fields_for_every_line() {
    let server = sandbox();
    let input = format!(
        "{}\n{}\n",
        json!({"to": GROUP, "text": "一", "id": "row-1"}),
        json!({"to": "S:7880000000004017", "text": "二", "id": "row-2"}),
    );
    let run = batch(&server, &Home::new(), &input, &[]).run();
    assert_eq!(run.code, 8, "{run:?}");
    assert_eq!(
        run.stderr,
        "error: 2 lines: 1 accepted, 1 rejected\nhint: see the result lines for the reasons; with --journal the same command retries what was not accepted\n"
    );
    let results = results(&run);
    let guid = &server.guids()[0];
    let delivered = &server.deliveries()[0];
    let sent_at = results[0]["sent_at"].as_str().unwrap();
    assert!(sent_at.ends_with('Z') && sent_at.len() == 20, "{sent_at}");
    assert_eq!(
        results[0],
        json!({"line": 1, "id": "row-1", "to": GROUP, "outcome": "accepted",
               "message_id": delivered.id, "seq": delivered.seq, "conversation_id": GROUP,
               "guid": guid, "sent_at": sent_at, "deduplicated": null, "file": null, "error": null})
    );
    let error = &results[1]["error"];
    assert_eq!(
        results[1],
        json!({"line": 2, "id": "row-2", "to": "S:7880000000004017", "outcome": "rejected",
               "message_id": null, "seq": null, "conversation_id": "S:7880000000004017",
               "guid": guid, "sent_at": null, "deduplicated": null, "file": null, "error": error})
    );
    assert_eq!(
        (
            &error["kind"],
            &error["code"],
            &error["outcome"],
            &error["exit"]
        ),
        (
            &json!("rejected"),
            &json!(-4017),
            &json!("rejected"),
            &json!(1)
        )
    );
}

#[test]
fn prints_one_line_summary_on_stderr() {
    let server = sandbox();
    let home = Home::new();
    let run = batch(&server, &home, &lines(3), &[]).run();
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (0, "3 lines: 3 accepted\n")
    );
    let quiet = batch(&server, &home, &lines(1), &["-q"]).run();
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
    let json = batch(&server, &home, &lines(1), &["--json", "-q"]).run();
    assert_eq!((json.code, json.stderr.as_str()), (0, ""));
    for empty in ["\n \n", ""] {
        let run = batch(&server, &home, empty, &["-q"]).run();
        // The program that produces the input may have failed.
        run.assert_output(0, "", "warning: the batch is empty; nothing was sent\n");
    }
    assert_eq!(texts(&server), ["m1", "m2", "m3", "m1", "m1"]);
    // With --json the end is an error of its own, after the lines.
    let partial = batch(
        &server,
        &home,
        r#"{"to":"S:7880000000004017","text":"x"}"#,
        &["--json"],
    )
    .run();
    assert_eq!(partial.code, 8);
    assert_eq!(partial.error()["kind"], "partial");
}

#[test]
fn parallel_jobs_keep_order_per_target() {
    let server = sandbox_with(|s| s.latency = Duration::from_millis(1));
    for fault in ["latency=40ms*5", "latency=7ms*20"] {
        server.add_fault(fault.parse().unwrap());
    }
    let target = |n: usize| format!("R:{}", 1000 + n * n % 17);
    let run = piped(&server, &lines_to(200, target), &["--jobs", "4"]).ends_with(0);
    let mut numbers: Vec<u64> = field(&results(&run), "line")
        .iter()
        .map(|n| n.as_u64().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=200).collect::<Vec<u64>>());
    let mut seen = std::collections::HashMap::new();
    let deliveries = server.deliveries();
    assert_eq!(deliveries.len(), 200);
    for delivery in deliveries {
        let number: usize = delivery.content[1..].parse().unwrap();
        assert_eq!(delivery.conversation_id, target(number));
        let before = seen.insert(delivery.conversation_id, number).unwrap_or(0);
        assert!(before < number, "{before} before {number}");
    }
}

#[test]
fn parallel_jobs_send_concurrently() {
    let server = sandbox();
    server.add_fault("hang".parse().unwrap());
    let args = ["send", "--batch", "-", "--jobs", "8", "--timeout", "1h"];
    let _run = with_state(&server, &Home::new(), &args)
        .stdin(lines_to(12, |n| format!("R:{n}")))
        .start();
    // No request is ever answered, so a second one is only sent in parallel.
    wait_until("the second request", || sends(&server) >= 2);
}

#[test]
fn each_worker_reuses_one_connection() {
    for (jobs, count) in [("1", 60), ("4", 120)] {
        let server = CountingServer::start(Duration::from_millis(1));
        let input = lines_to(count, |n| format!("R:{n}"));
        let run = Qiwei::on(&server.base_url(), ["send", "--batch", "-", "--guid", "g"])
            .args(["--jobs", jobs])
            .stdin(input)
            .run()
            .ends_with(0);
        assert_eq!((results(&run).len(), server.requests()), (count, count));
        // On a busy machine the HTTP library may not have put a connection back when the next request begins.
        let most = jobs.parse::<usize>().unwrap() + count / 10;
        assert!(
            server.connections() <= most,
            "{jobs}: {}",
            server.connections()
        );
    }
}

#[test]
fn batch_keys_use_the_ledger() {
    let (server, home) = (sandbox(), Home::new());
    with_state(&server, &home, &["send", GROUP, "x", "--key", "a"])
        .run()
        .ends_with(0);
    let line = |text, key| format!("{}\n", json!({"to": GROUP, "text": text, "key": key}));
    let input = [
        line("x", "a"),
        line("y", "a"),
        line("z", "b"),
        line("z", "b"),
    ]
    .concat();
    let run = batch(&server, &home, &input, &[]).run().ends_with(8);
    let got = results(&run);
    assert_eq!(
        field(&got, "outcome"),
        ["duplicate", "not_sent", "accepted", "duplicate"]
    );
    assert_eq!(got[0]["message_id"], server.deliveries()[0].id.as_str());
    assert_eq!(got[3]["message_id"], got[2]["message_id"]);
    assert_eq!(got[1]["error"]["kind"], "usage");
    assert_eq!(texts(&server), ["x", "z"]);
    let run = with_state(
        &server,
        &home,
        &["send", GROUP, "z", "--key", "b", "--json"],
    )
    .run();
    assert_eq!(run.ends_with(0).json()["outcome"], "duplicate");
    // Several workers at once agree as well.
    let many: String = (0..60)
        .map(|n| {
            format!(
                "{}\n",
                json!({"to": format!("R:{n}"), "text": "w", "key": format!("w{n}")})
            )
        })
        .collect();
    for outcome in ["accepted", "duplicate"] {
        let run = batch(&server, &home, &many, &["--jobs", "8"])
            .run()
            .ends_with(0);
        assert_eq!(field(&results(&run), "outcome"), vec![outcome; 60]);
    }
    assert_eq!(sends(&server), 62);
}

#[test]
#[cfg(target_os = "linux")]
fn memory_is_constant_in_number_of_lines() {
    let server = sandbox();
    let home = Home::new();
    let guid = server.guids()[0].clone();
    let peak = |count: usize, jobs: &str, sent: usize| {
        // Sending all lines would take too long. After a lost login, lines follow the same path
        // without a request.
        server.set_status(&guid, Status::Online);
        server.clear_faults();
        let file = home.file("long.ndjson", lines(count));
        let before = sends(&server);
        let run = thread::scope(|scope| {
            scope.spawn(|| {
                wait_until("enough is sent", || sends(&server) >= before + sent);
                server.set_status(&guid, Status::Running);
            });
            measure(
                Command::new(env!("CARGO_BIN_EXE_qiwei"))
                    .args(["send", "--batch", &file, "--jobs", jobs])
                    .args(["--base-url", &server.base_url(), "--guid", &guid])
                    .env_clear()
                    .env("HOME", home.path())
                    .stdin(Stdio::null()),
            )
        });
        assert_eq!((run.code, run.lines), (Some(8), count as u64));
        run.peak
    };
    for jobs in ["1", "4"] {
        let (few, many) = (peak(2_000, jobs, 1_000), peak(50_000, jobs, 1_000));
        assert!(few > 1_000, "nothing was measured: {few} KiB");
        assert!(
            many < few + 4 * 1024,
            "{few} KiB for 2,000 lines, {many} KiB for 50,000"
        );
    }
}

#[test]
fn sends_every_line_in_every_dialect() {
    check_all(&crate::support::DIALECTS, |dialect| {
        let server = sandbox_with(|s| s.dialect = *dialect);
        let run = piped(&server, &lines(5), &[]).ends_with(0);
        assert_eq!(
            field(&results(&run), "outcome"),
            vec!["accepted"; 5],
            "{dialect}"
        );
        assert_eq!(server.deliveries().len(), 5, "{dialect}");
    });
}
