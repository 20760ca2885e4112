//! Lenient deserialisation of scalars: numbers as strings, ids as numbers.

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::json::REPLACEMENT;

/// An id as text, whatever it came as; `None` for null, empty and `0`, which name nothing, and for
/// one with a damaged character. Never through a float: ids have up to 19 digits.
pub(super) fn id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = match Value::deserialize(from)? {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        Value::Number(number) if !number.is_f64() => number.to_string(),
        other => return Err(unexpected("an id", &other)),
    };
    let is_id = !text.trim().is_empty() && text != "0" && !text.contains(REPLACEMENT);
    Ok(is_id.then_some(text))
}

/// Text, or `None` for null and empty. A number is read as its digits.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(from)? {
        Value::String(text) => Ok(Some(text).filter(|t| !t.is_empty())),
        Value::Number(number) => Ok(Some(number.to_string())),
        _ => Ok(None),
    }
}

/// An integer that may be a string.
pub(super) fn integer<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let value = Value::deserialize(from)?;
    match &value {
        Value::Null => Some(None),
        Value::Number(number) => number.as_i64().map(Some),
        Value::String(text) if text.is_empty() => Some(None),
        Value::String(text) => text.trim().parse().ok().map(Some),
        _ => None,
    }
    .ok_or_else(|| unexpected("an integer", &value))
}

/// A boolean that may be 0, 1 or a string; null is false.
pub(super) fn boolean<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(from)?;
    match &value {
        Value::Null => Some(false),
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => match number.as_i64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "false" | "0" | "" => Some(false),
            "true" | "1" => Some(true),
            _ => None,
        },
        _ => None,
    }
    .ok_or_else(|| unexpected("true or false", &value))
}

fn unexpected<E: de::Error>(wanted: &str, got: &Value) -> E {
    let kind = match got {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "another number",
        Value::String(_) => "other text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    E::custom(format!("{kind} where {wanted} is meant"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_ids() {
        let cases = [
            (json!("1066172"), Ok(Some("1066172"))),
            (
                json!(1_234_567_890_123_456_789_u64),
                Ok(Some("1234567890123456789")),
            ),
            (json!(null), Ok(None)),
            (json!(""), Ok(None)),
            (json!("0"), Ok(None)),
            (json!(0), Ok(None)),
            (json!(1.5), Err(())),
            (json!([]), Err(())),
            (json!(true), Err(())),
        ];
        for (value, expected) in cases {
            let got = id(value.clone()).map_err(drop);
            assert_eq!(
                got.as_ref().map(Option::as_deref),
                expected.as_ref().map(|e| *e),
                "{value}"
            );
        }
    }

    #[test]
    fn reads_integers_and_booleans() {
        for (value, expected) in [
            (json!(2), Ok(Some(2))),
            (json!("2"), Ok(Some(2))),
            (json!(""), Ok(None)),
            (json!(null), Ok(None)),
            (json!("two"), Err(())),
            (json!(2.5), Err(())),
        ] {
            assert_eq!(integer(value.clone()).map_err(drop), expected, "{value}");
        }
        for (value, expected) in [
            (json!(true), Ok(true)),
            (json!("True"), Ok(true)),
            (json!(1), Ok(true)),
            (json!("0"), Ok(false)),
            (json!(null), Ok(false)),
            (json!("maybe"), Err(())),
            (json!(2), Err(())),
        ] {
            assert_eq!(boolean(value.clone()).map_err(drop), expected, "{value}");
        }
    }
}
