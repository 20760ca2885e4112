//! Removes the secrets of the gateway from requests before they are recorded, logged or handled.

use super::Gateway;
use crate::sandbox::simulator::ReceivedRequest;
use crate::secret::Secret;
use serde_json::Value;
use std::borrow::Cow;

/// What stands in place of a secret.
const MASK: &str = "***";
/// The field with the secret.
const FIELD: &str = "app_secret";
/// Characters between the name of the field and its value: JSON, JSON in a string, a form or a query.
const BEFORE_VALUE: &[char] = &['"', '\'', '\\', ' ', '\t', '\r', '\n', ':', '='];
/// Characters that end a value in text that is not JSON.
const AFTER_VALUE: &[char] = &['"', '\'', '\\', ',', '&', ';', '}', ' ', '\t', '\r', '\n'];
/// Shortest wrong secret, in bytes, that is removed wherever it occurs; a shorter one may be part of
/// other words.
const MIN_SECRET_BYTES: usize = 8;

/// Removes the gateway's secret, and any wrong secret that a client sent instead.
#[derive(Debug)]
pub(in crate::sandbox) struct Redaction {
    secret: Option<Secret>,
}

impl Redaction {
    pub(in crate::sandbox) fn new(gateway: Option<&Gateway>) -> Self {
        Redaction {
            secret: gateway.map(|gateway| gateway.app_secret.clone()),
        }
    }

    /// Redacts target, headers and body.
    pub(in crate::sandbox) fn request(&self, received: &mut ReceivedRequest) {
        let json = self.json_with_secret(&received.body);
        let mut secrets: Vec<String> = self
            .gateway_secret()
            .into_iter()
            .map(str::to_owned)
            .collect();
        if let Some(json) = &json {
            collect(json, &mut secrets);
        }
        mask(&mut received.target, &secrets);
        for (name, value) in &mut received.headers {
            if is_field(name) {
                *value = MASK.into();
            }
            mask(name, &secrets);
            mask(value, &secrets);
        }
        match json {
            Some(json) => {
                let masked = map(json, &|text| masked(text, &secrets), &is_field);
                received.body = masked.to_string().into_bytes();
            }
            None => {
                let text = String::from_utf8_lossy(&received.body);
                if let Cow::Owned(masked) = masked(&text, &secrets) {
                    received.body = masked.into_bytes();
                }
            }
        }
    }

    /// The data of a call without the gateway's secret, so that no endpoint can store or show it.
    pub(in crate::sandbox) fn data<'a>(&self, data: &'a [u8]) -> Cow<'a, [u8]> {
        let Some(secret) = self.gateway_secret() else {
            return data.into();
        };
        match serde_json::from_slice::<Value>(data) {
            Ok(json) if holds(&json, secret) => {
                let replaced = map(json, &|text| text.replace(secret, MASK).into(), &|_| false);
                replaced.to_string().into_bytes().into()
            }
            _ => data.into(),
        }
    }

    /// A text without the gateway's secret.
    pub(in crate::sandbox) fn text(&self, text: &str) -> String {
        match self.gateway_secret() {
            Some(secret) => text.replace(secret, MASK),
            None => text.to_owned(),
        }
    }

    fn gateway_secret(&self) -> Option<&str> {
        let secret = self.secret.as_ref().map(Secret::reveal);
        secret.filter(|secret| !secret.is_empty())
    }

    /// The body as JSON, if it may hold a secret.
    fn json_with_secret(&self, body: &[u8]) -> Option<Value> {
        let text = std::str::from_utf8(body).ok()?;
        let may_hold_secret = text.to_ascii_lowercase().contains(FIELD)
            // The name or the secret may be escaped.
            || text.contains("\\u")
            || self.gateway_secret().is_some_and(|secret| text.contains(secret));
        may_hold_secret.then(|| serde_json::from_str(text).ok())?
    }
}

/// Adds the values of every field with a secret.
fn collect(json: &Value, secrets: &mut Vec<String>) {
    match json {
        Value::Array(items) => items.iter().for_each(|item| collect(item, secrets)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(secret) if is_field(name) && secret.len() >= MIN_SECRET_BYTES => {
                        secrets.push(secret.clone());
                    }
                    _ => collect(value, secrets),
                }
            }
        }
        _ => {}
    }
}

/// Whether a field or a header holds a secret.
fn is_field(name: &str) -> bool {
    name.replace('-', "_").eq_ignore_ascii_case(FIELD)
}

/// The JSON with all strings and names changed, and the values of some names masked.
fn map(
    json: Value,
    change: &impl Fn(&str) -> Cow<'_, str>,
    is_hidden: &impl Fn(&str) -> bool,
) -> Value {
    match json {
        Value::String(text) => Value::String(change(&text).into_owned()),
        Value::Array(items) => items
            .into_iter()
            .map(|item| map(item, change, is_hidden))
            .collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let value = match is_hidden(&name) {
                    true => Value::String(MASK.into()),
                    false => map(value, change, is_hidden),
                };
                (change(&name).into_owned(), value)
            })
            .collect(),
        other => other,
    }
}

fn holds(json: &Value, secret: &str) -> bool {
    match json {
        Value::String(text) => text.contains(secret),
        Value::Array(items) => items.iter().any(|item| holds(item, secret)),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains(secret) || holds(value, secret)),
        _ => false,
    }
}

fn mask(text: &mut String, secrets: &[String]) {
    if let Cow::Owned(masked) = masked(text, secrets) {
        *text = masked;
    }
}

/// The text without the secrets, and without what follows the name of the field; borrowed when nothing
/// is removed.
fn masked<'a>(text: &'a str, secrets: &[String]) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    for secret in secrets {
        if text.contains(secret.as_str()) {
            text = text.replace(secret.as_str(), MASK).into();
        }
    }
    match without_values(&text) {
        Some(masked) => masked.into(),
        None => text,
    }
}

/// Masks the values after the name of the field in text that is not JSON.
fn without_values(text: &str) -> Option<String> {
    let mut parts = text.split(FIELD);
    let mut out = parts.next()?.to_owned();
    let mut is_changed = false;
    for part in parts {
        let value = part.trim_start_matches(BEFORE_VALUE);
        let gap = part.strip_suffix(value).unwrap_or_default();
        let rest = value.trim_start_matches(|c| !AFTER_VALUE.contains(&c));
        out.push_str(FIELD);
        out.push_str(gap);
        if gap.is_empty() || value.len() == rest.len() {
            out.push_str(value);
        } else {
            is_changed = true;
            out.push_str(MASK);
            out.push_str(rest);
        }
    }
    is_changed.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use serde_json::json;

    const SECRET: &str = "0123456789abcdef";

    fn redaction() -> Redaction {
        Redaction {
            secret: Some(Secret::new(SECRET)),
        }
    }

    fn redacted(target: &str, header: &str, body: &str) -> (String, String, String) {
        let mut received = ReceivedRequest {
            at: Timestamp::UNIX_EPOCH,
            method: "POST".into(),
            target: target.into(),
            headers: vec![("x".into(), header.into())],
            body: body.into(),
        };
        redaction().request(&mut received);
        let body = String::from_utf8(received.body).unwrap();
        (received.target, received.headers.remove(0).1, body)
    }

    #[test]
    fn removes_secrets_from_bodies() {
        for (body, expected) in [
            (
                r#"{"app_key":"k","app_secret":"0123456789abcdef","path":"/a"}"#,
                r#"{"app_key":"k","app_secret":"***","path":"/a"}"#,
            ),
            (
                r#"{"app_secret":"wrong-secret","path":"/wrong-secret"}"#,
                r#"{"app_secret":"***","path":"/***"}"#,
            ),
            (
                r#"{"app_secret":"a","b":"a"}"#,
                r#"{"app_secret":"***","b":"a"}"#,
            ),
            (r#"{"APP_SECRET":["x"]}"#, r#"{"APP_SECRET":"***"}"#),
            (r#"{"\u0061pp_secret":"s"}"#, r#"{"app_secret":"***"}"#),
            (r#"{"x":"\u00300123456789abcdef"}"#, r#"{"x":"0***"}"#),
            (
                r#"{"x":{"y":["-0123456789abcdef-"]},"0123456789abcdef":1}"#,
                r#"{"***":1,"x":{"y":["-***-"]}}"#,
            ),
            (
                r#""{\"app_secret\":\"other\",\"b\":1}""#,
                r#""{\"app_secret\":\"***\",\"b\":1}""#,
            ),
            (r#"{"app_secret": "broken","#, r#"{"app_secret": "***","#),
            (r#"{"app_secret":"unended"#, r#"{"app_secret":"***"#),
            ("app_secret=form&a=b", "app_secret=***&a=b"),
            ("a 0123456789abcdef b", "a *** b"),
            ("app_secret", "app_secret"),
            ("app_secretary", "app_secretary"),
            (r#"{"a": 1.50 }"#, r#"{"a": 1.50 }"#),
        ] {
            assert_eq!(redacted("/", "", body).2, expected, "{body}");
        }
    }

    #[test]
    fn removes_secrets_from_target_and_headers() {
        let body = json!({ "app_secret": "wrong-secret" }).to_string();
        let (target, header, _) = redacted("/a?b=wrong-secret&app_secret=x", SECRET, &body);
        assert_eq!(target, "/a?b=***&app_secret=***");
        assert_eq!(header, "***");
    }

    #[test]
    fn data_of_calls_lacks_only_the_own_secret() {
        for (data, expected) in [
            (
                r#"{"a": "b", "app_secret":"x"}"#,
                r#"{"a": "b", "app_secret":"x"}"#,
            ),
            (r#"{"a":"0123456789abcdef!"}"#, r#"{"a":"***!"}"#),
            ("no JSON 0123456789abcdef", "no JSON 0123456789abcdef"),
        ] {
            assert_eq!(&*redaction().data(data.as_bytes()), expected.as_bytes());
        }
    }
}
