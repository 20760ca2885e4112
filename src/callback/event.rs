//! Parses the body of a callback. Pure.

use crate::json::{integer, repair_strings};
use crate::text::{Text, text};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::str::FromStr;

/// A callback as received.
#[derive(Clone, Debug)]
pub struct Event {
    /// The instance it belongs to.
    pub guid: String,
    /// The type of the event.
    pub notify_type: NotifyType,
    /// The data as received, but for damaged characters in strings, which are replaced.
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
        let body = repair_strings(body);
        if !body.trim_start().starts_with('{') {
            return Err(text!("not a JSON object"));
        }
        let wire: Wire<'_> =
            serde_json::from_str(&body).map_err(|e| text!("not a callback: {error}", error = e))?;
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

/// `notify_type` and its name in output and in `--type`. Source: the wire protocol's callbacks.
const NAMES: [(i64, &str); 22] = [
    (11001, "ready"),
    (11002, "login_qrcode"),
    (11003, "logged_in"),
    (11004, "logged_out"),
    (11005, "init_finished"),
    (11006, "heartbeat_error"),
    (11007, "session_timeout"),
    (11008, "login_failed"),
    (11009, "contacts_synced"),
    (11010, "new_message"),
    (11011, "logged_in_elsewhere"),
    (11012, "safety_verification"),
    (11013, "message_batch"),
    (2131, "friend_change"),
    (2132, "friend_request"),
    (1001, "room_renamed"),
    (1002, "member_added"),
    (1003, "member_removed"),
    (1023, "room_dismissed"),
    (2118, "room_info"),
    (2166, "call"),
    (573, "admin_task"),
];

/// A `notify_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NotifyType(pub i64);

impl NotifyType {
    /// 11002
    pub const LOGIN_QRCODE: Self = Self(11002);
    /// 11003
    pub const LOGGED_IN: Self = Self(11003);
    /// 11004
    pub const LOGGED_OUT: Self = Self(11004);
    /// 11008
    pub const LOGIN_FAILED: Self = Self(11008);
    /// 11010
    pub const NEW_MESSAGE: Self = Self(11010);
    /// 11012
    pub const SAFETY_VERIFICATION: Self = Self(11012);
    /// 11013
    pub const MESSAGE_BATCH: Self = Self(11013);

    /// Names of all documented types.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(_, name)| *name)
    }

    /// The name; `None` for an undocumented type.
    pub fn name(self) -> Option<&'static str> {
        NAMES
            .iter()
            .find(|(number, _)| *number == self.0)
            .map(|(_, name)| *name)
    }
}

impl FromStr for NotifyType {
    type Err = Text;

    fn from_str(text: &str) -> Result<Self, Text> {
        if let Ok(number) = text.parse() {
            return Ok(Self(number));
        }
        NAMES
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(number, _)| Self(*number))
            .ok_or_else(|| {
                let names: Vec<&str> = Self::names().collect();
                text!(
                    "must be a number such as 11010, or one of {names}",
                    names = names.join(", ")
                )
            })
    }
}

impl NotifyType {
    /// The text shown to a person: the name, which is the same in every language.
    pub fn label(self) -> Text {
        match self.name() {
            Some(name) => Text::verbatim(name),
            None => text!("event {number}", number = self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    #[test]
    fn maps_numbers_to_names() {
        assert_eq!(
            "11010".parse::<NotifyType>().unwrap(),
            NotifyType::NEW_MESSAGE
        );
        assert_eq!("new_message".parse::<NotifyType>().unwrap().0, 11010);
        assert_eq!("99".parse::<NotifyType>().unwrap().label(), "event 99");
        assert!(
            "message"
                .parse::<NotifyType>()
                .unwrap_err()
                .contains("new_message")
        );
    }

    #[test]
    fn names_are_unique() {
        for (place, (number, name)) in NAMES.iter().enumerate() {
            for (other_number, other_name) in &NAMES[..place] {
                assert!(number != other_number && name != other_name, "{name}");
            }
        }
    }
}
