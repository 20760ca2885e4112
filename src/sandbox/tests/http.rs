//! The HTTP adapter over real sockets.

use super::support::{connect, exchange, read_answer, request, send, start, start_observed, text};
use crate::sandbox::Scenario;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[test]
fn keeps_connections_alive() {
    let sandbox = start(Scenario::default());
    let mut stream = connect(&sandbox);
    for number in 0..50 {
        stream
            .write_all(request("POST", "/msg/send_text", &text("x")).as_bytes())
            .unwrap();
        let answer = read_answer(&mut stream).unwrap();
        assert_eq!(
            answer.json()["data"]["msg_data"]["id"],
            (1_066_173 + number).to_string()
        );
    }
    assert_eq!(sandbox.deliveries().len(), 50);
}

#[test]
fn answers_pipelined_requests_in_order() {
    let sandbox = start(Scenario::default());
    let mut stream = connect(&sandbox);
    let both = request("POST", "/nope", "") + &request("POST", "/client/all_clients", "{}");
    stream.write_all(both.as_bytes()).unwrap();
    assert_eq!(read_answer(&mut stream).unwrap().status, 404);
    assert_eq!(read_answer(&mut stream).unwrap().status, 200);
}

#[test]
fn closes_connection_on_request() {
    let sandbox = start(Scenario::default());
    for (version, header, stays) in [
        ("1.1", "X: y", true),
        ("1.1", "Connection: close", false),
        ("1.1", "Connection: keep-alive, Close", false),
        ("1.0", "X: y", false),
        ("1.0", "Connection: Keep-Alive", true),
    ] {
        let mut stream = connect(&sandbox);
        let head = format!("POST /client/all_clients HTTP/{version}\r\n{header}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let answer = read_answer(&mut stream).unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(
            !answer.head.contains("connection: close"),
            stays,
            "{version} {header}"
        );
        stream.write_all(head.as_bytes()).unwrap();
        assert_eq!(
            read_answer(&mut stream).is_ok(),
            stays,
            "{version} {header}"
        );
    }
}

#[test]
fn reads_chunked_bodies_and_expect_continue() {
    let sandbox = start(Scenario::default());
    let mut stream = connect(&sandbox);
    let body = text("chunked");
    let head = "POST /msg/send_text HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\
                Expect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    assert_eq!(read_answer(&mut stream).unwrap().status, 100);
    let (first, second) = body.split_at(10);
    for part in [first, second, ""] {
        write!(stream, "{:x}\r\n{part}\r\n", part.len()).unwrap();
    }
    assert_eq!(read_answer(&mut stream).unwrap().status, 200);
    assert_eq!(sandbox.deliveries()[0].content, "chunked");
}

#[test]
fn malformed_requests_are_refused_and_not_recorded() {
    let sandbox = start(Scenario::default());
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(200));
    let long = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(70_000));
    for (bytes, status) in [
        ("\x16\x03\x01 tls hello\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (
            "POST / HTTP/1.1\r\nContent-Length: 16777217\r\nExpect: 100-continue\r\n\r\n",
            413,
        ),
        (many.as_str(), 431),
        (long.as_str(), 431),
    ] {
        let mut stream = connect(&sandbox);
        stream.write_all(bytes.as_bytes()).unwrap();
        let answer = read_answer(&mut stream).unwrap();
        assert_eq!(answer.status, status, "{bytes:.60}");
        assert!(answer.head.contains("connection: close"));
    }
    assert!(sandbox.exchanges().is_empty());
}

#[test]
fn aborted_request_changes_nothing() {
    let sandbox = start(Scenario::default());
    let whole = request("POST", "/msg/send_text", &text("x"));
    let mut stream = connect(&sandbox);
    stream
        .write_all(&whole.as_bytes()[..whole.len() - 1])
        .unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
    assert!(sandbox.exchanges().is_empty());
}

#[test]
fn silent_client_does_not_delay_others() {
    let sandbox = start(Scenario::default());
    let _silent: Vec<TcpStream> = (0..50).map(|_| connect(&sandbox)).collect();
    assert_eq!(send(&sandbox, "x").unwrap().status, 200);
}

#[test]
fn head_has_no_body() {
    let sandbox = start(Scenario::default());
    let mut stream = connect(&sandbox);
    let bytes = "HEAD /client/all_clients HTTP/1.1\r\nConnection: close\r\n\r\n";
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut all = String::new();
    stream.read_to_string(&mut all).unwrap();
    assert!(all.starts_with("HTTP/1.1 405 "), "{all}");
    assert!(all.contains("allow: POST\r\n"), "{all}");
    assert!(all.ends_with("\r\n\r\n"), "{all}");
}

#[test]
fn strips_prefix_and_query() {
    let sandbox = start(Scenario {
        prefix: "/wecom/".into(),
        ..Scenario::default()
    });
    assert!(sandbox.base_url().ends_with("/wecom"));
    for (path, status) in [
        ("/wecom/client/all_clients?x=/y", 200),
        ("/client/all_clients", 404),
        ("/wecomclient/all_clients", 404),
        ("/wecom/_sandbox/state", 200),
    ] {
        let method = if path.contains("_sandbox") {
            "GET"
        } else {
            "POST"
        };
        assert_eq!(
            exchange(&sandbox, method, path, "{}").unwrap().status,
            status,
            "{path}"
        );
    }
    assert_eq!(
        sandbox.exchanges()[0].path,
        "/wecom/client/all_clients?x=/y"
    );
}

#[test]
fn observer_runs_before_response() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let notes = seen.clone();
    let sandbox = start_observed(Scenario::default(), move |exchange| {
        notes
            .lock()
            .unwrap()
            .push((exchange.http_status, exchange.note.clone()));
    });
    send(&sandbox, "a text with \u{1b} in it").unwrap();
    exchange(&sandbox, "POST", "/msg/send_text", "[]").unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        [
            (
                Some(200),
                r#"message 1066173 to R:1012345678901 "a text with \u{1b} in it""#.to_string()
            ),
            (Some(422), "body: value is not a valid dict".to_string()),
        ]
    );
}

#[test]
fn records_requests_unchanged() {
    let sandbox = start(Scenario::default());
    send(&sandbox, "x").unwrap();
    let exchange = &sandbox.exchanges()[0];
    assert_eq!(exchange.method, "POST");
    assert_eq!(exchange.header("host"), Some("127.0.0.1"));
    assert_eq!(exchange.body, text("x").into_bytes());
}

#[test]
fn latency_delays_every_answer() {
    let latency = Duration::from_millis(80);
    let sandbox = start(Scenario {
        latency,
        ..Scenario::default()
    });
    let begin = Instant::now();
    send(&sandbox, "x").unwrap();
    assert!(begin.elapsed() >= latency);
}

#[test]
fn drop_stops_server_immediately() {
    let sandbox = start(Scenario {
        latency: Duration::from_secs(60),
        ..Scenario::default()
    });
    let addr = sandbox.addr();
    let mut idle = connect(&sandbox);
    let mut waiting = connect(&sandbox);
    waiting
        .write_all(request("POST", "/client/all_clients", "{}").as_bytes())
        .unwrap();
    while sandbox.exchanges().is_empty() {
        std::thread::yield_now();
    }
    let begin = Instant::now();
    drop(sandbox);
    assert!(begin.elapsed() < Duration::from_secs(2));
    assert!(!matches!(idle.read(&mut [0; 8]), Ok(1..)));
    assert!(!matches!(waiting.read(&mut [0; 8]), Ok(1..)));
    TcpListener::bind(addr).unwrap();
}
