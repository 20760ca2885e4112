//! Whole HTTP that is neither an answer nor a refusal.

use super::{GoodAnswer, MORE, NO, Row, TYPICAL};
use crate::matrix::faults::{Observation, Shape};
use crate::support::raw::{http, ok};

/// HTTP that is neither an answer nor a refusal.
pub const ODD: &[Row] = &[
    (
        "the answer under HTTP 500",
        Observation::OddStatus,
        TYPICAL,
        |g, good| {
            g.write(http("500 Oops", &good.body));
        },
    ),
    ("408 of a proxy", Observation::OddStatus, MORE, |g, _| {
        g.write(http("408 Request Timeout", ""))
    }),
    ("409 of a proxy", Observation::OddStatus, MORE, |g, _| {
        g.write(http("409 Conflict", ""))
    }),
    (
        "460 of a load balancer",
        Observation::OddStatus,
        MORE,
        |g, _| g.write(http("460 Client Closed", "")),
    ),
    ("499 of a proxy", Observation::OddStatus, MORE, |g, _| {
        g.write(http("499 Client Closed Request", ""))
    }),
    (
        "the answer under HTTP 400",
        Observation::OddStatus,
        MORE,
        |g, good| {
            g.write(http("400 Bad Request", &good.body));
        },
    ),
    ("502 of a proxy", Observation::OddStatus, MORE, |g, _| {
        g.write(http("502 Bad Gateway", "<html>nginx</html>"));
    }),
    (
        "the answer under HTTP 999",
        Observation::OddStatus,
        MORE,
        |g, good| {
            g.write(http("999 What", &good.body));
        },
    ),
    (
        "a refusal under HTTP 500",
        Observation::OddStatus,
        MORE,
        |g, _| g.write(http("500 Oops", NO)),
    ),
    ("301", Observation::OddStatus, MORE, |g, good| {
        g.write(redirect(301, good))
    }),
    ("302", Observation::OddStatus, MORE, |g, good| {
        g.write(redirect(302, good))
    }),
    ("303", Observation::OddStatus, MORE, |g, good| {
        g.write(redirect(303, good))
    }),
    ("307", Observation::OddStatus, TYPICAL, |g, good| {
        g.write(redirect(307, good))
    }),
    ("308", Observation::OddStatus, MORE, |g, good| {
        g.write(redirect(308, good))
    }),
    ("304", Observation::OddStatus, MORE, |g, _| {
        g.write("HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n")
    }),
    (
        "the answer under HTTP 300",
        Observation::OddStatus,
        MORE,
        |g, good| {
            g.write(http("300 Multiple Choices", &good.body));
        },
    ),
];

/// HTTP 200 that says nothing.
pub const NONSENSE: &[Row] = &[
    ("HTML", Observation::Nonsense, TYPICAL, |g, _| {
        g.write(ok("<html><body>It works!</body></html>"))
    }),
    (
        "half the JSON",
        Observation::Nonsense,
        TYPICAL,
        |g, good| {
            g.write(ok(&good.body[..good.body.len() / 2]));
        },
    ),
    (
        "a length too short",
        Observation::Nonsense,
        MORE,
        |g, good| {
            let length = good.body.len() - 1;
            g.write(format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{}",
                good.body
            ));
        },
    ),
    ("a length of 0", Observation::Nonsense, MORE, |g, good| {
        g.write(format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n{}",
            good.body
        ));
    }),
    ("bytes", Observation::Nonsense, MORE, |g, _| {
        g.write("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\n");
        g.write(b"\x00\xff\xfe{\x80");
    }),
    ("an empty body", Observation::Nonsense, MORE, |g, _| {
        g.write(ok(""))
    }),
    ("only spaces", Observation::Nonsense, MORE, |g, _| {
        g.write(ok(" \r\n "))
    }),
    ("no content", Observation::Nonsense, MORE, |g, _| {
        g.write("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
    }),
    (
        "the answer, and more in the body",
        Observation::Nonsense,
        MORE,
        |g, good| {
            g.write(ok(&format!("{}}}", good.body)));
        },
    ),
    (
        "the answer twice in the body",
        Observation::Nonsense,
        MORE,
        |g, good| {
            g.write(ok(&good.body.repeat(2)));
        },
    ),
    (
        "the answer with \"success\":false in it",
        Observation::Nonsense,
        TYPICAL,
        |g, good| {
            g.write(ok(&contradicted(&good.body, "\"success\":false")));
        },
    ),
    (
        "the answer with an error text in it",
        Observation::Nonsense,
        MORE,
        |g, good| {
            g.write(ok(&contradicted(&good.body, "\"error\":\"denied\"")));
        },
    ),
    (
        "{\"success\":true} without a code",
        Observation::Nonsense,
        MORE,
        |g, _| g.write(ok(r#"{"success":true}"#)),
    ),
    (
        "a text that is neither a yes nor a no",
        Observation::Nonsense,
        MORE,
        |g, _| g.write(ok("{\"msg\":\"系统繁忙\",\"data\":[]}")),
    ),
    (
        "the answer in UTF-16",
        Observation::Nonsense,
        MORE,
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
        Observation::Nonsense,
        MORE,
        |g, _| {
            g.write(ok(&format!("{}{}", "[".repeat(1000), "]".repeat(1000))));
        },
    ),
    ("a number", Observation::Nonsense, MORE, |g, _| {
        g.write(ok("0"))
    }),
    ("a truth", Observation::Nonsense, MORE, |g, _| {
        g.write(ok("true"))
    }),
    (
        "null in a string",
        Observation::Bare(Shape::Null),
        MORE,
        |g, _| g.write(ok(r#""null""#)),
    ),
    (
        "a code that is no number",
        Observation::Nonsense,
        MORE,
        |g, _| {
            g.write(ok(r#"{"error_code":"ok","data":{}}"#));
        },
    ),
    ("a word", Observation::Bare(Shape::Word), TYPICAL, |g, _| {
        g.write(ok(r#""ok""#))
    }),
];

fn redirect(status: u16, good: &GoodAnswer) -> String {
    let to = &good.elsewhere;
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
