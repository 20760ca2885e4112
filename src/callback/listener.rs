//! The HTTP server that receives callbacks.
//!
//! Requests are read by `listener/`, tiny_http writes the responses.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tiny_http::{HTTPVersion, Header, Response, StatusCode};

use super::acknowledgement::Acknowledgement;
use super::event::Event;
use super::policy::{CallbackPolicy, CallbackRequest, Decision, MAX_BODY_BYTES, RefusalReason};
use crate::http::Head;
pub use crate::listener::Listener;
pub(crate) use crate::listener::RunningListener;
use crate::listener::Service;

/// What happens to an accepted callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// It will be processed; the sender gets 200.
    Accepted,
    /// The queue is closed; the sender gets 503 and may retry elsewhere.
    Closed,
}

/// Receives the callbacks. Called before the sender is answered, so that no acknowledged callback is
/// lost. A callback of the gateway's WebSocket has an acknowledgement that is completed later.
pub type CallbackHandler = Arc<dyn Fn(Event, Option<Acknowledgement>) -> Acceptance + Send + Sync>;

/// Learns of requests with the token that were refused.
pub type RefusalObserver = Arc<dyn Fn(RefusalReason) + Send + Sync>;

/// Provides the body of `GET /health`.
pub type Health = Arc<dyn Fn() -> Value + Send + Sync>;

/// Serves callbacks at a bound port until the process ends.
///
/// # Errors
/// When no thread can be started.
pub(crate) fn serve(
    listener: Listener,
    policy: CallbackPolicy,
    handler: CallbackHandler,
    refusals: RefusalObserver,
    health: Health,
) -> io::Result<RunningListener> {
    listener.serve(Arc::new(CallbackService {
        policy,
        handler,
        refusals,
        health,
    }))
}

struct CallbackService {
    policy: CallbackPolicy,
    handler: CallbackHandler,
    refusals: RefusalObserver,
    health: Health,
}

impl Service for CallbackService {
    const MAX_BODY_BYTES: usize = MAX_BODY_BYTES;
    const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

    fn early_refusal_status(&self, head: &Head) -> Option<u16> {
        match self.policy.decide(callback_request(head, b"")) {
            Decision::Refused(status, _) => Some(status),
            Decision::RefusedCallback(
                reason @ (RefusalReason::Method | RefusalReason::WebPage | RefusalReason::Encoding),
            ) => {
                (self.refusals)(reason);
                Some(reason.status())
            }
            // Whether the body is a callback is known only with the body.
            _ => None,
        }
    }

    fn body_refused(&self, head: &Head, status: u16) {
        if self.policy.has_token(&head.target) {
            (self.refusals)(match status {
                413 => RefusalReason::TooLarge,
                _ => RefusalReason::Unreadable,
            });
        }
    }

    fn respond(&self, stream: &TcpStream, head: &Head, body: &[u8]) -> io::Result<()> {
        send(stream, head, self.answer(head, body))
    }

    fn refuse(&self, stream: &TcpStream, status: u16) {
        let answer = refusal(status, "the request cannot be read");
        let _ = write(stream, answer, HTTPVersion(1, 1), false, true);
    }
}

fn callback_request<'a>(head: &'a Head, body: &'a [u8]) -> CallbackRequest<'a> {
    CallbackRequest {
        method: &head.method,
        target: &head.target,
        host: head.header("host"),
        content_encoding: head.header("content-encoding"),
        origin: head.header("origin"),
        body,
    }
}

type Answer = Response<io::Cursor<Vec<u8>>>;

impl CallbackService {
    fn answer(&self, head: &Head, body: &[u8]) -> Answer {
        match self.policy.decide(callback_request(head, body)) {
            Decision::Callback(event) => match (self.handler)(event, None) {
                Acceptance::Accepted => answer(200, &json!({"status": "ok"})),
                Acceptance::Closed => refusal(503, "closing"),
            },
            Decision::Webhook => answer(200, &self.policy.webhook(&Timestamp::now().to_string())),
            Decision::Health => answer(200, &(self.health)()),
            Decision::Refused(status, why) => refusal(status, why),
            Decision::RefusedCallback(reason) => {
                (self.refusals)(reason);
                refusal(reason.status(), reason.name())
            }
        }
    }
}

fn answer(status: u16, body: &Value) -> Answer {
    let response = Response::from_string(body.to_string()).with_status_code(StatusCode(status));
    match Header::from_bytes("Content-Type", "application/json") {
        Ok(header) => response.with_header(header),
        Err(()) => response,
    }
}

fn refusal(status: u16, why: &str) -> Answer {
    answer(status, &json!({"status": "refused", "why": why}))
}

fn send(stream: &TcpStream, head: &Head, answer: Answer) -> io::Result<()> {
    let version = HTTPVersion(1, u8::from(head.is_http_1_1));
    write(
        stream,
        answer,
        version,
        head.method == "HEAD",
        !head.keep_alive,
    )
}

fn write(
    mut stream: &TcpStream,
    answer: Answer,
    version: HTTPVersion,
    head_only: bool,
    closes: bool,
) -> io::Result<()> {
    let connection = if closes { "close" } else { "keep-alive" };
    let mut bytes = Vec::with_capacity(512);
    answer.raw_print(&mut bytes, version, &[], head_only, None)?;
    // tiny_http omits this header even when given, so it is inserted after the status line.
    let place = bytes.windows(2).position(|pair| pair == b"\r\n");
    let place = place.map_or(bytes.len(), |end| end + 2);
    bytes.splice(
        place..place,
        format!("Connection: {connection}\r\n").into_bytes(),
    );
    stream.write_all(&bytes)
}
