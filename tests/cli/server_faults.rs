//! Servers that break the rules: what `matrix` does not try, because it is about TLS, about names,
//! about size, or about the words of the error.

use std::io::Write;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::raw::{ClientConnection, RawServer, closed_port, http, ok};
use crate::support::{Finished, GROUP, Qiwei, check_all};

/// An answer that would be a success if it came from the right server.
const GOOD: &str = r#"{"error_code":0,"error_message":"ok","data":{"session_list":[],"msg_data":{"id":"1066173","seq":"7"},"is_svr_fail":false}}"#;

/// An answer that promises more than the program is willing to read.
fn more_than_16_mib(connection: &mut ClientConnection) {
    let body = format!("\"{}\"", "a".repeat(16 * 1024 * 1024));
    connection.write(ok(&body));
}

fn send(base_url: &str, flags: &[&str]) -> Finished {
    Qiwei::on(base_url, ["send", GROUP, "x", "--guid", "g", "--json"])
        .args(flags)
        .run()
}

#[test]
fn http_200_without_message_id_is_not_accepted() {
    for body in [
        "{}",
        r#""{}""#,
        r#"{"error_code":0}"#,
        r#"{"error_code":0,"data":{}}"#,
        r#"{"error_code":0,"data":null}"#,
        r#"{"error_code":0,"data":[]}"#,
        r#"{"error_code":0,"data":"ok"}"#,
        r#"{"err_code":0,"err_msg":"success","data":{"msg_data":{}}}"#,
        r#"{"msg_data":{"id":""}}"#,
        r#"{"msg_data":{"id":"0"}}"#,
        r#"{"msg_data":null}"#,
        r#"{"message":"ok"}"#,
        r#"{"detail":"Not Found"}"#,
    ] {
        let server = RawServer::answering(ok(body));
        let run = send(&server.base_url(), &[]);
        let error = run.ends_with(6).error();
        assert_eq!(error["outcome"], "unknown", "{body}");
        assert_eq!(server.requests().len(), 1, "{body}");
    }
}

#[test]
fn does_not_read_body_over_16_mib() {
    let server = RawServer::start(more_than_16_mib);
    let error = send(&server.base_url(), &[]).ends_with(6).error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("larger than 16 MiB"), "{message}");
}

#[test]
fn http_4xx_is_rejected_and_5xx_is_unknown() {
    let known = [404, 405, 422, 429, 500, 503, 504];
    let codes: Vec<u16> = (400..600)
        .filter(|code| code % 9 == 4 || known.contains(code))
        .collect();
    check_all(&codes, |&status| {
        let server = RawServer::answering(http(&format!("{status} X"), r#"{"detail":"words"}"#));
        let run = send(&server.base_url(), &[]);
        assert_eq!(run.code, if status < 500 { 1 } else { 6 }, "{status}");
        let message = run.error()["message"].as_str().unwrap().to_owned();
        let start = format!("the server answered HTTP {status}: words");
        assert!(message.starts_with(&start), "{message}");
    });
}

#[test]
fn never_follows_redirects() {
    for status in ["301", "302", "303", "307", "308"] {
        let target = RawServer::answering(ok(GOOD));
        let location = target.base_url().replace("//", "//u:hunter2@");
        let server = RawServer::answering(format!(
            "HTTP/1.1 {status} Moved\r\nlocation: {location}/x\r\ncontent-length: 0\r\n\r\n"
        ));
        let run = send(&server.base_url(), &[]);
        let hint = run.error()["hint"].as_str().unwrap().to_owned();
        let shown = target.base_url().replace("//", "//***@");
        assert!(hint.contains(&format!("points to {shown}/x;")), "{hint}");
        run.ends_with(6);
        assert_eq!(target.requests().len(), 0, "{status} was followed");
    }
}

#[test]
fn failed_connections_are_not_sent() {
    let (_socket, address) = closed_port();
    let run = send(&format!("http://{address}"), &["--retries", "0"]);
    let error = run.ends_with(5).error();
    assert_eq!(error["outcome"], "not_sent");
    assert_eq!(error["retryable"], true);
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("cannot connect: "), "{message}");
    let run = send("http://no-such-host.invalid", &["--retries", "0"]);
    assert_eq!(run.ends_with(5).error()["outcome"], "not_sent");
}

#[test]
fn non_tls_peer_is_not_sent() {
    let garbage = RawServer::unread(|mut stream| {
        let _ = stream.write_all(b"\x16\x03\x03garbage that is no handshake at all\r\n\r\n");
    });
    let plain = RawServer::unread(|mut stream| {
        let _ = stream.write_all(http("400 Bad Request", "plain").as_bytes());
    });
    let closing = RawServer::unread(drop);
    for server in [garbage, plain, closing] {
        let url = format!("https://{}", server.address());
        let run = send(&url, &["--insecure", "--retries", "0"]);
        let error = run.ends_with(5).error();
        assert_eq!(error["outcome"], "not_sent");
    }
}

#[test]
fn stalled_tls_handshake_times_out() {
    let (held, streams) = mpsc::channel();
    let server = RawServer::unread(move |stream| held.send(stream).unwrap());
    let url = format!("https://{}", server.address());
    let run = send(&url, &["--insecure", "--retries", "0", "--timeout", "1s"]);
    assert_eq!(run.ends_with(5).error()["outcome"], "not_sent");
    assert_eq!(streams.iter().take(1).count(), 1);
}

#[test]
fn handles_early_answer_to_large_request() {
    // The refusal is there before the request is; it may be read or lost, but never a success.
    let server = RawServer::unread(|mut stream| {
        let _ = stream.write_all(http("413 Payload Too Large", "").as_bytes());
        thread::sleep(Duration::from_millis(50));
    });
    let run = Qiwei::on(
        &server.base_url(),
        ["send", GROUP, "-", "--guid", "g", "--json"],
    )
    .stdin("x".repeat(8 * 1024 * 1024))
    .run();
    assert!([1, 6].contains(&run.code), "{run:?}");
}
