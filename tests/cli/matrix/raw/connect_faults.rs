//! Faults of a connection before its request has been read.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use super::super::faults::Observation;
use crate::support::raw::reset;

/// A fault of a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConnectFault {
    /// The port is closed.
    PortClosed,
    /// The backlog is full.
    BacklogFull,
    /// The connection is closed, unread.
    Closed,
    /// The connection is reset, unread.
    Reset,
    /// Nothing is ever read.
    Ignored,
    /// Bytes that are not HTTP arrive before the request.
    UnexpectedGreeting,
    /// So many bytes of the request are read, then the connection is closed.
    ReadThenClosed(usize),
    /// So many bytes of the request are read, then the connection is reset.
    ReadThenReset(usize),
    /// So many bytes of the request are read, and no more.
    ReadThenIgnored(usize),
}

/// Streams that stay open.
pub type Held = Arc<Mutex<Vec<TcpStream>>>;

impl ConnectFault {
    /// Applies the fault to a connection.
    pub fn apply(self, mut stream: TcpStream, held: &Held) {
        let mut read = |length| {
            // The client may close the connection earlier.
            let _ = stream.read_exact(&mut vec![0; length]);
        };
        match self {
            Self::PortClosed | Self::BacklogFull => unreachable!("there is no connection"),
            Self::Closed => {}
            Self::Reset => reset(&stream),
            Self::Ignored => held.lock().unwrap().push(stream),
            Self::UnexpectedGreeting => {
                let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n");
                held.lock().unwrap().push(stream);
            }
            Self::ReadThenClosed(length) => read(length),
            Self::ReadThenReset(length) => {
                read(length);
                reset(&stream);
            }
            Self::ReadThenIgnored(length) => {
                read(length);
                held.lock().unwrap().push(stream);
            }
        }
    }
}

/// Lengths that end in the request line and in the head.
const PARTIAL_REQUEST_LINE_BYTES: usize = 6;
const PARTIAL_HEAD_BYTES: usize = 40;

pub const CONNECT_FAULTS: [(&str, ConnectFault, Observation); 13] = [
    (
        "port closed",
        ConnectFault::PortClosed,
        Observation::NoConnection,
    ),
    (
        "backlog full",
        ConnectFault::BacklogFull,
        Observation::ConnectTimeout,
    ),
    (
        "closed before the request",
        ConnectFault::Closed,
        Observation::Broken,
    ),
    (
        "reset before the request",
        ConnectFault::Reset,
        Observation::ClosedAtOnce,
    ),
    (
        "request never read",
        ConnectFault::Ignored,
        Observation::Silence,
    ),
    (
        "greeting of another protocol",
        ConnectFault::UnexpectedGreeting,
        Observation::Broken,
    ),
    (
        "closed in the request line",
        ConnectFault::ReadThenClosed(PARTIAL_REQUEST_LINE_BYTES),
        Observation::Broken,
    ),
    (
        "closed in the request's head",
        ConnectFault::ReadThenClosed(PARTIAL_HEAD_BYTES),
        Observation::Broken,
    ),
    (
        "reset in the request line",
        ConnectFault::ReadThenReset(PARTIAL_REQUEST_LINE_BYTES),
        Observation::Broken,
    ),
    (
        "reset in the request's head",
        ConnectFault::ReadThenReset(PARTIAL_HEAD_BYTES),
        Observation::Broken,
    ),
    (
        "reading stops in the request line",
        ConnectFault::ReadThenIgnored(PARTIAL_REQUEST_LINE_BYTES),
        Observation::Silence,
    ),
    (
        "reading stops in the request's head",
        ConnectFault::ReadThenIgnored(PARTIAL_HEAD_BYTES),
        Observation::Silence,
    ),
    (
        "reset after one byte",
        ConnectFault::ReadThenReset(1),
        Observation::Broken,
    ),
];
