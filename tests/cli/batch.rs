//! Send many: `send --batch`, its input, its result lines, and everything that can stop it.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use qiwei::sandbox::{Sandbox, Status};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::keepalive::Counting;
use crate::support::memory::watch;
use crate::support::sends::{field, known, results, results_in, sends, texts, wait_until};
use crate::support::{
    Finished, GROUP, Home, PERSON, Qiwei, check_all, requests, sandbox, sandbox_with,
};

/// So many lines, each with a text of its own: `m1`, `m2`, ….
fn lines(count: usize) -> String {
    lines_to(count, |_| GROUP.into())
}

fn lines_to(count: usize, target: impl Fn(usize) -> String) -> String {
    (1..=count).fold(String::new(), |mut text, n| {
        let to = target(n);
        writeln!(text, r#"{{"to":"{to}","text":"m{n}","id":{n}}}"#).unwrap();
        text
    })
}

/// A batch from a file.
fn batch(server: &Sandbox, home: &Home, input: &str, flags: &[&str]) -> Qiwei {
    let file = home.file("in.ndjson", input);
    known(server, home, &["send", "--batch", &file]).args(flags)
}

/// A batch from standard input.
fn piped(server: &Sandbox, input: &str, flags: &[&str]) -> Finished {
    known(server, &Home::new(), &["send", "--batch", "-"])
        .args(flags)
        .stdin(input)
        .run()
}

#[test]
fn every_line_has_a_result_with_every_field() {
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
        "error: 2 lines: 1 accepted, 1 rejected\nhint: the result lines say why; with --journal \
         the same command tries again what was not accepted\n"
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
               "guid": guid, "sent_at": sent_at, "error": null})
    );
    let error = &results[1]["error"];
    assert_eq!(
        results[1],
        json!({"line": 2, "id": "row-2", "to": "S:7880000000004017", "outcome": "rejected",
               "message_id": null, "seq": null, "conversation_id": "S:7880000000004017",
               "guid": guid, "sent_at": null, "error": error})
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
fn when_all_is_well_stderr_says_so_in_a_line() {
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
        // Whatever was to write the lines may have failed.
        run.is(
            0,
            "",
            "warning: the batch had no lines, so nothing was sent\n",
        );
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
fn lines_mention_and_name_aliases() {
    let (server, home) = (sandbox(), Home::new());
    home.write_config(&format!(
        "[aliases]\nops = '{GROUP}'\n'老王' = '{PERSON}'\n"
    ));
    let input = r#"{"to":"ops","text":"a {$@} {$@}","at":["1688850000000001",7881300000000002]}
{"to":"ops","text":"b","at":"all"}
{"to":"老王","text":"c"}
{"to":"ops","text":"d","at":null,"key":null,"id":null}
"#;
    let run = batch(&server, &home, input, &[]).run().ends_with(0);
    assert_eq!(field(&results(&run), "to"), ["ops", "ops", "老王", "ops"]);
    assert_eq!(
        field(&results(&run), "conversation_id"),
        [GROUP, GROUP, PERSON, GROUP]
    );
    let paths: Vec<String> = server.exchanges().into_iter().map(|e| e.path).collect();
    assert_eq!(
        paths,
        [
            "/msg/send_room_at",
            "/msg/send_room_at",
            "/msg/send_text",
            "/msg/send_text"
        ]
    );
    let mentioned: Vec<Vec<Value>> = server.deliveries().into_iter().map(|d| d.at_list).collect();
    assert_eq!(
        mentioned[..2],
        [
            vec![json!("1688850000000001"), json!("7881300000000002")],
            vec![json!(0)]
        ]
    );
}

#[test]
fn ids_come_back_as_they_were() {
    let ids = [
        r#"{"row": 1.50, "a":[1 , 2]}"#,
        "123456789012345678901234567890",
        "1.0e400",
        r#""\u4e2d""#,
        "[]",
        "true",
        "-0.10",
        "null",
    ];
    let input: String = ids
        .iter()
        .map(|id| format!("{{\"id\":{id},\"to\":\"{GROUP}\",\"text\":\"x\"}}\n"))
        .collect();
    let server = sandbox();
    let run = piped(&server, &input, &[]).ends_with(0);
    for (line, id) in run.stdout.lines().zip(ids) {
        assert!(
            line.contains(&format!(r#","id":{id},"to":"#)),
            "{id}: {line}"
        );
    }
    // Also of a line that cannot be sent.
    let bad = input.replace("text", "txet");
    let run = piped(&server, &bad, &[]).ends_with(8);
    for (line, id) in run.stdout.lines().zip(ids) {
        assert!(
            line.contains(&format!(r#","id":{id},"to":"#)),
            "{id}: {line}"
        );
    }
    assert_eq!(server.deliveries().len(), ids.len());
}

#[test]
fn blank_lines_are_skipped_and_counted() {
    let line = |n| format!(r#"{{"to":"{GROUP}","text":"m{n}"}}"#);
    let input = format!("\n{}\r\n  \t\n\r\n{}\n\n{}", line(1), line(2), line(3));
    let server = sandbox();
    for run in [
        batch(&server, &Home::new(), &input, &[]).run(),
        piped(&server, &input, &[]),
    ] {
        assert_eq!(field(&results(&run.ends_with(0)), "line"), [2, 5, 7]);
    }
    assert_eq!(texts(&server), ["m1", "m2", "m3", "m1", "m2", "m3"]);
}

/// A file with three bad lines among good ones.
fn partly_bad() -> String {
    format!(
        "{good}\nnot json\n{good}\n{{\"to\":\"{PERSON}\",\"text\":\"x\",\"at\":\"all\",\"id\":7}}\n\n{{\"to\":\"nobody\",\"text\":\"x\"}}\n",
        good = json!({"to": GROUP, "text": "x"})
    )
}

#[test]
fn a_file_is_checked_whole_before_anything_is_sent() {
    let (server, home) = (sandbox(), Home::new());
    for flags in [&[][..], &["--jobs", "4"], &["--fail-fast"], &["--dry-run"]] {
        let run = batch(&server, &home, &partly_bad(), flags).run();
        let listed: Vec<&str> = run.stderr.lines().collect();
        assert_eq!(
            (run.code, run.stdout.as_str(), listed.len()),
            (2, "", 5),
            "{run:?}"
        );
        for (line, number) in listed.iter().zip([2, 4, 6]) {
            assert!(line.starts_with(&format!("line {number}: ")), "{run:?}");
        }
        assert_eq!(listed[3], "error: 3 bad lines; nothing was sent");
        assert!(listed[4].contains("--skip-bad"), "{run:?}");
    }
    let run = batch(&server, &home, &partly_bad(), &["--json"])
        .run()
        .ends_with(2);
    let error = run.error();
    assert_eq!(
        (&error["kind"], &error["outcome"]),
        (&json!("usage"), &json!("not_sent"))
    );
    // Not even the instance is looked for.
    batch(&server, &home, &partly_bad(), &[])
        .without_env("QIWEI_GUID")
        .run()
        .ends_with(2);
    assert_eq!(requests(&server), [""; 0]);
}

#[test]
fn the_good_lines_of_a_bad_file_can_be_sent() {
    let (server, home) = (sandbox(), Home::new());
    let run = batch(&server, &home, &partly_bad(), &["--skip-bad"])
        .run()
        .ends_with(8);
    let results = results(&run);
    assert_eq!(field(&results, "line"), [1, 2, 3, 4, 6]);
    assert_eq!(
        field(&results, "outcome"),
        ["accepted", "not_sent", "accepted", "not_sent", "not_sent"]
    );
    assert_eq!(
        field(&results, "id"),
        [json!(null), json!(null), json!(null), json!(7), json!(null)]
    );
    assert_eq!(results[1]["to"], Value::Null);
    assert_eq!(results[3]["to"], PERSON);
    assert_eq!(results[4]["to"], "nobody");
    for bad in [&results[1], &results[3], &results[4]] {
        let error = &bad["error"];
        assert_eq!(
            (&error["kind"], &error["outcome"]),
            (&json!("usage"), &json!("not_sent"))
        );
        assert_eq!(
            (&bad["message_id"], &bad["sent_at"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(bad["guid"], server.guids()[0].as_str());
        assert_eq!(bad.as_object().unwrap().len(), 10, "{bad}");
    }
    assert_eq!(sends(&server), 2);
}

#[test]
fn standard_input_is_checked_as_it_comes() {
    let server = sandbox();
    let run = piped(&server, &partly_bad(), &[]).ends_with(8);
    let outcomes = field(&results(&run), "outcome");
    assert_eq!(
        outcomes,
        ["accepted", "not_sent", "accepted", "not_sent", "not_sent"]
    );
    // And sent as it comes: the answer to a line is there before the next line is.
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut run = known(&server, &Home::new(), &["send", "--batch", "-"])
        .stdin_from(reader)
        .start();
    for n in 1..=3 {
        writeln!(writer, r#"{{"to":"{GROUP}","text":"live{n}"}}"#).unwrap();
        let result: Value = serde_json::from_str(&run.stdout_line()).unwrap();
        assert_eq!(
            (&result["line"], &result["outcome"]),
            (&json!(n), &json!("accepted"))
        );
        assert_eq!(texts(&server).last().unwrap(), &format!("live{n}"));
    }
    drop(writer);
    run.end().is(0, "", "3 lines: 3 accepted\n");
}

#[test]
fn a_dry_run_shows_every_request_and_sends_nothing() {
    let (server, home) = (sandbox(), Home::new());
    let input = format!(
        "{}{}\n",
        lines(2),
        json!({"to": GROUP, "text": "x", "at": "all"})
    );
    let run = batch(&server, &home, &input, &["--dry-run", "--json"])
        .run()
        .ends_with(0);
    let paths: Vec<String> = results(&run)
        .iter()
        .map(|r| {
            r["url"]
                .as_str()
                .unwrap()
                .rsplit_once("/msg/")
                .unwrap()
                .1
                .to_owned()
        })
        .collect();
    assert_eq!(paths, ["send_text", "send_text", "send_room_at"]);
    assert_eq!(results(&run)[2]["body"]["at_list"], json!([0]));
    assert_eq!(requests(&server), [""; 0]);
    assert!(!home.path().join("state").exists());
}

#[test]
fn a_dry_run_of_standard_input_does_not_hide_bad_lines() {
    let server = sandbox();
    let run = piped(&server, &partly_bad(), &["--dry-run"]);
    assert_eq!(results(&run).len(), 2, "{run:?}");
    let run = run.ends_with(2).says("line 2: ").says("line 4: ");
    run.says("line 6: ").says("3 bad lines");
    piped(&server, &partly_bad(), &["--dry-run", "--skip-bad"]).ends_with(0);
    assert_eq!(requests(&server), [""; 0]);
}

#[test]
fn what_is_refused_does_not_stop_the_rest() {
    let server = sandbox();
    server.add_fault("code=-987@/msg/send_text*1".parse().unwrap());
    let run = piped(&server, &lines(3), &[]).ends_with(8);
    assert_eq!(
        field(&results(&run), "outcome"),
        ["rejected", "accepted", "accepted"]
    );
    assert_eq!(texts(&server), ["m2", "m3"]);
}

#[test]
fn fail_fast_stops_at_the_first_failure() {
    for (fault, outcome) in [("code=-987", "rejected"), ("drop-after", "unknown")] {
        let server = sandbox();
        let once = format!("{fault}@/msg/send_text*1");
        let run = piped(&server, &lines(1), &["--fail-fast"]).ends_with(0);
        assert_eq!(results(&run).len(), 1);
        server.add_fault(once.parse().unwrap());
        let run = piped(&server, &lines(5), &["--fail-fast"]).ends_with(8);
        assert_eq!(field(&results(&run), "outcome"), [outcome]);
        run.says("stopped at line 1 (--fail-fast)");
        assert_eq!(sends(&server), 2, "{fault}");
    }
    let server = sandbox();
    let run = piped(&server, &partly_bad(), &["--fail-fast"]).ends_with(8);
    assert_eq!(field(&results(&run), "line"), [1, 2]);
    assert_eq!(sends(&server), 1);
}

#[test]
fn what_is_unknown_does_not_stop_the_rest_and_is_not_repeated() {
    for fault in ["drop-after", "garbled", "hang", "http=503", "reset-after"] {
        let server = sandbox();
        server.add_fault(format!("{fault}@/msg/send_text*1").parse().unwrap());
        let input = lines(3);
        let run = piped(&server, &input, &["--timeout", "2s", "--retries", "5"]).ends_with(8);
        assert_eq!(
            field(&results(&run), "outcome"),
            ["unknown", "accepted", "accepted"],
            "{fault}"
        );
        assert_eq!(results(&run)[0]["error"]["exit"], 6, "{fault}");
        assert_eq!(sends(&server), 3, "{fault}");
        run.says("before sending them again with --resend");
    }
}

#[test]
fn the_timeout_is_each_lines_own() {
    let server = sandbox();
    server.add_fault("hang@/msg/send_text*2".parse().unwrap());
    let run = piped(&server, &lines(4), &["--timeout", "1s"]).ends_with(8);
    assert_eq!(
        field(&results(&run), "outcome"),
        ["unknown", "unknown", "accepted", "accepted"]
    );
    assert!(run.took >= Duration::from_millis(1800), "{:?}", run.took);
}

#[test]
fn after_a_lost_login_nothing_more_is_tried() {
    for jobs in ["1", "4"] {
        let server = sandbox();
        server.add_fault("logout@/msg/send_text*1".parse().unwrap());
        let run = piped(&server, &lines(40), &["--jobs", jobs]).ends_with(8);
        let results = results(&run);
        assert_eq!(results.len(), 40);
        assert_eq!(results[0]["outcome"], "rejected");
        assert_eq!(results[0]["error"]["kind"], "not_logged_in");
        for rest in &results[1..] {
            assert_eq!(rest["outcome"], "not_sent", "{rest}");
            let error = &rest["error"];
            assert_eq!(
                (&error["kind"], &error["outcome"]),
                (&json!("not_logged_in"), &json!("not_sent"))
            );
            assert!(
                error["message"].as_str().unwrap().contains("at line 1"),
                "{error}"
            );
        }
        assert_eq!(sends(&server), 1, "one group, so one worker tries");
    }
    // Nobody was logged in from the start.
    let server = sandbox();
    server.set_status(&server.guids()[0], Status::Running);
    let run = piped(&server, &lines(10), &[]).ends_with(8);
    assert_eq!(
        field(&results(&run), "outcome")[1..],
        vec![json!("not_sent"); 9]
    );
    assert_eq!((sends(&server), server.deliveries().len()), (1, 0));
}

#[test]
fn a_reader_that_has_gone_stops_the_batch() {
    for jobs in ["1", "3"] {
        let server = sandbox_with(|s| s.latency = Duration::from_millis(50));
        let (reader, writer) = std::io::pipe().unwrap();
        let run = known(
            &server,
            &Home::new(),
            &["send", "--batch", "-", "--jobs", jobs],
        )
        .stdin(lines(100))
        .stdout_to(writer)
        .start();
        let mut first = String::new();
        let mut reader = BufReader::new(reader);
        reader.read_line(&mut first).unwrap();
        drop(reader);
        run.end().is(0, "", "");
        // What was on its way, and at the most one more a worker before a write failed.
        assert!(sends(&server) < 100, "{}", sends(&server));
    }
}

#[test]
fn a_reader_that_was_never_there_costs_one_message() {
    let server = sandbox();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    known(&server, &Home::new(), &["send", "--batch", "-"])
        .stdin(lines(20))
        .stdout_to(writer)
        .run()
        .is(0, "", "");
    assert_eq!(sends(&server), 1);
}

#[test]
fn a_signal_lets_the_message_on_its_way_arrive() {
    check_all(
        &[(Signal::INT, 130), (Signal::TERM, 143)],
        |&(signal, code)| {
            let server = sandbox();
            let (reader, writer) = std::io::pipe().unwrap();
            server.add_fault("latency=2s*1".parse().unwrap());
            let run = known(&server, &Home::new(), &["send", "--batch", "-"])
                .stdin(lines(50))
                .stdout_to(writer)
                .start();
            wait_until("the first is on its way", || sends(&server) == 1);
            run.signal(signal);
            let run = run.end();
            assert_eq!(run.code, code, "{run:?}");
            let results = results_in(&std::io::read_to_string(reader).unwrap());
            assert_eq!(field(&results, "outcome"), ["accepted"]);
            assert_eq!(sends(&server), 1);
            run.says("interrupted after 1 line: 1 accepted");
        },
    );
}

#[test]
fn a_signal_ends_a_wait_for_input() {
    let server = sandbox();
    for jobs in ["1", "4"] {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let mut run = known(
            &server,
            &Home::new(),
            &["send", "--batch", "-", "--jobs", jobs],
        )
        .stdin_from(reader)
        .start();
        writer.write_all(lines(1).as_bytes()).unwrap();
        run.stdout_line();
        run.signal(Signal::INT);
        let run = run.end().ends_with(130);
        assert!(run.took < Duration::from_secs(20), "{:?}", run.took);
        drop(writer);
    }
}

#[test]
fn several_at_once_keep_the_order_to_each_target() {
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
fn several_at_once_are_several_at_once() {
    let server = sandbox();
    server.add_fault("hang".parse().unwrap());
    let args = ["send", "--batch", "-", "--jobs", "8", "--timeout", "1h"];
    let _run = known(&server, &Home::new(), &args)
        .stdin(lines_to(12, |n| format!("R:{n}")))
        .start();
    // None is ever answered, so a second one can only have come at once.
    wait_until("several have come", || sends(&server) >= 2);
}

#[test]
fn each_worker_keeps_one_connection() {
    for (jobs, count) in [("1", 60), ("4", 120)] {
        let server = Counting::start(Duration::from_millis(1));
        let input = lines_to(count, |n| format!("R:{n}"));
        let run = Qiwei::on(&server.base_url(), ["send", "--batch", "-", "--guid", "g"])
            .args(["--jobs", jobs])
            .stdin(input)
            .run()
            .ends_with(0);
        assert_eq!((results(&run).len(), server.requests()), (count, count));
        let most: usize = jobs.parse().unwrap();
        assert!(
            server.connections() <= most,
            "{jobs}: {}",
            server.connections()
        );
    }
}

#[test]
fn a_fifo_can_be_the_file() {
    let (server, home) = (sandbox(), Home::new());
    let fifo = home.path().join("in.fifo");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let path = fifo.to_str().unwrap();
    let mut run = known(&server, &home, &["send", "--batch", path]).start();
    let mut writer = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&fifo)
        .unwrap();
    writer.write_all(lines(1).as_bytes()).unwrap();
    let first: Value = serde_json::from_str(&run.stdout_line()).unwrap();
    assert_eq!(first["outcome"], "accepted");
    writer.write_all(b"bad\n").unwrap();
    drop(writer);
    let run = run.end().ends_with(8);
    assert_eq!(results(&run)[0]["outcome"], "not_sent");
}

#[test]
fn what_cannot_be_read_is_a_usage_error() {
    let server = sandbox();
    let home = Home::new();
    for (args, part) in [
        (
            &["send", "--batch", "/nowhere/at.all"][..],
            "cannot read the batch /nowhere/at.all",
        ),
        (&["send", "--batch", "/"], "cannot read the batch"),
        (&["send", GROUP, "--batch", "-"], "cannot be used with"),
        (
            &["send", "--batch", "-", "--file", "x"],
            "cannot be used with",
        ),
        (
            &["send", "--batch", "-", "--key", "k"],
            "cannot be used with",
        ),
        (&["send", GROUP, "x", "--jobs", "2"], "cannot be used with"),
        (
            &["send", GROUP, "x", "--journal", "j"],
            "cannot be used with",
        ),
        (&["send", GROUP, "x", "--skip-bad"], "cannot be used with"),
        (&["send", GROUP, "x", "--fail-fast"], "cannot be used with"),
        (&["send", "--batch", "-", "--jobs", "0"], "--jobs"),
        (&["send", "--batch", "-", "--jobs", "33"], "--jobs"),
    ] {
        known(&server, &home, args).run().ends_with(2).says(part);
    }
    assert_eq!(requests(&server), [""; 0]);
}

#[test]
fn keys_in_a_batch_are_those_of_the_ledger() {
    let (server, home) = (sandbox(), Home::new());
    known(&server, &home, &["send", GROUP, "x", "--key", "a"])
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
    let run = known(
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
fn memory_does_not_grow_with_the_number_of_lines() {
    let server = sandbox();
    let home = Home::new();
    let guid = server.guids()[0].clone();
    let peak = |count: usize, jobs: &str, sent: usize| {
        // A long batch against a live account would take long; what comes after a lost login
        // takes the same way but for the request.
        server.set_status(&guid, Status::Online);
        server.clear_faults();
        let file = home.file("long.ndjson", lines(count));
        let before = sends(&server);
        let run = thread::scope(|scope| {
            scope.spawn(|| {
                wait_until("enough is sent", || sends(&server) >= before + sent);
                server.set_status(&guid, Status::Running);
            });
            watch(
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
fn an_idle_sandbox_sees_every_line_in_every_dialect() {
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
