//! An HTTP answer, before it is written.

use serde_json::{Value, json};

/// A finished answer of the server.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Value of `content-type`.
    pub content_type: &'static str,
    /// Headers beyond length, type and connection.
    pub headers: Vec<(&'static str, String)>,
    /// The body, written as it is.
    pub body: Vec<u8>,
    /// What happened, in a few words, for whoever watches.
    pub note: String,
}

const JSON: &str = "application/json";

impl Answer {
    /// A JSON body as rendered already.
    pub(super) fn json(status: u16, body: Vec<u8>, note: impl Into<String>) -> Self {
        Answer {
            status,
            content_type: JSON,
            headers: Vec::new(),
            body,
            note: note.into(),
        }
    }

    /// FastAPI's `{"detail":…}`.
    pub(super) fn detail(status: u16, detail: &Value, note: impl Into<String>) -> Self {
        let body = json!({ "detail": detail }).to_string().into_bytes();
        Answer::json(status, body, note)
    }

    /// FastAPI's `{"detail":"…"}` with the usual phrase of the status.
    pub(super) fn error(status: u16) -> Self {
        Answer::detail(status, &json!(reason(status)), reason(status))
    }

    /// A body that is not JSON.
    pub(super) fn raw(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Answer {
            status,
            content_type,
            headers: Vec::new(),
            body: body.into(),
            note: String::new(),
        }
    }

    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn method_not_allowed(allowed: &str) -> Self {
        Answer::error(405).with_header("allow", allowed)
    }
}

/// The phrase that goes with a status, in the status line and in FastAPI's `detail`.
pub(super) fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Request Entity Too Large",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ if status < 500 => "Client Error",
        _ => "Server Error",
    }
}
