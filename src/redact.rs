//! Request and answer bodies with everything secret taken out, for `-vv`.

use serde_json::Value;

use crate::guid::shorten;
use crate::secret::REDACTED;

/// Longer strings are cut in a log: base64 pictures, for one.
const LONGEST: usize = 500;

/// Who wrote a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// We did: a `code` in it is a login code, also as a number.
    Ours,
    /// The server: a number called `code` says how it went.
    Servers,
}

/// A body as a log may show it: guids shortened, login codes, callback URLs and secrets gone.
pub fn body(bytes: &[u8], side: Side) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            redact(&mut value, 0, side);
            value.to_string()
        }
        Err(_) => plain(bytes),
    }
}

fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let head: String = text.chars().take(LONGEST).collect();
    if head.len() < text.len() {
        format!("{head}… ({} bytes)", bytes.len())
    } else {
        head
    }
}

fn redact(value: &mut Value, depth: u8, side: Side) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object.iter_mut() {
                match key.as_str() {
                    "code" if inner.is_string() || side == Side::Ours => *inner = REDACTED.into(),
                    "notify_url" | "app_key" | "app_secret" | "proxy" | "token" | "password"
                        if inner.as_str() != Some("") =>
                    {
                        *inner = REDACTED.into();
                    }
                    "guid" => shorten_guid(inner),
                    _ => redact(inner, depth, side),
                }
            }
        }
        Value::Array(entries) => entries
            .iter_mut()
            .for_each(|entry| redact(entry, depth, side)),
        Value::String(text) => {
            // Dialect D wraps JSON in a string.
            if depth == 0 && text.starts_with(['{', '[', '"']) {
                *text = wrapped(text, side);
            } else if is_uuid(text) {
                *text = shorten(text);
            } else if text.chars().count() > LONGEST {
                *text = plain(text.as_bytes());
            }
        }
        _ => {}
    }
}

fn wrapped(text: &str, side: Side) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut inner) => {
            redact(&mut inner, 1, side);
            inner.to_string()
        }
        Err(_) => plain(text.as_bytes()),
    }
}

fn shorten_guid(value: &mut Value) {
    if let Value::String(text) = value {
        *text = shorten(text);
    }
}

/// 8-4-4-4-12 hexadecimal digits: a guid wherever it stands.
fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GUID: &str = "555d07bf-ebd4-378a-8285-a6d3c255988c";

    #[test]
    fn takes_out_what_is_secret() {
        let cases = [
            (
                format!(r#"{{"guid":"{GUID}","content":"hi"}}"#),
                r#"{"content":"hi","guid":"555d07bf…"}"#,
            ),
            (format!(r#"["{GUID}"]"#), r#"["555d07bf…"]"#),
            (format!(r#""[\"{GUID}\"]""#), r#""[\"555d07bf…\"]""#),
            (r#"{"code":"123456"}"#.into(), r#"{"code":"[redacted]"}"#),
            (
                r#"{"notify_url":"http://h/t"}"#.into(),
                r#"{"notify_url":"[redacted]"}"#,
            ),
            (r#"{"proxy":""}"#.into(), r#"{"proxy":""}"#),
            ("<html>".into(), "<html>"),
        ];
        for (bytes, shown) in cases {
            assert_eq!(body(bytes.as_bytes(), Side::Servers), shown);
        }
        assert!(
            body("x".repeat(9000).as_bytes(), Side::Servers)
                .chars()
                .count()
                < 600
        );
        // A number is a login code when we say it, and a result when the server does.
        let number = br#"{"code":864209}"#;
        assert_eq!(body(number, Side::Ours), r#"{"code":"[redacted]"}"#);
        assert_eq!(body(number, Side::Servers), r#"{"code":864209}"#);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = body(&bytes, Side::Ours);
        }
    }
}
