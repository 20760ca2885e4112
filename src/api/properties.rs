//! Property checks of answers, for fuzz targets and tests.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "property checks fail by panicking"
)]

use std::time::Duration;

use serde_json::{Map, Value};

use super::envelope::{self, Content, Dialect, Payload};
use super::interpret::interpret;
use super::payloads::PayloadError;
use super::payloads::{self, SentMessage};
use super::request::Effect;
use super::{CallError, Response, directory_payloads, login_payloads, payload_call_error};
use crate::error::{Kind, Outcome};
use crate::json::repair_strings;
use crate::text::Lang;

type Decode<T> = fn(Payload) -> Result<T, PayloadError>;

const STATUSES: [u16; 16] = [
    200, 200, 200, 200, 200, 201, 204, 100, 302, 400, 404, 405, 422, 429, 500, 502,
];

/// Checks an answer: the first byte selects the HTTP status, the rest is the body.
pub fn answer(data: &[u8]) {
    let Some((first, body)) = data.split_first() else {
        return;
    };
    let status = STATUSES.iter().cycle().nth(usize::from(*first));
    let response = response(*status.expect("a cycle has no end"), body);
    check_send(&response);
    check_wrapping(body);
    check_decoders(&response);
}

/// The outcome of a send that is answered like this.
pub(crate) fn outcome_of_send(status: u16, body: &[u8]) -> Outcome {
    match decode(&response(status, body), payloads::sent_message) {
        Ok(_) => Outcome::Accepted,
        Err(error) => error
            .into_error(Effect::Change)
            .outcome
            .expect("every failed change has an outcome"),
    }
}

fn response(status: u16, body: &[u8]) -> Response {
    Response {
        status,
        location: None,
        retry_after: None,
        body: body.to_vec(),
        latency: Duration::ZERO,
    }
}

fn decode<T>(response: &Response, decode: Decode<T>) -> Result<T, CallError> {
    let (_, payload) = interpret(response)?;
    decode(payload).map_err(|payload_error| payload_call_error(payload_error, response.status))
}

/// Checks the delivery guarantee against a second reading of the same bytes.
fn check_send(response: &Response) {
    let reference = ReferenceReading::of(&response.body);
    let is_2xx = (200..300).contains(&response.status);
    let is_refusal = reference.is_refusal || reference.payload_failed();
    match decode(response, payloads::sent_message) {
        Ok(message) => {
            assert!(is_2xx, "accepted with HTTP {}", response.status);
            assert!(!is_refusal, "accepted although the server says no");
            assert_eq!(Some(&message.message_id), reference.message_id().as_ref());
            check_message(&message);
        }
        Err(error) => {
            let may_retry = error.may_retry(Effect::Change);
            let code = match &error {
                CallError::Refused(refusal) => refusal.code,
                _ => None,
            };
            assert!(!may_retry || code == Some(1014), "repeats {error:?}");
            check_failure(&error, response, is_refusal);
            let is_plain_yes = is_2xx
                && !reference.is_ambiguous
                && reference.is_plain()
                && reference.message_id().is_some();
            assert!(!is_plain_yes || is_refusal, "not accepted: {error:?}");
        }
    }
}

fn check_failure(error: &CallError, response: &Response, is_refusal: bool) {
    let is_refusal = match response.status {
        408 | 409 | 460 | 499 => false,
        400..=499 => true,
        status => (200..300).contains(&status) && is_refusal,
    };
    let change = error.clone().into_error(Effect::Change);
    let expected = match is_refusal {
        true => Outcome::Rejected,
        false => Outcome::Unknown,
    };
    // A contradictory answer may also be unknown, never the other way round.
    assert!(
        change.outcome == Some(expected) || is_refusal && change.outcome == Some(Outcome::Unknown),
        "{:?} for {response:?}",
        change.outcome
    );
    assert!(change.outcome == Some(Outcome::Unknown) || change.kind != Kind::Unknown);
    assert_eq!(change.exit, change.kind.exit_code());
    let read = error.clone().into_error(Effect::Read);
    assert_eq!(read.outcome, None);
    for error in [change, read] {
        for lang in [Lang::En, Lang::Zh] {
            assert!(!error.message.render(lang).is_empty());
        }
        assert!(serde_json::to_value(&error).is_ok());
    }
}

fn check_message(message: &SentMessage) {
    assert!(!message.message_id.is_empty() && message.message_id != "0");
    if let Some(time) = &message.sent_at {
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    }
}

/// Dialect D means the same as the JSON it wraps.
fn check_wrapping(body: &[u8]) {
    let (Ok(text), Ok(opened)) = (std::str::from_utf8(body), envelope::open(body)) else {
        return;
    };
    if text.trim_start().starts_with(['{', '[']) {
        let wrapped = envelope::open(Value::from(text).to_string().as_bytes());
        let wrapped = wrapped.expect("a body that can be opened can be opened inside a string");
        assert_eq!(wrapped.dialect, Dialect::D);
        assert_eq!(wrapped.content, opened.content);
    }
    if let Content::Refused { code, .. } = opened.content {
        assert_ne!(code, Some(0));
    }
}

/// Ids of people and groups are digits, and pages have no more readable entries than entries.
fn check_directory(payload: Payload) {
    let rooms = directory_payloads::rooms(payload.clone()).unwrap_or_default();
    let people = directory_payloads::persons(payload.clone()).unwrap_or_default();
    let ids = rooms.iter().map(|room| &room.room_id);
    for id in ids.chain(people.iter().map(|person| &person.user_id)) {
        assert!(crate::conversation::is_id(id), "{id}");
    }
    if let Ok(page) = directory_payloads::contact_page(payload.clone()) {
        assert!(page.contacts.len() <= page.size);
    }
    if let Ok(page) = directory_payloads::room_page(payload) {
        assert!(page.rooms.len() <= page.size);
    }
}

fn check_decoders(response: &Response) {
    let payload = |decode: fn(Payload)| {
        if let Ok((_, payload)) = interpret(response) {
            decode(payload);
        }
    };
    payload(|payload| {
        let is_done = payloads::confirmation(payload.clone()).is_ok();
        assert_eq!(is_done, payload.confirmed);
    });
    payload(|payload| {
        if let Ok(guid) = payloads::guid(payload) {
            assert_eq!(guid.to_string().parse(), Ok(guid));
        }
    });
    payload(|payload| {
        let entries = payload.value.as_array();
        let size = entries.map_or(0, |all| all.iter().filter(|entry| !entry.is_null()).count());
        if let Ok(guids) = payloads::guids(payload) {
            assert_eq!(guids.len(), size);
        }
    });
    payload(|payload| {
        if let Ok(page) = payloads::session_page(payload) {
            assert!(page.sessions.len() <= page.size);
            for time in page
                .sessions
                .iter()
                .filter_map(|s| s.last_message_at.as_ref())
            {
                assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
            }
        }
    });
    payload(check_directory);
    payload(|payload| {
        let status = payload.value.get("status").map(|status| match status {
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        });
        // Signed, because `-0` is a number too.
        let number = status.and_then(|status| usize::try_from(status.parse::<i64>().ok()?).ok());
        if let Ok(status) = payloads::status(payload.clone()) {
            let names = ["stopped", "running", "online"];
            assert_eq!(number.and_then(|n| names.get(n)), Some(&status.name()));
        }
        if let Ok(status) = login_payloads::qrcode_status(payload) {
            assert_eq!(number, Some(status.number_and_name().0));
        }
    });
    payload(|payload| {
        if let Ok(code) = login_payloads::qrcode(payload.clone()) {
            assert!(!code.content.is_empty());
        }
        if let Ok(profile) = login_payloads::profile(payload) {
            assert_ne!(profile.user_id.as_deref(), Some("0"));
            assert!(serde_json::to_value(&profile).is_ok());
        }
    });
}

/// Whether a field of the object reports a failure without a code.
fn is_refusal(object: &Map<String, Value>) -> bool {
    object.iter().any(|(key, value)| {
        let word = match value {
            Value::String(text) => text.trim().to_lowercase(),
            other => other.to_string(),
        };
        match key.as_str() {
            "success" | "ok" => ["false", "0", "no", "n"].contains(&word.as_str()),
            "error" | "errors" | "detail" => {
                !["", "null", "false", "0", "[]", "{}"].contains(&word.as_str())
            }
            "result" | "status" | "message" | "msg" | "error_message" | "err_msg" | "errmsg" => {
                ["失败", "未登录", "fail", "denied"]
                    .iter()
                    .any(|no| word.contains(no))
            }
            "code" => word
                .parse::<i64>()
                .is_ok_and(|code| code != 0 && !(200..300).contains(&code)),
            "ret" | "errcode" | "error_code" | "err_code" => {
                word.parse::<i64>().is_ok_and(|code| code != 0)
            }
            _ => false,
        }
    })
}

/// A second, slower reading of a send's answer: every possible refusal, in any field.
#[derive(Default)]
struct ReferenceReading {
    /// Whether a code other than 0 or another refusal was found.
    is_refusal: bool,
    /// Whether the envelope is unclear, so that both readings are acceptable.
    is_ambiguous: bool,
    payload: Value,
}

impl ReferenceReading {
    fn of(body: &[u8]) -> Self {
        let Ok(value) = serde_json::from_str::<Value>(&repair_strings(body)) else {
            return Self::default();
        };
        let inner = value
            .as_str()
            .and_then(|text| serde_json::from_str(&repair_strings(text.as_bytes())).ok());
        match inner.unwrap_or(value) {
            Value::Object(object) => Self::of_object(&object),
            payload => Self {
                payload,
                ..Self::default()
            },
        }
    }

    fn of_object(object: &Map<String, Value>) -> Self {
        let codes: Vec<&Value> = ["error_code", "err_code", "errcode", "code", "ret"]
            .iter()
            .filter_map(|name| object.get(*name).filter(|code| !code.is_null()))
            // A status of HTTP.
            .filter(|code| !code.as_i64().is_some_and(|code| (200..300).contains(&code)))
            .chain(object.get("baseResponse").and_then(|base| base.get("ret")))
            .collect();
        let numbers: Vec<i64> = codes
            .iter()
            .filter_map(|code| match code {
                Value::String(text) => text.trim().parse().ok(),
                other => other.as_i64(),
            })
            .collect();
        let is_envelope = !codes.is_empty() || !object.contains_key("msg_data");
        // Fields that the wire protocol does not document may make an accepted answer unknown.
        const DOCUMENTED: [&str; 6] = [
            "error_code",
            "err_code",
            "data",
            "hint",
            "msg_data",
            "is_svr_fail",
        ];
        let is_odd = codes.is_empty() && object.contains_key("data") && object.len() > 1
            || object.keys().any(|key| !DOCUMENTED.contains(&key.as_str()));
        let payload = match object.get("data") {
            Some(data) if is_envelope => data.clone(),
            None if !codes.is_empty() => Value::Null,
            _ => object.clone().into(),
        };
        Self {
            is_refusal: is_refusal(object) || {
                let inside = [object.get("data"), object.get("baseResponse")];
                let mut inside = inside.into_iter().flatten().filter_map(Value::as_object);
                inside.any(is_refusal)
            },
            is_ambiguous: is_odd || numbers.len() < codes.len(),
            payload,
        }
    }

    fn payload_failed(&self) -> bool {
        match self.payload.get("is_svr_fail") {
            Some(Value::Bool(failed)) => *failed,
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            Some(Value::String(text)) => ["1", "true"].contains(&text.to_lowercase().as_str()),
            _ => false,
        }
    }

    /// The message id.
    fn message_id(&self) -> Option<String> {
        let id = match self.payload.get("msg_data")?.get("id")? {
            Value::String(text) => text.clone(),
            Value::Number(number) if !number.is_f64() => number.to_string(),
            _ => return None,
        };
        (!id.trim().is_empty() && id != "0" && !id.contains('\u{fffd}')).then_some(id)
    }

    /// Whether all other fields have their documented type.
    fn is_plain(&self) -> bool {
        let data = &self.payload["msg_data"];
        let is_id = |value: &Value| {
            value.is_null() || value.is_string() || value.is_i64() || value.is_u64()
        };
        let is_number = |value: &Value| {
            let text = value
                .as_str()
                .and_then(|text| text.trim().parse::<i64>().ok());
            value.is_null() || value.is_i64() || text.is_some()
        };
        data.get("seq").is_none_or(is_id)
            && data.get("sendtime").is_none_or(is_number)
            && self
                .payload
                .get("is_svr_fail")
                .is_none_or(Value::is_boolean)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::token_sequences::token_sequences;

    const WORDS: &[&str] = &[
        r#"{"error_code":0,"error_message":"ok","data":{"msg_data":{"id":"1","seq":2,"sendtime":1711649467},"is_svr_fail":false}}"#,
        r#"{"err_code":"0","data":{"msg_data":{"id":7}}}"#,
        r#"{"msg_data":{"id":"1"}}"#,
        r#""{\"msg_data\":{\"id\":\"1\"}}""#,
        r#"{"error_code":0,"#,
        r#"{"error_code":-4017,"#,
        r#"{"err_code":1014,"#,
        r#""err_code":0,"#,
        r#""err_code":-1,"#,
        r#""error_code":0,"#,
        r#""error_message":"未登录","#,
        r#""data":"#,
        r#"{"msg_data":{"id":"1066172","#,
        r#""seq":"7"}"#,
        r#"},"#,
        r#""success":false,"#,
        r#""error":"denied""#,
        r#""detail":"x","#,
        r#""msg":"失败","#,
        r#""code":401,"#,
        "\u{feff}",
        "\\ud83d",
        r#""is_svr_fail":true"#,
        r#""is_svr_fail":"0""#,
        r#"{"status":"#,
        r#""2""#,
        "10",
        r#"["g-1",{"guid":"g-2"}]"#,
        r#"{"session_list":["S:1",{"id":5,"last_msg_time":"1711649467"}],"begin_seq":1}"#,
        r#"{"detail":[{"loc":["body","guid"],"msg":"field required"}]}"#,
        "{",
        "}",
        "[",
        "]",
        "null",
        "\"",
        "\\\"",
        ",",
    ];

    /// Answers of a send with valid and invalid parts.
    fn send_answers() -> impl Strategy<Value = String> {
        let code = prop::sample::select(&["", "0", "\"0\"", "null", "-1", "\"1014\"", "0.5"][..]);
        let failed = prop_oneof![
            Just(""),
            prop::sample::select(&["false", "true", "1", "\"0\"", "5"][..]),
        ];
        let id = prop_oneof![
            3 => Just("\"1066172\""),
            1 => prop::sample::select(&["", "7", "0", "\"\"", "1.5"][..]),
        ];
        let words = prop_oneof![
            3 => Just(""),
            1 => prop::sample::select(
                &[
                    r#""error_message":"ok","#,
                    r#""error_message":"失败","#,
                    r#""success":false,"#,
                    r#""success":true,"#,
                    r#""detail":"x","#,
                    r#""code":401,"#,
                    r#""code":200,"#,
                    r#""error":"denied","#,
                ][..],
            ),
        ];
        let parts = (code.clone(), code, failed, id, words, 0..4u8);
        parts.prop_map(|(error_code, err_code, failed, id, words, wrap)| {
            let field = |name: &str, value: &str| match value {
                "" => String::new(),
                value => format!("\"{name}\":{value},"),
            };
            let message = format!("{{{}\"seq\":1}}", field("id", id));
            let payload = format!("{{{}\"msg_data\":{message}}}", field("is_svr_fail", failed));
            let codes = field("error_code", error_code) + &field("err_code", err_code) + words;
            match wrap {
                0 => format!("{{{codes}\"data\":{payload}}}"),
                1 => Value::from(format!("{{{codes}\"data\":{payload}}}")).to_string(),
                2 => format!("{{{words}{}", &payload[1..]),
                _ => payload,
            }
        })
    }

    proptest! {
        #[test]
        fn send_outcome_matches_second_reading(
            status in prop_oneof![4 => Just(0), 1 => any::<u8>()],
            body in send_answers(),
        ) {
            answer(&[&[status], body.as_bytes()].concat());
        }
        #[test]
        fn send_outcomes_match_reference_reading(status: u8, body in token_sequences(WORDS)) {
            answer(&[vec![status], body].concat());
        }
    }
}
