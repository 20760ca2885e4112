//! The callback listener with silent, slow, broken and malicious clients: each gets an HTTP error
//! or a closed connection, and valid callbacks are still received.

use std::io::{ErrorKind, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use qiwei::sandbox::Sandbox;
use rustix::process::Signal;
use serde_json::json;
use socket2::SockRef;

use crate::support::background::{BackgroundChild, HANG_TIMEOUT};
use crate::support::client::{Answer, Client, ask, post};
use crate::support::login::{callback, events, listen, listening};
use crate::support::sandbox;

/// Longest accepted response time on a busy machine; far below the timeouts of the listener.
const PROMPT: Duration = Duration::from_secs(8);

/// A running listener with its guid and URL.
struct Target {
    _server: Sandbox,
    running: BackgroundChild,
    guid: String,
    url: String,
}

fn target() -> Target {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let (running, url) = listening(&server, listen(&server, ""));
    Target {
        _server: server,
        running,
        guid,
        url,
    }
}

impl Target {
    fn message(&self, number: usize) -> String {
        callback(&self.guid, 11010, &format!(r#"{{"id":"{number}"}}"#))
    }

    /// Checks that a valid callback on a new connection is accepted promptly.
    #[track_caller]
    fn still_works(&self, number: usize) {
        let begun = Instant::now();
        assert_eq!(post(&self.url, &self.message(number)).status, 200);
        assert!(begun.elapsed() < PROMPT, "took {:?}", begun.elapsed());
    }

    /// Ends the listener and checks that it printed exactly these messages.
    #[track_caller]
    fn finish_with_messages(mut self, numbers: &[usize]) {
        self.running.signal(Signal::INT);
        let run = self.running.finish().ends_with(130);
        let ids: Vec<_> = events(&run)
            .iter()
            .map(|e| e["data"]["id"].clone())
            .collect();
        let expected: Vec<_> = numbers.iter().map(|n| json!(n.to_string())).collect();
        assert_eq!(ids, expected);
        assert!(!run.stderr.contains("panicked"), "{run:?}");
    }

    /// Sends bytes and reads the response.
    #[track_caller]
    fn send_and_read(&self, bytes: impl AsRef<[u8]>) -> Answer {
        let mut client = Client::to(&self.url);
        client.send(bytes);
        client.answer()
    }

    /// The path with the token.
    fn path(&self) -> &str {
        let at = self.url.find("/webhook").unwrap();
        &self.url[at..]
    }

    fn base(&self) -> &str {
        self.url.split_once("/webhook").unwrap().0
    }
}

#[test]
fn refuses_invalid_requests_with_status() {
    let target = target();
    let path = target.path().to_owned();
    let body = target.message(666);
    let request = |line: &str, headers: &str, body: &str| {
        format!(
            "{line} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let json = "Content-Type: application/json\r\n";
    let good = format!("POST {path}");
    let huge = "x".repeat(1024 * 1024 + 1);
    for (line, headers, body, status) in [
        (format!("PUT {path}"), json, body.as_str(), 405),
        (format!("DELETE {path}"), json, "", 405),
        ("POST /health".into(), json, &body, 405),
        ("POST /".into(), json, &body, 404),
        ("POST /somewhere/else".into(), json, &body, 404),
        ("POST /webhook".into(), json, &body, 403),
        ("POST /webhook/".into(), json, &body, 403),
        ("GET /webhook".into(), "", "", 403),
        ("GET /webhook/AAAAAAAAAAAAAAAAAAAAAA".into(), "", "", 403),
        (good.clone(), "Content-Encoding: br\r\n", &body, 415),
        (good.clone(), "Content-Encoding: gzip\r\n", &body, 400),
        (good.clone(), json, "", 400),
        (good.clone(), json, "<html>", 400),
        (good.clone(), json, &body[..body.len() - 1], 400),
        (good.clone(), json, "[]", 400),
        (good.clone(), json, r#"{"guid":"x"}"#, 400),
        (
            good.clone(),
            json,
            r#"{"notify_type":11010,"data":{}}"#,
            400,
        ),
        (good.clone(), json, &callback("another", 11010, "{}"), 403),
        (good.clone(), json, &huge, 413),
    ] {
        let answer = target.send_and_read(request(&line, headers, body));
        assert_eq!(answer.status, status, "{line} {headers}");
        assert_eq!(answer.json()["status"], "refused");
        assert!(
            !answer.body.contains(&path[9..]),
            "the token is in {answer:?}"
        );
    }
    target.still_works(1);
    target.finish_with_messages(&[1]);
}

#[test]
fn refuses_large_bodies_without_token_unread() {
    let target = target();
    let path = target.path();
    for framing in ["Content-Length: 1000000", "Transfer-Encoding: chunked"] {
        for (line, kind, status) in [
            ("POST /nowhere", "application/json", 404),
            (
                "POST /webhook/AAAAAAAAAAAAAAAAAAAAAA",
                "application/json",
                403,
            ),
            (&format!("PUT {path}"), "application/json", 405),
        ] {
            let mut client = Client::to(&target.url);
            // The body is never sent, so a response means that the listener did not wait for it.
            client.send(format!(
                "{line} HTTP/1.1\r\nContent-Type: {kind}\r\n{framing}\r\n\r\n"
            ));
            assert_eq!(client.answer().status, status, "{line} {framing}");
            assert!(client.is_closed());
        }
    }
    target.still_works(1);
    target.finish_with_messages(&[1]);
}

#[test]
fn unparsable_requests_close_connection() {
    let target = target();
    let line = format!("POST {} HTTP/1.1\r\n", target.path());
    let chunked = format!("{line}Transfer-Encoding: chunked\r\n\r\n");
    let too_many = "A: b\r\n".repeat(200);
    for (bytes, status) in [
        (format!("{line}Content-Length: -1\r\n\r\n"), 400),
        (format!("{line}Content-Length: ten\r\n\r\n"), 400),
        (
            format!("{line}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"),
            400,
        ),
        (
            format!("{line}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{{}}"),
            400,
        ),
        (format!("{line}Content-Length: 1048577\r\n\r\n"), 413),
        (
            format!("{line}Content-Length: 99999999999999999999999\r\n\r\n"),
            413,
        ),
        (format!("{line}Transfer-Encoding: gzip\r\n\r\n"), 501),
        (format!("{chunked}zz\r\n"), 400),
        (format!("{chunked}fffffffff\r\n"), 413),
        (format!("{chunked}2\r\n{{}}xx"), 400),
        (format!("{line}{too_many}\r\n"), 431),
        (format!("{line}A: {}", "x".repeat(80 * 1024)), 431),
        (format!("GET /{}", "x".repeat(80 * 1024)), 431),
        ("nonsense\r\n\r\n".into(), 400),
        ("GET / HTTP/9.9\r\n\r\n".into(), 400),
        (
            format!("POST {} HTTP/1.1\r\nA\x01: b\r\n\r\n", target.path()),
            400,
        ),
    ] {
        let mut client = Client::to(&target.url);
        client.send(&bytes);
        let answer = client.answer();
        assert_eq!(answer.status, status, "{}", &bytes[..bytes.len().min(200)]);
        assert!(
            answer
                .head
                .to_ascii_lowercase()
                .contains("connection: close"),
            "{answer:?}"
        );
        assert!(client.is_closed());
    }
    target.still_works(1);
    target.finish_with_messages(&[1]);
}

#[test]
fn reads_every_valid_body_encoding() {
    let target = target();
    let path = target.path().to_owned();
    let ok = json!({"status": "ok"});

    // Chunked, with an extension and a trailer.
    let body = target.message(1);
    let (one, two) = body.split_at(10);
    let answer = target.send_and_read(format!(
        "POST {path} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x};a=b\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\nT: t\r\n\r\n",
        one.len(),
        two.len()
    ));
    assert_eq!((answer.status, answer.json()), (200, ok.clone()));

    // HTTP/1.0 closes the connection unless keep-alive is requested.
    let mut client = Client::to(&target.url);
    let body = target.message(2);
    let length = body.len();
    client.send(format!(
        "POST {path} HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{body}"
    ));
    let answer = client.answer();
    assert_eq!((answer.status, answer.json()), (200, ok.clone()));
    assert!(answer.head.starts_with("HTTP/1.0 "), "{answer:?}");
    assert!(client.is_closed());
    let mut client = Client::to(&target.url);
    for _ in 0..2 {
        client.send(format!(
            "GET {path} HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
        ));
        assert!(client.answer().head.contains("Connection: keep-alive\r\n"));
    }

    // A client that sends `Expect: 100-continue`.
    let mut client = Client::to(&target.url);
    let body = target.message(3);
    let length = body.len();
    client.send(format!(
        "POST {path} HTTP/1.1\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
    ));
    assert_eq!(client.answer().status, 100);
    client.send(&body);
    assert_eq!(client.answer().status, 200);

    // A body that is too large gets 413 instead of 100.
    let answer = target.send_and_read(format!(
        "POST {path} HTTP/1.1\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n"
    ));
    assert_eq!(answer.status, 413);

    // One request byte by byte, then two pipelined requests.
    let mut client = Client::to(&target.url);
    for byte in client.request("POST", "", &target.message(4)).into_bytes() {
        client.send([byte]);
    }
    assert_eq!(client.answer().status, 200);
    let two = [5, 6]
        .map(|n| client.request("POST", "", &target.message(n)))
        .concat();
    client.send(two);
    assert_eq!([client.answer().status, client.answer().status], [200, 200]);

    // A body of exactly the maximum size.
    let frame = callback(&target.guid, 11010, r#"{"id":"7","pad":""}"#);
    let pad = "x".repeat(1024 * 1024 - frame.len());
    let body = callback(
        &target.guid,
        11010,
        &format!(r#"{{"id":"7","pad":"{pad}"}}"#),
    );
    assert_eq!(body.len(), 1024 * 1024);
    assert_eq!(post(&target.url, &body).status, 200);

    // A query and a path prefix, as a proxy may add them, and a content type with parameters.
    let mut client = Client::to(&format!(
        "{}/some/prefix{}?x=1",
        target.base(),
        &path["/webhook".len()..]
    ));
    client.send(client.request(
        "POST",
        "content-type: Application/JSON; charset=utf-8\r\n",
        &target.message(8),
    ));
    assert_eq!(client.answer().status, 200);
    target.finish_with_messages(&[1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn answers_health_requests() {
    let target = target();
    let webhook = ask("GET", &target.url);
    assert_eq!(webhook.status, 200);
    let status = webhook.json();
    assert_eq!(
        (&status["status"], &status["guid"]),
        (&json!("running"), &json!(target.guid))
    );
    assert!(
        status["time"]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .is_ok()
    );
    target.still_works(1);
    let health = format!("{}/health", target.base());
    assert_eq!(
        ask("GET", &health).json(),
        json!({"status": "ok", "received": 1})
    );
    for url in [&health, &target.url] {
        let head = ask("HEAD", url);
        assert_eq!((head.status, head.body.as_str()), (200, ""));
    }
    // HEAD sends no body that would corrupt the next response.
    let mut client = Client::to(&target.url);
    client.send(client.request("HEAD", "", "") + &client.request("GET", "", ""));
    assert_eq!(client.head_answer().status, 200);
    assert_eq!(client.answer().json()["status"], "running");
    assert!(!ask("GET", &health).body.contains(&target.guid));
    target.finish_with_messages(&[1]);
}

#[test]
fn silent_and_slow_clients_do_not_delay_others() {
    let target = target();
    let host = target.base().strip_prefix("http://").unwrap().to_owned();
    let connect = || TcpStream::connect(&host).unwrap();
    let mut clients = Vec::new();
    for number in 0..300 {
        let mut stream = connect();
        // A third silent, a third in the middle of a head, a third in the middle of a body.
        let beginning = match number % 3 {
            0 => String::new(),
            1 => format!("POST {} HTTP/1.1\r\nHost: x\r\nX: ", target.path()),
            _ => format!(
                "POST {} HTTP/1.1\r\nContent-Length: 500\r\n\r\n{{\"guid\":",
                target.path()
            ),
        };
        // The listener may have closed the oldest connections.
        let _ = stream.write_all(beginning.as_bytes());
        clients.push(stream);
    }
    target.still_works(1);
    // Slowloris: every client sends a byte at a time while valid callbacks arrive.
    for round in 2..12 {
        for stream in &mut clients {
            let _ = stream.write_all(b"x");
        }
        target.still_works(round);
    }
    drop(clients);
    target.still_works(12);
    target.finish_with_messages(&(1..=12).collect::<Vec<_>>());
}

/// Writing its responses blocks, and a connection with a pending response is not closed to make
/// room: a few hundred of these would block every other client.
#[test]
fn disconnects_client_that_never_reads() {
    let target = target();
    let host = target.base().strip_prefix("http://").unwrap();
    let mut non_reader = TcpStream::connect(host).unwrap();
    non_reader.set_write_timeout(Some(HANG_TIMEOUT)).unwrap();
    // A small buffer fills sooner. With an even smaller one, the kernel also drops the
    // acknowledgements of the client's own requests.
    SockRef::from(&non_reader)
        .set_recv_buffer_size(16 * 1024)
        .unwrap();
    let requests = format!("GET /webhook HTTP/1.1\r\nHost: {host}\r\n\r\n").repeat(1000);
    let why = loop {
        if let Err(error) = non_reader.write_all(requests.as_bytes()) {
            break error.kind();
        }
    };
    let is_closed = matches!(why, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
    assert!(is_closed, "{why:?}");
    target.still_works(1);
    target.finish_with_messages(&[1]);
}

#[test]
fn keeps_active_connection_under_connection_flood() {
    let target = target();
    let host = target.base().strip_prefix("http://").unwrap().to_owned();
    let mut sender = Client::to(&target.url);
    assert_eq!(sender.post(&target.message(0)).status, 200);
    let clients: Vec<TcpStream> = (0..600)
        .map(|_| TcpStream::connect(&host).unwrap())
        .collect();
    target.still_works(1);
    assert_eq!(sender.post(&target.message(2)).status, 200);
    drop(clients);
    target.finish_with_messages(&[0, 1, 2]);
}

#[test]
fn wrong_content_length_affects_only_its_connection() {
    let target = target();
    let body = target.message(1);
    let line = format!("POST {} HTTP/1.1\r\n", target.path());
    // Too long: the rest never arrives, so this is not a callback.
    let mut long = Client::to(&target.url);
    long.send(format!(
        "{line}Content-Length: {}\r\n\r\n{body}",
        body.len() + 10
    ));
    // Too short: the truncated callback is invalid, and the remaining bytes are not a request.
    let mut short = Client::to(&target.url);
    short.send(format!(
        "{line}Content-Length: {}\r\n\r\n{body}",
        body.len() - 5
    ));
    assert_eq!(short.answer().status, 400);
    let second = short.try_answer(false);
    assert!(second.is_none_or(|answer| answer.status == 400));
    target.still_works(2);
    drop(long);
    target.finish_with_messages(&[2]);
}

#[test]
fn random_bytes_neither_panic_nor_hang() {
    let target = target();
    let path = target.path().to_owned();
    let guid = target.guid.clone();
    let pieces = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        prop::sample::select(vec![
            format!("POST {path} HTTP/1.1\r\n"),
            format!("GET {path} HTTP/1.0\r\n"),
            "HEAD /health HTTP/1.1\r\n".into(),
            "Content-Length: 3\r\n".into(),
            "Content-Length: 18446744073709551615\r\n".into(),
            "Transfer-Encoding: chunked\r\n".into(),
            "Expect: 100-continue\r\n".into(),
            "\r\n".into(),
            "\r\n\r\n".into(),
            "ffffffffffffffff\r\n".into(),
            "0\r\n\r\n".into(),
            "{\"guid\":".into(),
            "\"notify_type\":".into(),
            "[".repeat(300),
            format!("{{\"guid\":\"{guid}\",\"notify_type\":1e400,\"data\":"),
        ])
        .prop_map(String::into_bytes),
    ];
    let requests = proptest::collection::vec(pieces, 0..8).prop_map(|parts| parts.concat());
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&requests, |bytes| {
            let mut client = Client::to(&target.url);
            client.send(&bytes);
            client.end();
            // After the client has closed its side, the listener closes the connection.
            while client.try_answer(false).is_some() {}
            Ok(())
        })
        .unwrap();
    target.still_works(1);
    let run = {
        let mut target = target;
        target.running.signal(Signal::INT);
        target.running.finish().ends_with(130)
    };
    assert!(!run.stderr.contains("panicked"), "{run:?}");
    assert_eq!(events(&run).last().unwrap()["data"]["id"], "1");
}

/// Compresses a body for `Content-Encoding: gzip`.
fn gzip(body: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn deflate(body: &str) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn accepts_callbacks_in_every_form_servers_send() {
    let target = target();
    let path = target.path().to_owned();
    let says = |line: &str, headers: &str, body: &[u8]| {
        let mut client = Client::to(&target.url);
        let length = body.len();
        let head =
            format!("{line} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {length}\r\n\r\n");
        client.send([head.as_bytes(), body].concat());
        client.answer().status
    };
    let plain = format!("POST {path}");
    let message = |number| target.message(number);
    let marked = format!("\u{feff}{}", message(3));
    let upper = message(6).replace(&target.guid, &target.guid.to_uppercase());
    for (line, headers, body) in [
        (&*format!("POST {path}/"), "", message(1).into_bytes()),
        (
            &*plain,
            "Content-Type: text/plain\r\n",
            message(2).into_bytes(),
        ),
        (&plain, "", marked.into_bytes()),
        (&plain, "Content-Encoding: gzip\r\n", gzip(&message(4))),
        (
            &plain,
            "Content-Encoding: deflate\r\n",
            deflate(&message(5)),
        ),
        (&plain, "", upper.into_bytes()),
    ] {
        assert_eq!(says(line, headers, &body), 200, "{line} {headers}");
    }
    // The size limit also applies after decompression.
    let large = gzip(&"x".repeat(2 * 1024 * 1024));
    assert_eq!(says(&plain, "Content-Encoding: gzip\r\n", &large), 413);
    target.finish_with_messages(&[1, 2, 3, 4, 5, 6]);
}
