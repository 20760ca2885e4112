//! Callbacks over the gateway's WebSocket: received, acknowledged when processed, and not lost.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use qiwei::sandbox::{Quirk, Sandbox};
use rustix::process::Signal;
use rustls::{ServerConnection, StreamOwned};
use serde_json::{Value, json};
use tungstenite::Message;

use crate::support::Qiwei;
use crate::support::background::BackgroundChild;
use crate::support::gateway::GatewaySandbox;
use crate::support::tls::Certificate;

const LISTENING: &str = "listening for callbacks";

fn start(run: Qiwei) -> BackgroundChild {
    let child = BackgroundChild::start(run);
    child
        .err
        .wait_for(LISTENING, |line| line.contains(LISTENING));
    child
}

/// Lets a message with this id arrive.
fn message(sandbox: &Sandbox, id: u64) {
    let data = json!({"id": id.to_string(), "content": format!("text {id}"), "msg_type": 2});
    let guid = &sandbox.guids()[0];
    assert!(sandbox.post_callback(guid, 11010, data));
}

/// The ids of the messages in output lines.
fn ids(lines: &[String]) -> Vec<String> {
    let id = |line: &String| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["data"]["id"].as_str().unwrap().to_owned()
    };
    lines.iter().map(id).collect()
}

fn acknowledged(sandbox: &Sandbox) -> usize {
    let callbacks = sandbox.callbacks();
    let is = |callback: &&qiwei::sandbox::Callback| callback.acknowledged == Some(true);
    callbacks.iter().filter(is).count()
}

#[test]
fn listen_prints_and_acknowledges_without_public_url() {
    for quirk in [None, Some(Quirk::EventAsString)] {
        let server = GatewaySandbox::with(|scenario, _| scenario.quirks.extend(quirk));
        let mut listen = start(server.run(["listen", "--count", "3", "--json"]));
        for id in 1..=3 {
            message(&server.sandbox, id);
        }
        let run = listen.finish().ends_with(0);
        assert_eq!(ids(&listen.out.all()), ["1", "2", "3"], "{run:?}");
        assert_eq!(acknowledged(&server.sandbox), 3);
        // The configured notify_url is not changed.
        let calls = server.calls();
        assert_eq!(calls, Vec::<String>::new(), "{calls:?}");
    }
}

#[test]
fn callback_is_acknowledged_after_its_command_has_ended() {
    let server = GatewaySandbox::start();
    let run = server.run(["listen", "--count", "1", "--json", "--exec"]);
    let gate = run.home().join("gate");
    let script = format!(
        "cat >/dev/null; while [ ! -e {} ]; do sleep 0.05; done",
        gate.display()
    );
    let mut listen = start(run.arg(script));
    message(&server.sandbox, 1);
    listen
        .out
        .wait_for("the line", |line| line.contains("text 1"));
    assert_eq!(acknowledged(&server.sandbox), 0);
    fs::write(gate, "").unwrap();
    listen.finish().ends_with(0);
    assert_eq!(acknowledged(&server.sandbox), 1);
}

#[test]
fn killed_listener_leaves_callbacks_to_the_next_one() {
    let server = GatewaySandbox::start();
    let listen = start(server.run(["listen", "--json", "--exec", "cat >/dev/null; sleep 60"]));
    message(&server.sandbox, 1);
    listen
        .out
        .wait_for("the line", |line| line.contains("text 1"));
    listen.signal(Signal::KILL);
    drop(listen);
    let mut next = start(server.run(["listen", "--json", "--count", "1"]));
    next.finish().ends_with(0);
    assert_eq!(ids(&next.out.all()), ["1"]);
    assert_eq!(acknowledged(&server.sandbox), 1);
}

#[test]
fn reconnects_and_loses_nothing() {
    let server = GatewaySandbox::start();
    server
        .sandbox
        .add_fault("drop-after@/ws/juwe*1".parse().unwrap());
    let mut listen = start(server.run(["listen", "--json", "--count", "2"]));
    listen
        .err
        .wait_for("the reconnect", |line| line.contains("reconnecting in"));
    message(&server.sandbox, 1);
    listen
        .err
        .wait_for("the reconnect", |line| line.contains("reconnected"));
    message(&server.sandbox, 2);
    listen.finish().ends_with(0);
    assert_eq!(ids(&listen.out.all()), ["1", "2"]);
    assert_eq!(acknowledged(&server.sandbox), 2);
}

/// What a client may meet when it authenticates.
#[test]
fn explains_failed_connections() {
    for (fault, code, part) in [
        ("code=-1", 3, "refused the WebSocket"),
        (
            "drop-before",
            5,
            "cannot connect to the gateway's WebSocket",
        ),
        ("reset", 5, "cannot connect to the gateway's WebSocket"),
        ("http=502", 5, "HTTP 502"),
        ("http=401", 3, "HTTP 401"),
    ] {
        let server = GatewaySandbox::start();
        server
            .sandbox
            .add_fault(format!("{fault}@/ws/juwe").parse().unwrap());
        server
            .run(["listen", "--for", "10s"])
            .run()
            .ends_with(code)
            .assert_stderr_contains(part);
    }
    let server = GatewaySandbox::start();
    server
        .run(["listen", "--for", "10s"])
        .env("QIWEI_APP_SECRET", "another-secret")
        .run()
        .ends_with(3)
        .assert_stderr_contains("refused the WebSocket");
    server
        .run(["listen", "--for", "10s"])
        .env("QIWEI_WEBSOCKET_URL", "ws://127.0.0.1:1/ws")
        .run()
        .ends_with(5)
        .assert_stderr_contains("--notify-url");
}

/// A server that sends a byte now and then must not keep the program waiting.
#[test]
fn slow_handshake_ends_at_the_timeout() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            while stream.write_all(b"H").is_ok() {
                thread::sleep(Duration::from_millis(100));
            }
        }
    });
    let server = GatewaySandbox::start();
    let run = server
        .run(["listen", "--timeout", "2s"])
        .env("QIWEI_WEBSOCKET_URL", format!("ws://127.0.0.1:{port}/ws"))
        .run()
        .ends_with(5);
    assert!(run.took < Duration::from_secs(20), "{run:?}");
}

#[test]
fn works_without_an_answer_to_the_authentication() {
    let server = GatewaySandbox::start();
    server
        .sandbox
        .add_fault("object@/ws/juwe*1".parse().unwrap());
    let run = server.run(["listen", "--for", "1s"]).run().ends_with(0);
    assert!(!run.stderr.contains("error"), "{run:?}");
}

#[test]
fn reconnects_when_gateway_is_silent() {
    let server = GatewaySandbox::start();
    // Answers nothing after the authentication, not even a ping.
    server
        .sandbox
        .add_fault("hang-after@/ws/juwe*1".parse().unwrap());
    let mut listen = start(server.run(["listen", "--json", "--count", "1"]));
    listen
        .err
        .wait_for("the silence", |line| line.contains("silent for 20 seconds"));
    listen
        .err
        .wait_for("the reconnect", |line| line.contains("reconnected"));
    message(&server.sandbox, 1);
    listen.finish().ends_with(0);
    assert_eq!(acknowledged(&server.sandbox), 1);
}

#[test]
fn login_ends_with_the_callback_of_the_websocket() {
    let server = GatewaySandbox::with(|scenario, _| {
        (scenario.online, scenario.running) = (0, 1);
        scenario.scan = "after=50ms".parse().unwrap();
    });
    let run = server
        .run(["login", "--no-poll", "--json", "--timeout", "30s"])
        .run()
        .ends_with(0);
    let last = run.stdout.lines().last().unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!(
        (&last["event"], &last["via"]),
        (&json!("logged_in"), &json!("callback"))
    );
    // Nobody's notify_url was changed.
    assert!(
        !server
            .calls()
            .iter()
            .any(|path| path.contains("notify_url"))
    );
}

#[test]
fn login_is_polled_when_there_is_no_websocket() {
    let server = GatewaySandbox::with(|scenario, _| {
        (scenario.online, scenario.running) = (0, 1);
        scenario.scan = "after=50ms".parse().unwrap();
    });
    server
        .sandbox
        .add_fault("http=502@/ws/juwe".parse().unwrap());
    server
        .run(["login", "--poll", "100ms", "--timeout", "30s"])
        .env("QIWEI_PACE", "off")
        .run()
        .ends_with(0)
        .assert_stderr_contains("falling back to polling");
    server
        .run(["login", "--force", "--no-poll", "--timeout", "30s"])
        .run()
        .ends_with(5);
}

#[test]
fn second_listener_of_an_instance_is_refused() {
    let server = GatewaySandbox::start();
    let first = server.run(["listen", "--json"]);
    let state = first.home().join("state");
    let first = start(first.env("QIWEI_STATE_DIR", &state));
    server
        .run(["listen", "--for", "1s"])
        .env("QIWEI_STATE_DIR", &state)
        .run()
        .ends_with(9)
        .assert_stderr_contains("already receiving the callbacks");
    first.signal(Signal::TERM);
}

#[test]
fn interrupted_listener_ends_at_once() {
    let server = GatewaySandbox::start();
    let mut listen = start(server.run(["listen", "--json"]));
    listen.signal(Signal::TERM);
    let run = listen.finish();
    assert_eq!(run.code, 143, "{run:?}");
}

/// Serves one WebSocket over TLS: a callback, and its acknowledgement. Returns the port.
fn tls_gateway(certificate: &Certificate) -> (u16, Receiver<Value>) {
    let config = certificate.server_config();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let session = ServerConnection::new(config.clone()).unwrap();
            let stream = StreamOwned::new(session, stream.unwrap());
            // A client that does not trust the certificate ends here.
            let Ok(mut socket) = tungstenite::accept(stream) else {
                continue;
            };
            let mut read = || match socket.read() {
                Ok(Message::Text(text)) => serde_json::from_str(text.as_str()).unwrap(),
                other => panic!("{other:?}"),
            };
            let auth: Value = read();
            assert_eq!(auth["type"], "auth");
            sender.send(auth).unwrap();
            let event = json!({"guid": GUID, "notify_type": 11010, "data": {"id": "1"}});
            let callback = json!({"type": "callback", "event_id": "e1", "event": event});
            for message in [json!({"type": "auth_success"}), callback] {
                socket.send(Message::text(message.to_string())).unwrap();
            }
            match socket.read() {
                Ok(Message::Text(text)) => {
                    sender
                        .send(serde_json::from_str(text.as_str()).unwrap())
                        .unwrap();
                }
                other => panic!("{other:?}"),
            }
        }
    });
    (port, receiver)
}

const GUID: &str = "11111111-2222-3333-4444-555555555555";

#[test]
fn websocket_verifies_the_certificate() {
    let certificate = Certificate::for_name("localhost");
    let file = certificate.file();
    let file = file.to_str().unwrap();
    for (flags, is_trusted) in [
        (&["--cacert", file][..], true),
        (&["--insecure"], true),
        (&[], false),
    ] {
        let (port, received) = tls_gateway(&certificate);
        let run = Qiwei::new(["listen", "--count", "1", "--json", "--for", "30s"])
            .args(flags)
            .env("QIWEI_BASE_URL", format!("https://localhost:{port}/p"))
            .env("QIWEI_APP_KEY", "app1")
            .env("QIWEI_APP_SECRET", "a-secret-of-the-gateway")
            .env("QIWEI_GUID", GUID)
            .run();
        if !is_trusted {
            run.ends_with(5).assert_stderr_contains("certificate");
            assert!(received.try_recv().is_err(), "the secret was sent");
            continue;
        }
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(run.json()["data"]["id"], "1");
        let auth = received.recv().unwrap();
        assert_eq!(auth["app_secret"], "a-secret-of-the-gateway");
        let ack = json!({"type": "ack", "event_id": "e1", "success": true});
        assert_eq!(received.recv().unwrap(), ack);
    }
}
