//! Callbacks over the hosted gateway's WebSocket, without a public URL.
//!
//! The protocol (part of the wire protocol) is known only from two public clients of the gateway: the client sends
//! `{"type":"auth","app_key","app_secret","guid"}`; the gateway answers `{"type":"auth_success"}`,
//! `{"type":"auth_failed","reason"}` or `{"type":"error","message"}`, and sends
//! `{"type":"callback","event_id","event"}`, where the event is an object or a JSON string. Each is to be
//! acknowledged with `{"type":"ack","event_id","success"}`.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::client::Request;
use tungstenite::http::{HeaderName, HeaderValue, header};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Message, WebSocket};
use url::Url;

use super::acknowledgement::{Acknowledgement, Acknowledgements, Reception};
use super::event::Event;
use super::listener::{Acceptance, CallbackHandler};
use super::policy::RefusalReason;
use crate::api::gateway::Gateway;
use crate::api::{ConnectionSettings, WebSocketStream};
use crate::guid::Guid;
use crate::json::repair_strings;
use crate::text::{Text, text};

/// Path of the WebSocket below the gateway's base URL.
const PATH: &str = "/ws/juwe";
/// Time limit of connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Wait for the answer to the authentication. Not every public client waits for one.
const AUTH_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time before a finished event is acknowledged.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Interval of pings, and the longest time without any sign of the gateway.
const PING_INTERVAL: Duration = Duration::from_secs(10);
const SILENCE_TIMEOUT: Duration = Duration::from_secs(20);
/// Waits before reconnecting in seconds, and the wait after these.
const BACKOFF: [u64; 4] = [1, 2, 5, 10];
const LONGEST_WAIT: u64 = 30;
/// A connection that lasted longer was no failure.
const MIN_STABLE_CONNECTION: Duration = Duration::from_secs(60);
/// Time allowed for the last acknowledgements at the end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// Largest message in bytes.
const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// The WebSocket to connect to, and the credentials and instance to authenticate with.
#[derive(Clone)]
pub struct WebSocketTarget {
    /// Address of the WebSocket.
    pub url: Url,
    /// The gateway's credentials.
    pub gateway: Gateway,
    /// The instance whose callbacks are received.
    pub guid: Guid,
    /// TLS settings and extra headers.
    pub connection: ConnectionSettings,
    /// Limit of the first connection, if it is earlier than the default.
    pub first_limit: Option<Duration>,
}

/// The default address: the base URL with `ws` for `http`.
pub fn default_url(base: &Url) -> Url {
    let mut url = base.clone();
    let scheme = if base.scheme() == "https" {
        "wss"
    } else {
        "ws"
    };
    // Both schemes are "special", so this cannot fail.
    let _ = url.set_scheme(scheme);
    let path = format!("{}{PATH}", base.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

/// An event of the connection, for the user.
#[derive(Debug)]
pub enum ConnectionEvent {
    /// The gateway did not answer the authentication; callbacks may still come.
    Unconfirmed,
    /// The connection was lost for this reason; the next attempt is after this time.
    Lost(Text, Duration),
    /// There is a connection again after this time.
    Restored(Duration),
    /// An event was refused.
    Refused(RefusalReason),
    /// The gateway sent an error message.
    Message(String),
}

/// Learns of events of the connection.
pub type Observer = Arc<dyn Fn(ConnectionEvent) + Send + Sync>;

/// Why there is no connection.
#[derive(Debug)]
pub enum ConnectError {
    /// The gateway refused the credentials, with this reason.
    Refused(String),
    /// Anything else, which may succeed later.
    Failed(Text),
}

/// A running connection.
pub struct RunningWebSocket {
    acknowledgements: Acknowledgements,
    stop: Arc<AtomicBool>,
    ended: Receiver<()>,
}

impl RunningWebSocket {
    /// Sends the last acknowledgements and closes the connection. Returns the number of events that remain
    /// unacknowledged, which the gateway sends again to the next connection.
    pub fn finish(self) -> usize {
        self.stop.store(true, Ordering::SeqCst);
        let _ = self.ended.recv_timeout(CLOSE_TIMEOUT);
        self.acknowledgements.pending()
    }
}

/// Connects, authenticates, and passes callbacks to `handler` until [`RunningWebSocket::finish`]. A lost connection is
/// made again. `on_refused` is called when the gateway refuses the credentials later, which ends the thread.
///
/// # Errors
/// When the first connection fails or is refused.
pub fn receive(
    target: WebSocketTarget,
    handler: CallbackHandler,
    observer: Observer,
    on_refused: impl Fn(String) + Send + 'static,
) -> Result<RunningWebSocket, ConnectError> {
    let acknowledgements = Acknowledgements::default();
    let mut client = Client {
        handler,
        observer,
        acknowledgements: acknowledgements.clone(),
        stop: Arc::default(),
        failures: 0,
        target,
    };
    let stop = client.stop.clone();
    let limit = client.target.first_limit.unwrap_or(CONNECT_TIMEOUT);
    let socket = client.connect(limit.min(CONNECT_TIMEOUT))?;
    let (end, ended) = channel();
    thread::Builder::new()
        .name("websocket".into())
        .spawn(move || {
            if let Err(reason) = client.run(socket) {
                on_refused(reason);
            }
            let _ = end.send(());
        })
        .map_err(|e| ConnectError::Failed(Text::of_system(e.to_string())))?;
    Ok(RunningWebSocket {
        acknowledgements,
        stop,
        ended,
    })
}

type Socket = WebSocket<WebSocketStream>;

struct Client {
    target: WebSocketTarget,
    handler: CallbackHandler,
    observer: Observer,
    acknowledgements: Acknowledgements,
    stop: Arc<AtomicBool>,
    /// Connections lost in a row, each after a short time.
    failures: usize,
}

/// The end of a connection.
enum ConnectionEnd {
    Stopped,
    Lost(Text),
    /// The gateway refused the credentials, with this reason.
    Refused(String),
}

impl Client {
    /// Receives until it is stopped.
    ///
    /// # Errors
    /// The reason when the gateway refuses the credentials.
    fn run(&mut self, mut socket: Socket) -> Result<(), String> {
        loop {
            let start = Instant::now();
            let why = match self.receive(&mut socket) {
                ConnectionEnd::Stopped => return Ok(()),
                ConnectionEnd::Refused(reason) => return Err(reason),
                ConnectionEnd::Lost(why) => why,
            };
            // A connection that ends at once, again and again, must not be made every second.
            if start.elapsed() > MIN_STABLE_CONNECTION {
                self.failures = 0;
            }
            match self.reconnect(why)? {
                Some(connected) => socket = connected,
                None => return Ok(()),
            }
        }
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Connects again, with growing waits; `None` when it is stopped.
    fn reconnect(&mut self, why: Text) -> Result<Option<Socket>, String> {
        let lost = Instant::now();
        let mut why = why;
        loop {
            let wait = BACKOFF.get(self.failures).copied().unwrap_or(LONGEST_WAIT);
            self.failures += 1;
            let pause = Duration::from_secs(wait).mul_f32(0.75 + fastrand::f32() / 2.0);
            (self.observer)(ConnectionEvent::Lost(why, pause));
            let end = Instant::now() + pause;
            while Instant::now() < end {
                if self.is_stopped() {
                    return Ok(None);
                }
                thread::sleep(POLL_INTERVAL);
            }
            match self.connect(CONNECT_TIMEOUT) {
                Ok(socket) => {
                    (self.observer)(ConnectionEvent::Restored(lost.elapsed()));
                    return Ok(Some(socket));
                }
                Err(ConnectError::Refused(reason)) => return Err(reason),
                Err(ConnectError::Failed(reason)) => why = reason,
            }
        }
    }

    fn connect(&mut self, limit: Duration) -> Result<Socket, ConnectError> {
        let target = &self.target;
        let failed = |why: String| ConnectError::Failed(Text::of_system(why));
        let request = request(target).map_err(ConnectError::Failed)?;
        let stream = WebSocketStream::connect(&target.url, &target.connection, limit)
            .map_err(ConnectError::Failed)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let (mut socket, _) =
            tungstenite::client::client_with_config(request, stream, Some(config)).map_err(
                |e| match e {
                    tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response)) => {
                        match response.status().as_u16() {
                            status @ (401 | 403) => ConnectError::Refused(format!("HTTP {status}")),
                            status => ConnectError::Failed(text!(
                                "the server answered HTTP {status} to the WebSocket",
                                status
                            )),
                        }
                    }
                    tungstenite::HandshakeError::Failure(error) if is_timeout(&error) => {
                        ConnectError::Failed(text!("no connection in time"))
                    }
                    tungstenite::HandshakeError::Failure(error) => failed(error.to_string()),
                    tungstenite::HandshakeError::Interrupted(_) => {
                        ConnectError::Failed(text!("no connection in time"))
                    }
                },
            )?;
        socket
            .get_mut()
            .set_read_timeout(POLL_INTERVAL)
            .map_err(|e| failed(e.to_string()))?;
        self.authenticate(&mut socket, limit.min(AUTH_TIMEOUT))?;
        Ok(socket)
    }

    fn authenticate(&mut self, socket: &mut Socket, limit: Duration) -> Result<(), ConnectError> {
        let target = &self.target;
        let auth = json!({
            "type": "auth",
            "app_key": target.gateway.app_key,
            "app_secret": target.gateway.app_secret.reveal(),
            "guid": target.guid,
        });
        let failed = |e: tungstenite::Error| ConnectError::Failed(Text::of_system(e.to_string()));
        socket
            .send(Message::text(auth.to_string()))
            .map_err(failed)?;
        let end = Instant::now() + limit;
        while Instant::now() < end && !self.is_stopped() {
            match socket.read() {
                Ok(Message::Text(text)) => match self.parse(text.as_str()) {
                    FromGateway::AuthSuccess => return Ok(()),
                    FromGateway::Refused(reason) => return Err(ConnectError::Refused(reason)),
                    // Such as "busy": it says nothing about the credentials.
                    FromGateway::Error(message) => {
                        return Err(ConnectError::Failed(Text::verbatim(message)));
                    }
                    callback @ FromGateway::Callback { .. } => {
                        // It proves that the authentication succeeded.
                        self.handle(callback);
                        return Ok(());
                    }
                    FromGateway::Other => {}
                },
                Ok(Message::Close(frame)) => return Err(ConnectError::Failed(closed(frame))),
                Ok(_) => {}
                Err(error) if is_timeout(&error) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        (self.observer)(ConnectionEvent::Unconfirmed);
        Ok(())
    }

    /// Receives on one connection until it ends.
    fn receive(&mut self, socket: &mut Socket) -> ConnectionEnd {
        self.receive_messages(socket)
            .unwrap_or_else(ConnectionEnd::Lost)
    }

    /// The messages of one connection.
    ///
    /// # Errors
    /// Why the connection was lost.
    fn receive_messages(&mut self, socket: &mut Socket) -> Result<ConnectionEnd, Text> {
        let (mut heard, mut pinged) = (Instant::now(), Instant::now());
        loop {
            let is_stopped = self.is_stopped();
            while let Some((id, success)) = self.acknowledgements.next() {
                let ack = json!({"type": "ack", "event_id": id, "success": success});
                socket.send(Message::text(ack.to_string())).map_err(lost)?;
                self.acknowledgements.sent();
            }
            if is_stopped {
                let _ = socket.close(None);
                let _ = socket.flush();
                return Ok(ConnectionEnd::Stopped);
            }
            if heard.elapsed() > SILENCE_TIMEOUT {
                return Err(text!(
                    "the gateway has been silent for {seconds} seconds",
                    seconds = SILENCE_TIMEOUT.as_secs()
                ));
            }
            if pinged.elapsed() > PING_INTERVAL {
                pinged = Instant::now();
                socket
                    .send(Message::Ping(Default::default()))
                    .map_err(lost)?;
            }
            let message = match socket.read() {
                Ok(Message::Text(text)) => self.parse(text.as_str()),
                Ok(Message::Binary(bytes)) => self.parse(&String::from_utf8_lossy(&bytes)),
                Ok(Message::Close(frame)) => return Err(closed(frame)),
                Ok(_) => FromGateway::Other,
                Err(error) if is_timeout(&error) => continue,
                Err(error) => return Err(lost(error)),
            };
            heard = Instant::now();
            if let FromGateway::Refused(reason) = message {
                return Ok(ConnectionEnd::Refused(reason));
            }
            self.handle(message);
        }
    }

    /// Parses a message without the secret, which a gateway may repeat.
    fn parse(&self, text: &str) -> FromGateway {
        let mut bytes = text.as_bytes().to_vec();
        self.target.gateway.remove_secret(&mut bytes);
        FromGateway::parse(&String::from_utf8_lossy(&bytes))
    }

    fn handle(&self, message: FromGateway) {
        match message {
            FromGateway::Callback { id, event } => self.callback(&id, event.as_bytes()),
            FromGateway::Error(message) | FromGateway::Refused(message) => {
                (self.observer)(ConnectionEvent::Message(message));
            }
            FromGateway::AuthSuccess | FromGateway::Other => {}
        }
    }

    fn callback(&self, id: &Value, event: &[u8]) {
        let acknowledgement = match self.acknowledgements.receive(id) {
            Reception::New(acknowledgement) => acknowledgement,
            Reception::Known => return,
        };
        let refuse = |reason| {
            (self.observer)(ConnectionEvent::Refused(reason));
        };
        match Event::parse(event) {
            Err(_) => {
                refuse(RefusalReason::NotCallback);
                reject(acknowledgement);
            }
            Ok(event) if !event.guid.eq_ignore_ascii_case(self.target.guid.as_str()) => {
                refuse(RefusalReason::OtherInstance);
                reject(acknowledgement);
            }
            Ok(event) => {
                let event = Event {
                    guid: self.target.guid.to_string(),
                    ..event
                };
                // A closed queue leaves it unacknowledged; the gateway sends it again.
                let _: Acceptance = (self.handler)(event, acknowledgement);
            }
        }
    }
}

fn reject(acknowledgement: Option<Acknowledgement>) {
    if let Some(acknowledgement) = acknowledgement {
        acknowledgement.reject();
    }
}

/// A message of the gateway.
#[derive(Debug, PartialEq)]
pub(super) enum FromGateway {
    AuthSuccess,
    Refused(String),
    Error(String),
    Callback { id: Value, event: String },
    Other,
}

impl FromGateway {
    pub(super) fn parse(text: &str) -> Self {
        // serde would read an array as the fields in order.
        let text = repair_strings(text.as_bytes());
        if !text.trim_start().starts_with('{') {
            return Self::Other;
        }
        let Ok(message) = serde_json::from_str::<Wire<'_>>(&text) else {
            return Self::Other;
        };
        let texts = [message.reason, message.message, message.msg, message.error];
        let reason = texts
            .into_iter()
            .flatten()
            .find_map(|text| text.as_str().map(str::to_owned));
        match message.kind.as_str() {
            Some("auth_success") => Self::AuthSuccess,
            Some("auth_failed") => Self::Refused(reason.unwrap_or_default()),
            Some("error") => Self::Error(reason.unwrap_or_default()),
            Some("callback") => {
                // Kept as received, because the data is printed unchanged.
                let event = message.event.map_or("", RawValue::get);
                Self::Callback {
                    id: message.event_id,
                    event: serde_json::from_str(event).unwrap_or_else(|_| event.to_owned()),
                }
            }
            _ => Self::Other,
        }
    }
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(rename = "type", default)]
    kind: Value,
    #[serde(default)]
    event_id: Value,
    #[serde(borrow)]
    event: Option<&'a RawValue>,
    reason: Option<Value>,
    message: Option<Value>,
    msg: Option<Value>,
    error: Option<Value>,
}

fn request(target: &WebSocketTarget) -> Result<Request, Text> {
    let mut url = target.url.clone();
    let credentials = url
        .password()
        .map(|password| STANDARD.encode(format!("{}:{password}", url.username())));
    // Neither call can fail for a URL with a host.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    let wrong = |e: &dyn std::fmt::Display| Text::verbatim(e.to_string());
    let mut request = url.as_str().into_client_request().map_err(|e| wrong(&e))?;
    let headers = request.headers_mut();
    if let Some(credentials) = credentials {
        let value = HeaderValue::from_str(&format!("Basic {credentials}"));
        headers.insert(header::AUTHORIZATION, value.map_err(|e| wrong(&e))?);
    }
    for (name, value) in &target.connection.headers {
        let name: HeaderName = name
            .parse()
            .map_err(|_| text!("headers.{name}: not a valid header name", name))?;
        let value = HeaderValue::from_str(value.reveal());
        headers.insert(name, value.map_err(|e| wrong(&e))?);
    }
    Ok(request)
}

fn closed(frame: Option<tungstenite::protocol::CloseFrame>) -> Text {
    match frame {
        Some(frame) if !frame.reason.is_empty() => text!(
            "the gateway closed it: {reason}",
            reason = frame.reason.as_str()
        ),
        _ => text!("the gateway closed it"),
    }
}

fn lost(error: tungstenite::Error) -> Text {
    Text::of_system(error.to_string())
}

fn is_timeout(error: &tungstenite::Error) -> bool {
    matches!(
        error,
        tungstenite::Error::Io(error)
            if matches!(
                error.kind(),
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
            )
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn callback(id: Value, event: &str) -> FromGateway {
        FromGateway::Callback {
            id,
            event: event.to_owned(),
        }
    }

    #[test]
    fn parses_messages_of_the_gateway() {
        for (text, expected) in [
            (r#"{"type":"auth_success"}"#, FromGateway::AuthSuccess),
            (
                r#"{"type":"auth_failed","reason":"认证失败"}"#,
                FromGateway::Refused("认证失败".into()),
            ),
            (
                r#"{"type":"auth_failed"}"#,
                FromGateway::Refused(String::new()),
            ),
            (
                r#"{"type":"error","message":"x"}"#,
                FromGateway::Error("x".into()),
            ),
            (
                r#"{"type":"callback","event_id":"e1","event":{ "guid":"g", "n": 1.50 }}"#,
                callback(json!("e1"), r#"{ "guid":"g", "n": 1.50 }"#),
            ),
            (
                r#"{"type":"callback","event_id":7,"event":"{\"guid\":\"g\"}"}"#,
                callback(json!(7), r#"{"guid":"g"}"#),
            ),
            (r#"{"type":"callback"}"#, callback(Value::Null, "")),
            (r#"{"type":"pong"}"#, FromGateway::Other),
            (r#"["callback","e1",{}]"#, FromGateway::Other),
            ("", FromGateway::Other),
            ("{", FromGateway::Other),
        ] {
            assert_eq!(FromGateway::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn derives_address_from_base_url() {
        for (base, expected) in [
            ("https://h.example", "wss://h.example/ws/juwe"),
            ("http://127.0.0.1:81/p/", "ws://127.0.0.1:81/p/ws/juwe"),
            ("https://u:p@h.example/x", "wss://u:p@h.example/x/ws/juwe"),
        ] {
            let url = default_url(&Url::parse(base).unwrap());
            assert_eq!(url.as_str(), expected);
        }
    }

    proptest! {
        #[test]
        fn never_panics_on_any_message(text in "\\PC{0,80}") {
            let _ = FromGateway::parse(&text);
        }
        #[test]
        fn keeps_event_unchanged(text in "\\PC{0,20}", number: u64) {
            let event = json!({"guid": "g", "notify_type": 1, "data": {"t": text, "n": number}}).to_string();
            let plain = format!(r#"{{"type":"callback","event_id":"e","event":{event}}}"#);
            let wrapped = json!({"type": "callback", "event_id": "e", "event": event}).to_string();
            for message in [plain, wrapped] {
                prop_assert_eq!(FromGateway::parse(&message), callback(json!("e"), &event));
            }
        }
    }
}
