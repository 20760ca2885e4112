//! Answers that never arrive or never end.

use std::io::Write;
use std::thread;
use std::time::Duration;

use super::{CHUNKED, Row, TYPICAL, VARIANT, chunk, head_of, without_last_byte};
use crate::matrix::faults::Observation;
use crate::support::raw::ok;

/// Answers that never arrive completely.
pub const NO_ANSWER: &[Row] = &[
    ("no response", Observation::Silence, TYPICAL, |g, _| {
        g.wait()
    }),
    (
        "partial status line, then silence",
        Observation::Silence,
        VARIANT,
        |g, _| {
            g.write("HTTP/1.1 2");
            g.wait();
        },
    ),
    (
        "a head, then silence",
        Observation::Silence,
        VARIANT,
        |g, good| {
            g.write(head_of(&good.body));
            g.wait();
        },
    ),
    (
        "all but the last byte of the body, then silence",
        Observation::Silence,
        VARIANT,
        |g, good| {
            g.write(without_last_byte(&good.body));
            g.wait();
        },
    ),
    (
        "body of unknown length, then silence",
        Observation::Silence,
        VARIANT,
        |g, good| {
            g.write(format!("HTTP/1.1 200 OK\r\n\r\n{}", good.body));
            g.wait();
        },
    ),
    (
        "one chunk, then silence",
        Observation::Silence,
        VARIANT,
        |g, good| {
            g.write(format!("{CHUNKED}{}", chunk(&good.body)));
            g.wait();
        },
    ),
    (
        "100 Continue, then silence",
        Observation::Silence,
        VARIANT,
        |g, _| {
            g.write("HTTP/1.1 100 Continue\r\n\r\n");
            g.wait();
        },
    ),
    (
        "one byte at intervals",
        Observation::Silence,
        VARIANT,
        |g, good| {
            g.drip(ok(&good.body), Duration::from_secs(5));
        },
    ),
    (
        "one chunk at intervals",
        Observation::Silence,
        VARIANT,
        |g, _| {
            g.write(CHUNKED);
            while g.stream.write_all(b"1\r\n \r\n").is_ok() {
                thread::sleep(Duration::from_millis(100));
            }
        },
    ),
    (
        "100 Continue at intervals",
        Observation::Silence,
        VARIANT,
        |g, _| {
            while g.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {
                thread::sleep(Duration::from_millis(100));
            }
        },
    ),
];
