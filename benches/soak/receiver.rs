//! Somebody who takes callbacks, and at times does not.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::common::http::whole;
use super::pace::Span;
use super::tally::Seen;

/// How it is at the moment.
#[derive(Clone, Copy, Debug)]
enum Mood {
    Well,
    /// Nobody listens.
    Dead,
    /// Takes everything and answers nothing.
    Silent,
    /// Answers 500.
    Cross,
}

/// It is well most of the time.
const MOODS: [Mood; 8] = [
    Mood::Well,
    Mood::Well,
    Mood::Dead,
    Mood::Well,
    Mood::Silent,
    Mood::Well,
    Mood::Cross,
    Mood::Well,
];
const LOOK: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes callbacks until the time is over; says which messages they told.
pub fn run(address: SocketAddr, span: &Span) -> Seen {
    let mut seen = Seen::default();
    for mood in MOODS.iter().cycle() {
        if span.is_over() {
            break;
        }
        let end = Instant::now() + span.part(50);
        match mood {
            Mood::Dead => drop(span.rest(span.part(200))),
            mood => take(address, *mood, end, span, &mut seen),
        }
    }
    seen
}

fn take(address: SocketAddr, mood: Mood, end: Instant, span: &Span, seen: &mut Seen) {
    // A child that is just being started holds a copy of the listener before.
    let Ok(listener) = TcpListener::bind(address) else {
        return thread::sleep(LOOK);
    };
    listener.set_nonblocking(true).unwrap();
    let mut kept = Vec::new();
    while Instant::now() < end && !span.is_over() {
        let Ok((mut stream, _)) = listener.accept() else {
            thread::sleep(LOOK);
            continue;
        };
        // What was posted by somebody who has gone meanwhile is none of ours.
        let _ = receive(&mut stream, seen);
        match mood {
            Mood::Silent => kept.push(stream),
            Mood::Cross => say(&mut stream, "500 Internal Server Error"),
            _ => say(&mut stream, "200 OK"),
        }
    }
}

/// Reads a request and notes its message.
fn receive(stream: &mut TcpStream, seen: &mut Seen) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    while whole(&bytes)?.is_none() {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&piece[..read]);
    }
    // Other events than messages come, too.
    seen.take_line(&String::from_utf8_lossy(&bytes), r#""content":""#);
    Ok(())
}

fn say(stream: &mut TcpStream, status: &str) {
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(answer.as_bytes());
}
