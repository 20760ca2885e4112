//! The hosted gateway, which takes every call as a POST to one URL, with the credentials in the body.
//!
//! Source: the wire protocol.

#[cfg(any(test, fuzzing))]
pub mod properties;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::request::Request;
use crate::secret::{REDACTED, Secret};
use crate::text::{Text, text};

/// Base URL of the public gateway.
pub const DEFAULT_BASE_URL: &str = "https://chat-api.juhebot.com";

/// Path of the gateway below the base URL.
pub const PATH: &str = "/open/GuidRequest";

/// Endpoints that list instances. The gateway may refuse them, because instances are managed in its web
/// console.
const LIST_PATHS: [&str; 2] = ["/client/all_clients", "/client/get_clients"];
/// Other endpoints that it may refuse for this reason.
const CONSOLE_PATHS: [&str; 2] = ["/client/create_client", "/client/remove_client"];

/// The credentials of the hosted gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// `app_key`
    pub app_key: String,
    /// `app_secret`
    pub app_secret: Secret,
}

#[derive(Serialize)]
struct Body<'a> {
    app_key: &'a str,
    app_secret: &'a str,
    path: &'a str,
    data: &'a RawValue,
}

impl Gateway {
    /// The body that carries `request` through the gateway.
    ///
    /// # Errors
    /// When the gateway cannot express the request: another method than POST, or a body that is not JSON.
    pub fn wrap(&self, request: &Request) -> Result<Vec<u8>, Text> {
        wrap(&self.app_key, self.app_secret.reveal(), request)
    }

    /// Replaces the secret in what a server sends, so that it cannot reach any output or file.
    pub fn remove_secret(&self, bytes: &mut Vec<u8>) {
        let secret = self.app_secret.reveal();
        replace_all(bytes, secret.as_bytes());
        let json = Value::from(secret).to_string();
        let json = json.trim_matches('"');
        if json != secret {
            replace_all(bytes, json.as_bytes());
        }
    }

    /// [`Gateway::wrap`] without the secret, for output.
    ///
    /// # Errors
    /// As [`Gateway::wrap`].
    pub fn wrap_redacted(&self, request: &Request) -> Result<Vec<u8>, Text> {
        wrap(&self.app_key, REDACTED, request)
    }
}

fn replace_all(bytes: &mut Vec<u8>, secret: &[u8]) {
    let mut start = 0;
    while let Some(place) = bytes.get(start..).and_then(|rest| {
        rest.windows(secret.len().max(1))
            .position(|part| part == secret)
    }) {
        let place = start + place;
        bytes.splice(place..place + secret.len(), REDACTED.bytes());
        start = place + REDACTED.len();
    }
}

fn wrap(app_key: &str, app_secret: &str, request: &Request) -> Result<Vec<u8>, Text> {
    if request.method != "POST" {
        return Err(text!(
            "the gateway takes only POST, not {method}",
            method = &request.method
        ));
    }
    let data: &RawValue = serde_json::from_slice(request.body.as_deref().unwrap_or(b"{}"))
        .map_err(|error| text!("the gateway takes only a JSON body: {error}", error))?;
    let body = Body {
        app_key,
        app_secret,
        path: &request.path,
        data,
    };
    serde_json::to_vec(&body)
        .map_err(|error| text!("the gateway takes only a JSON body: {error}", error))
}

/// What the gateway's refusal of a call was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedCall {
    /// The path of the endpoint.
    path: String,
    /// Whether the answer has the form of personal WeChat, which the gateway serves too.
    is_personal_wechat: bool,
}

impl RefusedCall {
    pub(super) fn new(path: &str, answer: &[u8]) -> Self {
        Self {
            path: path.to_owned(),
            is_personal_wechat: is_personal_wechat(answer),
        }
    }

    /// Whether the endpoint manages instances, which may be possible only in the gateway's console.
    pub(super) fn is_console_only(&self) -> bool {
        self.is_list() || CONSOLE_PATHS.contains(&self.path.as_str())
    }

    /// Whether the call lists instances.
    pub(super) fn is_list(&self) -> bool {
        LIST_PATHS.contains(&self.path.as_str())
    }

    /// Whether the instance is one of personal WeChat.
    pub(super) fn is_personal_wechat(&self) -> bool {
        self.is_personal_wechat
    }
}

/// Whether an answer has the form of personal WeChat: a `baseResponse`.
pub(super) fn is_personal_wechat(answer: &[u8]) -> bool {
    matches!(
        serde_json::from_slice(answer),
        Ok(Value::Object(object)) if object.contains_key("baseResponse")
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::request::{self, Effect};
    use super::*;

    fn gateway() -> Gateway {
        Gateway {
            app_key: "key\"1".into(),
            app_secret: Secret::new("hunter2-secret"),
        }
    }

    #[test]
    fn wraps_request_unchanged() {
        let guid = "g-1".parse().unwrap();
        let request = request::send_text(&guid, &"R:10001".parse().unwrap(), "a\"\n备");
        assert_eq!(
            String::from_utf8(gateway().wrap(&request).unwrap()).unwrap(),
            r#"{"app_key":"key\"1","app_secret":"hunter2-secret","path":"/msg/send_text","data":{"guid":"g-1","conversation_id":"R:10001","content":"a\"\n备"}}"#
        );
        let redacted = gateway().wrap_redacted(&request).unwrap();
        assert!(!String::from_utf8(redacted).unwrap().contains("hunter2"));
        assert!(!format!("{:?}", gateway()).contains("hunter2"));
    }

    #[test]
    fn removes_repeated_secret_from_answers() {
        let mut gateway = gateway();
        for (secret, answer) in [
            (
                "hunter2-secret",
                r#"{"id":"hunter2-secret","x":"hunter2-secret"}"#,
            ),
            ("quo\"ted-secret", r#"{"id":"quo\"ted-secret"}"#),
        ] {
            gateway.app_secret = Secret::new(secret);
            let mut bytes = answer.as_bytes().to_vec();
            gateway.remove_secret(&mut bytes);
            let shown = String::from_utf8(bytes).unwrap();
            assert!(!shown.contains("secret"), "{shown}");
            assert!(shown.contains("[redacted]"), "{shown}");
        }
        gateway.app_secret = Secret::new("redacted");
        let mut bytes = b"redacted".to_vec();
        gateway.remove_secret(&mut bytes);
        assert_eq!(bytes, b"[redacted]");
    }

    #[test]
    fn rejects_what_the_gateway_cannot_express() {
        let get = request::all_clients_get();
        assert!(gateway().wrap(&get).unwrap_err().contains("POST"));
        let request = Request {
            method: "POST".into(),
            path: "/x".into(),
            body: Some(b"{broken".to_vec()),
            effect: Effect::Change,
        };
        assert!(gateway().wrap(&request).unwrap_err().contains("JSON"));
    }

    #[test]
    fn recognizes_answers_of_personal_wechat() {
        for (answer, expected) in [
            (r#"{"baseResponse":{"ret":0},"list":[{"ret":0}]}"#, true),
            (r#"{"baseResponse":{"ret":-1}}"#, true),
            (r#"{"error_code":0,"data":{"baseResponse":1}}"#, false),
            ("[]", false),
            ("", false),
        ] {
            assert_eq!(is_personal_wechat(answer.as_bytes()), expected, "{answer}");
        }
    }

    proptest! {
        #[test]
        fn body_is_kept_byte_for_byte(text in "\\PC{0,40}", number: i64) {
            let data = serde_json::json!({"text": text, "n": number}).to_string();
            let request = Request {
                method: "POST".into(),
                path: "/x".into(),
                body: Some(data.clone().into_bytes()),
                effect: Effect::Change,
            };
            let wrapped = String::from_utf8(gateway().wrap(&request).unwrap()).unwrap();
            let expected = format!("\"data\":{data}}}");
            prop_assert!(wrapped.ends_with(&expected));
        }
    }
}
