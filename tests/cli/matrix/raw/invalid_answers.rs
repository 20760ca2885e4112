//! Complete HTTP responses that are neither an answer nor a refusal.

use super::{GoodAnswer, REFUSAL_BODY, Row, TYPICAL, VARIANT};
use crate::matrix::faults::{Observation, Shape};
use crate::support::raw::{http, ok};

/// HTTP that is neither an answer nor a refusal.
pub const UNEXPECTED_STATUS: &[Row] = &[
    (
        "valid body with HTTP 500",
        Observation::UnexpectedStatus,
        TYPICAL,
        |g, good| {
            g.write(http("500 Oops", &good.body));
        },
    ),
    (
        "HTTP 408 from a proxy",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, _| g.write(http("408 Request Timeout", "")),
    ),
    (
        "HTTP 409 from a proxy",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, _| g.write(http("409 Conflict", "")),
    ),
    (
        "HTTP 460 from a load balancer",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, _| g.write(http("460 Client Closed", "")),
    ),
    (
        "HTTP 499 from a proxy",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, _| g.write(http("499 Client Closed Request", "")),
    ),
    (
        "valid body with HTTP 400",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, good| {
            g.write(http("400 Bad Request", &good.body));
        },
    ),
    (
        "HTTP 502 from a proxy",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, _| {
            g.write(http("502 Bad Gateway", "<html>nginx</html>"));
        },
    ),
    (
        "valid body with HTTP 999",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, good| {
            g.write(http("999 What", &good.body));
        },
    ),
    (
        "a refusal with HTTP 500",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, _| g.write(http("500 Oops", REFUSAL_BODY)),
    ),
    (
        "HTTP 301",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, good| g.write(redirect(301, good)),
    ),
    (
        "HTTP 302",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, good| g.write(redirect(302, good)),
    ),
    (
        "HTTP 303",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, good| g.write(redirect(303, good)),
    ),
    (
        "HTTP 307",
        Observation::UnexpectedStatus,
        TYPICAL,
        |g, good| g.write(redirect(307, good)),
    ),
    (
        "HTTP 308",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, good| g.write(redirect(308, good)),
    ),
    (
        "HTTP 304",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, _| g.write("HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n"),
    ),
    (
        "valid body with HTTP 300",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, good| {
            g.write(http("300 Multiple Choices", &good.body));
        },
    ),
];

/// HTTP 200 without usable JSON.
pub const UNUSABLE_BODY: &[Row] = &[
    ("HTML page", Observation::UnusableBody, TYPICAL, |g, _| {
        g.write(ok("<html><body>It works!</body></html>"))
    }),
    (
        "first half of the JSON",
        Observation::UnusableBody,
        TYPICAL,
        |g, good| {
            let half = good.body.chars().count() / 2;
            g.write(ok(&good.body.chars().take(half).collect::<String>()));
        },
    ),
    (
        "content-length too small",
        Observation::UnusableBody,
        VARIANT,
        |g, good| {
            let length = good.body.len() - 1;
            g.write(format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{}",
                good.body
            ));
        },
    ),
    (
        "content-length 0",
        Observation::UnusableBody,
        VARIANT,
        |g, good| {
            g.write(format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n{}",
                good.body
            ));
        },
    ),
    ("binary body", Observation::UnusableBody, VARIANT, |g, _| {
        g.write("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\n");
        g.write(b"\x00\xff\xfe{\x80");
    }),
    ("empty body", Observation::UnusableBody, VARIANT, |g, _| {
        g.write(ok(""))
    }),
    (
        "only whitespace",
        Observation::UnusableBody,
        VARIANT,
        |g, _| g.write(ok(" \r\n ")),
    ),
    (
        "HTTP 204 without a body",
        Observation::UnusableBody,
        VARIANT,
        |g, _| g.write("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"),
    ),
    (
        "other text after the JSON",
        Observation::UnusableBody,
        VARIANT,
        |g, good| {
            g.write(ok(&format!("{}}}", good.body)));
        },
    ),
    (
        "the JSON twice",
        Observation::UnusableBody,
        VARIANT,
        |g, good| {
            g.write(ok(&good.body.repeat(2)));
        },
    ),
    (
        "valid body with \"success\":false added",
        Observation::UnusableBody,
        TYPICAL,
        |g, good| {
            g.write(ok(&contradicted(&good.body, "\"success\":false")));
        },
    ),
    (
        "valid body with an error text added",
        Observation::UnusableBody,
        VARIANT,
        |g, good| {
            g.write(ok(&contradicted(&good.body, "\"error\":\"denied\"")));
        },
    ),
    (
        "{\"success\":true} without a code",
        Observation::UnusableBody,
        VARIANT,
        |g, _| g.write(ok(r#"{"success":true}"#)),
    ),
    (
        "a message that neither confirms nor refuses",
        Observation::UnusableBody,
        VARIANT,
        |g, _| g.write(ok("{\"msg\":\"系统繁忙\",\"data\":[]}")),
    ),
    (
        "valid body in UTF-16",
        Observation::UnusableBody,
        VARIANT,
        |g, good| {
            let bytes: Vec<u8> = good
                .body
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect();
            g.write(format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                bytes.len()
            ));
            g.write(bytes);
        },
    ),
    (
        "JSON nested 1000 levels deep",
        Observation::UnusableBody,
        VARIANT,
        |g, _| {
            g.write(ok(&format!("{}{}", "[".repeat(1000), "]".repeat(1000))));
        },
    ),
    (
        "a JSON number",
        Observation::UnusableBody,
        VARIANT,
        |g, _| g.write(ok("0")),
    ),
    (
        "a JSON boolean",
        Observation::UnusableBody,
        VARIANT,
        |g, _| g.write(ok("true")),
    ),
    (
        "the JSON string \"null\"",
        Observation::BareJson(Shape::Null),
        VARIANT,
        |g, _| g.write(ok(r#""null""#)),
    ),
    (
        "an error code that is not a number",
        Observation::UnusableBody,
        VARIANT,
        |g, _| {
            g.write(ok(r#"{"error_code":"ok","data":{}}"#));
        },
    ),
    (
        "a JSON string",
        Observation::BareJson(Shape::JsonString),
        TYPICAL,
        |g, _| g.write(ok(r#""ok""#)),
    ),
];

fn redirect(status: u16, good: &GoodAnswer) -> String {
    let to = &good.redirect_url;
    format!(
        "HTTP/1.1 {status} Moved\r\nconnection: close\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"
    )
}

/// The answer with another field before its own.
fn contradicted(body: &str, field: &str) -> String {
    match body.strip_prefix('{') {
        Some(rest) => format!("{{{field},{rest}"),
        None => format!("{{{field},\"data\":{body}}}"),
    }
}
