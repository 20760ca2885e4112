//! The body of a call to the gateway: credentials, path and data.

use super::Refusal;
use crate::secret::Secret;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// The body of a call.
#[derive(Debug, Deserialize)]
pub(super) struct GatewayRequest {
    #[serde(default)]
    pub(super) app_key: String,
    #[serde(default = "no_secret", deserialize_with = "secret")]
    pub(super) app_secret: Secret,
    /// The path of the endpoint.
    #[serde(default)]
    path: Option<String>,
    /// The body for the endpoint, unchanged.
    #[serde(default)]
    data: Option<Box<RawValue>>,
}

fn no_secret() -> Secret {
    Secret::new("")
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

impl GatewayRequest {
    /// Reads the body; it may lack parts.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let malformed = Refusal::Malformed(
            "the body must be an object with app_key, app_secret, path and data",
        );
        // A list would be read as the fields in order.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(malformed);
        }
        serde_json::from_slice(body).map_err(|_| malformed)
    }

    /// The path and the body of the call inside.
    pub(super) fn call(&self) -> Result<(&str, &[u8]), Refusal> {
        let path = self
            .path
            .as_deref()
            .filter(|path| path.starts_with('/'))
            .ok_or(Refusal::Malformed("path must be that of an endpoint"))?;
        let data = self
            .data
            .as_deref()
            .ok_or(Refusal::Malformed("data is missing"))?;
        Ok((path, data.get().as_bytes()))
    }

    /// The guid in the data, if there is one.
    pub(super) fn guid(&self) -> Option<String> {
        let data: Value = serde_json::from_str(self.data.as_deref()?.get()).ok()?;
        Some(data.get("guid")?.as_str()?.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_passed_on_unchanged() {
        let body = r#"{"data": {"guid":"g", "id": 10696049218574013000000.0},"path":"/a","app_key":"k","app_secret":"s","x":1}"#;
        let request = GatewayRequest::parse(body.as_bytes()).unwrap();
        assert_eq!(request.app_key, "k");
        assert_eq!(request.app_secret.reveal(), "s");
        assert_eq!(request.guid().as_deref(), Some("g"));
        let data = br#"{"guid":"g", "id": 10696049218574013000000.0}"#.as_slice();
        assert_eq!(request.call(), Ok(("/a", data)));
    }

    #[test]
    fn rejects_incomplete_bodies() {
        for body in ["", "x", "[]", "7", r#"{"app_key":1}"#, r#"{"path":[]}"#] {
            assert!(GatewayRequest::parse(body.as_bytes()).is_err(), "{body}");
        }
        for body in [
            "{}",
            r#"{"path":"/a"}"#,
            r#"{"data":{}}"#,
            r#"{"path":"a","data":{}}"#,
        ] {
            let request = GatewayRequest::parse(body.as_bytes()).unwrap();
            assert!(request.call().is_err(), "{body}");
            assert_eq!(request.guid(), None, "{body}");
        }
    }
}
