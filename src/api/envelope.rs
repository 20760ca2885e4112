//! Opening a server's answer, whichever of the four dialects it speaks.
//!
//! Source: the wire protocol. Dialect A: `error_code`/`error_message`/`data`.
//! B: `err_code`/`err_msg`/`data`. C: the payload itself. D: any of these inside a JSON string.

use serde::Serialize;
use serde_json::{Map, Value};

use super::reported_failure::{
    MESSAGE_FIELDS, RESULT_FIELDS, is_false_word, is_refusal_wording, is_success_wording,
    reported_failure, text_of,
};
use crate::json::{integer, repair_strings};
use crate::text::{Text, text};

/// How a server wraps its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Dialect {
    /// `error_code`, `error_message`, `data`
    A,
    /// `err_code`, `err_msg`, `data`
    B,
    /// The payload with no envelope
    C,
    /// A JSON string that holds one of the others
    D,
}

/// An opened answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// How it was wrapped.
    pub dialect: Dialect,
    /// What was inside.
    pub content: Content,
}

/// What an envelope holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// The payload of a success.
    Payload(Payload),
    /// A refusal by the server.
    Refused {
        /// The business code, which is not 0, when there was one.
        code: Option<i64>,
        /// The server's message, possibly empty.
        text: String,
    },
}

/// The payload of a success.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Payload {
    /// The value; `null` when the envelope had no `data`.
    pub value: Value,
    /// Whether the server reported success: a business code 0, or `{}` in a dialect without codes. Without
    /// either, the shape of the value decides.
    pub confirmed: bool,
    /// The other fields of the envelope.
    pub other_fields: Map<String, Value>,
}

/// Fields that hold a business code. The last three come from the hosted gateway, which also serves
/// personal WeChat.
const CODE_FIELDS: [(&str, Dialect); 5] = [
    ("error_code", Dialect::A),
    ("err_code", Dialect::B),
    ("errcode", Dialect::A),
    ("code", Dialect::A),
    ("ret", Dialect::A),
];

/// Opens a body.
///
/// # Errors
/// Says why the body cannot be trusted: not JSON, empty, a code that is no number, or an answer
/// that reports both success and failure.
pub fn open(body: &[u8]) -> Result<Envelope, Text> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(text!("the answer is empty"));
    }
    let value: Value =
        serde_json::from_str(&repair_strings(body)).map_err(|_| describe_non_json(body))?;
    match unwrap_string(&value) {
        Some(inner) => open_value(inner).map(|opened| Envelope {
            dialect: Dialect::D,
            ..opened
        }),
        None => open_value(value),
    }
}

/// Dialect D: a string that holds JSON. A bare guid is a string too, and stays one.
fn unwrap_string(value: &Value) -> Option<Value> {
    let inner: Value = serde_json::from_str(&repair_strings(value.as_str()?.as_bytes())).ok()?;
    let wrapped = inner.is_object() || inner.is_array() || inner.is_string() || inner.is_null();
    wrapped.then_some(inner)
}

fn open_value(value: Value) -> Result<Envelope, Text> {
    let Value::Object(mut object) = value else {
        return payload(value, Dialect::C, false, Map::new());
    };
    match (code(&object)?, reported_failure(&object)) {
        (Some((0, _)), Some(failure)) => Err(contradiction(&failure)),
        (Some((0, dialect)), None) => {
            let value = object.remove("data").unwrap_or(Value::Null);
            payload(value, dialect, true, object)
        }
        (Some((code, dialect)), _) => Ok(Envelope {
            dialect,
            content: Content::Refused {
                code: Some(code),
                text: text_of(&object).unwrap_or_default(),
            },
        }),
        (None, Some(text)) if has_no_data(&object) => Ok(Envelope {
            dialect: Dialect::A,
            content: Content::Refused { code: None, text },
        }),
        (None, Some(failure)) => Err(contradiction(&failure)),
        (None, None) => uncoded(object),
    }
}

/// An object without a business code and without a refusal.
fn uncoded(mut object: Map<String, Value>) -> Result<Envelope, Text> {
    if !is_uncoded_envelope(&object) {
        let is_confirmation = object.is_empty();
        return payload(
            Value::Object(object),
            Dialect::C,
            is_confirmation,
            Map::new(),
        );
    }
    match text_of(&object).filter(|message| !is_success_wording(message)) {
        // An empty list with a message that is not one of success may not be a list.
        Some(message) if has_no_data(&object) => Err(text!(
            "the answer contains neither a code nor data, only the text: {words}",
            words = message
        )),
        _ => {
            let value = object.remove("data").unwrap_or(Value::Null);
            payload(value, Dialect::A, false, object)
        }
    }
}

/// The payload, unless it reports a failure inside a successful envelope.
fn payload(
    value: Value,
    dialect: Dialect,
    confirmed: bool,
    other_fields: Map<String, Value>,
) -> Result<Envelope, Text> {
    let failure = match &value {
        Value::Object(object) => match code(object) {
            Ok(Some((code, _))) if code != 0 => Some(text_of(object).unwrap_or(code.to_string())),
            _ => reported_failure(object),
        },
        Value::String(text) => {
            (is_refusal_wording(text) || is_false_word(text)).then(|| text.clone())
        }
        Value::Bool(false) => Some("false".to_owned()),
        _ => None,
    };
    match failure {
        Some(failure) => Err(contradiction(&failure)),
        None => Ok(Envelope {
            dialect,
            content: Content::Payload(Payload {
                value,
                confirmed,
                other_fields,
            }),
        }),
    }
}

fn contradiction(failure: &str) -> Text {
    text!("the answer contradicts itself ({failure})", failure)
}

/// The business code and the dialect of the field that holds it. A `code` of 200 to 299 is an HTTP
/// status, not a business code.
///
/// # Errors
/// A code that is no number, and two codes of which only one is 0.
fn code(object: &Map<String, Value>) -> Result<Option<(i64, Dialect)>, Text> {
    let nested = object
        .get("baseResponse")
        .and_then(|base| base.get("ret"))
        .map(|ret| ("ret", ret, Dialect::A));
    let fields = CODE_FIELDS
        .iter()
        .filter_map(|(key, dialect)| object.get(*key).map(|code| (*key, code, *dialect)))
        .chain(nested);
    let mut found = None;
    for (key, value, dialect) in fields {
        if value.is_null() {
            continue;
        }
        let code = integer(value).ok_or_else(|| text!("{key} is not a number", key))?;
        if key == "code" && (200..300).contains(&code) {
            continue;
        }
        found = match found {
            None => Some((code, dialect)),
            Some((first, _)) if (first == 0) != (code == 0) => {
                return Err(text!(
                    "it contains both code {first} and code {code}",
                    first,
                    code
                ));
            }
            first => first,
        };
    }
    Ok(found)
}

/// Whether an object holds only codes, messages, results and metadata: no data.
fn has_no_data(object: &Map<String, Value>) -> bool {
    const METADATA_FIELDS: [&str; 7] = [
        "hint",
        "request_id",
        "trace_id",
        "timestamp",
        "time",
        "path",
        "baseResponse",
    ];
    object.iter().all(|(key, value)| {
        let key = key.as_str();
        is_empty(value)
            || CODE_FIELDS.iter().any(|(code, _)| *code == key)
            || MESSAGE_FIELDS.contains(&key)
            || RESULT_FIELDS.contains(&key)
            || METADATA_FIELDS.contains(&key)
    })
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// `{"data":[…]}` is a real answer of `/client/all_clients`: `data` and words, but no code. Counts
/// such as `total` may stand beside it.
fn is_uncoded_envelope(object: &Map<String, Value>) -> bool {
    const COUNTS: [&str; 4] = ["total", "count", "page", "size"];
    object.contains_key("data")
        && object.keys().map(String::as_str).all(|key| {
            key == "data"
                || CODE_FIELDS.iter().any(|(code, _)| *code == key)
                || MESSAGE_FIELDS.contains(&key)
                || RESULT_FIELDS.contains(&key)
                || key == "hint"
                || COUNTS.contains(&key)
        })
}

fn describe_non_json(body: &[u8]) -> Text {
    let start = body
        .iter()
        .position(|b| !b.is_ascii_whitespace())
        .unwrap_or(0);
    match body.get(start) {
        Some(b'<') => text!("the answer is HTML, not JSON"),
        _ => text!("the answer is not JSON ({count} bytes)", count = body.len()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn payload(body: &str) -> (Dialect, Value, bool) {
        let opened = open(body.as_bytes()).unwrap();
        match opened.content {
            Content::Payload(payload) => (opened.dialect, payload.value, payload.confirmed),
            refused => panic!("{refused:?}"),
        }
    }

    #[test]
    fn successes_in_every_dialect() {
        let cases = [
            (
                r#"{"error_code":0,"error_message":"ok","data":{"status":2}}"#,
                (Dialect::A, json!({"status":2}), true),
            ),
            (
                r#"{"error_code":"0","data":[]}"#,
                (Dialect::A, json!([]), true),
            ),
            (r#"{"error_code":0}"#, (Dialect::A, Value::Null, true)),
            (r#"{"data":["g"]}"#, (Dialect::A, json!(["g"]), false)),
            (
                r#"{"error_code":null,"data":["g"]}"#,
                (Dialect::A, json!(["g"]), false),
            ),
            (
                r#"{"err_code":0,"err_msg":"success","data":"g","hint":"h"}"#,
                (Dialect::B, json!("g"), true),
            ),
            (r#"{}"#, (Dialect::C, json!({}), true)),
            (r#""{}""#, (Dialect::D, json!({}), true)),
            (r#"{"data":{}}"#, (Dialect::A, json!({}), false)),
            (
                r#"{"success":true}"#,
                (Dialect::C, json!({"success":true}), false),
            ),
            (
                r#"{"data":["g"],"total":1}"#,
                (Dialect::A, json!(["g"]), false),
            ),
            (
                r#"{"code":200,"msg":"success","data":["g"]}"#,
                (Dialect::A, json!(["g"]), false),
            ),
            (
                "\u{feff}{\"error_code\":0,\"data\":\"\u{1}\"}",
                (Dialect::A, json!("\u{fffd}"), true),
            ),
            (r#"["g"]"#, (Dialect::C, json!(["g"]), false)),
            (r#""g-1""#, (Dialect::C, json!("g-1"), false)),
            (r#""12345""#, (Dialect::C, json!("12345"), false)),
            (r#"null"#, (Dialect::C, Value::Null, false)),
            (
                r#"{"msg_data":{},"data":1}"#,
                (Dialect::C, json!({"msg_data":{},"data":1}), false),
            ),
            (
                r#""{\"error_code\":0,\"data\":[1]}""#,
                (Dialect::D, json!([1]), true),
            ),
            (r#""[\"g\"]""#, (Dialect::D, json!(["g"]), false)),
            (r#""\"g\"""#, (Dialect::D, json!("g"), false)),
            (r#""null""#, (Dialect::D, Value::Null, false)),
        ];
        for (body, expected) in cases {
            assert_eq!(payload(body), expected, "{body}");
        }
    }

    #[test]
    fn refusals_in_every_dialect() {
        let cases = [
            (
                r#"{"error_code":-4017,"error_message":"no","data":{}}"#,
                Dialect::A,
                Some(-4017),
                "no",
            ),
            (
                r#"{"err_code":-1,"err_msg":"不","data":null}"#,
                Dialect::B,
                Some(-1),
                "不",
            ),
            (r#"{"error_code":"7","msg":"m"}"#, Dialect::A, Some(7), "m"),
            (
                r#"{"error_code":-1,"err_code":-2,"err_msg":"no"}"#,
                Dialect::A,
                Some(-1),
                "no",
            ),
            (
                r#"{"err_code":7,"err_msg":"","message":"m"}"#,
                Dialect::B,
                Some(7),
                "m",
            ),
            (
                r#""{\"error_code\":5,\"error_message\":\"e\"}""#,
                Dialect::D,
                Some(5),
                "e",
            ),
            (
                r#"{"code":401,"msg":"token无效"}"#,
                Dialect::A,
                Some(401),
                "token无效",
            ),
            (
                r#"{"errcode":40001,"errmsg":"x"}"#,
                Dialect::A,
                Some(40001),
                "x",
            ),
            (
                r#"{"baseResponse":{"ret":-3},"list":[]}"#,
                Dialect::A,
                Some(-3),
                "",
            ),
            (
                r#"{"error_message":"实例未登录","data":{}}"#,
                Dialect::A,
                None,
                "实例未登录",
            ),
            (r#"{"detail":"Not Found"}"#, Dialect::A, None, "Not Found"),
            (
                r#"{"detail":[{"loc":["body","guid"],"msg":"field required"}]}"#,
                Dialect::A,
                None,
                "guid: field required",
            ),
            (r#"{"success":false}"#, Dialect::A, None, ""),
            (
                r#"{"success":"false","message":"no"}"#,
                Dialect::A,
                None,
                "no",
            ),
            (r#"{"ok":false}"#, Dialect::A, None, ""),
            (r#"{"ok":0}"#, Dialect::A, None, ""),
            (r#"{"error":"denied"}"#, Dialect::A, None, "denied"),
            (r#"{"error":{"message":"m"}}"#, Dialect::A, None, "m"),
            (r#"{"result":"fail"}"#, Dialect::A, None, "fail"),
            (r#"{"status":"error","msg":"m"}"#, Dialect::A, None, "m"),
            (
                r#"{"data":[],"msg":"操作未成功"}"#,
                Dialect::A,
                None,
                "操作未成功",
            ),
        ];
        for (body, dialect, code, text) in cases {
            let opened = open(body.as_bytes()).unwrap();
            assert_eq!(opened.dialect, dialect, "{body}");
            let text = text.to_owned();
            assert_eq!(opened.content, Content::Refused { code, text }, "{body}");
        }
    }

    #[test]
    fn rejects_untrustworthy_bodies() {
        let cases: [(&[u8], &str); 21] = [
            (b"", "empty"),
            (b" \r\n", "empty"),
            (b"<!doctype html>", "HTML"),
            (b"\xff\xfe{", "not JSON"),
            (br#"{"error_code":0,"data":"#, "not JSON"),
            (br#"{"error_code":0.5,"data":{}}"#, "not a number"),
            (br#"{"error_code":0,"err_code":-1,"data":{}}"#, "both code"),
            (
                br#"{"error_code":-1,"err_code":0,"err_msg":"no"}"#,
                "both code",
            ),
            (br#"{"error_code":0,"code":401}"#, "both code"),
            (br#"{"error_code":0,"success":false}"#, "contradicts"),
            (br#"{"error_code":0,"data":{"ok":false}}"#, "contradicts"),
            (br#"{"error_code":0,"data":{"err_code":-1}}"#, "contradicts"),
            (br#"{"error_code":0,"data":false}"#, "contradicts"),
            (br#"{"error_code":0,"data":"False"}"#, "contradicts"),
            (br#"{"error_code":0,"result":"false"}"#, "contradicts"),
            (
                "{\"error_code\":0,\"data\":\"创建失败\"}".as_bytes(),
                "contradicts",
            ),
            (br#"{"success":false,"msg_data":{"id":"7"}}"#, "contradicts"),
            (br#"{"detail":"x","msg_data":{"id":"7"}}"#, "contradicts"),
            (
                "{\"error_message\":\"失败\",\"data\":{\"msg_data\":{\"id\":\"7\"}}}".as_bytes(),
                "contradicts",
            ),
            (br#"{"msg":"Unauthorized","data":["g"]}"#, "contradicts"),
            (
                "{\"msg\":\"系统繁忙\",\"data\":[]}".as_bytes(),
                "only the text",
            ),
        ];
        for (body, part) in cases {
            let why = open(body).unwrap_err();
            assert!(why.contains(part), "{body:?}: {why:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_on_any_bytes(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = open(&body);
        }
        #[test]
        fn nonzero_code_is_never_success(code in any::<i64>(), text in "\\PC{0,20}") {
            prop_assume!(code != 0);
            let body = json!({"error_code": code, "error_message": text, "data": {"msg_data": {"id": "1"}}});
            for body in [body.to_string(), json!(body.to_string()).to_string()] {
                let refused = matches!(open(body.as_bytes()).unwrap().content, Content::Refused { .. });
                prop_assert!(refused);
            }
        }
    }
}
