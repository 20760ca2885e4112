//! Property checks of calls to the gateway, for fuzz targets and tests.

#![allow(clippy::expect_used, reason = "property checks fail by panicking")]

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Gateway, RefusedCall};
use crate::api::interpret::interpret;
use crate::api::request::{Effect, Request};
use crate::api::{CallError, Refusal, Response};
use crate::error::{Kind, Outcome};
use crate::secret::{REDACTED, Secret};
use crate::text::Lang;

/// HTTP statuses with which the gateway or a proxy in front of it refuses a call.
const STATUSES: [u16; 5] = [200, 401, 403, 404, 429];

/// The body of a call, read a second time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped<'a> {
    app_key: String,
    app_secret: String,
    path: String,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// Checks a call: `app_key`, `app_secret` and path, one per line, then the body, which is also read as an
/// answer.
pub fn gateway(data: &[u8]) {
    let mut lines = data.splitn(4, |byte| *byte == b'\n');
    let mut line = || lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let (Some(app_key), Some(app_secret), Some(path)) = (line(), line(), line()) else {
        return;
    };
    let body = lines.next().unwrap_or_default();
    let gateway = Gateway {
        app_key: app_key.to_owned(),
        app_secret: Secret::new(app_secret),
    };
    check_wrapping(&gateway, path, body);
    for status in STATUSES {
        check_refusal(path, status, body);
    }
}

/// A call carries the request unchanged, and its form for output differs only in the secret.
fn check_wrapping(gateway: &Gateway, path: &str, body: &[u8]) {
    let request = Request {
        method: "POST".into(),
        path: path.to_owned().into(),
        body: Some(body.to_vec()),
        effect: Effect::Change,
    };
    let Ok(sent) = gateway.wrap(&request) else {
        let is_json = serde_json::from_slice::<Value>(body).is_ok();
        assert!(!is_json, "a JSON body was not wrapped");
        return;
    };
    let shown = gateway.wrap_redacted(&request).expect("wrapped before");
    for (wrapped, secret) in [(sent, gateway.app_secret.reveal()), (shown, REDACTED)] {
        let read: Wrapped = serde_json::from_slice(&wrapped).expect("a call is JSON");
        assert_eq!(
            (&*read.app_key, &*read.app_secret, &*read.path),
            (&*gateway.app_key, secret, path)
        );
        assert_eq!(read.data.get().as_bytes(), body.trim_ascii());
    }
}

/// A refused change was certainly not executed, and only what the gateway refuses itself was not sent.
fn check_refusal(path: &str, status: u16, body: &[u8]) {
    let response = Response {
        status,
        location: None,
        retry_after: None,
        body: body.to_vec(),
        latency: Duration::ZERO,
    };
    let Err(CallError::Refused(refusal)) = interpret(&response) else {
        return;
    };
    let refusal = Refusal {
        gateway: Some(RefusedCall::new(path, body)),
        ..refusal
    };
    let error = CallError::Refused(refusal).into_error(Effect::Change);
    match error.outcome {
        Some(Outcome::NotSent) => assert!(matches!(error.kind, Kind::Config | Kind::Busy)),
        outcome => assert_eq!(outcome, Some(Outcome::Rejected)),
    }
    let is_blocked = error.kind == Kind::Busy;
    assert!(!is_blocked || error.retryable && error.retry_after.is_some());
    for lang in [Lang::En, Lang::Zh] {
        assert!(!error.message.render(lang).is_empty());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::token_sequences::token_sequences;

    const BODY: &[&str] = &[
        r#"{"guid":"g","conversation_id":"R:1","content":"备 \"a\""}"#,
        r#"{"code":429,"msg":"请求过于频繁"}"#,
        r#"{"code":401,"message":"app_key or app_secret is invalid"}"#,
        r#"{"baseResponse":{"ret":-3},"list":[]}"#,
        r#"{"error_code":1002,"error_message":"offline","data":{}}"#,
        r#""code":9003,"#,
        r#""msg":"#,
        r#""too many calls""#,
        "\"app_secret\":\"s\"",
        "\\ud83d",
        "\"\\ud83d\"",
        " ",
        "\n",
        "1e999",
        "null",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
    ];

    proptest! {
        #[test]
        fn calls_carry_requests_unchanged(
            app_key in "[a-z\"\\\\]{0,9}",
            app_secret in "[a-z\"\\\\备]{0,9}",
            path in "/client/all_clients|/msg/send_text|[a-z/\"]{0,9}",
            body in token_sequences(BODY),
        ) {
            let head = format!("{app_key}\n{app_secret}\n{path}\n");
            gateway(&[head.into_bytes(), body].concat());
        }
    }
}
