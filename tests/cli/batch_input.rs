//! Input of a batch: line formats and sources.

use std::io::Write;
use std::process::Command;

use serde_json::{Value, json};

use crate::batch::{batch, lines, partly_bad, piped};
use crate::support::state::{field, results, sends, texts, with_state};
use crate::support::{GROUP, Home, PERSON, Qiwei, requests, sandbox};

#[test]
fn folder_as_batch_is_named() {
    let server = sandbox();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let run = Qiwei::on(&server.base_url(), ["send", "--batch", path]).run();
    let run = run
        .ends_with(2)
        .assert_stderr_contains(&format!("cannot read the batch {path}: Is a directory"));
    assert!(!run.stderr.contains("standard input"), "{run:?}");
    assert_eq!(requests(&server), [""; 0]);
}

#[test]
fn batch_lines_accept_mentions_and_aliases() {
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
fn returns_ids_unchanged() {
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
fn skips_and_counts_blank_lines() {
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

#[test]
fn validates_whole_file_before_sending() {
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
        assert_eq!(listed[3], "error: 3 invalid lines; nothing was sent");
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
fn skip_bad_sends_valid_lines() {
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
        assert_eq!(bad.as_object().unwrap().len(), 12, "{bad}");
    }
    assert_eq!(sends(&server), 2);
}

#[test]
fn validates_stdin_line_by_line() {
    let server = sandbox();
    let run = piped(&server, &partly_bad(), &[]).ends_with(8);
    let outcomes = field(&results(&run), "outcome");
    assert_eq!(
        outcomes,
        ["accepted", "not_sent", "accepted", "not_sent", "not_sent"]
    );
    // And sent as it comes: the answer to a line is there before the next line is.
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut run = with_state(&server, &Home::new(), &["send", "--batch", "-"])
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
    run.end().assert_output(0, "", "3 lines: 3 accepted\n");
}

#[test]
fn dry_run_prints_every_request_and_sends_nothing() {
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
fn dry_run_of_stdin_reports_bad_lines() {
    let server = sandbox();
    let run = piped(&server, &partly_bad(), &["--dry-run"]);
    assert_eq!(results(&run).len(), 2, "{run:?}");
    let run = run
        .ends_with(2)
        .assert_stderr_contains("line 2: ")
        .assert_stderr_contains("line 4: ");
    run.assert_stderr_contains("line 6: ")
        .assert_stderr_contains("3 invalid lines");
    piped(&server, &partly_bad(), &["--dry-run", "--skip-bad"]).ends_with(0);
    assert_eq!(requests(&server), [""; 0]);
}

#[test]
fn accepts_fifo_as_batch_file() {
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
    let mut run = with_state(&server, &home, &["send", "--batch", path]).start();
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
fn unreadable_input_is_a_usage_error() {
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
        with_state(&server, &home, args)
            .run()
            .ends_with(2)
            .assert_stderr_contains(part);
    }
    assert_eq!(requests(&server), [""; 0]);
}
