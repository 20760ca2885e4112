//! Answers and refusals in unusual forms.

use std::time::Duration;

use super::{CHUNKED, REFUSAL_BODY, Row, TYPICAL, VARIANT, chunk};
use crate::matrix::faults::Observation;
use crate::support::raw::{http, ok};

/// Valid answers in unusual forms.
pub const VALID_ANSWERS: &[Row] = &[
    (
        "connection kept open",
        Observation::Answer,
        TYPICAL,
        |g, good| {
            let length = good.body.len();
            g.write(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{}",
                good.body
            ));
            good.keep_connection();
        },
    ),
    (
        "other bytes after the body",
        Observation::Answer,
        VARIANT,
        |g, good| {
            let length = good.body.len();
            g.write(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{}extra",
                good.body
            ));
            good.keep_connection();
        },
    ),
    (
        "a refusal as a second response",
        Observation::Answer,
        VARIANT,
        |g, good| {
            let length = good.body.len();
            let no = http("400 Bad Request", REFUSAL_BODY);
            g.write(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{}{no}",
                good.body
            ));
            good.keep_connection();
        },
    ),
    (
        "reset after the answer",
        Observation::AnswerThenReset,
        VARIANT,
        |g, good| {
            g.write(ok(&good.body));
            g.reset();
        },
    ),
    (
        "body delimited by connection close",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.write(format!("HTTP/1.1 200 OK\r\n\r\n{}", good.body));
        },
    ),
    ("chunked body", Observation::Answer, TYPICAL, |g, good| {
        let (a, b) = good.body.split_at(1);
        g.write(format!(
            "{CHUNKED}{}{}0\r\nx-trailer: 1\r\n\r\n",
            chunk(a),
            chunk(b)
        ));
    }),
    ("HTTP/1.0", Observation::Answer, VARIANT, |g, good| {
        g.write(ok(&good.body).replace("HTTP/1.1", "HTTP/1.0"));
    }),
    (
        "valid body with HTTP 201",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.write(http("201 Created", &good.body));
        },
    ),
    (
        "valid JSON with content-type text/html",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.write(ok(&good.body).replace("application/json", "text/html"));
        },
    ),
    (
        "bare line feeds as line ends",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.write(ok(&good.body).replace("\r\n", "\n"));
        },
    ),
    (
        "100 Continue before the answer",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.write(format!("HTTP/1.1 100 Continue\r\n\r\n{}", ok(&good.body)));
        },
    ),
    (
        "byte order mark before the body",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.write(ok(&format!("\u{feff}{}", good.body)));
        },
    ),
    (
        "103 Early Hints before the answer",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.write(format!(
                "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n{}",
                ok(&good.body)
            ));
        },
    ),
    (
        "one byte each millisecond",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.drip(ok(&good.body), Duration::from_millis(1));
        },
    ),
];

/// Refusals.
pub const REFUSALS: &[Row] = &[
    (
        "HTTP 403 from a proxy",
        Observation::CredentialsRefused,
        TYPICAL,
        |g, _| {
            g.write(http("403 Forbidden", "<html>nginx</html>"));
        },
    ),
    (
        "HTTP 429 with a plain-text body",
        Observation::TooManyCalls,
        VARIANT,
        |g, _| g.write(http("429 Too Many", "slow down")),
    ),
    (
        "{\"success\":false}",
        Observation::Refusal,
        TYPICAL,
        |g, _| g.write(ok(r#"{"success":false}"#)),
    ),
    ("{\"ok\":false}", Observation::Refusal, VARIANT, |g, _| {
        g.write(ok(r#"{"ok":false}"#))
    }),
    (
        "an error text without a code",
        Observation::Refusal,
        VARIANT,
        |g, _| g.write(ok(r#"{"error":"denied"}"#)),
    ),
    (
        "a refusal text without a code",
        Observation::Refusal,
        VARIANT,
        |g, _| g.write(ok(r#"{"error_message":"账号异常","data":{}}"#)),
    ),
    (
        "{\"detail\":…} with HTTP 200",
        Observation::Refusal,
        VARIANT,
        |g, _| g.write(ok(r#"{"detail":"Not Found"}"#)),
    ),
    (
        "an error code of the hosted gateway",
        Observation::CredentialsRefused,
        VARIANT,
        |g, _| g.write(ok(r#"{"code":401,"msg":"token无效"}"#)),
    ),
    (
        "an error code in baseResponse",
        Observation::PersonalWechat,
        VARIANT,
        |g, _| g.write(ok(r#"{"baseResponse":{"ret":-3},"list":[]}"#)),
    ),
    (
        "{\"result\":\"fail\"}",
        Observation::Refusal,
        VARIANT,
        |g, _| g.write(ok(r#"{"result":"fail"}"#)),
    ),
    (
        "a refusal in a JSON string",
        Observation::Refusal,
        VARIANT,
        |g, _| {
            g.write(ok(&format!("{REFUSAL_BODY:?}")));
        },
    ),
];
