//! Parses the body of a callback. Pure.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::kind::NotifyType;
use crate::text::{Text, text};

/// A callback as received.
#[derive(Clone, Debug)]
pub struct Event {
    /// The instance it belongs to.
    pub guid: String,
    /// The type of the event.
    pub notify_type: NotifyType,
    /// The data, byte for byte as received.
    pub data: Box<RawValue>,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    guid: Option<Cow<'a, str>>,
    notify_type: Option<Value>,
    /// The field older servers use for the type.
    msg_type: Option<Value>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl Event {
    /// Parses a callback.
    ///
    /// # Errors
    /// Names the missing or invalid part.
    pub fn parse(body: &[u8]) -> Result<Self, Text> {
        // serde would read an array as the fields in order.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(text!("not a JSON object"));
        }
        let wire: Wire<'_> = serde_json::from_slice(body)
            .map_err(|e| text!("not a callback: {error}", error = e))?;
        let notify_type = wire
            .notify_type
            .as_ref()
            .or(wire.msg_type.as_ref())
            .and_then(integer)
            .ok_or_else(|| text!("no notify_type"))?;
        Ok(Self {
            guid: wire
                .guid
                .filter(|guid| !guid.is_empty())
                .ok_or_else(|| text!("no guid"))?
                .into_owned(),
            notify_type: NotifyType(notify_type),
            data: wire.data.map_or_else(null, ToOwned::to_owned),
        })
    }

    /// The data as a value; null when it is nested too deeply to parse.
    pub fn value(&self) -> Value {
        serde_json::from_str(self.data.get()).unwrap_or_default()
    }

    /// The data as a `T`, all of whose fields are optional.
    pub fn read<T: Default + for<'de> Deserialize<'de>>(&self) -> T {
        serde_json::from_str(self.data.get()).unwrap_or_default()
    }
}

fn null() -> Box<RawValue> {
    RawValue::NULL.to_owned()
}

/// Reads an integer that may be a string.
pub fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parses_current_and_old_callbacks() {
        let cases = [
            (
                r#"{"guid":"g","notify_type":11003,"data":{"user_id":"1688"}}"#,
                (11003, r#"{"user_id":"1688"}"#),
            ),
            (r#"{"guid":"g","msg_type":"11004"}"#, (11004, "null")),
            (
                r#"{"guid":"g","notify_type":11010,"msg_type":2,"data":[ 1,  2.50 ]}"#,
                (11010, "[ 1,  2.50 ]"),
            ),
            (
                r#"{"guid":"g\u0031","notify_type":-7,"data":null,"more":{}}"#,
                (-7, "null"),
            ),
        ];
        for (body, (number, data)) in cases {
            let event = Event::parse(body.as_bytes()).unwrap();
            assert_eq!((event.notify_type.0, event.data.get()), (number, data));
            assert!(event.guid.starts_with('g'));
        }
    }

    #[test]
    fn rejects_invalid_callbacks() {
        let cases = [
            ("", "not a JSON object"),
            ("[]", "not a JSON object"),
            (r#"["g",11003,null,{}]"#, "not a JSON object"),
            ("{", "not a callback"),
            ("{}", "no notify_type"),
            (r#"{"guid":"g"}"#, "no notify_type"),
            (r#"{"guid":"g","notify_type":1.5}"#, "no notify_type"),
            (r#"{"notify_type":1}"#, "no guid"),
            (r#"{"guid":"","notify_type":1}"#, "no guid"),
            (r#"{"guid":5,"notify_type":1}"#, "not a callback"),
        ];
        for (body, part) in cases {
            let error = Event::parse(body.as_bytes()).unwrap_err();
            assert!(error.contains(part), "{body}: {error:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_on_any_bytes(body in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = Event::parse(&body);
        }
        #[test]
        fn keeps_data_unchanged(text in "\\PC{0,30}", number: i64) {
            let data = serde_json::json!({"text": text, "n": number}).to_string();
            let body = format!(r#"{{"guid":"g","notify_type":1,"data":{data}}}"#);
            let event = Event::parse(body.as_bytes()).unwrap();
            prop_assert_eq!(event.data.get(), data);
        }
    }
}
