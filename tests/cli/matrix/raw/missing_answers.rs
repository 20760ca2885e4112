//! Answers that never arrive or never end.

use std::io::Write;
use std::thread;
use std::time::Duration;

use super::{CHUNKED, Row, TYPICAL, VARIANT, chunk, head_of, without_last_byte};
use crate::matrix::faults::Observation;
use crate::support::raw::ok;

/// Answers that never arrive completely.
pub const NO_ANSWER: &[Row] = &[
    ("nothing", Observation::Silence, TYPICAL, |g, _| g.wait()),
    (
        "half a status line, then nothing",
        Observation::Silence,
        VARIANT,
        |g, _| {
            g.write("HTTP/1.1 2");
            g.wait();
        },
    ),
    (
        "a head, then nothing",
        Observation::Silence,
        VARIANT,
        |g, good| {
            g.write(head_of(&good.body));
            g.wait();
        },
    ),
    (
        "almost all of the body, then nothing",
        Observation::Silence,
        VARIANT,
        |g, good| {
            g.write(without_last_byte(&good.body));
            g.wait();
        },
    ),
    (
        "the answer without its end",
        Observation::Silence,
        VARIANT,
        |g, good| {
            g.write(format!("HTTP/1.1 200 OK\r\n\r\n{}", good.body));
            g.wait();
        },
    ),
    (
        "a chunk, then nothing",
        Observation::Silence,
        VARIANT,
        |g, good| {
            g.write(format!("{CHUNKED}{}", chunk(&good.body)));
            g.wait();
        },
    ),
    (
        "100 Continue, then nothing",
        Observation::Silence,
        VARIANT,
        |g, _| {
            g.write("HTTP/1.1 100 Continue\r\n\r\n");
            g.wait();
        },
    ),
    (
        "a byte now and then",
        Observation::Silence,
        VARIANT,
        |g, good| {
            g.drip(ok(&good.body), Duration::from_secs(5));
        },
    ),
    (
        "a chunk now and then",
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
        "100 Continue now and then",
        Observation::Silence,
        VARIANT,
        |g, _| {
            while g.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {
                thread::sleep(Duration::from_millis(100));
            }
        },
    ),
];
