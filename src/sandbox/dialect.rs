//! The four envelope dialects.

use super::endpoint_result::{EndpointResult, Envelope, Failure};
use super::keyword;
use serde::Serialize;
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// The dialect of the server (wire protocol).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// `error_code`, `error_message`, `data`.
    #[default]
    A,
    /// `err_code`, `err_msg`, `data`, and a `hint` on success.
    B,
    /// The payload itself; failures as in A.
    C,
    /// A JSON string that holds the A form.
    D,
}

const TABLE: &[(&str, Dialect)] = &[
    ("A", Dialect::A),
    ("B", Dialect::B),
    ("C", Dialect::C),
    ("D", Dialect::D),
];

impl Dialect {
    /// Every name [`FromStr`] takes (in either case).
    pub const NAMES: &[&str] = &["A", "B", "C", "D"];

    /// The body of an answer in this dialect.
    pub(super) fn render(self, reply: &EndpointResult) -> Vec<u8> {
        match reply {
            Ok(success) if success.envelope == Envelope::DataOnly => self.finish(&DataOnly {
                data: &success.data,
            }),
            Ok(success) => self.success(&success.data, success.envelope),
            Err(failure) => self.failure(failure),
        }
    }

    fn success(self, data: &Value, envelope: Envelope) -> Vec<u8> {
        match self {
            Dialect::A | Dialect::D => self.finish(&Plain {
                error_code: 0,
                error_message: (envelope == Envelope::Usual).then_some("ok"),
                data,
            }),
            Dialect::B => self.finish(&Hinted {
                err_code: 0,
                err_msg: "success",
                data,
                hint: Some("success"),
            }),
            Dialect::C => self.finish(data),
        }
    }

    fn failure(self, failure: &Failure) -> Vec<u8> {
        match self {
            Dialect::A | Dialect::C | Dialect::D => self.finish(&Plain {
                error_code: failure.code,
                error_message: Some(&failure.message),
                data: &Value::Object(serde_json::Map::new()),
            }),
            Dialect::B => self.finish(&Hinted {
                err_code: failure.code,
                err_msg: &failure.message,
                data: &Value::Null,
                hint: None,
            }),
        }
    }

    fn finish(self, body: &impl Serialize) -> Vec<u8> {
        let plain = serde_json::to_string(body).unwrap_or_default();
        match self {
            Dialect::D => serde_json::to_vec(&plain).unwrap_or_default(),
            _ => plain.into_bytes(),
        }
    }
}

impl FromStr for Dialect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        keyword::by_name("dialect", text, TABLE)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(keyword::name_of(*self, TABLE))
    }
}

// Structs rather than maps, to keep the field order of real servers.

#[derive(Serialize)]
struct Plain<'a> {
    error_code: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
    data: &'a Value,
}

#[derive(Serialize)]
struct Hinted<'a> {
    err_code: i64,
    err_msg: &'a str,
    data: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct DataOnly<'a> {
    data: &'a Value,
}

#[cfg(test)]
mod tests {
    use super::super::endpoint_result::Success;
    use super::*;
    use serde_json::json;

    fn rendered(dialect: Dialect, reply: &EndpointResult) -> String {
        String::from_utf8(dialect.render(reply)).unwrap()
    }

    #[test]
    fn renders_success_in_every_dialect() {
        let reply = Ok(Success::new(json!({"status": 2})));
        for (dialect, body) in [
            (
                Dialect::A,
                r#"{"error_code":0,"error_message":"ok","data":{"status":2}}"#,
            ),
            (
                Dialect::B,
                r#"{"err_code":0,"err_msg":"success","data":{"status":2},"hint":"success"}"#,
            ),
            (Dialect::C, r#"{"status":2}"#),
            (
                Dialect::D,
                r#""{\"error_code\":0,\"error_message\":\"ok\",\"data\":{\"status\":2}}""#,
            ),
        ] {
            assert_eq!(rendered(dialect, &reply), body);
        }
    }

    #[test]
    fn renders_failure_in_every_dialect() {
        let reply = Err(Failure::new(-1, "no"));
        let plain = r#"{"error_code":-1,"error_message":"no","data":{}}"#;
        assert_eq!(rendered(Dialect::A, &reply), plain);
        assert_eq!(rendered(Dialect::C, &reply), plain);
        assert_eq!(
            rendered(Dialect::B, &reply),
            r#"{"err_code":-1,"err_msg":"no","data":null}"#
        );
        let inner: String = serde_json::from_str(&rendered(Dialect::D, &reply)).unwrap();
        assert_eq!(inner, plain);
    }

    #[test]
    fn renders_reduced_envelopes() {
        let status = Ok(Success::new(json!(1)).with_envelope(Envelope::NoMessage));
        assert_eq!(
            rendered(Dialect::A, &status),
            r#"{"error_code":0,"data":1}"#
        );
        let list = Ok(Success::new(json!([])).with_envelope(Envelope::DataOnly));
        assert_eq!(rendered(Dialect::A, &list), r#"{"data":[]}"#);
    }
}
