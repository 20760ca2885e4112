//! Callbacks: which events a client is sent, and how.

use super::receiver::Receiver;
use super::support::{NOW, at, exchange, first, first_guid, post, send, start, text};
use crate::sandbox::message::{IncomingKind, IncomingMessage};
use crate::sandbox::state::State;
use crate::sandbox::{Quirk, Sandbox, Scenario};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// A state whose first instance is listened to.
fn state_with_listener(quirks: &[Quirk]) -> State {
    let mut state = State::new(&Scenario {
        quirks: quirks.to_vec(),
        ..Scenario::default()
    });
    let body = json!({ "guid": first_guid(), "notify_url": "http://receiver/" });
    post(&mut state, "/client/set_notify_url", &body);
    state
}

fn listen(sandbox: &Sandbox, url: &str) {
    let body = json!({ "guid": first_guid(), "notify_url": url }).to_string();
    exchange(sandbox, "POST", "/client/set_notify_url", &body).unwrap();
}

#[test]
fn echoes_own_messages() {
    let mut state = state_with_listener(&[]);
    let body = json!({
        "guid": first_guid(), "conversation_id": "R:10696049218574013", "content": "test", "at_list": [0],
    });
    let answer = post(&mut state, "/msg/send_room_at", &body);
    let event = state.take_events().remove(0);
    assert_eq!(
        (event.notify_type, event.url.as_str()),
        (11010, "http://receiver/")
    );
    let mut data = event.data;
    let appinfo = data.as_object_mut().unwrap().remove("appinfo").unwrap();
    assert_ne!(
        appinfo, answer["data"]["msg_data"]["appinfo"],
        "base64 in the answer only"
    );
    assert_eq!(
        data,
        json!({
            "seq": "7272188", "id": "1066173", "sender": "1688850000000001", "receiver": "0",
            "roomid": "10696049218574013", "sendtime": NOW, "sender_name": "小助手", "content_type": 2,
            "referid": "0", "flag": 0, "content": "test", "at_list": [0], "quote_content": "",
            "quote_appinfo": "", "send_flag": 1, "msg_type": 2,
        })
    );
}

#[test]
fn messages_come_singly_or_in_batches() {
    for (quirks, notify_type, pointer) in [
        (vec![], 11010, "/content"),
        (vec![Quirk::WrappedBatch], 11010, "/content"),
        (vec![Quirk::BatchCallbacks], 11013, "/0/content"),
        (
            vec![Quirk::BatchCallbacks, Quirk::WrappedBatch],
            11013,
            "/list/0/content",
        ),
    ] {
        let mut state = state_with_listener(&quirks);
        post(
            &mut state,
            "/msg/send_text",
            &serde_json::from_str(&text("x")).unwrap(),
        );
        let event = state.take_events().remove(0);
        assert_eq!(event.notify_type, notify_type, "{quirks:?}");
        assert_eq!(event.data.pointer(pointer), Some(&json!("x")), "{quirks:?}");
    }
}

#[test]
fn delivers_messages_from_others() {
    let mut state = state_with_listener(&[]);
    for (conversation_id, sender, receiver, roomid) in [
        ("S:788123456789", "788123456789", "1688850000000001", "0"),
        (
            "R:10696049218574013",
            "7881300000000001",
            "0",
            "10696049218574013",
        ),
    ] {
        let incoming = IncomingMessage {
            conversation_id: conversation_id.into(),
            content: "hi".into(),
            ..IncomingMessage::default()
        };
        assert_eq!(
            state.deliver_incoming(&first_guid(), &incoming, IncomingKind::Text, at(0)),
            Ok(true)
        );
        let data = state.take_events().remove(0).data;
        assert_eq!(data["send_flag"], 0);
        assert_eq!(data["sender"], sender);
        assert_eq!(data["receiver"], receiver);
        assert_eq!(data["roomid"], roomid);
    }
    assert!(state.deliveries.handles().is_empty());
}

#[test]
fn read_reports_omit_message_fields() {
    let mut state = state_with_listener(&[]);
    let incoming = IncomingMessage {
        conversation_id: "S:788".into(),
        ..IncomingMessage::default()
    };
    state
        .deliver_incoming(&first_guid(), &incoming, IncomingKind::ReadReport, at(0))
        .unwrap();
    let data = state.take_events().remove(0).data;
    assert_eq!(data["msg_type"], 1012);
    for field in ["content", "at_list", "quote_content", "quote_appinfo"] {
        assert!(data.get(field).is_none(), "{field}");
    }
}

#[test]
fn instance_notify_url_overrides_global_one() {
    let mut state = State::new(&Scenario::default());
    let guid = first_guid();
    assert!(!state.emit(&guid, 11001, json!({})));
    post(
        &mut state,
        "/global/set_notify_url",
        &json!({"notify_url": "http://global/"}),
    );
    assert!(state.emit(&guid, 11001, json!({})));
    let body = json!({"guid": guid, "notify_url": "http://own/"});
    post(&mut state, "/client/set_notify_url", &body);
    assert!(state.emit(&guid, 11001, json!({})));
    let urls: Vec<String> = state
        .take_events()
        .into_iter()
        .map(|event| event.url)
        .collect();
    assert_eq!(urls, ["http://global/", "http://own/"]);
}

#[test]
fn post_has_headers_of_real_server() {
    let receiver = Receiver::start();
    let sandbox = start(Scenario::default());
    listen(&sandbox, &receiver.url("/webhook?token=t"));
    sandbox.post_callback(&first_guid(), 11001, json!({}));
    let (head, body) = receiver.next();
    assert_eq!(
        head.lines()
            .filter(|line| !line.starts_with("Host:"))
            .collect::<Vec<_>>(),
        [
            "POST /webhook?token=t HTTP/1.1",
            "Accept: */*",
            "Accept-Encoding: gzip, deflate",
            "User-Agent: Python/3.11 aiohttp/3.9",
            &format!("Content-Length: {}", body.to_string().len()),
            "Content-Type: application/json",
        ]
    );
    assert_eq!(
        body,
        json!({"guid": first_guid(), "notify_type": 11001, "data": {}})
    );
}

#[test]
fn keeps_order_and_records_every_post() {
    let receiver = Receiver::start();
    let sandbox = start(Scenario::default());
    listen(&sandbox, &receiver.url("/"));
    for number in 0..30 {
        send(&sandbox, &number.to_string()).unwrap();
    }
    for number in 0..30 {
        assert_eq!(receiver.next().1["data"]["content"], number.to_string());
    }
    while sandbox.callbacks().len() < 30 {
        std::thread::yield_now();
    }
    assert!(
        sandbox
            .callbacks()
            .iter()
            .all(|callback| callback.http_status == Some(200))
    );
}

#[test]
fn posts_duplicates_and_old_key() {
    let receiver = Receiver::start();
    let quirks = vec![Quirk::DuplicateCallbacks, Quirk::MsgTypeKey];
    let sandbox = start(Scenario {
        quirks,
        ..Scenario::default()
    });
    listen(&sandbox, &receiver.url("/"));
    sandbox.kick(&first_guid());
    let twice = [receiver.next().1, receiver.next().1];
    assert_eq!(
        twice[0],
        json!({"guid": first_guid(), "msg_type": 11011, "data": {}})
    );
    assert_eq!(twice[0], twice[1]);
}

#[test]
fn delays_callbacks() {
    let receiver = Receiver::start();
    let callback_delay = Duration::from_millis(120);
    let quirks = vec![Quirk::LateCallbacks];
    let sandbox = start(Scenario {
        quirks,
        callback_delay,
        ..Scenario::default()
    });
    listen(&sandbox, &receiver.url("/"));
    let begin = Instant::now();
    send(&sandbox, "x").unwrap();
    receiver.next();
    assert!(begin.elapsed() >= callback_delay);
}

#[test]
fn callbacks_can_be_disabled() {
    let receiver = Receiver::start();
    let scan = "after=10ms".parse().unwrap();
    let sandbox = start(Scenario {
        callbacks: false,
        scan,
        ..Scenario::default()
    });
    listen(&sandbox, &receiver.url("/"));
    exchange(
        &sandbox,
        "POST",
        "/login/get_login_qrcode",
        &first().to_string(),
    )
    .unwrap();
    let status = || {
        let body = first().to_string();
        let answer = exchange(&sandbox, "POST", "/login/check_login_qrcode", &body).unwrap();
        answer.json()["data"]["status"].clone()
    };
    while status() != 2 {
        std::thread::yield_now();
    }
    assert!(sandbox.callbacks().is_empty());
}

#[test]
fn silent_receiver_does_not_delay_others() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = Receiver::start();
    let sandbox = start(Scenario {
        online: 2,
        ..Scenario::default()
    });
    listen(
        &sandbox,
        &format!("http://{}/", silent.local_addr().unwrap()),
    );
    exchange(
        &sandbox,
        "POST",
        "/global/set_notify_url",
        &json!({"notify_url": receiver.url("/")}).to_string(),
    )
    .unwrap();
    let begin = Instant::now();
    send(&sandbox, "to the silent one").unwrap();
    sandbox.post_callback(&sandbox.guids()[1], 11001, json!({}));
    assert_eq!(receiver.next().1["notify_type"], 11001);
    drop(sandbox);
    assert!(begin.elapsed() < Duration::from_secs(2));
}

#[test]
fn records_failed_posts() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let sandbox = start(Scenario::default());
    for (url, part) in [
        (format!("http://{closed}/"), "not connected"),
        ("https://example.invalid/".into(), "http:// URLs only"),
    ] {
        listen(&sandbox, &url);
        let before = sandbox.callbacks().len();
        sandbox.post_callback(&first_guid(), 11001, json!({}));
        while sandbox.callbacks().len() == before {
            std::thread::yield_now();
        }
        let callback = sandbox.callbacks().pop().unwrap();
        assert_eq!(callback.http_status, None);
        assert!(callback.error.unwrap().contains(part), "{url}");
    }
}

#[test]
fn delivers_all_login_events() {
    let receiver = Receiver::start();
    let scenario = Scenario {
        online: 0,
        running: 1,
        scan: "require-code=1,after=10ms".parse().unwrap(),
        ..Scenario::default()
    };
    let sandbox = start(scenario);
    listen(&sandbox, &receiver.url("/"));
    exchange(
        &sandbox,
        "POST",
        "/login/get_login_qrcode",
        &first().to_string(),
    )
    .unwrap();
    let event = || {
        let body = receiver.next().1;
        (body["notify_type"].clone(), body["data"]["status"].clone())
    };
    assert_eq!(event(), (json!(11002), json!(1)));
    assert_eq!(event(), (json!(11002), json!(10)));
    let code = json!({"guid": first_guid(), "code": "1"}).to_string();
    exchange(&sandbox, "POST", "/login/verify_login_qrcode", &code).unwrap();
    assert_eq!(event(), (json!(11002), json!(2)));
    assert_eq!(event(), (json!(11003), Value::Null));
    assert_eq!(send(&sandbox, "x").unwrap().json()["error_code"], 0);
}
