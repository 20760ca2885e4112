//! Servers that violate the protocol, where `matrix` has no case for it: TLS, host names, sizes and the
//! text of errors.

use std::io::Write;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::raw::{ClientConnection, RawServer, closed_port, http, ok};
use crate::support::{Finished, GROUP, Qiwei, check_all, sandbox};

/// An answer that would be a success if it came from the right server.
const GOOD: &str = r#"{"error_code":0,"error_message":"ok","data":{"session_list":[],"msg_data":{"id":"1066173","seq":"7"},"is_svr_fail":false}}"#;

/// An answer whose content-length exceeds the limit of the program.
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
        r#"{"success":true}"#,
        r#"{"error_message":"失败","data":{"msg_data":{"id":"7"}}}"#,
        r#"{"success":false,"msg_data":{"id":"7"}}"#,
        r#"{"detail":"x","msg_data":{"id":"7"}}"#,
        r#"{"error_code":0,"success":false,"data":{"msg_data":{"id":"7"}}}"#,
        r#"{"error_code":0,"data":{"msg_data":{"id":"\ud83d7"}}}"#,
        "[]",
    ] {
        let server = RawServer::answering(ok(body));
        let run = send(&server.base_url(), &[]);
        let error = run.ends_with(6).error();
        assert_eq!(error["outcome"], "unknown", "{body}");
        assert_eq!(server.requests().len(), 1, "{body}");
    }
}

/// Every command whose answer is only a confirmation.
const CHANGES: [&str; 6] = [
    "instance start g-1",
    "instance stop g-1",
    "instance rm g-1 --yes",
    "logout",
    "login --code 123456",
    "listen --for 10ms",
];

fn change(base_url: &str, command: &str) -> Finished {
    let args = command.split(' ').map(str::to_owned);
    Qiwei::new(args)
        .args(["--json", "--guid", "g-1", "--base-url", base_url])
        .run()
}

#[test]
fn only_code_0_or_an_empty_object_confirms_a_change() {
    for command in CHANGES {
        for body in [r#"{"error_code":0}"#, "{}", r#""{}""#, "\u{feff}{}"] {
            let server = RawServer::answering(ok(body));
            let run = change(&server.base_url(), command);
            assert_eq!(run.code, 0, "{command} {body}: {run:?}");
        }
    }
}

#[test]
fn http_200_with_a_refusal_is_rejected() {
    for command in CHANGES {
        for body in [
            r#"{"code":401,"msg":"token无效"}"#,
            r#"{"detail":"Not Found"}"#,
            r#"{"errcode":40001,"errmsg":"x"}"#,
            r#"{"success":false}"#,
            r#"{"ok":false}"#,
            r#"{"error":"denied"}"#,
            r#"{"result":"fail"}"#,
        ] {
            let server = RawServer::answering(ok(body));
            let error = change(&server.base_url(), command).ends_with(1).error();
            assert_eq!(error["outcome"], "rejected", "{command} {body}");
        }
        let server = RawServer::answering(ok(r#"{"error_message":"实例未登录","data":{}}"#));
        let error = change(&server.base_url(), command).ends_with(4).error();
        assert_eq!(error["outcome"], "rejected", "{command}");
    }
}

#[test]
fn http_200_without_a_confirmation_is_unknown() {
    for command in CHANGES {
        for body in [
            r#"{"data":{}}"#,
            r#"{"success":true}"#,
            r#"{"message":"ok"}"#,
            r#"{"message":"处理中"}"#,
            r#"{"error_code":0,"success":false}"#,
            r#"{"error_code":0,"data":{"error":"denied"}}"#,
            r#"{"error_code":0,"error_message":"操作失败"}"#,
            "[]",
            "null",
            r#""ok""#,
        ] {
            let server = RawServer::answering(ok(body));
            let error = change(&server.base_url(), command).ends_with(6).error();
            assert_eq!(error["outcome"], "unknown", "{command} {body}");
        }
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
    let known = [404, 405, 408, 409, 422, 429, 460, 499, 500, 503, 504];
    let codes: Vec<u16> = (400..600)
        .filter(|code| code % 9 == 4 || known.contains(code))
        .collect();
    check_all(&codes, |&status| {
        let server = RawServer::answering(http(&format!("{status} X"), r#"{"detail":"words"}"#));
        let run = send(&server.base_url(), &[]);
        // A proxy may answer these after the server has worked.
        let is_unknown = status >= 500 || [408, 409, 460, 499].contains(&status);
        assert_eq!(run.code, if is_unknown { 6 } else { 1 }, "{status}");
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
    assert!(
        message.starts_with(&format!("cannot connect to {address}: ")),
        "{message}"
    );
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

#[test]
fn odd_send_time_does_not_hide_message() {
    for time in [
        "\"2026-01-01 10:00:00\"",
        "1.5",
        "\"1735689600.5\"",
        "null",
        "{}",
    ] {
        let answer = format!(r#"{{"data":{{"msg_data":{{"id":"7","sendtime":{time}}}}}}}"#);
        let server = RawServer::answering(ok(&answer));
        let run = send(&server.base_url(), &[]).ends_with(0);
        assert_eq!(run.json()["message_id"], "7", "{time}");
    }
}

#[test]
fn status_answers_without_the_list() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    server.add_fault("http=403@/client/all_clients".parse().unwrap());
    let run = Qiwei::on(&server.base_url(), ["status", "--guid", &guid]).run();
    run.ends_with(0)
        .assert_stderr_contains("the list of instances cannot be read");
}

#[test]
fn customer_service_conversation_is_a_target() {
    let server = sandbox();
    let to = "S:7880000000000001;1234";
    Qiwei::on(&server.base_url(), ["send", to, "x", "-q", "--dry-run"])
        .run()
        .ends_with(0);
    for to in ["S:1;", "S:;1", "R:1;2", "S:1;2;3"] {
        Qiwei::on(&server.base_url(), ["send", to, "x"])
            .run()
            .ends_with(2);
    }
}
