//! External text in logs stays on one line and contains no terminal control sequences.

use super::hostile::{self, HOSTILE_TEXT, check_harmless, check_lines};
use crate::support::client::{Client, post};
use crate::support::login::{callback, listen, listening};
use crate::support::{PERSON, Qiwei, check_all, sandbox};

#[test]
fn server_text_stays_on_one_line() {
    let servers = (hostile::refusing(), hostile::html());
    let (refusing, html) = (servers.0.base_url(), servers.1.base_url());
    let rows: [(&str, &[&str]); 6] = [
        (&refusing, &["send", PERSON, "x"]),
        (&refusing, &["send", PERSON, "x", "--json"]),
        (&refusing, &["send", PERSON, "x", "-vv"]),
        (&refusing, &["send", PERSON, "x", "-vv", "--lang", "zh"]),
        (&refusing, &["sessions", "--json"]),
        (&html, &["send", PERSON, "x", "-vv"]),
    ];
    check_all(&rows, |(url, args)| {
        let run = Qiwei::on(url, *args).args(["--guid", "g"]).run();
        check_harmless(&run.stderr);
        // Only `send --json` prints to stdout, where the text is JSON-escaped.
        check_lines(run.stdout.trim_end());
        assert_eq!(
            run.stdout.is_empty(),
            !(args[0] == "send" && args.contains(&"--json"))
        );
    });
}

#[test]
fn json_error_keeps_server_text_unchanged() {
    let server = hostile::refusing();
    let args = ["send", PERSON, "x", "--json", "--guid", "g"];
    let error = Qiwei::on(&server.base_url(), args).run().error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(HOSTILE_TEXT), "{message:?}");
}

#[test]
fn line_feed_in_name_adds_no_row() {
    let server = hostile::accepting();
    for args in [&["sessions"][..], &["send", PERSON, "x"]] {
        let run = Qiwei::on(&server.base_url(), args)
            .args(["--guid", "g"])
            .run();
        check_lines(&run.ends_with(0).stdout);
    }
    let run = Qiwei::on(&server.base_url(), ["sessions", "--guid", "g"]).run();
    assert_eq!(run.stdout.lines().count(), 2, "{run:?}");
}

#[test]
fn each_callback_is_one_line() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let words = serde_json::to_string(HOSTILE_TEXT).unwrap();
    let (mut running, url) = listening(&server, listen(&server, "--count 1"));
    let data = format!(r#"{{"id":"1","sender_name":{words},"content":{words}}}"#);
    assert_eq!(post(&url, &callback(&guid, 11010, &data)).status, 200);
    let run = running.finish().ends_with(0);
    assert_eq!(run.json()["data"]["content"], HOSTILE_TEXT);
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
}

#[test]
fn each_sandbox_request_is_one_log_line() {
    let mut sandbox = Qiwei::new(["sandbox", "--listen", "127.0.0.1:0"]).start();
    let url = sandbox.stdout_line();
    // Every sandbox has the same guids.
    let guid = &crate::support::sandbox().guids()[0];
    let mut client = Client::to(&format!("{url}/msg/send_text"));
    let text = serde_json::to_string(HOSTILE_TEXT).unwrap();
    client.post(&format!(
        r#"{{"guid":"{guid}","conversation_id":"{PERSON}","content":{text}}}"#
    ));
    for target in [
        HOSTILE_TEXT,
        "/\u{1b}[2Jevil",
        "/\u{9b}evil",
        "/\u{202e}evil",
    ] {
        let mut client = Client::to(&url);
        client.send(format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        let _ = client.try_answer(false);
    }
    sandbox.signal(rustix::process::Signal::TERM);
    check_harmless(&sandbox.end().stderr);
}
