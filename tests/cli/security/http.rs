//! HTTP: what the client sends, and how it handles malicious responses.

use std::io::Write;
use std::time::Duration;

use crate::support::raw::{ClientConnection, RawServer, ok};
use crate::support::{PERSON, Qiwei, check_all};

fn send(url: &str, flags: &[&str]) -> Qiwei {
    Qiwei::on(url, ["send", PERSON, "x", "--guid", "g", "--json"]).args(flags)
}

/// The body of a successful response.
const GOOD: &str = r#"{"error_code":0,"data":{"msg_data":{"id":"1"}}}"#;

#[test]
fn endless_interim_responses_end_at_timeout() {
    let server = RawServer::start(|connection| {
        let many = "HTTP/1.1 100 Continue\r\n\r\n".repeat(4096);
        while connection.stream.write_all(many.as_bytes()).is_ok() {}
    });
    let run = send(&server.base_url(), &["--timeout", "1s"]).run();
    assert!(run.took < Duration::from_secs(15), "{run:?}");
    run.ends_with(6);
}

type Behaviour = fn(&mut ClientConnection);

/// A gzip body. The client neither requests compression nor decompresses.
const GZIP: [u8; 24] = [
    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x8b, 0x8e, 5, 0, 0x29, 0xbb, 0x4c, 0x0d, 2, 0, 0, 0, 0, 0,
];

#[test]
fn exhausting_answers_are_neither_success_nor_crash() {
    let rows: [(&str, Behaviour); 5] = [
        ("deep lists", |g| {
            g.write(ok(&format!(
                "{}{}",
                "[".repeat(1 << 20),
                "]".repeat(1 << 20)
            )));
        }),
        ("deep objects", |g| {
            let depth = 1 << 19;
            g.write(ok(&format!(
                "{}1{}",
                "{\"data\":".repeat(depth),
                "}".repeat(depth)
            )));
        }),
        ("strings in strings", |g| {
            let mut body = GOOD.to_owned();
            for _ in 0..12 {
                body = serde_json::to_string(&body).unwrap();
            }
            g.write(ok(&body));
        }),
        ("packed", |g| {
            g.write("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 24\r\n\r\n");
            g.write(GZIP);
        }),
        ("a header line that never ends", |g| {
            g.write("HTTP/1.1 200 OK\r\nx: ");
            while g.stream.write_all(&[b'a'; 65536]).is_ok() {}
        }),
    ];
    check_all(&rows, |(name, behaviour)| {
        let server = RawServer::start(*behaviour);
        let run = send(&server.base_url(), &[]).run();
        assert_eq!(run.code, 6, "{name}: {run:?}");
    });
}

#[test]
fn settings_cannot_inject_headers_or_requests() {
    let server = RawServer::answering(ok(GOOD));
    let url = server.base_url();
    for (code, run) in [
        (
            3,
            send(&url, &[]).config("[headers]\n\"X\\r\\nEvil\" = \"1\"\n"),
        ),
        (
            3,
            send(&url, &[]).config("[headers]\nX = \"1\\r\\nEvil: 1\"\n"),
        ),
        (3, send(&url, &[]).config("[headers]\nX = \"1\\u0000\"\n")),
        (3, send(&url, &[]).config("guid = \"a\\r\\nb\"\n")),
        (
            2,
            Qiwei::on(&url, ["send", PERSON, "x", "--guid", "a\r\nEvil: 1"]),
        ),
        (
            2,
            Qiwei::on(&url, ["probe", "POST", "/x HTTP/1.1\r\nEvil: 1"]),
        ),
        (2, Qiwei::on(&url, ["probe", "POST\r\nEvil: 1", "/x"])),
        (
            2,
            Qiwei::on(&url, ["send", "S:1\r\nEvil: 1", "x", "--guid", "g"]),
        ),
    ] {
        run.run().ends_with(code);
    }
    assert_eq!(server.requests(), [""; 0]);
    let evil = format!("{url}/\r\nEvil: 1\r\n\r\n");
    send(&evil, &[]).run();
    let sent = server.requests();
    assert!(
        sent.iter().all(|request| !request.contains("\r\nEvil")),
        "{sent:?}"
    );
}

#[test]
fn keeps_no_cookies_and_sends_no_referer() {
    let with_cookie = ok(r#"{"error_code":1014,"error_message":"not ready"}"#)
        .replace("\r\n\r\n", "\r\nset-cookie: a=b\r\n\r\n");
    let server = RawServer::answering(with_cookie);
    send(&server.base_url(), &["--retries", "1"])
        .run()
        .ends_with(1);
    let sent = server.requests().join("\n").to_lowercase();
    assert!(sent.matches("post /msg/send_text").count() >= 2, "{sent}");
    assert!(
        !sent.contains("cookie") && !sent.contains("referer"),
        "{sent}"
    );
}

#[test]
fn configured_headers_go_to_api_server_only() {
    let (server, other) = (
        RawServer::answering(ok(GOOD)),
        RawServer::answering(ok("{}")),
    );
    let moved = format!(
        "HTTP/1.1 307 Moved\r\nlocation: {}/x\r\ncontent-length: 0\r\n\r\n",
        other.base_url()
    );
    let redirecting = RawServer::answering(moved);
    let with_secrets = |qiwei: Qiwei| qiwei.config("[headers]\nX-Token = 't0ken-value'\n");
    let url = |server: &RawServer| server.base_url().replace("//", "//user:hunter2@");
    with_secrets(send(&url(&server), &[])).run().ends_with(0);
    assert!(server.requests()[0].contains("t0ken-value"));
    with_secrets(send(&url(&redirecting), &[]))
        .run()
        .ends_with(6);
    let webhook = format!("{}/hook", other.base_url());
    with_secrets(Qiwei::on(
        &url(&server),
        ["probe", "callback", &webhook, "--guid", "g"],
    ))
    .run();
    let sent = other.requests();
    assert!(!sent.is_empty(), "the webhook was not asked");
    for secret in ["t0ken-value", "hunter2", "authorization"] {
        assert!(
            sent.iter().all(|r| !r.to_lowercase().contains(secret)),
            "{sent:?}"
        );
    }
    assert!(
        sent.iter().all(|request| !request.contains(" /x ")),
        "{sent:?}"
    );
}
