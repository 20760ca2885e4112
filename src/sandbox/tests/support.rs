//! Helpers of the sandbox's tests.

use crate::sandbox::routes::{self, Request};
use crate::sandbox::scenario::Scenario;
use crate::sandbox::state::State;
use crate::sandbox::{Exchange, Sandbox};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// The time of requests to the pure core.
pub(super) const NOW: i64 = 1_764_000_000;

/// Limit of waits in tests that would hang.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A time in milliseconds after [`NOW`].
pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(NOW * 1000 + millis).unwrap()
}

/// Sends a request to the pure core at [`NOW`].
pub(super) fn ask(state: &mut State, method: &str, path: &str, body: &str) -> (u16, Value) {
    ask_at(state, 0, method, path, body)
}

/// Sends a request to the pure core, in milliseconds after [`NOW`].
pub(super) fn ask_at(
    state: &mut State,
    millis: i64,
    method: &str,
    path: &str,
    body: &str,
) -> (u16, Value) {
    let request = Request {
        now: at(millis),
        method,
        path,
        body: body.as_bytes(),
        endpoint_fault: None,
    };
    let answer = routes::handle(state, &request);
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

/// POSTs to the core and expects HTTP 200.
pub(super) fn post(state: &mut State, path: &str, body: &Value) -> Value {
    let (status, answer) = ask(state, "POST", path, &body.to_string());
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

/// The first guid of every scenario.
pub(super) fn first_guid() -> String {
    crate::sandbox::initial_data::guid(0)
}

/// A body that names the first instance.
pub(super) fn first() -> Value {
    json!({ "guid": first_guid() })
}

/// A running sandbox without observer.
pub(super) fn start(scenario: Scenario) -> Sandbox {
    start_observed(scenario, |_| {})
}

pub(super) fn start_observed(
    scenario: Scenario,
    observer: impl Fn(&Exchange) + Send + Sync + 'static,
) -> Sandbox {
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    Sandbox::start(anywhere, scenario, Arc::new(observer)).unwrap()
}

/// A scenario with these faults.
pub(super) fn faulty(specs: &[&str]) -> Scenario {
    Scenario {
        faults: specs.iter().map(|spec| spec.parse().unwrap()).collect(),
        ..Scenario::default()
    }
}

/// A raw connection.
pub(super) fn connect(sandbox: &Sandbox) -> TcpStream {
    let stream = TcpStream::connect(sandbox.addr()).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    stream
}

/// The bytes of a request with a JSON body.
pub(super) fn request(method: &str, path: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// An answer as a client reads it.
#[derive(Debug)]
pub(super) struct HttpResponse {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl HttpResponse {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Reads one answer with a Content-Length.
pub(super) fn read_answer(stream: &mut TcpStream) -> std::io::Result<HttpResponse> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let status = head[9..12].parse().unwrap();
    Ok(HttpResponse { status, head, body })
}

/// Sends one request on a connection of its own.
pub(super) fn exchange(
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    body: &str,
) -> std::io::Result<HttpResponse> {
    let mut stream = connect(sandbox);
    stream.write_all(request(method, path, body).as_bytes())?;
    read_answer(&mut stream)
}

/// The body of a text to a group, from the first instance.
pub(super) fn text(content: &str) -> String {
    json!({ "guid": first_guid(), "conversation_id": "R:1012345678901", "content": content })
        .to_string()
}

/// Sends a text from the first instance.
pub(super) fn send(sandbox: &Sandbox, content: &str) -> std::io::Result<HttpResponse> {
    exchange(sandbox, "POST", "/msg/send_text", &text(content))
}
