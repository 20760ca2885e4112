//! Property checks of callbacks, for fuzz targets and tests.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "property checks fail by panicking"
)]

use std::net::SocketAddr;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::NotifyType;
use super::address::notify_url;
use super::event::Event;
use super::message::{self, entries};
use super::policy::{CallbackPolicy, CallbackRequest, Decision};
use super::websocket::FromGateway;
use crate::json::integer;
use crate::json::repair_strings;
use crate::listener::Token;
use crate::listener::address::{parse_listen_address, parse_public_url};

const GUID: &str = "g-1";

static POLICY: LazyLock<CallbackPolicy> = LazyLock::new(|| CallbackPolicy {
    guid: GUID.parse().expect("a guid"),
    token: Token::random().expect("randomness"),
    host: None,
});

/// Checks a request: method, target and content encoding, one per line, then the body. `TOKEN` in the
/// target stands for the valid token.
pub fn callback(data: &[u8]) {
    let mut lines = data.splitn(4, |byte| *byte == b'\n');
    let mut line = || lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let (Some(method), Some(target), Some(encoding)) = (line(), line(), line()) else {
        return;
    };
    let body = lines.next().unwrap_or_default();
    check_request(method, target, encoding, body);
    check_event(body);
    check_urls(target);
}

/// Checks a message of the gateway's WebSocket against a second reading.
pub fn websocket(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let message = FromGateway::parse(&text);
    if let FromGateway::Callback { event, .. } = &message {
        check_event(event.as_bytes());
    }
    let repaired = repair_strings(text.as_bytes());
    let Ok(value) = serde_json::from_str::<Value>(&repaired) else {
        // Numbers out of range inside an event are not read.
        let is_callback = matches!(message, FromGateway::Callback { .. });
        assert!(is_callback || message == FromGateway::Other, "{message:?}");
        return;
    };
    // Serialised again it names no field twice.
    let again = FromGateway::parse(&value.to_string());
    assert_eq!(kind_of(&again), expected_kind(&value), "{value}");
    match message {
        FromGateway::Callback { id, event } => {
            assert_eq!(id, value["event_id"]);
            check_embedded(&event, &value["event"], &repaired);
        }
        FromGateway::Refused(reason) | FromGateway::Error(reason) => {
            assert!(reason.is_empty() || value.to_string().contains(&json!(reason).to_string()));
        }
        FromGateway::AuthSuccess | FromGateway::Other => {}
    }
}

fn kind_of(message: &FromGateway) -> &'static str {
    match message {
        FromGateway::AuthSuccess => "auth_success",
        FromGateway::Refused(_) => "auth_failed",
        FromGateway::Error(_) => "error",
        FromGateway::Callback { .. } => "callback",
        FromGateway::Other => "other",
    }
}

/// A second reading of the kind of a message.
fn expected_kind(value: &Value) -> &'static str {
    let kind = value
        .as_object()
        .and_then(|fields| fields.get("type")?.as_str());
    let known = ["auth_success", "auth_failed", "error", "callback"];
    known
        .into_iter()
        .find(|known| kind == Some(known))
        .unwrap_or("other")
}

/// An event is the text of a string, or JSON as received.
fn check_embedded(event: &str, value: &Value, message: &str) {
    match value {
        Value::Null => assert_eq!(event, ""),
        Value::String(text) => assert_eq!(event, text),
        value => {
            assert!(message.contains(event), "{event}");
            assert_eq!(
                serde_json::from_str::<Value>(event).as_ref().ok(),
                Some(value)
            );
        }
    }
}

fn check_request(method: &str, target: &str, encoding: &str, body: &[u8]) {
    let target = target.replace("TOKEN", POLICY.token.reveal());
    let request = CallbackRequest {
        method,
        target: &target,
        host: None,
        content_encoding: (!encoding.is_empty()).then_some(encoding),
        origin: None,
        body,
    };
    match POLICY.decide(request) {
        Decision::Callback(event) => {
            assert_eq!((method, event.guid.as_str()), ("POST", GUID));
            assert!(target.contains(POLICY.token.reveal()), "let in: {target:?}");
        }
        Decision::Webhook => assert!(target.contains(POLICY.token.reveal()), "told: {target:?}"),
        Decision::Health => assert!(target.starts_with("/health")),
        Decision::Refused(status, _) => assert!([403, 404, 405].contains(&status)),
        Decision::RefusedCallback(_) => {
            assert!(target.contains(POLICY.token.reveal()), "{target:?}");
        }
    }
}

fn check_event(body: &[u8]) {
    let parsed = Event::parse(body);
    let body = repair_strings(body).into_owned().into_bytes();
    if let Ok(value) = serde_json::from_slice::<Value>(&body) {
        let is_callback = is_callback(&value);
        // Serialised again it names no field twice, so both readings must agree.
        let again = Event::parse(value.to_string().as_bytes());
        assert_eq!(again.is_ok(), is_callback, "{value}");
        assert!(
            parsed.is_err() || is_callback,
            "taken for a callback: {value}"
        );
    }
    let Ok(event) = parsed else {
        return;
    };
    let data = event.data.get();
    let is_as_sent = body.windows(data.len()).any(|part| part == data.as_bytes());
    assert!(data == "null" || is_as_sent, "{data}");
    assert!(!event.guid.is_empty());
    assert!(event.notify_type.0 != 0 || event.notify_type.name().is_none());
    check_entries(&event);
}

/// A second reading of a callback.
fn is_callback(value: &Value) -> bool {
    let has_guid = value["guid"].as_str().is_some_and(|guid| !guid.is_empty());
    let kind = match &value["notify_type"] {
        Value::Null => &value["msg_type"],
        kind => kind,
    };
    value.is_object() && has_guid && integer(kind).is_some()
}

fn check_entries(event: &Event) {
    let all = entries(event);
    let is_message =
        [NotifyType::NEW_MESSAGE, NotifyType::MESSAGE_BATCH].contains(&event.notify_type);
    assert!(is_message || all.is_empty());
    for entry in &all {
        let read = message::message(entry);
        if let Some(id) = &read.conversation_id {
            assert!(
                id.len() > 2 && (id.starts_with("S:") || id.starts_with("R:")),
                "{id:?}"
            );
        }
        let copy: Value = serde_json::from_str(&entry.to_string()).expect("JSON stays JSON");
        assert_eq!(
            message::identity(GUID, entry),
            message::identity(GUID, &copy)
        );
    }
    let kept = message::keep_messages(event.clone(), |_| true).expect("kept whole");
    assert_eq!(kept.data.get(), event.data.get());
    assert_eq!(
        message::keep_messages(event.clone(), |_| false).is_none(),
        !all.is_empty()
    );
    let mut place = 0;
    let every_other = message::keep_messages(event.clone(), |_| {
        place += 1;
        place % 2 == 1
    });
    let expected: Vec<Value> = all.into_iter().step_by(2).collect();
    let left = every_other.map_or_else(Vec::new, |event| entries(&event));
    assert_eq!(left, expected, "{}", event.data);
}

fn check_urls(text: &str) {
    if let Ok(address) = parse_listen_address(text) {
        assert_eq!(parse_listen_address(&address.to_string()), Ok(address));
    }
    if let Ok(kind) = text.parse::<NotifyType>() {
        let name = kind
            .name()
            .map_or_else(|| kind.0.to_string(), str::to_owned);
        assert_eq!(name.parse(), Ok(kind));
    }
    let bound = SocketAddr::from(([127, 0, 0, 1], 65535));
    if let Ok(url) = parse_public_url(text)
        && let Ok(url_text) = notify_url(Some(&url), bound, &POLICY.token)
    {
        assert!(url_text.len() < 90 && url_text.ends_with(POLICY.token.reveal()));
        let url_text = url::Url::parse(&url_text).expect("a URL");
        assert_eq!(url_text.host(), url.host());
        let body = json!({"guid": GUID, "notify_type": 1}).to_string();
        let request = CallbackRequest {
            method: "POST",
            target: url_text.path(),
            host: None,
            content_encoding: None,
            origin: None,
            body: body.as_bytes(),
        };
        assert!(
            matches!(POLICY.decide(request), Decision::Callback(_)),
            "{url_text}"
        );
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::token_sequences::token_sequences;

    const BODY: &[&str] = &[
        r#"{"guid":"g-1","notify_type":11013,"data":[{"id":"1"},{"id":2,"sender":7881},{"roomid":"10"}]}"#,
        r#"{"guid":"g-1","notify_type":"11010","data":"#,
        r#"{"id":"1","sender":7881,"roomid":"0"}"#,
        r#"{"list":[{"appinfo":"x"},5]}"#,
        r#"["g-1",11003,null,{}]"#,
        r#"{"guid":"g-1","#,
        r#""guid":"","#,
        r#""notify_type":11013,"#,
        r#""msg_type":1.5,"#,
        r#""data":"#,
        "null",
        "[",
        "]",
        "{",
        "}",
        ",",
    ];

    const MESSAGES: &[&str] = &[
        r#"{"type":"callback","event_id":"evt_1","event":{"guid":"g-1","notify_type":11010,"data":{"id":"1"}}}"#,
        r#"{"type":"callback","event_id":7,"event":"{\"guid\":\"g-1\",\"notify_type\":11003}"}"#,
        r#"{"type":"auth_failed","reason":"x"}"#,
        r#"{"type":"auth_success"}"#,
        r#"{"type":"#,
        r#""callback","#,
        r#""error","#,
        r#""event":"#,
        r#""event_id":"#,
        r#""message":"\u0041","#,
        r#"{"guid":"g-1","notify_type":11010,"data":1e999}"#,
        "1e999",
        "\"x\\ud83d\"",
        "null",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
    ];

    proptest! {
        #[test]
        fn reads_messages_of_the_gateway(message in token_sequences(MESSAGES)) {
            websocket(&message);
        }
        #[test]
        fn accepts_only_callbacks_with_token_and_guid(guid in "g-[12]?", kind in 11009..11014, token in "TOKEN|TOKE|", method in "GET|POST") {
            let body = json!({"guid": guid, "notify_type": kind, "data": [{"id": "1"}, 2, {"id": 3}]});
            callback(format!("{method}\n/webhook/{token}\n\n{body}").as_bytes());
        }
        #[test]
        fn refuses_invalid_requests(
            method in "GET|POST|PUT",
            target in "(/webhook|/health|/p)?/?(TOKEN)?[?x/]{0,2}|https?://[a-z.]{1,9}(/[a-z?#]{0,4})?|[0-9.:\\[\\]]{0,20}",
            kind in "(application/json|text/plain)?",
            body in token_sequences(BODY),
        ) {
            let head = format!("{method}\n{target}\n{kind}\n");
            callback(&[head.into_bytes(), body].concat());
        }
    }
}
