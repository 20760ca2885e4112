//! Pictures, files, voice messages, videos and links, and taking messages back.

use std::path::{Path, PathBuf};

use qiwei::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::state::{results, with_state};
use crate::support::{GROUP, Home, PERSON, Qiwei, sandbox};

/// The smallest PNG header that tells a size: 40 × 30.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x28\0\0\0\x1e\x08\x02\0\0\0";

fn file(home: &Home, name: &str, content: &[u8]) -> PathBuf {
    let path = home.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The bodies of the requests for this path.
fn requests(server: &Sandbox, path: &str) -> Vec<Value> {
    let exchanges = server.exchanges();
    let of_path = exchanges.iter().filter(|exchange| exchange.path == path);
    of_path
        .map(|exchange| serde_json::from_slice(&exchange.body).unwrap())
        .collect()
}

#[track_caller]
fn last_body(server: &Sandbox, path: &str) -> Value {
    requests(server, path)
        .pop()
        .unwrap_or_else(|| panic!("no request for {path}"))
}

/// How many messages the server has delivered.
fn sends(server: &Sandbox) -> usize {
    server.deliveries().len()
}

#[test]
fn each_kind_of_file_arrives_with_its_details() {
    let (server, home) = (sandbox(), Home::new());
    let png = file(&home, "图 1.png", PNG);
    let report = file(&home, "report.txt", b"nightly report\n");
    let voice = file(&home, "v.silk", b"#!SILK_V3 data");
    let cases: [(&[&str], &str, Value); 4] = [
        (
            &["--image", text(&png)],
            "/msg/send_image",
            json!({"image_width": 40, "image_height": 30}),
        ),
        (
            &["--attach", text(&report)],
            "/msg/send_file",
            json!({"file_name": "report.txt", "size": 15}),
        ),
        (
            &["--voice", text(&voice), "--duration", "3"],
            "/msg/send_voice",
            json!({"voice_time": 3}),
        ),
        (
            &[
                "--video",
                text(&report),
                "--duration",
                "7",
                "--name",
                "v.mp4",
            ],
            "/msg/send_video",
            json!({"file_name": "v.mp4"}),
        ),
    ];
    for (args, path, expected) in cases {
        let run = with_state(&server, &home, &["send", PERSON, "--json"])
            .args(args)
            .run()
            .ends_with(0);
        let result = run.json();
        assert_eq!(result["outcome"], "accepted", "{args:?}");
        assert!(
            result["file"]["sha256"]
                .as_str()
                .is_some_and(|hash| hash.len() == 64),
            "{result}"
        );
        let body = last_body(&server, path);
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&body[name], value, "{path} {name}");
        }
        assert!(
            body["file_id"].as_str().is_some_and(|id| !id.is_empty()),
            "{body}"
        );
    }
    assert_eq!(sends(&server), 4);
}

#[test]
fn large_file_is_uploaded_the_big_way_without_key() {
    let (server, home) = (sandbox(), Home::new());
    let path = file(&home, "big.bin", &vec![7; 21 * 1024 * 1024]);
    let run = with_state(
        &server,
        &home,
        &["send", PERSON, "--attach", text(&path), "--json"],
    )
    .run();
    assert_eq!(run.ends_with(0).json()["file"]["size"], 21 * 1024 * 1024);
    assert_eq!(requests(&server, "/cloud/cdn_big_upload").len(), 1);
    assert_eq!(last_body(&server, "/msg/send_file")["aes_key"], "");
}

#[test]
fn text_and_file_are_two_messages_with_own_keys() {
    let (server, home) = (sandbox(), Home::new());
    let report = file(&home, "report.txt", b"x");
    let send = || {
        let args = [
            "send",
            PERSON,
            "nightly",
            "--attach",
            text(&report),
            "--key",
            "n",
            "--json",
        ];
        with_state(&server, &home, &args).run()
    };
    let first = results(&send().ends_with(0));
    let field = |results: &[Value], name: &str| -> Vec<Value> {
        results.iter().map(|result| result[name].clone()).collect()
    };
    assert_eq!(field(&first, "key"), [json!("n"), json!("n/2")]);
    assert_eq!(
        field(&first, "outcome"),
        [json!("accepted"), json!("accepted")]
    );
    let again = results(&send().ends_with(0));
    assert_eq!(
        field(&again, "outcome"),
        [json!("duplicate"), json!("duplicate")]
    );
    assert_eq!(field(&again, "message_id"), field(&first, "message_id"));
    assert_eq!(requests(&server, "/cloud/cdn_c2c_upload").len(), 1);
    // Another content under the same key is refused before anything is sent.
    std::fs::write(&report, b"other").unwrap();
    let other = results(&send().ends_with(8));
    assert_eq!(
        field(&other, "outcome"),
        [json!("duplicate"), json!("not_sent")]
    );
    assert_eq!(sends(&server), 2);
}

#[test]
fn file_is_not_sent_after_a_text_that_was_refused() {
    let (server, home) = (sandbox(), Home::new());
    let report = file(&home, "report.txt", b"x");
    server.add_fault("code=-987@/msg/send_text*1".parse().unwrap());
    let args = [
        "send",
        PERSON,
        "nightly",
        "--attach",
        text(&report),
        "--json",
    ];
    let run = with_state(&server, &home, &args).run().ends_with(8);
    let outcomes: Vec<Value> = results(&run).iter().map(|r| r["outcome"].clone()).collect();
    assert_eq!(outcomes, [json!("rejected"), json!("not_sent")]);
    assert_eq!(sends(&server), 0);
    assert!(requests(&server, "/cloud/cdn_c2c_upload").is_empty());
}

#[test]
fn files_that_cannot_be_sent_are_refused_before_any_request() {
    let (server, home) = (sandbox(), Home::new());
    let report = file(&home, "report.txt", b"x");
    let empty = file(&home, "empty", b"");
    let missing = home.path().join("missing");
    let cases: [(&[&str], &str); 7] = [
        (&["--image", text(&report)], "is not an image"),
        (&["--attach", text(&empty)], "is empty"),
        (&["--attach", text(&missing)], "there is no file"),
        (&["--attach", text(home.path())], "is a directory"),
        (
            &["--voice", text(&report), "--duration", "3"],
            "neither SILK nor AMR",
        ),
        (&["--attach", "-"], "standard input"),
        (
            &["--link", "ftp://h/x"],
            "must be an http:// or https:// URL",
        ),
    ];
    for (args, message) in cases {
        let run = with_state(&server, &home, &["send", PERSON])
            .args(args)
            .run();
        run.ends_with(2).assert_stderr_contains(message);
    }
    assert!(server.exchanges().is_empty());
}

#[test]
fn upload_that_fails_sends_nothing() {
    for (fault, message) in [
        (
            "code=-987@/cloud/cdn_c2c_upload",
            "the file was not uploaded",
        ),
        (
            "http=500@/cloud/cdn_c2c_upload",
            "the file was not uploaded",
        ),
        ("html@/cloud/cdn_c2c_upload", "the file was not uploaded"),
    ] {
        let (server, home) = (sandbox(), Home::new());
        let report = file(&home, "report.txt", b"x");
        server.add_fault(fault.parse().unwrap());
        let args = [
            "send",
            PERSON,
            "--attach",
            text(&report),
            "--key",
            "k",
            "--json",
        ];
        let run = with_state(&server, &home, &args).run();
        let result = run.json();
        assert_eq!(result["outcome"], "not_sent", "{fault}: {run:?}");
        assert!(
            result["error"]["message"]
                .as_str()
                .unwrap()
                .contains(message),
            "{fault}: {result}"
        );
        assert_eq!(sends(&server), 0, "{fault}");
        // The key is free, so the same command can be run again.
        server.clear_faults();
        let again = with_state(&server, &home, &args).run().ends_with(0);
        assert_eq!(again.json()["outcome"], "accepted", "{fault}");
    }
}

#[test]
fn stale_rules_are_renewed_once() {
    let (server, home) = (sandbox(), Home::new());
    let report = file(&home, "report.txt", b"x");
    server.add_fault("code=-5103011@/cloud/cdn_c2c_upload*1".parse().unwrap());
    let args = ["send", PERSON, "--attach", text(&report)];
    with_state(&server, &home, &args).run().ends_with(0);
    assert_eq!(requests(&server, "/cloud/update_cdn_rule").len(), 1);
    server.add_fault("code=-5103011@/cloud/cdn_c2c_upload".parse().unwrap());
    with_state(&server, &home, &args).run().ends_with(1);
    assert_eq!(requests(&server, "/cloud/update_cdn_rule").len(), 2);
    assert_eq!(sends(&server), 1);
}

#[test]
fn lost_answer_of_the_send_is_unknown_and_not_repeated() {
    let (server, home) = (sandbox(), Home::new());
    let report = file(&home, "report.txt", b"x");
    server.add_fault("drop-after@/msg/send_file*1".parse().unwrap());
    let args = [
        "send",
        PERSON,
        "--attach",
        text(&report),
        "--key",
        "k",
        "--json",
    ];
    for _ in 0..2 {
        let run = with_state(&server, &home, &args).run().ends_with(6);
        assert_eq!(run.json()["outcome"], "unknown");
    }
    assert_eq!(sends(&server), 1);
}

#[test]
fn link_has_title_description_and_picture() {
    let (server, home) = (sandbox(), Home::new());
    let args = [
        "send",
        GROUP,
        "--link",
        "https://example.com/x",
        "--title",
        "T",
        "--description",
        "D",
    ];
    with_state(&server, &home, &args).run().ends_with(0);
    let body = last_body(&server, "/msg/send_link");
    for (name, value) in [
        ("title", "T"),
        ("description", "D"),
        ("url", "https://example.com/x"),
    ] {
        assert_eq!(body[name], value);
    }
}

#[test]
fn dry_run_shows_both_requests_and_serves_nothing() {
    let (server, home) = (sandbox(), Home::new());
    let report = file(&home, "report.txt", b"x");
    let args = [
        "send",
        PERSON,
        "--attach",
        text(&report),
        "--dry-run",
        "--json",
    ];
    let planned = with_state(&server, &home, &args).run().ends_with(0).json();
    let urls: Vec<&str> = planned
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["url"].as_str().unwrap())
        .collect();
    assert!(
        urls[0].ends_with("/cloud/cdn_c2c_upload") && urls[1].ends_with("/msg/send_file"),
        "{urls:?}"
    );
    assert!(server.exchanges().is_empty());
}

#[test]
fn batch_lines_carry_files_and_links() {
    let (server, home) = (sandbox(), Home::new());
    let report = file(&home, "report.txt", b"x");
    let lines = [
        json!({"to": PERSON, "text": "a"}),
        json!({"to": PERSON, "attach": text(&report), "key": "f"}),
        json!({"to": PERSON, "link": "https://example.com/", "title": "T"}),
    ];
    let input = file(
        &home,
        "in",
        lines.map(|line| format!("{line}\n")).concat().as_bytes(),
    );
    let args = ["send", "--batch", text(&input)];
    let run = with_state(&server, &home, &args).run().ends_with(0);
    assert_eq!(results(&run).len(), 3);
    assert_eq!(sends(&server), 3);
    // A missing file refuses the whole batch.
    std::fs::remove_file(&report).unwrap();
    let run = with_state(&server, &home, &args).run().ends_with(2);
    run.assert_stderr_contains("line 2: there is no file");
    assert_eq!(sends(&server), 3);
}

#[test]
fn message_is_taken_back_by_id_and_by_key() {
    let (server, home) = (sandbox(), Home::new());
    let send = with_state(
        &server,
        &home,
        &["send", PERSON, "x", "--key", "k", "--json"],
    );
    let id = send.run().ends_with(0).json()["message_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let revoke = |args: &[&str]| {
        with_state(&server, &home, &["revoke", "--json"])
            .args(args)
            .run()
    };
    for args in [&["--key", "k"][..], &[PERSON, &id]] {
        let result = revoke(args).ends_with(0).json();
        assert_eq!(
            (&result["message_id"], &result["revoked"]),
            (&json!(id), &json!(true))
        );
        assert_eq!(last_body(&server, "/msg/revoke_msg")["msgid"], json!(id));
    }
    revoke(&["--key", "other"])
        .ends_with(2)
        .assert_stderr_contains("no message with the key");
    Qiwei::new(["revoke", PERSON]).run().ends_with(2);
    server.add_fault("code=-987@/msg/revoke_msg*1".parse().unwrap());
    revoke(&["--key", "k"])
        .ends_with(1)
        .assert_stderr_contains("for a few minutes only");
}

#[test]
fn file_that_the_server_did_not_get_whole_is_not_sent() {
    for fault in ["no-fetch", "half-fetch", "half-file", "no-aes-key"] {
        let (server, home) = (sandbox(), Home::new());
        let report = file(&home, "report.txt", &b"0123456789".repeat(20_000));
        server.add_fault(fault.parse().unwrap());
        let args = ["send", PERSON, "--attach", text(&report), "--json"];
        let run = with_state(&server, &home, &args).run();
        assert_ne!(run.code, 0, "{fault}");
        assert_eq!(run.json()["outcome"], "not_sent", "{fault}: {run:?}");
        assert_eq!(sends(&server), 0, "{fault}");
    }
}

#[test]
fn file_arrives_however_the_server_fetches_it() {
    for fault in [
        "fetch-twice",
        "head-first",
        "ranges",
        "slow-fetch=200ms",
        "stale-cdn*1",
    ] {
        let (server, home) = (sandbox(), Home::new());
        let report = file(&home, "report.txt", &b"0123456789".repeat(20_000));
        server.add_fault(fault.parse().unwrap());
        let args = ["send", PERSON, "--attach", text(&report), "--json"];
        let run = with_state(&server, &home, &args).run();
        assert_eq!((run.code, sends(&server)), (0, 1), "{fault}: {run:?}");
    }
}

#[test]
fn message_that_is_too_old_is_not_taken_back() {
    let (server, home) = (sandbox(), Home::new());
    with_state(&server, &home, &["send", PERSON, "x", "--key", "k"])
        .run()
        .ends_with(0);
    server.add_fault("too-late".parse().unwrap());
    let run = with_state(&server, &home, &["revoke", "--key", "k"]).run();
    run.ends_with(1)
        .assert_stderr_contains("for a few minutes only");
}
