//! What never comes, or never to an end.

use std::io::Write;
use std::thread;
use std::time::Duration;

use super::{CHUNKED, MORE, Row, TYPICAL, all_but_one, chunk, head_of};
use crate::matrix::faults::Observation;
use crate::support::raw::ok;

/// Never all of it.
pub const SILENT: &[Row] = &[
    ("nothing", Observation::Silence, TYPICAL, |g, _| g.wait()),
    (
        "half a status line, then nothing",
        Observation::Silence,
        MORE,
        |g, _| {
            g.write("HTTP/1.1 2");
            g.wait();
        },
    ),
    (
        "a head, then nothing",
        Observation::Silence,
        MORE,
        |g, good| {
            g.write(head_of(&good.body));
            g.wait();
        },
    ),
    (
        "almost all of the body, then nothing",
        Observation::Silence,
        MORE,
        |g, good| {
            g.write(all_but_one(&good.body));
            g.wait();
        },
    ),
    (
        "the answer without its end",
        Observation::Silence,
        MORE,
        |g, good| {
            g.write(format!("HTTP/1.1 200 OK\r\n\r\n{}", good.body));
            g.wait();
        },
    ),
    (
        "a chunk, then nothing",
        Observation::Silence,
        MORE,
        |g, good| {
            g.write(format!("{CHUNKED}{}", chunk(&good.body)));
            g.wait();
        },
    ),
    (
        "100 Continue, then nothing",
        Observation::Silence,
        MORE,
        |g, _| {
            g.write("HTTP/1.1 100 Continue\r\n\r\n");
            g.wait();
        },
    ),
    (
        "a byte now and then",
        Observation::Silence,
        MORE,
        |g, good| {
            g.drip(ok(&good.body), Duration::from_secs(5));
        },
    ),
    (
        "a chunk now and then",
        Observation::Silence,
        MORE,
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
        MORE,
        |g, _| {
            while g.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {
                thread::sleep(Duration::from_millis(100));
            }
        },
    ),
];
