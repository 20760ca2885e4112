//! Opening a server's answer, whichever of the four dialects it speaks.
//!
//! Source: the wire protocol's table of envelopes. A: `error_code`/`error_message`/`data`.
//! B: `err_code`/`err_msg`/`data`. C: the payload itself. D: any of these inside a JSON string.

use serde::Serialize;
use serde_json::{Map, Value};

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
    /// A business code other than 0 and the text that came with it.
    Refused {
        /// The business code.
        code: i64,
        /// The server's words, possibly empty.
        text: String,
    },
}

/// The payload of a success.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// The value; `null` when the envelope had no `data`.
    pub value: Value,
    /// Whether a business code 0 said that it is a success. Without one, only the
    /// shape of the value tells.
    pub confirmed: bool,
}

/// Opens a body.
///
/// # Errors
/// Says why the body cannot be trusted: not JSON, empty, a code that is no number, or two that
/// contradict each other.
pub fn open(body: &[u8]) -> Result<Envelope, Text> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(text!("the answer is empty"));
    }
    let value: Value = serde_json::from_slice(body).map_err(|_| describe_non_json(body))?;
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
    let inner: Value = serde_json::from_str(value.as_str()?).ok()?;
    let wrapped = inner.is_object() || inner.is_array() || inner.is_string() || inner.is_null();
    wrapped.then_some(inner)
}

fn open_value(value: Value) -> Result<Envelope, Text> {
    let Value::Object(mut object) = value else {
        return Ok(bare(value));
    };
    let mut spoken = None;
    for (key, dialect) in [("error_code", Dialect::A), ("err_code", Dialect::B)] {
        match object.get(key) {
            None | Some(Value::Null) => {}
            Some(code) => {
                let code = integer(code).ok_or_else(|| text!("{key} is not a number", key))?;
                spoken = match spoken {
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
        }
    }
    if let Some((code, dialect)) = spoken {
        return Ok(coded(code, dialect, object));
    }
    if is_uncoded_envelope(&object) {
        let value = object.remove("data").unwrap_or(Value::Null);
        return Ok(Envelope {
            dialect: Dialect::A,
            content: Content::Payload(Payload {
                value,
                confirmed: false,
            }),
        });
    }
    Ok(bare(Value::Object(object)))
}

fn bare(value: Value) -> Envelope {
    Envelope {
        dialect: Dialect::C,
        content: Content::Payload(Payload {
            value,
            confirmed: false,
        }),
    }
}

fn coded(code: i64, dialect: Dialect, mut object: Map<String, Value>) -> Envelope {
    let content = if code == 0 {
        Content::Payload(Payload {
            value: object.remove("data").unwrap_or(Value::Null),
            confirmed: true,
        })
    } else {
        Content::Refused {
            code,
            text: text_of(&object).unwrap_or_default(),
        }
    };
    Envelope { dialect, content }
}

/// `{"data":[…]}` is a real answer of `/client/all_clients`: `data` and words, but no code.
fn is_uncoded_envelope(object: &Map<String, Value>) -> bool {
    const WORDS: [&str; 7] = [
        "error_message",
        "err_msg",
        "message",
        "msg",
        "hint",
        "error_code",
        "err_code",
    ];
    object.contains_key("data")
        && object
            .keys()
            .all(|key| key == "data" || WORDS.contains(&key.as_str()))
}

/// The server's words for a failure, wherever the dialect puts them.
pub fn text_of(object: &Map<String, Value>) -> Option<String> {
    ["error_message", "err_msg", "message", "msg"]
        .iter()
        .filter_map(|key| object.get(*key)?.as_str())
        .find(|text| !text.is_empty())
        .map(str::to_owned)
}

/// An integer that may have come as a string.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
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
                -4017,
                "no",
            ),
            (
                r#"{"err_code":-1,"err_msg":"不","data":null}"#,
                Dialect::B,
                -1,
                "不",
            ),
            (r#"{"error_code":"7","msg":"m"}"#, Dialect::A, 7, "m"),
            (
                r#"{"error_code":-1,"err_code":-2,"err_msg":"no"}"#,
                Dialect::A,
                -1,
                "no",
            ),
            (
                r#"{"err_code":7,"err_msg":"","message":"m"}"#,
                Dialect::B,
                7,
                "m",
            ),
            (
                r#""{\"error_code\":5,\"error_message\":\"e\"}""#,
                Dialect::D,
                5,
                "e",
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
        let cases: [(&[u8], &str); 8] = [
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
