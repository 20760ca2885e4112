//! Every fault over a real socket: what the client sees, and whether the request was executed.

use super::support::{
    connect, exchange, faulty, first_guid, read_answer, request, send, start, text,
};
use crate::sandbox::{Sandbox, Scenario, Status};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// What is left of a send when the sandbox has these faults.
struct Outcome {
    sandbox: Sandbox,
    bytes: std::io::Result<Vec<u8>>,
}

/// Sends a text and reads until the server closes.
fn send_under(spec: &str) -> Outcome {
    let sandbox = start(faulty(&[spec]));
    let mut stream = connect(&sandbox);
    let body = text("x");
    let head = format!(
        "POST /msg/send_text HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let bytes = stream.write_all((head + &body).as_bytes()).and_then(|()| {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).map(|_| bytes)
    });
    Outcome { sandbox, bytes }
}

fn body_of(bytes: &[u8]) -> &[u8] {
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    &bytes[end + 4..]
}

#[test]
fn faults_without_answer() {
    for (spec, is_reset, executed) in [
        ("drop-before", false, false),
        ("drop-after", false, true),
        ("reset", true, false),
        ("reset-after", true, true),
    ] {
        let Outcome { sandbox, bytes } = send_under(spec);
        match bytes {
            Ok(bytes) => assert!(!is_reset && bytes.is_empty(), "{spec}"),
            Err(error) => assert!(
                is_reset && error.kind() == ErrorKind::ConnectionReset,
                "{spec}"
            ),
        }
        assert_eq!(sandbox.deliveries().len(), usize::from(executed), "{spec}");
        let exchange = &sandbox.exchanges()[0];
        assert_eq!(exchange.http_status, None, "{spec}");
        assert_eq!(exchange.fault.as_deref(), Some(spec));
    }
}

#[test]
fn faults_with_other_answer() {
    let garbled = b"\x00\xff\xfe{\"error_code\":\xc3\x28\x80garbled".as_slice();
    let html = b"<!DOCTYPE html>".as_slice();
    for (spec, status, start, executed) in [
        ("http=500", 500, b"Internal Server Error".as_slice(), false),
        ("http-after=504", 504, b"Gateway Timeout", true),
        ("http=404", 404, br#"{"detail":"Not Found"}"#, false),
        ("http=429", 429, br#"{"detail":"Too Many Requests"}"#, false),
        ("html", 200, html, false),
        ("html-after", 200, html, true),
        ("empty", 200, b"", false),
        ("empty-after", 200, b"", true),
        ("garbled", 200, garbled, false),
        ("garbled-after", 200, garbled, true),
        ("null", 200, b"null", false),
        ("null-after", 200, b"null", true),
        ("object", 200, b"{}", false),
        ("object-after", 200, b"{}", true),
        ("array", 200, b"[]", false),
        ("array-after", 200, b"[]", true),
    ] {
        let Outcome { sandbox, bytes } = send_under(spec);
        let bytes = bytes.unwrap();
        let head = String::from_utf8_lossy(&bytes);
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status} ")),
            "{spec}: {head}"
        );
        assert_eq!(head.contains("retry-after: 1"), status == 429, "{spec}");
        assert!(body_of(&bytes).starts_with(start), "{spec}");
        assert_eq!(sandbox.deliveries().len(), usize::from(executed), "{spec}");
        assert_eq!(sandbox.exchanges()[0].http_status, Some(status), "{spec}");
    }
}

#[test]
fn business_errors_deliver_nothing() {
    for (spec, code, part) in [
        ("code=-4017", -4017, "对方无外部联系人权限"),
        ("code=1014", 1014, "not ready"),
        ("code=77", 77, "77"),
        ("busy", -1, "频繁"),
    ] {
        let Outcome { sandbox, bytes } = send_under(spec);
        let answer: Value = serde_json::from_slice(body_of(&bytes.unwrap())).unwrap();
        assert_eq!(answer["error_code"], code, "{spec}");
        assert!(
            answer["error_message"].as_str().unwrap().contains(part),
            "{spec}"
        );
        assert!(sandbox.deliveries().is_empty(), "{spec}");
    }
}

#[test]
fn server_fail_answers_code_0() {
    let Outcome { sandbox, bytes } = send_under("svr-fail");
    let answer: Value = serde_json::from_slice(body_of(&bytes.unwrap())).unwrap();
    assert_eq!(answer["error_code"], 0);
    assert_eq!(answer["data"]["is_svr_fail"], true);
    assert_eq!(answer["data"]["msg_data"]["id"], "1066173");
    assert!(sandbox.deliveries().is_empty());
}

#[test]
fn truncated_answer_is_executed() {
    let Outcome { sandbox, bytes } = send_under("truncated");
    let bytes = bytes.unwrap();
    let head = String::from_utf8_lossy(&bytes);
    let promised: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap()
        .parse()
        .unwrap();
    let got = body_of(&bytes).len();
    assert!(got > 0 && got < promised, "{got} of {promised}");
    assert_eq!(sandbox.deliveries().len(), 1);
}

#[test]
fn hang_lasts_until_client_disconnects() {
    for (spec, executed) in [("hang", 0), ("hang-after", 1)] {
        let sandbox = start(faulty(&[spec]));
        let mut stream = connect(&sandbox);
        stream
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        stream
            .write_all(request("POST", "/msg/send_text", &text("x")).as_bytes())
            .unwrap();
        let silence = stream.read(&mut [0; 8]).unwrap_err().kind();
        assert!(
            matches!(silence, ErrorKind::WouldBlock | ErrorKind::TimedOut),
            "{spec}"
        );
        assert_eq!(sandbox.deliveries().len(), executed, "{spec}");
        let begin = Instant::now();
        drop(sandbox);
        assert!(begin.elapsed() < Duration::from_secs(2), "{spec}");
    }
}

#[test]
fn latency_applies_after_execution() {
    let sandbox = start(faulty(&["latency=150ms"]));
    let mut stream = connect(&sandbox);
    let begin = Instant::now();
    stream
        .write_all(request("POST", "/msg/send_text", &text("x")).as_bytes())
        .unwrap();
    while sandbox.deliveries().is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(read_answer(&mut stream).unwrap().status, 200);
    assert!(begin.elapsed() >= Duration::from_millis(150));
}

#[test]
fn drip_sends_whole_answer_slowly() {
    let begin = Instant::now();
    let Outcome { bytes, .. } = send_under("drip=1ms");
    let bytes = bytes.unwrap();
    assert!(begin.elapsed() >= Duration::from_millis(bytes.len() as u64));
    let answer: Value = serde_json::from_slice(body_of(&bytes)).unwrap();
    assert_eq!(answer["error_code"], 0);
}

#[test]
fn endless_answer_ends_with_client() {
    let sandbox = start(faulty(&["huge"]));
    let mut stream = connect(&sandbox);
    stream
        .write_all(request("POST", "/msg/send_text", &text("x")).as_bytes())
        .unwrap();
    let mut much = vec![0; 20 * 1024 * 1024];
    stream.read_exact(&mut much).unwrap();
    assert!(body_of(&much).starts_with(b"\"aaaa"));
    assert!(sandbox.deliveries().is_empty());
}

#[test]
fn early_reset_records_nothing() {
    let sandbox = start(faulty(&["reset-early*1"]));
    let mut stream = connect(&sandbox);
    let read = stream
        .write_all(request("POST", "/msg/send_text", &text("x")).as_bytes())
        .and_then(|()| stream.read(&mut [0; 8]));
    assert!(!matches!(read, Ok(1..)), "{read:?}");
    assert!(sandbox.exchanges().is_empty());
    assert_eq!(send(&sandbox, "x").unwrap().status, 200);
}

#[test]
fn refuse_closes_port_temporarily() {
    let sandbox = start(Scenario::default());
    let addr = sandbox.addr();
    let begin = Instant::now();
    sandbox.add_fault("refuse=150ms".parse().unwrap());
    assert_eq!(
        TcpStream::connect(addr).unwrap_err().kind(),
        ErrorKind::ConnectionRefused
    );
    while TcpStream::connect(addr).is_err() {
        std::thread::yield_now();
    }
    assert!(begin.elapsed() >= Duration::from_millis(150));
    assert_eq!(send(&sandbox, "x").unwrap().status, 200);
}

#[test]
fn refuse_can_be_extended() {
    let sandbox = start(faulty(&["refuse=0s"]));
    sandbox.add_fault("refuse=60s".parse().unwrap());
    sandbox.add_fault("refuse=50ms".parse().unwrap());
    while TcpStream::connect(sandbox.addr()).is_err() {
        std::thread::yield_now();
    }
    sandbox.add_fault("refuse=60s".parse().unwrap());
    let begin = Instant::now();
    drop(sandbox);
    assert!(begin.elapsed() < Duration::from_secs(2));
}

#[test]
fn counted_faults_are_consumed() {
    let sandbox = start(faulty(&["http=503@/msg/send_text*2", "busy*1"]));
    let statuses: Vec<u16> = (0..3)
        .map(|_| send(&sandbox, "x").unwrap().status)
        .collect();
    assert_eq!(statuses, [503, 503, 200]);
    assert!(
        sandbox.deliveries().is_empty(),
        "the third met the busy server"
    );
    assert_eq!(send(&sandbox, "x").unwrap().json()["error_code"], 0);
    assert_eq!(sandbox.deliveries().len(), 1);
}

#[test]
fn logout_fault_precedes_request() {
    let sandbox = start(faulty(&["logout*1"]));
    let answer = send(&sandbox, "x").unwrap().json();
    assert!(
        answer["error_message"].as_str().unwrap().contains("未登录"),
        "{answer}"
    );
    assert!(sandbox.deliveries().is_empty());
    assert!(sandbox.set_status(&first_guid(), Status::Online));
    assert_eq!(send(&sandbox, "x").unwrap().json()["error_code"], 0);
}

#[test]
fn reconnecting_reports_0_once() {
    let sandbox = start(faulty(&["reconnecting*1"]));
    let body = json!({ "guid": first_guid() }).to_string();
    let shown: Vec<Value> = (0..2)
        .map(|_| {
            let answer = exchange(&sandbox, "POST", "/client/get_client_status", &body).unwrap();
            answer.json()["data"]["status"].clone()
        })
        .collect();
    assert_eq!(shown, [0, 2]);
}

#[test]
fn clear_removes_faults() {
    let sandbox = start(faulty(&["hang"]));
    sandbox.clear_faults();
    assert_eq!(send(&sandbox, "x").unwrap().status, 200);
}
