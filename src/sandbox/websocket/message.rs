//! The messages: JSON objects with a `type`.

use crate::secret::Secret;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A message from the client.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum ClientMessage {
    /// The credentials and the instance whose events the client wants.
    Auth {
        app_key: String,
        app_secret: Secret,
        guid: String,
    },
    /// The client has handled an event, or could not.
    Ack { event_id: String, success: bool },
}

impl ClientMessage {
    /// Reads a message. Missing credentials are empty, and so are refused like wrong ones.
    ///
    /// # Errors
    /// What is wrong with it; without parts of the text, which may be a secret.
    pub(in crate::sandbox) fn parse(text: &str) -> Result<Self, &'static str> {
        let message: Value = serde_json::from_str(text).map_err(|_| "the message is not JSON")?;
        let field = |name: &str| message.get(name).and_then(Value::as_str);
        match field("type") {
            Some("auth") => {
                let field = |name| field(name).unwrap_or_default().to_owned();
                Ok(ClientMessage::Auth {
                    app_key: field("app_key"),
                    app_secret: Secret::new(field("app_secret")),
                    guid: field("guid"),
                })
            }
            Some("ack") => Ok(ClientMessage::Ack {
                event_id: field("event_id")
                    .ok_or("event_id must be a string")?
                    .to_owned(),
                success: message
                    .get("success")
                    .and_then(Value::as_bool)
                    .ok_or("success must be true or false")?,
            }),
            _ => Err("type must be auth or ack"),
        }
    }
}

/// The answer to correct credentials.
pub(super) fn auth_success() -> String {
    json!({ "type": "auth_success" }).to_string()
}

/// The answer to wrong credentials.
pub(super) fn auth_failed(reason: &str) -> String {
    json!({ "type": "auth_failed", "reason": reason }).to_string()
}

/// The answer to a message that cannot be handled.
pub(super) fn error(message: &str) -> String {
    json!({ "type": "error", "message": message }).to_string()
}

/// An event; with `as_string` as a string that holds the JSON.
pub(super) fn callback(event_id: &str, event: &RawValue, as_string: bool) -> String {
    let event = match as_string {
        true => json!(event.get()),
        false => serde_json::from_str(event.get()).unwrap_or_default(),
    };
    json!({ "type": "callback", "event_id": event_id, "event": event }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_message() {
        let auth = |app_key: &str, app_secret: &str, guid: &str| ClientMessage::Auth {
            app_key: app_key.into(),
            app_secret: Secret::new(app_secret),
            guid: guid.into(),
        };
        for (text, expected) in [
            (
                r#"{"type":"auth","app_key":"k","app_secret":"s","guid":"g","x":1}"#,
                Ok(auth("k", "s", "g")),
            ),
            (r#"{"type":"auth","app_key":1}"#, Ok(auth("", "", ""))),
            (
                r#"{"type":"ack","event_id":"1","success":false}"#,
                Ok(ClientMessage::Ack {
                    event_id: "1".into(),
                    success: false,
                }),
            ),
            (
                r#"{"type":"ack","event_id":1,"success":true}"#,
                Err("event_id must be a string"),
            ),
            (
                r#"{"type":"ack","event_id":"1"}"#,
                Err("success must be true or false"),
            ),
            (r#"{"type":"AUTH"}"#, Err("type must be auth or ack")),
            ("[]", Err("type must be auth or ack")),
            ("{", Err("the message is not JSON")),
            ("", Err("the message is not JSON")),
        ] {
            assert_eq!(ClientMessage::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn event_is_object_or_string() {
        let event = RawValue::from_string(r#"{"guid":"g"}"#.into()).unwrap();
        for (as_string, expected) in [
            (
                false,
                r#"{"event":{"guid":"g"},"event_id":"e","type":"callback"}"#,
            ),
            (
                true,
                r#"{"event":"{\"guid\":\"g\"}","event_id":"e","type":"callback"}"#,
            ),
        ] {
            assert_eq!(callback("e", &event, as_string), expected);
        }
    }
}
