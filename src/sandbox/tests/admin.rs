//! The admin path.

use super::receiver::Receiver;
use super::support::{connect, exchange, faulty, first_guid, read_answer, send, start};
use crate::sandbox::{Sandbox, Scenario};
use serde_json::{Value, json};
use std::io::Write;

fn call(sandbox: &Sandbox, method: &str, place: &str, body: &Value) -> (u16, Value) {
    let path = format!("/_sandbox/{place}");
    let answer = exchange(sandbox, method, &path, &body.to_string()).unwrap();
    (answer.status, answer.json())
}

#[test]
fn lists_requests_and_deliveries() {
    let sandbox = start(Scenario::default());
    send(&sandbox, "hello").unwrap();
    let (_, requests) = call(&sandbox, "GET", "requests", &Value::Null);
    assert_eq!(requests.as_array().unwrap().len(), 1);
    assert_eq!(requests[0]["body"]["content"], "hello");
    let (_, deliveries) = call(&sandbox, "GET", "deliveries", &Value::Null);
    assert_eq!(deliveries[0]["conversation_id"], "R:1012345678901");
    let (status, state) = call(&sandbox, "GET", "state", &Value::Null);
    assert_eq!(status, 200);
    assert_eq!(state["requests"], 1);
    assert_eq!(state["instances"][0]["state"], "online");
    assert_eq!(sandbox.exchanges().len(), 1, "admin calls are not recorded");
}

#[test]
fn sets_and_clears_faults() {
    let sandbox = start(faulty(&["hang"]));
    let (_, cleared) = call(&sandbox, "DELETE", "faults", &Value::Null);
    assert_eq!(cleared, json!({"faults": []}));
    call(&sandbox, "POST", "faults", &json!({"fault": "busy*1"}));
    let (_, faults) = call(
        &sandbox,
        "POST",
        "faults",
        &json!({"faults": ["html@/msg/*", "refuse=1ms"]}),
    );
    assert_eq!(faults, json!({"faults": ["busy*1", "html@/msg/*"]}));
}

#[test]
fn invalid_fault_adds_none() {
    let sandbox = start(Scenario::default());
    for body in [
        json!({"fault": "nope"}),
        json!({"faults": ["busy", "nope"]}),
        json!({"faults": [1]}),
        json!({"faults": "busy"}),
        json!({}),
        json!([]),
    ] {
        assert_eq!(call(&sandbox, "POST", "faults", &body).0, 400, "{body}");
    }
    let (_, faults) = call(&sandbox, "GET", "faults", &Value::Null);
    assert_eq!(faults, json!({"faults": []}));
}

#[test]
fn sets_instance_status() {
    let sandbox = start(Scenario::default());
    let place = format!("instances/{}", first_guid());
    for (body, http, shown) in [
        (json!({"status": 0}), 200, json!(0)),
        (json!({"status": "reconnecting"}), 200, json!(0)),
        (json!({"status": 1}), 200, json!(1)),
        (json!({"status": 2}), 200, json!(2)),
        (json!({"status": 3}), 400, Value::Null),
        (json!({}), 400, Value::Null),
    ] {
        let (status, answer) = call(&sandbox, "POST", &place, &body);
        assert_eq!((status, &answer["status"]), (http, &shown), "{body}");
    }
    assert_eq!(
        call(&sandbox, "POST", "instances/x", &json!({"status": 1})).0,
        404
    );
}

#[test]
fn rejects_unknown_paths_and_methods() {
    let sandbox = start(Scenario::default());
    for (method, place, status) in [
        ("GET", "nope", 404),
        ("GET", "", 404),
        ("POST", "state", 405),
        ("PUT", "faults", 405),
        ("GET", "instances/x", 405),
    ] {
        assert_eq!(
            call(&sandbox, method, place, &Value::Null).0,
            status,
            "{method} {place}"
        );
    }
}

#[test]
fn refuses_requests_from_web_pages() {
    let sandbox = start(Scenario::default());
    for (header, status) in [
        ("Host: localhost:1", 200),
        ("Host: evil.example", 403),
        ("Host: 127.0.0.1\r\nOrigin: http://evil.example", 403),
    ] {
        let mut stream = connect(&sandbox);
        write!(stream, "GET /_sandbox/state HTTP/1.1\r\n{header}\r\n\r\n").unwrap();
        assert_eq!(read_answer(&mut stream).unwrap().status, status, "{header}");
    }
}

#[test]
fn faults_do_not_affect_admin_paths() {
    let sandbox = start(faulty(&["http=500"]));
    assert_eq!(call(&sandbox, "GET", "state", &Value::Null).0, 200);
}

#[test]
fn performs_login_steps() {
    let sandbox = start(Scenario {
        online: 0,
        running: 1,
        scan: "manual".parse().unwrap(),
        ..Scenario::default()
    });
    let place = format!("instances/{}/scan", first_guid());
    let scanned = json!({"step": "scanned"});
    assert_eq!(call(&sandbox, "POST", &place, &scanned).0, 409);
    let body = json!({ "guid": first_guid() }).to_string();
    exchange(&sandbox, "POST", "/login/get_login_qrcode", &body).unwrap();
    for (body, login) in [
        (scanned, json!(1)),
        (json!({"step": "require-code", "code": "7"}), json!(10)),
        (json!({"step": "confirm"}), json!(2)),
    ] {
        let (status, instance) = call(&sandbox, "POST", &place, &body);
        assert_eq!(
            (status, &instance["login"]["status"]),
            (200, &login),
            "{body}"
        );
    }
    for body in [
        json!({"step": "nope"}),
        json!({"step": "require-code"}),
        json!({}),
    ] {
        assert_eq!(call(&sandbox, "POST", &place, &body).0, 400, "{body}");
    }
    let (_, state) = call(&sandbox, "GET", "state", &Value::Null);
    assert_eq!(state["instances"][0]["state"], "online");
}

#[test]
fn posts_events_on_request() {
    let receiver = Receiver::start();
    let sandbox = start(Scenario::default());
    let place = |action: &str| format!("instances/{}/{action}", first_guid());
    let event = json!({"notify_type": 11001});
    let lost = call(&sandbox, "POST", &place("callback"), &event);
    assert_eq!(
        lost,
        (200, json!({"queued": false})),
        "no callback URL is set"
    );
    let body = json!({"guid": first_guid(), "notify_url": receiver.url("/")}).to_string();
    exchange(&sandbox, "POST", "/client/set_notify_url", &body).unwrap();
    let message = json!({"conversation_id": "S:788", "content": "hi"});
    for (action, body, notify_type, msg_type) in [
        ("callback", &event, 11001, Value::Null),
        ("message", &message, 11010, json!(2)),
        ("read", &message, 11010, json!(1012)),
        ("kick", &Value::Null, 11011, Value::Null),
    ] {
        assert_eq!(
            call(&sandbox, "POST", &place(action), body).0,
            200,
            "{action}"
        );
        let callback = receiver.next().1;
        assert_eq!(callback["notify_type"], notify_type, "{action}");
        assert_eq!(callback["data"]["msg_type"], msg_type, "{action}");
    }
    while sandbox.callbacks().len() < 4 {
        std::thread::yield_now();
    }
    let (_, callbacks) = call(&sandbox, "GET", "callbacks", &Value::Null);
    assert_eq!(callbacks[3]["body"]["notify_type"], 11011);
    assert_eq!(callbacks[3]["http_status"], 200);
}

#[test]
fn rejects_invalid_events() {
    let sandbox = start(Scenario::default());
    let guid = first_guid();
    for (place, body, status) in [
        (format!("instances/{guid}/callback"), json!({}), 400),
        (
            format!("instances/{guid}/callback"),
            json!({"notify_type": "x"}),
            400,
        ),
        (format!("instances/{guid}/message"), json!({}), 400),
        (
            format!("instances/{guid}/message"),
            json!({"conversation_id": "788"}),
            400,
        ),
        (format!("instances/{guid}/nope"), json!({}), 404),
        ("instances/x/kick".into(), json!({}), 404),
        ("instances/x/scan".into(), json!({"step": "fail"}), 404),
        (
            "instances/x/message".into(),
            json!({"conversation_id": "S:1"}),
            404,
        ),
        (
            "instances/x/callback".into(),
            json!({"notify_type": 1}),
            404,
        ),
    ] {
        assert_eq!(
            call(&sandbox, "POST", &place, &body).0,
            status,
            "{place} {body}"
        );
    }
}
