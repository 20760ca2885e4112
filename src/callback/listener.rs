//! The HTTP server that receives callbacks.
//!
//! Requests are read by our own bounded reader: tiny_http's server waits without limit for an
//! unfinished request, accepts headers of any length, and stops accepting for good at the first
//! socket error. tiny_http writes the responses.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
use tiny_http::{HTTPVersion, Header, Response, StatusCode};

use super::acknowledgement::Acknowledgement;
use super::connections::{Connection, Connections};
use super::event::Event;
use super::policy::{CallbackPolicy, CallbackRequest, Decision, MAX_BODY_BYTES, RefusalReason};
use crate::http::{Framing, Head, ReadError, RequestReader};

/// Time limit for a whole request after its first byte.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Time a connection may be idle between requests: longer than common clients keep one.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// Time limit for writing a response. A client that sends and never reads would otherwise keep its
/// place forever, because busy connections are not closed to make room.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// Pause when the system has no descriptor left.
const OUT_OF_DESCRIPTORS_PAUSE: Duration = Duration::from_millis(20);
/// Largest body read from a client without the token; many of them together must not take much
/// memory.
const MAX_UNAUTHENTICATED_BODY_BYTES: usize = 64 * 1024;
/// Time allowed for pending responses at the end, and the poll interval meanwhile.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
const SHUTDOWN_POLL_INTERVAL: Duration = Duration::from_micros(200);
/// Stack size of a connection's thread.
const STACK_BYTES: usize = 256 * 1024;

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

/// A bound port that is not served yet.
pub struct Listener(TcpListener);

impl Listener {
    /// Binds `address`. Connections wait until [`Listener::serve`].
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).map(Self)
    }

    /// The bound address with its actual port.
    ///
    /// # Errors
    /// When the system does not report it.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Serves on its own threads until the process ends.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn serve(
        self,
        policy: CallbackPolicy,
        handler: CallbackHandler,
        refusals: RefusalObserver,
        health: Health,
    ) -> io::Result<RunningListener> {
        let service = Arc::new(Service {
            policy,
            handler,
            refusals,
            health,
        });
        let connections = Connections::default();
        let serving = RunningListener(connections.clone());
        thread::Builder::new()
            .name("callbacks".into())
            .spawn(move || accept(&self.0, &connections, &service))?;
        Ok(serving)
    }
}

/// A running listener. Dropping it waits briefly for pending responses, so that the sender of the last
/// callback is answered.
#[must_use]
pub struct RunningListener(Connections);

impl Drop for RunningListener {
    fn drop(&mut self) {
        let end = Instant::now() + SHUTDOWN_TIMEOUT;
        while self.0.is_busy() && Instant::now() < end {
            thread::sleep(SHUTDOWN_POLL_INTERVAL);
        }
    }
}

struct Service {
    policy: CallbackPolicy,
    handler: CallbackHandler,
    refusals: RefusalObserver,
    health: Health,
}

fn accept(listener: &TcpListener, connections: &Connections, service: &Arc<Service>) {
    loop {
        let Ok((stream, _)) = listener.accept() else {
            // Probably out of descriptors: make room and keep accepting.
            connections.close_idle_connection();
            thread::sleep(OUT_OF_DESCRIPTORS_PAUSE);
            continue;
        };
        let Some(connection) = connections.admit(stream) else {
            continue;
        };
        let service = service.clone();
        let spawned = thread::Builder::new()
            .name("callback".into())
            .stack_size(STACK_BYTES)
            .spawn(move || serve_connection(&connection, &service));
        if spawned.is_err() {
            connections.close_idle_connection();
            thread::sleep(OUT_OF_DESCRIPTORS_PAUSE);
        }
    }
}

/// Serves one connection until it ends.
fn serve_connection(connection: &Connection, service: &Service) {
    let stream = &connection.stream;
    if stream.set_nodelay(true).is_err() || stream.set_write_timeout(Some(WRITE_TIMEOUT)).is_err() {
        return;
    }
    let mut reader = RequestReader::new(DeadlineReader::new(stream), MAX_BODY_BYTES);
    loop {
        if reader.stream().start_idle_timeout().is_err() {
            return;
        }
        match read(&mut reader, stream, service) {
            Ok((head, body)) => {
                connection.set_busy(true);
                let answer = service.answer(&head, &body);
                let sent = send(stream, &head, answer);
                connection.set_busy(false);
                if sent.is_err() || !head.keep_alive {
                    return;
                }
            }
            Err(ReadError::Refused(status)) => {
                let answer = refusal(status, "the request cannot be read");
                let _ = write(stream, answer, HTTPVersion(1, 1), false, true);
                return;
            }
            Err(ReadError::Disconnected) => return,
        }
    }
}

fn read(
    reader: &mut RequestReader<DeadlineReader<'_>>,
    mut stream: &TcpStream,
    service: &Service,
) -> Result<(Head, Vec<u8>), ReadError> {
    let head = reader.head()?;
    let is_small =
        matches!(head.body, Framing::Length(length) if length <= MAX_UNAUTHENTICATED_BODY_BYTES);
    if !is_small && let Some(status) = service.early_refusal_status(&head) {
        return Err(ReadError::Refused(status));
    }
    let fits = !matches!(head.body, Framing::Length(length) if length > MAX_BODY_BYTES);
    if head.expects_continue && fits && reader.is_drained() {
        stream
            .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
            .map_err(|_| ReadError::Disconnected)?;
    }
    let body = reader.body(&head).inspect_err(|error| {
        if let ReadError::Refused(status) = error
            && service.policy.has_token(&head.target)
        {
            (service.refusals)(match *status {
                413 => RefusalReason::TooLarge,
                _ => RefusalReason::Unreadable,
            });
        }
    })?;
    Ok((head, body))
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

impl Service {
    /// The refusal that is certain before the body is read.
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

/// A stream that waits long for the first byte of a request and briefly for the rest.
struct DeadlineReader<'a> {
    stream: &'a TcpStream,
    until: Option<Instant>,
}

impl<'a> DeadlineReader<'a> {
    fn new(stream: &'a TcpStream) -> Self {
        Self {
            stream,
            until: None,
        }
    }

    /// Waits for the next request as long as a connection may be idle.
    fn start_idle_timeout(&mut self) -> io::Result<()> {
        self.until = None;
        self.stream.set_read_timeout(Some(IDLE_TIMEOUT))
    }
}

impl Read for DeadlineReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(until) = self.until {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(left))?;
        }
        let length = self.stream.read(buffer)?;
        self.until
            .get_or_insert_with(|| Instant::now() + REQUEST_TIMEOUT);
        Ok(length)
    }
}
