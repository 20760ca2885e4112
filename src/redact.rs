//! Redacts request and response bodies for `-vv`.

#[cfg(any(test, fuzzing))]
pub mod properties;

use serde_json::Value;

use crate::guid::shorten;
use crate::secret::REDACTED;

/// Longer strings are cut, for example base64 pictures.
const LONGEST: usize = 500;

/// Whether a body is a request or a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// A request: `code` is a login code, even as a number.
    Request,
    /// A response: a numeric `code` is a result code.
    Response,
}

/// The body for a log: guids shortened; login codes, callback URLs and secrets removed.
pub fn body(bytes: &[u8], kind: BodyKind) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            redact(&mut value, 0, kind);
            without_guids(&value.to_string())
        }
        Err(_) => plain(&String::from_utf8_lossy(bytes)),
    }
}

fn plain(text: &str) -> String {
    let length = text.len();
    let text = without_guids(text);
    let head: String = text.chars().take(LONGEST).collect();
    if head.len() < text.len() {
        format!("{head}… ({length} bytes)")
    } else {
        head
    }
}

fn redact(value: &mut Value, depth: u8, kind: BodyKind) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object.iter_mut() {
                match key.as_str() {
                    "code" if kind == BodyKind::Response && !inner.is_string() => {}
                    "code" | "notify_url" | "app_key" | "app_secret" | "proxy" | "token"
                    | "password" => hide(inner),
                    "guid" if inner.is_string() => shorten_guid(inner),
                    _ => redact(inner, depth, kind),
                }
            }
        }
        Value::Array(entries) => entries
            .iter_mut()
            .for_each(|entry| redact(entry, depth, kind)),
        Value::String(text) => {
            // Dialect D wraps JSON in a string.
            if depth == 0 && text.trim_start().starts_with(['{', '[', '"']) {
                *text = wrapped(text, kind);
            } else {
                *text = plain(text);
            }
        }
        _ => {}
    }
}

/// An empty value is no secret.
fn hide(value: &mut Value) {
    if !value.is_null() && value.as_str() != Some("") {
        *value = REDACTED.into();
    }
}

fn wrapped(text: &str, kind: BodyKind) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut inner) => {
            redact(&mut inner, 1, kind);
            inner.to_string()
        }
        Err(_) => plain(text),
    }
}

fn shorten_guid(value: &mut Value) {
    if let Value::String(text) = value {
        *text = shorten(text);
    }
}

/// Shortens every guid of the form 8-4-4-4-12 in `text` to eight digits.
fn without_guids(text: &str) -> String {
    const LENGTH: usize = 36;
    let mut left = text;
    let mut shown = String::new();
    while let Some(at) = left.as_bytes().windows(LENGTH).position(is_uuid) {
        let (before, from) = left.split_at_checked(at).unwrap_or((left, ""));
        let (guid, after) = from.split_at_checked(LENGTH).unwrap_or((from, ""));
        shown.push_str(before);
        shown.push_str(&shorten(guid));
        left = after;
    }
    shown + left
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GUID: &str = "555d07bf-ebd4-378a-8285-a6d3c255988c";

    #[test]
    fn redacts_secrets() {
        let cases = [
            (
                format!(r#"{{"guid":"{GUID}","content":"hi"}}"#),
                r#"{"content":"hi","guid":"555d07bf…"}"#,
            ),
            (format!(r#"["{GUID}"]"#), r#"["555d07bf…"]"#),
            (format!(r#""[\"{GUID}\"]""#), r#""[\"555d07bf…\"]""#),
            (r#"{"code":"123456"}"#.into(), r#"{"code":"[redacted]"}"#),
            (
                r#"" {\"code\":\"123456\"}""#.into(),
                r#""{\"code\":\"[redacted]\"}""#,
            ),
            (
                format!(r#"{{"{GUID}":1,"guid":["{GUID}"]}}"#),
                r#"{"555d07bf…":1,"guid":["555d07bf…"]}"#,
            ),
            (
                format!(r#"{{"message":"instance {GUID} is offline"}}"#),
                r#"{"message":"instance 555d07bf… is offline"}"#,
            ),
            (format!("instance {GUID} "), "instance 555d07bf… "),
            (
                r#"{"notify_url":"http://h/t"}"#.into(),
                r#"{"notify_url":"[redacted]"}"#,
            ),
            (r#"{"proxy":""}"#.into(), r#"{"proxy":""}"#),
            ("<html>".into(), "<html>"),
        ];
        for (bytes, shown) in cases {
            assert_eq!(body(bytes.as_bytes(), BodyKind::Response), shown);
        }
        assert!(
            body("x".repeat(9000).as_bytes(), BodyKind::Response)
                .chars()
                .count()
                < 600
        );
        // A number is a login code in a request and a result code in a response.
        let number = br#"{"code":864209}"#;
        assert_eq!(body(number, BodyKind::Request), r#"{"code":"[redacted]"}"#);
        assert_eq!(body(number, BodyKind::Response), r#"{"code":864209}"#);
    }

    proptest! {
        #[test]
        fn never_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = body(&bytes, BodyKind::Request);
        }
    }
}
