//! Payloads of the endpoints, in every shape seen from servers.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::envelope::Payload;
use super::lenient;
use crate::guid::Guid;
use crate::json::integer;
use crate::text::{Text, text};
use crate::time;

/// Status of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// 2: logged in.
    Online,
    /// 1: running, not logged in.
    Running,
    /// 0: stopped, or reconnecting.
    Stopped,
}

impl Status {
    /// The text for people.
    pub fn label(self) -> Text {
        match self {
            Self::Online => text!("online"),
            Self::Running => text!("running"),
            Self::Stopped => text!("stopped"),
        }
    }

    /// The name used in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Running => "running",
            Self::Stopped => "stopped",
        }
    }
}

/// An entry of the session list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationEntry {
    /// `S:…` or `R:…` as received.
    pub conversation_id: String,
    /// Name of the person or group, if given.
    pub name: Option<String>,
    /// RFC 3339, if given.
    pub last_message_at: Option<String>,
}

/// One page of the session list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionPage {
    /// Number of entries, unreadable ones included.
    pub size: usize,
    /// Readable entries in the server's order.
    pub sessions: Vec<ConversationEntry>,
    /// Cursor of the next page, if given.
    pub next_seq: Option<String>,
}

/// An accepted message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// Message id.
    pub message_id: String,
    /// Sequence number, if given.
    pub seq: Option<String>,
    /// RFC 3339, if given.
    pub sent_at: Option<String>,
}

/// Why a payload does not fit its endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayloadError {
    /// It reports a failed delivery.
    Refused,
    /// It has another shape.
    UnexpectedShape(Text),
}

pub(super) fn missing(wanted: Text) -> PayloadError {
    PayloadError::UnexpectedShape(text!("the answer contains no {wanted}", wanted))
}

pub(super) fn typed<'de, T: Deserialize<'de>>(
    value: Value,
    wanted: Text,
) -> Result<T, PayloadError> {
    // serde would read an array as the fields in order.
    if !value.is_object() {
        return Err(missing(wanted));
    }
    T::deserialize(value).map_err(|e| {
        PayloadError::UnexpectedShape(text!(
            "the answer contains no {wanted}: {error}",
            wanted,
            error = e
        ))
    })
}

/// An answer that only reports success: a business code 0, or `{}` in a dialect without codes. Nothing in it
/// may report a failure, however deep: personal WeChat has a result for each item of a list.
pub(super) fn confirmation(payload: Payload) -> Result<(), PayloadError> {
    let others = Value::Object(payload.other_fields);
    match [payload.value, others].iter().find_map(nested_failure) {
        Some(code) => Err(PayloadError::UnexpectedShape(text!(
            "the answer contradicts itself ({failure})",
            failure = code
        ))),
        None if payload.confirmed => Ok(()),
        None => Err(missing(text!("confirmation"))),
    }
}

/// The first business code in `value`, or in JSON in one of its strings, that is not 0.
fn nested_failure(value: &Value) -> Option<String> {
    match value {
        Value::Object(object) => object.iter().find_map(|(key, inner)| {
            let is_code = ["error_code", "err_code", "errcode", "ret"].contains(&key.as_str());
            let code = integer(inner).filter(|code| is_code && *code != 0);
            code.map(|code| format!("{key} {code}"))
                .or_else(|| nested_failure(inner))
        }),
        Value::Array(entries) => entries.iter().find_map(nested_failure),
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            nested_failure(&serde_json::from_str(text).ok()?)
        }
        _ => None,
    }
}

/// The guid of a new instance: a bare string or an object.
///
/// Without a code, a bare string is a guid only when it looks like one: `"denied"` is none.
pub(super) fn guid(payload: Payload) -> Result<Guid, PayloadError> {
    let is_doubtful = !payload.confirmed && payload.value.is_string();
    parse_guid(&payload.value)
        .filter(|guid| !is_doubtful || looks_like_guid(guid.as_str()))
        .ok_or_else(|| missing(text!("guid")))
}

fn looks_like_guid(text: &str) -> bool {
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_plain && text.len() >= 8 && text.chars().any(|c| c.is_ascii_digit())
}

/// Decodes a list of guids, bare or in objects; null is an empty list.
pub(super) fn guids(payload: Payload) -> Result<Vec<Guid>, PayloadError> {
    match payload.value {
        Value::Null => Ok(Vec::new()),
        Value::Array(entries) => entries
            .iter()
            .filter(|entry| !entry.is_null())
            .map(|entry| parse_guid(entry).ok_or_else(|| missing(text!("list of guids"))))
            .collect(),
        _ => Err(missing(text!("list of guids"))),
    }
}

fn parse_guid(value: &Value) -> Option<Guid> {
    let text = match value {
        Value::Object(object) => object.get("guid")?.as_str()?,
        other => other.as_str()?,
    };
    text.parse().ok()
}

/// Decodes `{"status":0|1|2}`; the number may be a string.
pub(super) fn status(payload: Payload) -> Result<Status, PayloadError> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(default, deserialize_with = "lenient::integer")]
        status: Option<i64>,
    }
    let wire: Wire = typed(payload.value, text!("status"))?;
    match wire.status {
        Some(0) => Ok(Status::Stopped),
        Some(1) => Ok(Status::Running),
        Some(2) => Ok(Status::Online),
        Some(other) => Err(PayloadError::UnexpectedShape(text!(
            "status {other} is not known",
            other
        ))),
        None => Err(missing(text!("status"))),
    }
}

/// A page of sessions whose entries are bare ids or objects: in `session_list`, or the payload is
/// the list itself and the cursor, if any, stands beside it.
pub(super) fn session_page(payload: Payload) -> Result<SessionPage, PayloadError> {
    #[derive(Deserialize)]
    struct Wire {
        session_list: Option<Vec<Value>>,
        #[serde(default, deserialize_with = "lenient::text")]
        begin_seq: Option<String>,
    }
    if let Value::Array(entries) = payload.value {
        let next_seq = lenient::text(
            payload
                .other_fields
                .get("begin_seq")
                .unwrap_or(&Value::Null),
        );
        return Ok(page_of(entries, next_seq.unwrap_or_default()));
    }
    // A missing field is an error; null is an empty list.
    if payload.value.get("session_list").is_none() {
        return Err(missing(Text::verbatim("session_list")));
    }
    let wire: Wire = typed(payload.value, Text::verbatim("session_list"))?;
    Ok(page_of(
        wire.session_list.unwrap_or_default(),
        wire.begin_seq,
    ))
}

fn page_of(entries: Vec<Value>, next_seq: Option<String>) -> SessionPage {
    SessionPage {
        size: entries.len(),
        // An unreadable entry does not hide the others.
        sessions: entries
            .into_iter()
            .filter_map(|entry| session(entry).ok())
            .collect(),
        next_seq,
    }
}

#[derive(Deserialize)]
struct WireSession {
    #[serde(default, deserialize_with = "lenient::id")]
    conversation_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::id")]
    session_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    nick_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    title: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    last_msg_time: Option<String>,
}

fn session(entry: Value) -> Result<ConversationEntry, PayloadError> {
    if entry.is_string() {
        let id = lenient::id(&entry).ok().flatten();
        return Ok(ConversationEntry {
            conversation_id: id.ok_or_else(|| missing(text!("conversation id")))?,
            name: None,
            last_message_at: None,
        });
    }
    let wire: WireSession = typed(entry, text!("conversation"))?;
    let id = wire.conversation_id.or(wire.session_id).or(wire.id);
    Ok(ConversationEntry {
        conversation_id: id.ok_or_else(|| missing(text!("conversation id")))?,
        name: wire.name.or(wire.nick_name).or(wire.title),
        last_message_at: wire.last_msg_time.as_deref().and_then(to_rfc3339),
    })
}

/// Epoch seconds or milliseconds, whole or with a fraction, or a time that already is RFC 3339.
fn to_rfc3339(text: &str) -> Option<String> {
    let text = text.trim();
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    match whole.parse::<i64>() {
        Ok(epoch) => time::rfc3339(epoch),
        Err(_) => text
            .parse::<jiff::Timestamp>()
            .ok()
            .map(|time| time.to_string()),
    }
}

/// Decodes the answer of a send; accepted only with a message id.
pub(super) fn sent_message(payload: Payload) -> Result<SentMessage, PayloadError> {
    #[derive(Deserialize)]
    struct Wire {
        msg_data: Option<Value>,
        #[serde(default, deserialize_with = "lenient::boolean")]
        is_svr_fail: bool,
    }
    #[derive(Deserialize)]
    struct MsgData {
        #[serde(default, deserialize_with = "lenient::id")]
        id: Option<String>,
        #[serde(default, deserialize_with = "lenient::text")]
        seq: Option<String>,
        #[serde(default, deserialize_with = "lenient::text")]
        sendtime: Option<String>,
    }
    let wire: Wire = typed(payload.value, text!("message"))?;
    if wire.is_svr_fail {
        return Err(PayloadError::Refused);
    }
    let data: MsgData = typed(wire.msg_data.unwrap_or_default(), text!("message"))?;
    Ok(SentMessage {
        message_id: data.id.ok_or_else(|| missing(text!("message id")))?,
        seq: data.seq.filter(|seq| seq != "0"),
        // Informative only: a time that cannot be read does not change the outcome.
        sent_at: data.sendtime.as_deref().and_then(to_rfc3339),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;

    fn confirmed(value: Value) -> Payload {
        Payload {
            value,
            confirmed: true,
            ..Payload::default()
        }
    }

    fn bare(value: Value) -> Payload {
        Payload {
            value,
            confirmed: false,
            ..Payload::default()
        }
    }

    #[test]
    fn confirmation_needs_code_or_empty_object() {
        let cases = [
            (confirmed(Value::Null), true),
            (confirmed(json!({})), true),
            (bare(json!({})), false),
            (bare(json!({"success": true})), false),
            (bare(Value::Null), false),
            (bare(json!([])), false),
            (bare(json!("ok")), false),
        ];
        for (payload, fits) in cases {
            assert_eq!(confirmation(payload.clone()).is_ok(), fits, "{payload:?}");
        }
    }

    #[test]
    fn reads_guids_in_three_shapes() {
        let expected: Guid = "g-1".parse().unwrap();
        for value in [json!("g-1"), json!({"guid":"g-1","x":1})] {
            assert_eq!(guid(confirmed(value)).unwrap(), expected);
        }
        for value in [json!({}), json!(null), json!(5), json!({"guid":""})] {
            assert!(guid(confirmed(value)).is_err());
        }
        let list = json!(["g-1", {"guid":"g-1"}]);
        assert_eq!(guids(bare(list)).unwrap().len(), 2);
        assert_eq!(guids(confirmed(Value::Null)).unwrap(), []);
        for value in [json!({}), json!("g"), json!([{}]), json!([1])] {
            assert!(guids(confirmed(value)).is_err());
        }
    }

    #[test]
    fn reads_statuses() {
        let cases = [
            (json!({"status":0}), Some(Status::Stopped)),
            (json!({"status":"1"}), Some(Status::Running)),
            (json!({"status":2,"more":[]}), Some(Status::Online)),
            (json!({"status":7}), None),
            (json!({}), None),
            (json!([2]), None),
            (json!(2), None),
        ];
        for (value, expected) in cases {
            assert_eq!(status(confirmed(value.clone())).ok(), expected, "{value}");
        }
    }

    #[test]
    fn reads_bare_and_detailed_conversations() {
        let page = session_page(confirmed(json!({
            "session_list": [
                "S:7881",
                {"conversation_id":"R:1970325000000112","name":"群","last_msg_time":1711601053},
                {"session_id":"R:2","id":5,"nick_name":"n","last_msg_time":"1711601053000"},
                {"id":"S:3","title":"t","last_msg_time":"gestern"},
            ],
            "begin_seq": 1000123
        })))
        .unwrap();
        let rows: Vec<_> = page
            .sessions
            .iter()
            .map(|s| {
                (
                    s.conversation_id.as_str(),
                    s.name.as_deref(),
                    s.last_message_at.is_some(),
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("S:7881", None, false),
                ("R:1970325000000112", Some("群"), true),
                ("R:2", Some("n"), true),
                ("S:3", Some("t"), false),
            ]
        );
        assert_eq!(page.next_seq.as_deref(), Some("1000123"));
        let mut listed = confirmed(json!(["S:1", "S:\u{fffd}", null, {"id":"R:2"}]));
        listed.other_fields = Map::from_iter([("begin_seq".to_owned(), json!(7))]);
        let listed = session_page(listed).unwrap();
        assert_eq!((listed.size, listed.sessions.len()), (4, 2));
        assert_eq!(listed.next_seq.as_deref(), Some("7"));
        let empty = session_page(confirmed(json!({"session_list":null}))).unwrap();
        assert_eq!((empty.sessions.len(), empty.next_seq), (0, None));
        for value in [json!({}), json!("S:1"), json!({"session_list":{}})] {
            assert!(session_page(confirmed(value)).is_err());
        }
    }

    #[test]
    fn send_is_accepted_only_with_message_id() {
        let good = json!({"msg_data":{"id":1066172,"seq":"7","sendtime":"1711601053"},"is_svr_fail":false});
        let sent = sent_message(bare(good)).unwrap();
        assert_eq!(sent.message_id, "1066172");
        assert_eq!(sent.seq.as_deref(), Some("7"));
        assert_eq!(sent.sent_at.as_deref(), Some("2024-03-28T04:44:13Z"));

        for value in [
            json!(null),
            json!({}),
            json!([]),
            json!("ok"),
            json!({"msg_data":null}),
            json!({"msg_data":{}}),
            json!({"msg_data":[1]}),
            json!({"msg_data":{"id":"0"}}),
            json!({"msg_data":{"id":1.5}}),
            json!({"msg_data":{"id":"1"},"is_svr_fail":"perhaps"}),
        ] {
            let payload_error = sent_message(confirmed(value.clone())).unwrap_err();
            assert!(
                matches!(payload_error, PayloadError::UnexpectedShape(_)),
                "{value}"
            );
        }
        for fail in [json!(true), json!("true"), json!(1)] {
            let value = json!({"msg_data":{"id":"1"},"is_svr_fail":fail});
            let payload_error = sent_message(confirmed(value)).unwrap_err();
            assert!(matches!(payload_error, PayloadError::Refused));
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,8}".prop_map(Value::from),
        ];
        let names = prop_oneof![
            Just("msg_data"),
            Just("id"),
            Just("session_list"),
            Just("status"),
            Just("guid"),
            Just("is_svr_fail"),
            Just("last_msg_time"),
            Just("conversation_id")
        ];
        leaf.prop_recursive(3, 24, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(names.clone().prop_map(String::from), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn decoders_never_panic(value in any_json(), is_confirmed: bool) {
            let payload = Payload { value, confirmed: is_confirmed, ..Payload::default() };
            let _ = confirmation(payload.clone());
            let _ = guid(payload.clone());
            let _ = guids(payload.clone());
            let _ = status(payload.clone());
            let _ = session_page(payload.clone());
            let _ = sent_message(payload);
        }
    }
}
