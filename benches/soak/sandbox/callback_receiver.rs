//! A callback receiver that fails from time to time.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::http::complete_message;
use crate::delivery_check::DeliveryCheck;
use crate::timing::Period;

/// How the receiver behaves for a while.
#[derive(Clone, Copy, Debug)]
enum Behavior {
    /// Answers 200.
    Working,
    /// Does not listen.
    Down,
    /// Reads every request and answers none.
    Silent,
    /// Answers 500.
    Failing,
}

const BEHAVIORS: [Behavior; 8] = [
    Behavior::Working,
    Behavior::Working,
    Behavior::Down,
    Behavior::Working,
    Behavior::Silent,
    Behavior::Working,
    Behavior::Failing,
    Behavior::Working,
];
const POLL_INTERVAL: Duration = Duration::from_millis(5);
const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// Receives callbacks until the period is over and returns what was received.
pub fn run(address: SocketAddr, period: &Period) -> DeliveryCheck {
    let mut check = DeliveryCheck::default();
    for behavior in BEHAVIORS.iter().cycle() {
        if period.is_over() {
            break;
        }
        let end = Instant::now() + period.interval(50);
        match behavior {
            Behavior::Down => drop(period.sleep(period.interval(200))),
            behavior => serve(address, *behavior, end, period, &mut check),
        }
    }
    check
}

fn serve(
    address: SocketAddr,
    behavior: Behavior,
    end: Instant,
    period: &Period,
    check: &mut DeliveryCheck,
) {
    // Binding fails while a child process that is just being started still holds a copy of the
    // previous listener.
    let Ok(listener) = TcpListener::bind(address) else {
        return thread::sleep(POLL_INTERVAL);
    };
    listener.set_nonblocking(true).unwrap();
    let mut unanswered = Vec::new();
    while Instant::now() < end && !period.is_over() {
        let Ok((mut stream, _)) = listener.accept() else {
            thread::sleep(POLL_INTERVAL);
            continue;
        };
        // Fails if the sandbox has closed the connection meanwhile.
        let _ = receive(&mut stream, check);
        match behavior {
            Behavior::Silent => unanswered.push(stream),
            Behavior::Failing => respond(&mut stream, "500 Internal Server Error"),
            _ => respond(&mut stream, "200 OK"),
        }
    }
}

/// Reads a request and records its message, if it has one.
fn receive(stream: &mut TcpStream, check: &mut DeliveryCheck) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(READ_TIMEOUT))?;
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    while complete_message(&bytes)?.is_none() {
        let read = stream.read(&mut chunk)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&chunk[..read]);
    }
    check.record_line(&String::from_utf8_lossy(&bytes), r#""content":""#);
    Ok(())
}

fn respond(stream: &mut TcpStream, status: &str) {
    let response = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(response.as_bytes());
}
