//! Property checks of redacted bodies, for fuzz targets and tests.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "property checks fail by panicking"
)]

use serde_json::Value;

use super::{BodyKind, body};
use crate::secret::REDACTED;

/// Shorter strings may occur elsewhere by chance.
const SHORTEST: usize = 6;

const SECRET: [&str; 7] = [
    "code",
    "notify_url",
    "app_key",
    "app_secret",
    "proxy",
    "token",
    "password",
];

/// Checks a body.
pub fn redact(data: &[u8]) {
    let shown = body(data, BodyKind::Request);
    assert!(!has_guid(&shown), "{shown}");
    let Ok(value) = serde_json::from_slice::<Value>(data) else {
        assert!(shown.chars().count() < 600, "{shown}");
        return;
    };
    assert!(!shown.contains('\n'), "{shown}");
    let shown: Value = match serde_json::from_str(&shown) {
        Ok(shown) => shown,
        Err(error) => panic!("{error}: {shown}"),
    };
    let mut strings = Strings::default();
    strings.collect(&value, false, true);
    for secret in &strings.secret {
        let is_elsewhere = strings
            .public
            .iter()
            .any(|text| text.contains(secret.as_str()));
        assert!(
            is_elsewhere || !holds(&shown, secret),
            "{secret:?} in {shown}"
        );
    }
}

/// The secret and public strings of a body.
#[derive(Default)]
struct Strings {
    secret: Vec<String>,
    public: Vec<String>,
}

impl Strings {
    fn collect(&mut self, value: &Value, is_secret: bool, may_wrap: bool) {
        match value {
            Value::String(text) => self.text(text, is_secret, may_wrap),
            Value::Number(number) => self.text(&number.to_string(), is_secret, false),
            Value::Array(entries) => {
                for entry in entries {
                    self.collect(entry, is_secret, may_wrap);
                }
            }
            Value::Object(object) => {
                for (name, inner) in object {
                    self.public.push(name.clone());
                    self.collect(
                        inner,
                        is_secret || SECRET.contains(&name.as_str()),
                        may_wrap,
                    );
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn text(&mut self, text: &str, is_secret: bool, may_wrap: bool) {
        // Dialect D, with any white space around it.
        let inner = serde_json::from_str::<Value>(text).ok();
        match inner.filter(|inner| !is_secret && may_wrap && !inner.is_number()) {
            Some(inner) => self.collect(&inner, false, false),
            None if is_secret && text.len() >= SHORTEST && !is_ours(text) => {
                self.secret.push(text.to_owned());
            }
            None if is_secret => {}
            None => self.public.push(text.to_owned()),
        }
    }
}

/// Text that the log itself adds.
fn is_ours(text: &str) -> bool {
    REDACTED.contains(text) || text.contains(['…', '"', ' '])
}

fn holds(value: &Value, secret: &str) -> bool {
    match value {
        Value::String(text) => text.contains(secret),
        Value::Number(number) => number.to_string().contains(secret),
        Value::Array(entries) => entries.iter().any(|entry| holds(entry, secret)),
        Value::Object(object) => object.values().any(|inner| holds(inner, secret)),
        _ => false,
    }
}

/// Guids of the form 8-4-4-4-12.
fn has_guid(text: &str) -> bool {
    let runs = text.split(|c: char| !c.is_ascii_hexdigit() && c != '-');
    runs.map(|run| run.split('-').map(str::len).collect::<Vec<_>>())
        .any(|lengths| {
            lengths
                .windows(5)
                .any(|five| matches!(five, [first, 4, 4, 4, last] if *first >= 8 && *last >= 12))
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::token_sequences::token_sequences;

    const WORDS: &[&str] = &[
        r#"{"guid":"555d07bf-ebd4-378a-8285-a6d3c255988c","#,
        r#"["555d07bf-ebd4-378a-8285-a6d3c255988c"]"#,
        r#"{"555d07bf-ebd4-378a-8285-a6d3c255988c":1}"#,
        "555d07bf-ebd4-378a-8285-a6d3c255988c",
        r#"{"code":"246810","content":"hello"}"#,
        r#"{"code":246810}"#,
        r#""{\"notify_url\":\"http://h/secret\"}""#,
        r#"" {\"notify_url\":\"http://h/secret\"}""#,
        r#""app_secret":"hunter2-hunter2""#,
        r#""data":"#,
        r#""message":"instance "#,
        "\\\"",
        "\"",
        "{",
        "}",
        "[",
        "]",
        ",",
    ];

    proptest! {
        #[test]
        fn any_secret_is_redacted(name in prop::sample::select(&SECRET[..]), secret in "[a-z0-9]{6,12}", depth in 0..3u8, is_wrapped: bool) {
            let inner = format!(r#"{{"content":"x","{name}":"{secret}"}}"#);
            let body = (0..depth).fold(inner, |inner, _| format!(r#"{{"data":[{inner}]}}"#));
            let body = if is_wrapped { Value::from(body).to_string() } else { body };
            redact(body.as_bytes());
            prop_assert!(!super::body(body.as_bytes(), BodyKind::Request).contains(&secret));
        }
        #[test]
        fn logged_bodies_contain_no_secrets(bytes in token_sequences(WORDS)) {
            redact(&bytes);
        }
    }
}
