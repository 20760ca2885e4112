//! Lists are read completely; missing entries are reported.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use qiwei::sandbox::Quirk;
use serde_json::Value;

use crate::support::raw::{RawServer, ok};
use crate::support::{Finished, Qiwei, sandbox_with};

/// A server that answers every list request with the page that `page` makes of the cursor.
fn paged(page: impl Fn(u64) -> String + Send + 'static) -> RawServer {
    RawServer::start(move |client| {
        let body = client.request.split_once("\r\n\r\n").unwrap().1;
        let body: Value = serde_json::from_str(body).unwrap();
        let cursor = body["begin_seq"].as_str().unwrap().parse().unwrap();
        client.write(ok(&page(cursor)));
    })
}

/// A page with the conversations of these numbers.
fn page(numbers: std::ops::Range<u64>, cursor: &str) -> String {
    let ids: Vec<String> = numbers.map(|n| format!("\"S:{n}\"")).collect();
    let list = ids.join(",");
    format!(r#"{{"error_code":0,"data":{{"session_list":[{list}],"begin_seq":{cursor}}}}}"#)
}

fn sessions(server: &RawServer, flags: &[&str]) -> Finished {
    let args = [
        "sessions",
        "--guid",
        "g",
        "--json",
        "--retries",
        "0",
        "--no-names",
    ];
    Qiwei::on(&server.base_url(), args).args(flags).run()
}

fn count(run: &Finished) -> usize {
    run.json().as_array().unwrap().len()
}

#[test]
fn short_pages_are_not_the_end() {
    for end in ["0", "\"0\"", "null", "237"] {
        let server = paged(move |cursor| match cursor {
            0..237 => {
                let next = (cursor + 50).min(237);
                let shown = if next == 237 {
                    end.to_owned()
                } else {
                    format!("\"{next}\"")
                };
                page(cursor..next, &shown)
            }
            _ => page(0..0, "237"),
        });
        let run = sessions(&server, &["--all"]).ends_with(0);
        assert_eq!(count(&run), 237, "{end}");
        assert_eq!(run.stderr, "", "{end}");
    }
}

#[test]
fn repeated_cursor_with_new_conversations_is_reported() {
    let calls = AtomicUsize::new(0);
    let server = paged(move |_| {
        let first = calls.fetch_add(1, Ordering::SeqCst).min(3) as u64 * 10;
        page(first..first + 10, "\"7\"")
    });
    let run = sessions(&server, &["--all"]).ends_with(0);
    assert_eq!(count(&run), 40, "{run:?}");
    run.assert_stderr_contains("may be incomplete");
}

#[test]
fn note_of_more_pages_depends_on_cursor() {
    for (answer, more) in [
        (page(0..3, "\"9\""), true),
        (page(0..100, "\"0\""), false),
        (page(0..100, "null"), false),
        (page(0..0, "\"0\""), false),
    ] {
        let server = RawServer::answering(ok(&answer));
        let run = sessions(&server, &[]).ends_with(0);
        assert_eq!(run.stderr.contains("there may be more"), more, "{answer}");
    }
}

#[test]
fn duplicates_of_a_page_are_removed() {
    let list = r#"{"data":{"session_list":["S:1","S:2","S:1"],"begin_seq":"0"}}"#;
    let server = RawServer::answering(ok(list));
    assert_eq!(count(&sessions(&server, &[]).ends_with(0)), 2);
}

#[test]
fn time_limit_reports_how_many_were_read() {
    let server = paged(|cursor| {
        if cursor > 0 {
            thread::sleep(Duration::from_millis(700));
        }
        page(cursor..cursor + 10, &format!("\"{}\"", cursor + 10))
    });
    let run = sessions(&server, &["--all", "--timeout", "1s"]);
    assert_ne!(run.code, 0, "{run:?}");
    let error = run.error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("conversations"), "{message}");
    assert!(!message.contains("cannot connect"), "{message}");
}

#[test]
fn bare_lists_are_pages() {
    for answer in [
        r#"["S:1","S:2"]"#,
        r#"{"error_code":0,"data":["S:1","S:2"]}"#,
        r#"{"data":[{"conversation_id":"S:1"},{"conversation_id":"S:2"}],"total":2}"#,
    ] {
        let server = RawServer::answering(ok(answer));
        assert_eq!(
            count(&sessions(&server, &["--all"]).ends_with(0)),
            2,
            "{answer}"
        );
    }
    let server = RawServer::answering(ok(r#"{"data":["g-1",null,"g-2"],"total":3}"#));
    let ls = Qiwei::on(&server.base_url(), ["instance", "ls", "--json"]).run();
    let json: Value = serde_json::from_str(ls.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 2, "{ls:?}");
}

#[test]
fn invalid_name_does_not_fail_the_list() {
    for name in [&br"a\ud83d"[..], b"a\x01", b"a\xe5\xbc"] {
        let body = [
            &br#"{"error_code":0,"data":{"session_list":[{"conversation_id":"S:1","name":""#[..],
            name,
            br#""},{"conversation_id":"S:2","name":"b"}],"begin_seq":"0"}}"#,
        ]
        .concat();
        let head = format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let server = RawServer::answering([head.into_bytes(), body].concat());
        let run = sessions(&server, &[]).ends_with(0);
        assert_eq!(run.json()[0]["name"], "a\u{fffd}", "{run:?}");
        assert_eq!(run.json()[1]["name"], "b");
    }
}

#[test]
fn page_of_unreadable_entries_is_not_the_end() {
    let server = paged(|cursor| match cursor {
        0 => page(0..2, "\"2\""),
        2 => {
            let list = r#""session_list":[{"name":"no id"},{"name":"none"}],"begin_seq":"4""#;
            format!(r#"{{"error_code":0,"data":{{{list}}}}}"#)
        }
        _ => page(4..6, "\"0\""),
    });
    let run = sessions(&server, &["--all"]).ends_with(0);
    assert_eq!(count(&run), 4);
    run.assert_stderr_contains("2 entries without a conversation id");
}

#[test]
fn invalid_message_id_is_unknown_outcome() {
    let answer = r#"{"error_code":0,"data":{"msg_data":{"id":"7\ud83d"}}}"#;
    let server = RawServer::answering(ok(answer));
    let args = ["send", "R:1", "x", "--guid", "g", "--json"];
    Qiwei::on(&server.base_url(), args)
        .run()
        .message_error(6, "unknown");
}

#[test]
fn list_of_zero_cursor_server_ends() {
    let server = sandbox_with(|scenario| {
        scenario.sessions = 5;
        scenario.quirks = vec![Quirk::ZeroCursor];
    });
    let args = ["sessions", "--all", "--limit", "2", "--json", "-q"];
    let run = Qiwei::on(&server.base_url(), args).run().ends_with(0);
    assert_eq!(count(&run), 5);
}
