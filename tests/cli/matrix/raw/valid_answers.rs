//! Answers and refusals in unusual forms.

use std::time::Duration;

use super::{CHUNKED, REFUSAL_BODY, Row, TYPICAL, VARIANT, chunk};
use crate::matrix::faults::Observation;
use crate::support::raw::{http, ok};

/// Valid answers in unusual forms.
pub const VALID_ANSWERS: &[Row] = &[
    (
        "the answer, the connection kept open",
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
        "the answer and other bytes",
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
        "the answer and a refusal",
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
        "the answer, then reset",
        Observation::AnswerThenReset,
        VARIANT,
        |g, good| {
            g.write(ok(&good.body));
            g.reset();
        },
    ),
    (
        "the answer, ended by the connection",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.write(format!("HTTP/1.1 200 OK\r\n\r\n{}", good.body));
        },
    ),
    (
        "the answer in chunks",
        Observation::Answer,
        TYPICAL,
        |g, good| {
            let (a, b) = good.body.split_at(1);
            g.write(format!(
                "{CHUNKED}{}{}0\r\nx-trailer: 1\r\n\r\n",
                chunk(a),
                chunk(b)
            ));
        },
    ),
    (
        "the answer in HTTP/1.0",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.write(ok(&good.body).replace("HTTP/1.1", "HTTP/1.0"));
        },
    ),
    (
        "the answer under HTTP 201",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.write(http("201 Created", &good.body));
        },
    ),
    (
        "the answer called HTML",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.write(ok(&good.body).replace("application/json", "text/html"));
        },
    ),
    (
        "the answer in bare line feeds",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.write(ok(&good.body).replace("\r\n", "\n"));
        },
    ),
    (
        "the answer after 100 Continue",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.write(format!("HTTP/1.1 100 Continue\r\n\r\n{}", ok(&good.body)));
        },
    ),
    (
        "the answer behind a byte order mark",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.write(ok(&format!("\u{feff}{}", good.body)));
        },
    ),
    (
        "the answer after 103 Early Hints",
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
        "the answer, a byte each millisecond",
        Observation::Answer,
        VARIANT,
        |g, good| {
            g.drip(ok(&good.body), Duration::from_millis(1));
        },
    ),
];

/// Refusals.
pub const REFUSALS: &[Row] = &[
    ("403 of a proxy", Observation::Refusal, TYPICAL, |g, _| {
        g.write(http("403 Forbidden", "<html>nginx</html>"));
    }),
    ("429 in words", Observation::Refusal, VARIANT, |g, _| {
        g.write(http("429 Too Many", "slow down"))
    }),
    (
        "{\"success\":false}",
        Observation::Refusal,
        TYPICAL,
        |g, _| g.write(ok(r#"{"success":false}"#)),
    ),
    ("{\"ok\":false}", Observation::Refusal, VARIANT, |g, _| {
        g.write(ok(r#"{"ok":false}"#))
    }),
    ("an error text", Observation::Refusal, VARIANT, |g, _| {
        g.write(ok(r#"{"error":"denied"}"#))
    }),
    (
        "a refusal text without a code",
        Observation::Refusal,
        VARIANT,
        |g, _| g.write(ok(r#"{"error_message":"账号异常","data":{}}"#)),
    ),
    (
        "{\"detail\":…} under HTTP 200",
        Observation::Refusal,
        VARIANT,
        |g, _| g.write(ok(r#"{"detail":"Not Found"}"#)),
    ),
    (
        "a code of the gateway",
        Observation::Refusal,
        VARIANT,
        |g, _| g.write(ok(r#"{"code":401,"msg":"token无效"}"#)),
    ),
    (
        "a code of a sibling product",
        Observation::Refusal,
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
        "a code in a string",
        Observation::Refusal,
        VARIANT,
        |g, _| {
            g.write(ok(&format!("{REFUSAL_BODY:?}")));
        },
    ),
];
