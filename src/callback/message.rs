//! The messages in a callback: sender, conversation, text, and identity for deduplication.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::event::Event;
use super::event::NotifyType;
use crate::json::integer;

/// `msg_type` of a read report.
const READ_REPORT: i64 = 1012;
/// Fields that may wrap a list of messages.
const WRAPPERS: [&str; 4] = ["list", "messages", "msgs", "items"];

/// The parts of a message shown to a person, ids as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// `S:…` or `R:…`, as far as it is known.
    pub conversation_id: Option<String>,
    /// Whether this account sent it.
    pub is_own: bool,
    /// The sender's name, or the id.
    pub sender: Option<String>,
    /// The text, or a description of other content.
    pub text: Option<String>,
    /// `msg_type`; 2 is text.
    pub msg_type: Option<i64>,
}

/// The messages of a callback: the one of 11010, or the list of 11013, bare or wrapped. Empty for
/// every other type.
pub fn entries(event: &Event) -> Vec<Value> {
    match event.notify_type {
        NotifyType::NEW_MESSAGE => vec![event.value()],
        NotifyType::MESSAGE_BATCH => match event.value() {
            Value::Array(list) => list,
            Value::Object(object) => wrapped(object),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The ids of the messages in a callback.
pub fn ids(event: &Event) -> Vec<String> {
    let entries = entries(event);
    entries.iter().filter_map(|entry| id(entry, "id")).collect()
}

fn wrapped(mut object: Map<String, Value>) -> Vec<Value> {
    for name in WRAPPERS {
        if let Some(Value::Array(list)) = object.remove(name) {
            return list;
        }
    }
    Vec::new()
}

/// Reads the parts of a message that are shown.
pub fn message(entry: &Value) -> Message {
    let sender_id = id(entry, "sender");
    let is_own = entry.get("send_flag").and_then(integer) == Some(1);
    let room = id(entry, "roomid");
    let receiver = id(entry, "receiver");
    let other = if is_own || is_own_read_report(entry, sender_id.as_deref(), receiver.as_deref()) {
        receiver
    } else {
        sender_id.clone()
    };
    Message {
        conversation_id: room
            .map(|room| format!("R:{room}"))
            .or_else(|| other.map(|user| format!("S:{user}"))),
        is_own,
        sender: text(entry, "sender_name").or(sender_id),
        text: text(entry, "content"),
        msg_type: entry.get("msg_type").and_then(integer),
    }
}

/// The user id and the name of the sender, as far as they are given.
pub fn sender(entry: &Value) -> (Option<String>, Option<String>) {
    (id(entry, "sender"), text(entry, "sender_name"))
}

/// Whether a read report is this account's own, whose peer is the receiver. Read reports lack the
/// flag that tells; an external contact (788…) can only have been read by the account (168…).
fn is_own_read_report(entry: &Value, sender: Option<&str>, receiver: Option<&str>) -> bool {
    kind_of(entry) == READ_REPORT
        && sender.is_some_and(|sender| sender.starts_with("168"))
        && receiver.is_some_and(|receiver| receiver.starts_with("788"))
}

/// The identity of a message: `appinfo`, which is global, else its ids within the account
/// (wire protocol). `None` when it has neither.
pub fn identity(guid: &str, entry: &Value) -> Option<String> {
    let kind = kind_of(entry);
    // A change record names in `referid` the message it changes, and may carry its `appinfo`.
    let referid = id(entry, "referid").unwrap_or_default();
    if let Some(appinfo) = text(entry, "appinfo") {
        let reader = match kind {
            // Every reader of a message reports with the message's `appinfo`.
            READ_REPORT => [id(entry, "sender"), id(entry, "id")],
            _ => [None, None],
        };
        return Some(format!("a:{appinfo}:{referid}:{kind}:{reader:?}"));
    }
    let id = id(entry, "id")?;
    Some(format!("i:{guid}:{id}:{referid}:{kind}"))
}

/// A revocation may carry the `appinfo` of the revoked message, so the type is part of the identity.
fn kind_of(entry: &Value) -> i64 {
    entry.get("msg_type").and_then(integer).unwrap_or_default()
}

fn text(entry: &Value, name: &str) -> Option<String> {
    let text = entry.get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// An id as text; `0` is no id.
fn id(entry: &Value, name: &str) -> Option<String> {
    let text = match entry.get(name)? {
        Value::String(text) => text.clone(),
        Value::Number(number) if !number.is_f64() => number.to_string(),
        _ => return None,
    };
    (!text.is_empty() && text != "0").then_some(text)
}

/// The event with only the list entries for which `keep` returns true; `None` when none remain. Kept
/// entries are unchanged; a list kept whole stays as it was received.
pub fn keep_messages(event: Event, mut keep: impl FnMut(&Value) -> bool) -> Option<Event> {
    let kept: Vec<bool> = entries(&event).iter().map(&mut keep).collect();
    if kept.iter().all(|kept| *kept) {
        return Some(event);
    }
    if !kept.contains(&true) {
        return None;
    }
    let list = raw_entries(event.data.get());
    let left = list.into_iter().zip(kept).filter(|(_, kept)| *kept);
    let left: Vec<&RawValue> = left.map(|(entry, _)| entry).collect();
    let data = serde_json::to_string(&left).and_then(RawValue::from_string);
    Some(Event {
        data: data.unwrap_or_else(|_| event.data.clone()),
        ..event
    })
}

/// The entries of a list, bare or wrapped, as received.
fn raw_entries(data: &str) -> Vec<&RawValue> {
    if let Ok(list) = serde_json::from_str(data) {
        return list;
    }
    let object: BTreeMap<String, &RawValue> = serde_json::from_str(data).unwrap_or_default();
    let lists = WRAPPERS.iter().filter_map(|name| object.get(*name));
    lists
        .filter_map(|list| serde_json::from_str(list.get()).ok())
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn event(notify_type: NotifyType, data: &Value) -> Event {
        Event {
            guid: "g".into(),
            notify_type,
            data: RawValue::from_string(data.to_string()).unwrap(),
        }
    }

    #[test]
    fn reads_single_bare_and_wrapped_messages() {
        let one = json!({"id":"1"});
        let many = json!([{"id":"1"},{"id":"2"}]);
        let count = |kind, data: &Value| entries(&event(kind, data)).len();
        assert_eq!(count(NotifyType::NEW_MESSAGE, &one), 1);
        assert_eq!(count(NotifyType::MESSAGE_BATCH, &many), 2);
        for name in ["list", "messages", "msgs", "items"] {
            assert_eq!(count(NotifyType::MESSAGE_BATCH, &json!({name: many})), 2);
        }
        assert_eq!(count(NotifyType::MESSAGE_BATCH, &json!({"x": many})), 0);
        assert_eq!(count(NotifyType::LOGGED_IN, &one), 0);
    }

    #[test]
    fn reads_sender_and_conversation() {
        let cases = [
            (
                json!({"sender":"7881","roomid":"0","receiver":"1688","send_flag":0,"sender_name":"张三","content":"hi"}),
                (Some("S:7881"), false, Some("张三"), Some("hi")),
            ),
            (
                json!({"sender":1688,"receiver":7881,"roomid":0,"send_flag":"1"}),
                (Some("S:7881"), true, Some("1688"), None),
            ),
            (
                json!({"sender":"7881","roomid":10_696_049_218_574_013_u64}),
                (Some("R:10696049218574013"), false, Some("7881"), None),
            ),
            (json!({}), (None, false, None, None)),
            (json!("x"), (None, false, None, None)),
        ];
        for (entry, (conversation, is_own, sender, text)) in cases {
            let message = message(&entry);
            assert_eq!(message.conversation_id.as_deref(), conversation, "{entry}");
            assert_eq!(message.is_own, is_own, "{entry}");
            assert_eq!(message.sender.as_deref(), sender, "{entry}");
            assert_eq!(message.text.as_deref(), text, "{entry}");
        }
    }

    #[test]
    fn recognizes_duplicates() {
        let same = [
            (
                json!({"appinfo":"x","id":"1"}),
                json!({"appinfo":"x","id":"2"}),
            ),
            (json!({"id":"1","referid":"0"}), json!({"id":1})),
        ];
        for (one, other) in same {
            assert_eq!(identity("g", &one), identity("g", &other));
        }
        let different = [
            (json!({"appinfo":"x"}), json!({"appinfo":"y"})),
            (
                json!({"appinfo":"x","msg_type":2}),
                json!({"appinfo":"x","msg_type":1}),
            ),
            (
                json!({"id":"1","msg_type":2}),
                json!({"id":"1","msg_type":1012}),
            ),
            (
                json!({"id":"1","referid":"5"}),
                json!({"id":"1","referid":"6"}),
            ),
        ];
        for (one, other) in different {
            assert_ne!(identity("g", &one), identity("g", &other));
        }
        assert_ne!(
            identity("g", &json!({"id":"1"})),
            identity("h", &json!({"id":"1"}))
        );
        assert_eq!(identity("g", &json!({"content":"x"})), None);
    }

    #[test]
    fn unfiltered_list_is_unchanged() {
        let data = json!([{"id":"1"},{"id":"2"}]);
        let whole = event(NotifyType::MESSAGE_BATCH, &data);
        let kept = keep_messages(whole.clone(), |_| true).unwrap();
        assert_eq!(kept.data.get(), whole.data.get());
        let half = keep_messages(whole.clone(), |entry| entry["id"] == "2").unwrap();
        assert_eq!(half.data.get(), r#"[{"id":"2"}]"#);
        assert!(keep_messages(whole, |_| false).is_none());
        let written = r#"{"x":1,"msgs":[{"id":"1"},{"z":1.50,"id":"2","a":98765432109876543210}]}"#;
        let wrapped = Event {
            data: RawValue::from_string(written.into()).unwrap(),
            ..event(NotifyType::MESSAGE_BATCH, &json!(0))
        };
        let half = keep_messages(wrapped, |entry| entry["id"] == "2").unwrap();
        let entry = r#"[{"z":1.50,"id":"2","a":98765432109876543210}]"#;
        assert_eq!(half.data.get(), entry);
        assert!(keep_messages(event(NotifyType::LOGGED_IN, &json!({})), |_| false).is_some());
    }

    proptest! {
        #[test]
        fn never_panics_on_any_data(body in "[\\[{]\"?(list|id|roomid|sender)?[\\PC]{0,20}") {
            if let Ok(raw) = RawValue::from_string(body) {
                let event = Event { guid: "g".into(), notify_type: NotifyType::MESSAGE_BATCH, data: raw };
                for entry in entries(&event) {
                    let _ = (message(&entry), identity("g", &entry));
                }
            }
        }
    }
}
