//! Clients that come, do harm and go.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::{Counts, Target, one_more, reset};
use crate::pace::{Pace, Span};

const PER_SECOND: f64 = 20.0;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
const HUGE: usize = 2 * 1024 * 1024;

pub fn run(target: &Target, span: &Span, counts: &Counts) {
    let mut random = fastrand::Rng::new();
    let mut pace = Pace::new(PER_SECOND);
    while pace.wait(span) {
        let Some(stream) = target.connect(counts) else {
            continue;
        };
        let _ = stream.set_read_timeout(Some(PATIENCE));
        let _ = stream.set_write_timeout(Some(PATIENCE));
        harm(stream, target, &mut random, counts);
    }
}

fn harm(stream: TcpStream, target: &Target, random: &mut fastrand::Rng, counts: &Counts) {
    let proper = &target.proper;
    let head = proper.find("\r\n\r\n").unwrap() + 4;
    let refused = &target.refused[random.usize(..target.refused.len())];
    match random.u8(..12) {
        // Comes and goes.
        0 => {}
        1 => reset(stream),
        // Half a head, half a body.
        2 => write(stream, &proper[..random.usize(..head)]),
        3 => reset_after(stream, &proper[..random.usize(head..proper.len())]),
        // A whole request, and no ear for the answer.
        4 => reset_after(stream, &refused.repeat(20)),
        5 => must_be_refused(stream, refused, counts),
        6 => must_be_refused(stream, &garbage(random), counts),
        7 => {
            let endless = format!("{}X: {}", &proper[..head - 2], "x".repeat(HUGE / 8));
            must_be_refused(stream, &endless, counts);
        }
        8 => {
            let many = format!("{}{}\r\n", &proper[..head - 2], "X: y\r\n".repeat(5000));
            must_be_refused(stream, &many, counts);
        }
        9 => {
            let promise = "POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n";
            must_be_refused(stream, &(promise.to_owned() + &garbage(random)), counts);
        }
        10 => {
            let long = format!("POST / HTTP/1.1\r\nContent-Length: {HUGE}\r\n\r\n");
            must_be_refused(stream, &(long + &"x".repeat(HUGE)), counts);
        }
        _ => {
            let chunks = "fffffffff\r\n".to_owned() + &garbage(random);
            let long = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
            must_be_refused(stream, &(long + &chunks), counts);
        }
    }
}

fn write(mut stream: TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes());
}

fn reset_after(mut stream: TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes());
    reset(stream);
}

/// Being cut off without an answer is a refusal as well.
fn must_be_refused(mut stream: TcpStream, text: &str, counts: &Counts) {
    let _ = stream.write_all(text.as_bytes());
    let mut answer = [0; 64];
    let counter = match stream.read(&mut answer) {
        Ok(12..) if answer.starts_with(b"HTTP/1.") && b"45".contains(&answer[9]) => &counts.refused,
        Ok(0) => &counts.refused,
        Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => &counts.refused,
        _ => &counts.surprising,
    };
    one_more(counter);
}

/// No request at all; ends like a head, so that nobody has to wait for more.
fn garbage(random: &mut fastrand::Rng) -> String {
    let noise: String = (0..200).map(|_| random.char(..)).collect();
    noise + "\r\n\r\n"
}
