//! Connections that end early, and answers that are not HTTP.

use std::io::Write;

use super::{CHUNKED, Row, TYPICAL, VARIANT, chunk, head_of, without_last_byte};
use crate::matrix::faults::Observation;
use crate::support::raw::{http, ok};

/// Connections that end early, and answers that are not HTTP.
pub const BROKEN_CONNECTIONS: &[Row] = &[
    (
        "closed after the request",
        Observation::Broken,
        TYPICAL,
        |_, _| {},
    ),
    (
        "reset after the request",
        Observation::Broken,
        VARIANT,
        |g, _| g.reset(),
    ),
    (
        "closed in the status line",
        Observation::Broken,
        VARIANT,
        |g, _| g.write("HTTP/1.1 20"),
    ),
    (
        "reset in the status line",
        Observation::Broken,
        VARIANT,
        |g, _| {
            g.write("HTTP/1.1 20");
            g.reset();
        },
    ),
    (
        "closed in the head",
        Observation::Broken,
        VARIANT,
        |g, good| g.write(&ok(&good.body)[..40]),
    ),
    (
        "reset in the head",
        Observation::Broken,
        VARIANT,
        |g, good| {
            g.write(&ok(&good.body)[..40]);
            g.reset();
        },
    ),
    (
        "closed before the body",
        Observation::Broken,
        VARIANT,
        |g, good| {
            g.write(head_of(&good.body));
        },
    ),
    (
        "closed in the body",
        Observation::Broken,
        TYPICAL,
        |g, good| g.write(without_last_byte(&good.body)),
    ),
    (
        "reset in the body",
        Observation::Broken,
        VARIANT,
        |g, good| {
            g.write(without_last_byte(&good.body));
            g.reset();
        },
    ),
    (
        "closed in a chunk's length",
        Observation::Broken,
        VARIANT,
        |g, _| {
            g.write(format!("{CHUNKED}5"));
        },
    ),
    (
        "closed in a chunk",
        Observation::Broken,
        VARIANT,
        |g, good| {
            g.write(format!(
                "{CHUNKED}{:x}\r\n{}",
                good.body.len() + 1,
                good.body
            ));
        },
    ),
    (
        "closed between chunks",
        Observation::Broken,
        VARIANT,
        |g, good| {
            g.write(format!("{CHUNKED}{}", chunk(&good.body)));
        },
    ),
    (
        "chunk length that is not a number",
        Observation::Broken,
        VARIANT,
        |g, good| {
            g.write(format!("{CHUNKED}all of it\r\n{}\r\n0\r\n\r\n", good.body));
        },
    ),
    (
        "content-length too large",
        Observation::Broken,
        VARIANT,
        |g, good| {
            let length = good.body.len() + 1;
            g.write(format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{}",
                good.body
            ));
        },
    ),
    (
        "content-length that is not a number",
        Observation::Broken,
        VARIANT,
        |g, good| {
            g.write(format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: all\r\n\r\n{}",
                good.body
            ));
        },
    ),
    (
        "negative content-length",
        Observation::Broken,
        VARIANT,
        |g, good| {
            g.write(format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: -1\r\n\r\n{}",
                good.body
            ));
        },
    ),
    (
        "two content-lengths",
        Observation::Broken,
        VARIANT,
        |g, good| {
            let length = good.body.len();
            let lengths = format!("content-length: 2\r\ncontent-length: {length}");
            g.write(format!("HTTP/1.1 200 OK\r\n{lengths}\r\n\r\n{}", good.body));
        },
    ),
    ("endless body", Observation::Broken, VARIANT, |g, _| {
        g.write("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n\"");
        while g.stream.write_all(&[b'a'; 65536]).is_ok() {}
    }),
    ("endless head", Observation::Broken, VARIANT, |g, _| {
        g.write("HTTP/1.1 200 OK\r\n");
        while g
            .stream
            .write_all(&b"x-padding: aaaaaaaaaaaaaaaaaaaa\r\n".repeat(99))
            .is_ok()
        {}
    }),
    ("endless header", Observation::Broken, VARIANT, |g, _| {
        g.write("HTTP/1.1 200 OK\r\nx-padding: ");
        while g.stream.write_all(&[b'a'; 4096]).is_ok() {}
    }),
    ("1000 headers", Observation::Broken, VARIANT, |g, good| {
        let length = good.body.len();
        let padding = "x-padding: a\r\n".repeat(1000);
        g.write(format!(
            "HTTP/1.1 200 OK\r\n{padding}content-length: {length}\r\n\r\n{}",
            good.body
        ));
    }),
    (
        "endless empty lines",
        Observation::Broken,
        VARIANT,
        |g, _| {
            while g.stream.write_all(&b"\r\n".repeat(2048)).is_ok() {}
        },
    ),
    ("not HTTP", Observation::Broken, VARIANT, |g, _| {
        g.write("SSH-2.0-OpenSSH_9.6\r\n")
    }),
    (
        "body without a head",
        Observation::Broken,
        VARIANT,
        |g, good| g.write(&good.body),
    ),
    ("a TLS alert", Observation::Broken, VARIANT, |g, _| {
        g.write(b"\x15\x03\x03\x00\x02\x02\x28")
    }),
    ("HTTP/2", Observation::Broken, VARIANT, |g, _| {
        g.write(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00")
    }),
    (
        "NUL bytes in the head",
        Observation::Broken,
        VARIANT,
        |g, good| {
            g.write(ok(&good.body).replace("content-type", "content\0type"));
        },
    ),
    (
        "status that is not a number",
        Observation::Broken,
        VARIANT,
        |g, good| {
            g.write(http("OK OK", &good.body));
        },
    ),
];
