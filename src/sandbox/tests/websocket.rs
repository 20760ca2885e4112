//! Callbacks over WebSocket: authentication, delivery, acknowledgement, faults.

use super::receiver::Receiver;
use super::support::{connect, exchange, first_guid, read_answer, request, start};
use crate::sandbox::{Gateway, Quirk, Sandbox, Scenario, websocket};
use serde_json::{Value, json};
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use tungstenite::{Error, Message, WebSocket};

/// Limit of waits in tests that would hang.
const TIMEOUT: Duration = Duration::from_secs(20);

fn gateway(change: impl FnOnce(&mut Scenario)) -> Sandbox {
    let mut scenario = Scenario {
        gateway: Some(Gateway::with_random_credentials().unwrap()),
        ..Scenario::default()
    };
    change(&mut scenario);
    start(scenario)
}

fn faulty(spec: &str) -> Sandbox {
    gateway(|scenario| scenario.faults = vec![spec.parse().unwrap()])
}

/// A client of the WebSocket.
struct Client(WebSocket<TcpStream>);

impl Client {
    fn connect(sandbox: &Sandbox) -> Self {
        Self::try_connect(sandbox).unwrap()
    }

    fn try_connect(sandbox: &Sandbox) -> Option<Self> {
        let url = format!("ws://{}/ws/juwe", sandbox.addr());
        let (socket, _) = tungstenite::client(url, connect(sandbox)).ok()?;
        Some(Client(socket))
    }

    /// A client that has authenticated for the first instance.
    fn authenticated(sandbox: &Sandbox) -> Self {
        let mut client = Self::connect(sandbox);
        client.authenticate(sandbox);
        assert_eq!(client.next(), json!({"type": "auth_success"}));
        client
    }

    fn authenticate(&mut self, sandbox: &Sandbox) {
        self.send(&auth(sandbox));
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.0.send(Message::text(text)).unwrap();
    }

    fn ack(&mut self, callback: &Value, success: bool) {
        let event_id = &callback["event_id"];
        self.send(&json!({"type": "ack", "event_id": event_id, "success": success}));
    }

    fn read(&mut self) -> Result<Message, Error> {
        self.0.read()
    }

    /// The next message.
    fn next(&mut self) -> Value {
        match self.read().unwrap() {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Whether the connection ends without another message.
    fn has_ended(&mut self) -> bool {
        match self.read() {
            Ok(Message::Close(_)) => true,
            Ok(other) => panic!("{other:?}"),
            Err(error) => !is_timeout(&error),
        }
    }

    /// Whether nothing comes for a while.
    fn is_silent(&mut self) -> bool {
        let wait = Some(Duration::from_millis(100));
        self.0.get_mut().set_read_timeout(wait).unwrap();
        let is_silent = matches!(self.read(), Err(error) if is_timeout(&error));
        self.0.get_mut().set_read_timeout(Some(TIMEOUT)).unwrap();
        is_silent
    }
}

fn is_timeout(error: &Error) -> bool {
    use std::io::ErrorKind::{TimedOut, WouldBlock};
    matches!(error, Error::Io(error) if [TimedOut, WouldBlock].contains(&error.kind()))
}

fn auth(sandbox: &Sandbox) -> Value {
    let gateway = sandbox.gateway().unwrap();
    json!({
        "type": "auth",
        "app_key": gateway.app_key,
        "app_secret": gateway.app_secret.reveal(),
        "guid": first_guid(),
    })
}

fn emit(sandbox: &Sandbox, number: i64) -> bool {
    sandbox.post_callback(&first_guid(), number, json!({}))
}

fn event(number: i64) -> Value {
    json!({"guid": first_guid(), "notify_type": number, "data": {}})
}

#[track_caller]
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + TIMEOUT;
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        thread::yield_now();
    }
}

fn acknowledged(sandbox: &Sandbox) -> Vec<Option<bool>> {
    let callbacks = sandbox.callbacks();
    callbacks
        .iter()
        .map(|callback| callback.acknowledged)
        .collect()
}

#[test]
fn sends_events_in_order_and_records_acknowledgements() {
    let sandbox = gateway(|scenario| scenario.prefix = "/p".into());
    let url = format!("ws://{}/p/ws/juwe", sandbox.addr());
    let (socket, _) = tungstenite::client(&url, connect(&sandbox)).unwrap();
    let mut client = Client(socket);
    client.authenticate(&sandbox);
    assert_eq!(client.next(), json!({"type": "auth_success"}));
    assert_eq!(sandbox.websockets(&first_guid()), 1);
    for number in 1..=20 {
        assert!(emit(&sandbox, number));
    }
    let callbacks: Vec<Value> = (1..=20).map(|_| client.next()).collect();
    for (callback, number) in callbacks.iter().zip(1..) {
        assert_eq!(callback["type"], "callback");
        assert_eq!(callback["event"], event(number));
        assert!(callback["event_id"].is_string());
    }
    assert_eq!(acknowledged(&sandbox), [Some(false); 20]);
    client.ack(&callbacks[1], true);
    client.ack(&callbacks[2], false);
    eventually("acknowledged", || acknowledged(&sandbox)[1] == Some(true));
    assert_eq!(acknowledged(&sandbox)[2], Some(false));
    let recorded = &sandbox.callbacks()[1];
    assert_eq!(
        recorded.event_id.as_deref(),
        callbacks[1]["event_id"].as_str()
    );
    assert_eq!(recorded.url, url);
    assert_eq!(recorded.body, event(2));
    let shown = exchange(&sandbox, "GET", "/p/_sandbox/callbacks", "").unwrap();
    assert_eq!(shown.json()[1]["acknowledged"], true);
    assert_eq!(shown.json()[1]["event_id"], callbacks[1]["event_id"]);
}

#[test]
fn unacknowledged_events_are_sent_again() {
    let sandbox = gateway(|_| {});
    let mut client = Client::authenticated(&sandbox);
    for number in 1..=3 {
        emit(&sandbox, number);
    }
    let callbacks = [client.next(), client.next(), client.next()];
    client.ack(&callbacks[0], true);
    client.ack(&callbacks[1], false);
    eventually("acknowledged", || acknowledged(&sandbox)[0] == Some(true));
    sandbox.disconnect(&first_guid());
    assert!(client.has_ended());
    eventually("gone", || sandbox.websockets(&first_guid()) == 0);
    assert!(emit(&sandbox, 4), "events wait for the client to come back");
    let mut client = Client::authenticated(&sandbox);
    assert_eq!([client.next(), client.next()], callbacks[1..]);
    assert_eq!(client.next()["event"], event(4));
    assert!(client.is_silent());
}

#[test]
fn events_go_to_every_connection_of_their_instance() {
    let sandbox = gateway(|scenario| scenario.online = 2);
    let mut clients = [
        Client::authenticated(&sandbox),
        Client::authenticated(&sandbox),
    ];
    let mut other = Client::connect(&sandbox);
    let mut other_auth = auth(&sandbox);
    other_auth["guid"] = json!(sandbox.guids()[1]);
    other.send(&other_auth);
    other.next();
    emit(&sandbox, 1);
    for client in &mut clients {
        assert_eq!(client.next()["event"], event(1));
    }
    assert!(other.is_silent());
}

#[test]
fn notify_url_gets_events_too() {
    let receiver = Receiver::start();
    let sandbox = gateway(|_| {});
    assert!(!emit(&sandbox, 1), "nobody receives events");
    sandbox.server.change(|state| {
        state.instance(&first_guid()).unwrap().notify_url = receiver.url("/");
    });
    emit(&sandbox, 2);
    assert_eq!(receiver.next().1, event(2));
    let mut client = Client::authenticated(&sandbox);
    emit(&sandbox, 3);
    assert_eq!(client.next()["event"], event(3));
    assert_eq!(receiver.next().1, event(3));
    drop(client);
    eventually("gone", || sandbox.websockets(&first_guid()) == 0);
    emit(&sandbox, 4);
    assert_eq!(receiver.next().1, event(4));
    let mut client = Client::authenticated(&sandbox);
    assert_eq!(client.next()["event"], event(3), "not acknowledged");
    assert!(client.is_silent(), "4 was posted");
}

#[test]
fn quirks_change_the_form_of_events() {
    let quirks = vec![
        Quirk::EventAsString,
        Quirk::DuplicateCallbacks,
        Quirk::MsgTypeKey,
    ];
    let sandbox = gateway(|scenario| scenario.quirks = quirks);
    let mut client = Client::authenticated(&sandbox);
    emit(&sandbox, 1);
    let callbacks = [client.next(), client.next()];
    assert_eq!(callbacks[0], callbacks[1]);
    let event: Value = serde_json::from_str(callbacks[0]["event"].as_str().unwrap()).unwrap();
    assert_eq!(
        event,
        json!({"guid": first_guid(), "msg_type": 1, "data": {}})
    );
}

#[test]
fn refuses_wrong_credentials_and_unknown_instances() {
    let sandbox = gateway(|_| {});
    for (field, value, reason) in [
        ("app_key", "x", "app_key or app_secret is invalid"),
        ("app_secret", "x", "app_key or app_secret is invalid"),
        ("guid", "x", "invalid guid"),
    ] {
        let mut client = Client::connect(&sandbox);
        let mut message = auth(&sandbox);
        message[field] = json!(value);
        client.send(&message);
        let failed = json!({"type": "auth_failed", "reason": reason});
        assert_eq!(client.next(), failed, "{field}");
        assert!(client.has_ended(), "{field}");
    }
    assert!(!emit(&sandbox, 1));
}

#[test]
fn reports_messages_it_cannot_handle() {
    let sandbox = gateway(|_| {});
    let mut client = Client::connect(&sandbox);
    let ack = json!({"type": "ack", "event_id": "evt_1", "success": true});
    let refused = |message: &str| json!({"type": "error", "message": message});
    client.send(&ack);
    assert_eq!(client.next(), refused("not authenticated"));
    client.send(&json!([]));
    assert_eq!(client.next(), refused("type must be auth or ack"));
    client.0.send(Message::binary(vec![1])).unwrap();
    assert_eq!(client.next(), refused("the message is not text"));
    client.authenticate(&sandbox);
    assert_eq!(client.next(), json!({"type": "auth_success"}));
    client.authenticate(&sandbox);
    assert_eq!(client.next(), refused("already authenticated"));
    client.send(&ack);
    client.0.send(Message::Ping("beat".into())).unwrap();
    assert_eq!(client.read().unwrap(), Message::Pong("beat".into()));
    client.0.send(Message::text("x".repeat(70_000))).unwrap();
    assert!(client.has_ended(), "a message that is too large");
}

#[test]
fn refuses_requests_that_are_no_handshake() {
    let sandbox = gateway(|_| {});
    for (method, status) in [("GET", 400), ("POST", 405)] {
        let answer = exchange(&sandbox, method, "/ws/juwe", "").unwrap();
        assert_eq!(answer.status, status);
    }
    let private = start(Scenario::default());
    assert!(Client::try_connect(&private).is_none());
    assert_eq!(private.exchanges()[0].http_status, Some(404));
}

/// The first message may arrive together with the handshake.
#[test]
fn reads_what_came_with_the_handshake() {
    let sandbox = gateway(|_| {});
    let mut stream = connect(&sandbox);
    let handshake = request("GET", "/ws/juwe", "").replace(
        "\r\n\r\n",
        "\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    // A masked text frame "[]".
    let frame = [0x81, 0x82, 0, 0, 0, 0, b'[', b']'];
    let bytes = [handshake.as_bytes(), &frame].concat();
    stream.write_all(&bytes).unwrap();
    let answer = read_answer(&mut stream).unwrap();
    assert_eq!(answer.status, 101);
    let accept = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    assert!(answer.head.contains(accept), "{}", answer.head);
    assert!(!answer.head.contains("content-"), "{}", answer.head);
    let role = tungstenite::protocol::Role::Client;
    let mut client = Client(WebSocket::from_raw_socket(stream, role, None));
    assert_eq!(client.next()["type"], "error");
    assert_eq!(sandbox.exchanges()[0].http_status, Some(101));
}

#[test]
fn faults_change_the_handshake() {
    for spec in [
        "http=503@/ws/juwe*1",
        "html@/ws/**1",
        "truncated*1",
        "huge*1",
    ] {
        let sandbox = faulty(spec);
        assert!(Client::try_connect(&sandbox).is_none(), "{spec}");
        assert_eq!(sandbox.exchanges()[0].fault.as_deref(), Some(spec));
        Client::authenticated(&sandbox);
    }
    let late = faulty("latency=50ms@/ws/juwe*1");
    let begin = Instant::now();
    Client::authenticated(&late);
    assert!(begin.elapsed() >= Duration::from_millis(50));
}

#[test]
fn faults_replace_the_answer_to_the_authentication() {
    for (spec, answer) in [
        ("null", Some(json!(null))),
        ("object", Some(json!({}))),
        ("array", Some(json!([]))),
        (
            "code=9003",
            Some(json!({"type": "auth_failed", "reason": "坐席已过期"})),
        ),
        (
            "busy",
            Some(json!({"type": "auth_failed", "reason": "操作过于频繁，请稍后再试"})),
        ),
        ("drop-before", None),
        ("reset", None),
        ("garbled", None),
    ] {
        let sandbox = faulty(&format!("{spec}@/ws/juwe*1"));
        let mut client = Client::connect(&sandbox);
        client.authenticate(&sandbox);
        match answer {
            Some(answer) => assert_eq!(client.next(), answer, "{spec}"),
            None => assert!(client.has_ended(), "{spec}"),
        }
        assert!(!emit(&sandbox, 1), "{spec}");
        Client::authenticated(&sandbox);
    }
    let sandbox = faulty("empty@/ws/juwe*1");
    let mut client = Client::connect(&sandbox);
    client.authenticate(&sandbox);
    assert_eq!(client.read().unwrap(), Message::text(""));
    let sandbox = faulty("hang@/ws/juwe*1");
    let mut client = Client::connect(&sandbox);
    client.authenticate(&sandbox);
    client.0.send(Message::Ping("beat".into())).unwrap();
    assert!(client.is_silent());
    Client::authenticated(&sandbox);
}

#[test]
fn faults_follow_the_authentication() {
    for spec in ["drop-after", "reset-after", "garbled-after", "hang-after"] {
        let sandbox = faulty(&format!("{spec}@/ws/juwe*1"));
        let mut client = Client::authenticated(&sandbox);
        if spec == "hang-after" {
            eventually("muted", || sandbox.websockets(&first_guid()) == 0);
            client.0.send(Message::Ping("beat".into())).unwrap();
            emit(&sandbox, 1);
            assert!(client.is_silent());
        } else {
            assert!(client.has_ended(), "{spec}");
            drop(client);
            eventually("gone", || sandbox.websockets(&first_guid()) == 0);
            emit(&sandbox, 1);
        }
        assert_eq!(
            Client::authenticated(&sandbox).next()["event"],
            event(1),
            "{spec}"
        );
    }
    let sandbox = faulty("object-after@/ws/juwe*1");
    let mut client = Client::authenticated(&sandbox);
    assert_eq!(client.next(), json!({}));
    emit(&sandbox, 1);
    assert_eq!(client.next()["event"], event(1));
}

#[test]
fn admin_path_shows_and_cuts_connections() {
    let sandbox = gateway(|_| {});
    let mut client = Client::authenticated(&sandbox);
    let state = exchange(&sandbox, "GET", "/_sandbox/state", "").unwrap();
    assert_eq!(state.json()["websockets"], json!({ first_guid(): 1 }));
    let path = format!("/_sandbox/instances/{}/disconnect", first_guid());
    let cut = exchange(&sandbox, "POST", &path, "").unwrap();
    assert_eq!(cut.json(), json!({"disconnected": 1}));
    assert!(client.has_ended());
    let unknown = exchange(&sandbox, "POST", "/_sandbox/instances/x/disconnect", "").unwrap();
    assert_eq!(unknown.status, 404);
}

/// A client that answers pings stays connected, a silent one does not.
#[test]
fn gives_up_silent_clients() {
    let sandbox = gateway(|_| {});
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let served = listener.accept().unwrap().0;
    let idle = Some(Duration::from_millis(500));
    served.set_read_timeout(idle).unwrap();
    let server = sandbox.server.clone();
    let thread = thread::spawn(move || websocket::serve(&server, Arc::new(served), vec![], None));
    let role = tungstenite::protocol::Role::Client;
    let mut client = Client(WebSocket::from_raw_socket(stream, role, None));
    for _ in 0..2 {
        // Reading again answers the ping before.
        assert!(matches!(client.read(), Ok(Message::Ping(_))));
    }
    // The last ping is not answered.
    thread.join().unwrap();
    assert!(client.has_ended());
}

#[test]
fn ends_with_open_connections() {
    let sandbox = faulty("hang-after*1");
    let mut clients = [
        Client::authenticated(&sandbox),
        Client::authenticated(&sandbox),
    ];
    let begin = Instant::now();
    drop(sandbox);
    assert!(begin.elapsed() < Duration::from_secs(2));
    for client in &mut clients {
        assert!(client.has_ended());
    }
}
