//! Complete HTTP responses that are neither an answer nor a refusal.

use super::{GoodAnswer, REFUSAL_BODY, Row, TYPICAL, VARIANT};
use crate::matrix::faults::{Observation, Shape};
use crate::support::raw::{http, ok};

/// HTTP that is neither an answer nor a refusal.
pub const UNEXPECTED_STATUS: &[Row] = &[
    (
        "the answer under HTTP 500",
        Observation::UnexpectedStatus,
        TYPICAL,
        |g, good| {
            g.write(http("500 Oops", &good.body));
        },
    ),
    (
        "408 of a proxy",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, _| g.write(http("408 Request Timeout", "")),
    ),
    (
        "409 of a proxy",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, _| g.write(http("409 Conflict", "")),
    ),
    (
        "460 of a load balancer",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, _| g.write(http("460 Client Closed", "")),
    ),
    (
        "499 of a proxy",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, _| g.write(http("499 Client Closed Request", "")),
    ),
    (
        "the answer under HTTP 400",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, good| {
            g.write(http("400 Bad Request", &good.body));
        },
    ),
    (
        "502 of a proxy",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, _| {
            g.write(http("502 Bad Gateway", "<html>nginx</html>"));
        },
    ),
    (
        "the answer under HTTP 999",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, good| {
            g.write(http("999 What", &good.body));
        },
    ),
    (
        "a refusal under HTTP 500",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, _| g.write(http("500 Oops", REFUSAL_BODY)),
    ),
    ("301", Observation::UnexpectedStatus, VARIANT, |g, good| {
        g.write(redirect(301, good))
    }),
    ("302", Observation::UnexpectedStatus, VARIANT, |g, good| {
        g.write(redirect(302, good))
    }),
    ("303", Observation::UnexpectedStatus, VARIANT, |g, good| {
        g.write(redirect(303, good))
    }),
    ("307", Observation::UnexpectedStatus, TYPICAL, |g, good| {
        g.write(redirect(307, good))
    }),
    ("308", Observation::UnexpectedStatus, VARIANT, |g, good| {
        g.write(redirect(308, good))
    }),
    ("304", Observation::UnexpectedStatus, VARIANT, |g, _| {
        g.write("HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n")
    }),
    (
        "the answer under HTTP 300",
        Observation::UnexpectedStatus,
        VARIANT,
        |g, good| {
            g.write(http("300 Multiple Choices", &good.body));
        },
    ),
];

/// HTTP 200 without usable JSON.
pub const UNUSABLE_BODY: &[Row] = &[
    ("HTML", Observation::UnusableBody, TYPICAL, |g, _| {
        g.write(ok("<html><body>It works!</body></html>"))
    }),
    (
        "half the JSON",
        Observation::UnusableBody,
        TYPICAL,
        |g, good| {
            g.write(ok(&good.body[..good.body.len() / 2]));
        },
    ),
    (
        "a length too short",
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
        "a length of 0",
        Observation::UnusableBody,
        VARIANT,
        |g, good| {
            g.write(format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n{}",
                good.body
            ));
        },
    ),
    ("bytes", Observation::UnusableBody, VARIANT, |g, _| {
        g.write("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\n");
        g.write(b"\x00\xff\xfe{\x80");
    }),
    (
        "an empty body",
        Observation::UnusableBody,
        VARIANT,
        |g, _| g.write(ok("")),
    ),
    ("only spaces", Observation::UnusableBody, VARIANT, |g, _| {
        g.write(ok(" \r\n "))
    }),
    ("no content", Observation::UnusableBody, VARIANT, |g, _| {
        g.write("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
    }),
    (
        "the answer, and more in the body",
        Observation::UnusableBody,
        VARIANT,
        |g, good| {
            g.write(ok(&format!("{}}}", good.body)));
        },
    ),
    (
        "the answer twice in the body",
        Observation::UnusableBody,
        VARIANT,
        |g, good| {
            g.write(ok(&good.body.repeat(2)));
        },
    ),
    (
        "the answer with \"success\":false in it",
        Observation::UnusableBody,
        TYPICAL,
        |g, good| {
            g.write(ok(&contradicted(&good.body, "\"success\":false")));
        },
    ),
    (
        "the answer with an error text in it",
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
        "a text that is neither a yes nor a no",
        Observation::UnusableBody,
        VARIANT,
        |g, _| g.write(ok("{\"msg\":\"系统繁忙\",\"data\":[]}")),
    ),
    (
        "the answer in UTF-16",
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
        "a thousand brackets",
        Observation::UnusableBody,
        VARIANT,
        |g, _| {
            g.write(ok(&format!("{}{}", "[".repeat(1000), "]".repeat(1000))));
        },
    ),
    ("a number", Observation::UnusableBody, VARIANT, |g, _| {
        g.write(ok("0"))
    }),
    ("a truth", Observation::UnusableBody, VARIANT, |g, _| {
        g.write(ok("true"))
    }),
    (
        "null in a string",
        Observation::BareJson(Shape::Null),
        VARIANT,
        |g, _| g.write(ok(r#""null""#)),
    ),
    (
        "a code that is no number",
        Observation::UnusableBody,
        VARIANT,
        |g, _| {
            g.write(ok(r#"{"error_code":"ok","data":{}}"#));
        },
    ),
    (
        "a word",
        Observation::BareJson(Shape::Word),
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
