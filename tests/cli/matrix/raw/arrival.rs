//! What becomes of a connection before its request has been read.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use super::super::faults::Comes;
use crate::support::raw::reset;

/// What becomes of whoever arrives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrival {
    /// Nobody listens.
    Closed,
    /// Somebody listens, and takes no connection any more.
    Full,
    /// The connection is closed, unread.
    Shut,
    /// The connection is reset, unread.
    Reset,
    /// Nothing is ever read.
    Ignored,
    /// Something that is no HTTP comes before the request.
    Greeted,
    /// So many bytes of the request are read, then the connection is closed.
    ReadThenShut(usize),
    /// So many bytes of the request are read, then the connection is reset.
    ReadThenReset(usize),
    /// So many bytes of the request are read, and no more.
    ReadThenIgnored(usize),
}

/// Streams that stay open.
pub type Held = Arc<Mutex<Vec<TcpStream>>>;

impl Arrival {
    /// Treats a connection.
    pub fn treat(self, mut stream: TcpStream, held: &Held) {
        let mut read = |length| {
            // Fewer come when the client gives up.
            let _ = stream.read_exact(&mut vec![0; length]);
        };
        match self {
            Self::Closed | Self::Full => unreachable!("nobody gets here"),
            Self::Shut => {}
            Self::Reset => reset(&stream),
            Self::Ignored => held.lock().unwrap().push(stream),
            Self::Greeted => {
                let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n");
                held.lock().unwrap().push(stream);
            }
            Self::ReadThenShut(length) => read(length),
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

/// In the middle of the request line; in the middle of the head.
const IN_THE_LINE: usize = 6;
const IN_THE_HEAD: usize = 40;

pub const ARRIVALS: [(&str, Arrival, Comes); 13] = [
    ("nobody listens", Arrival::Closed, Comes::NoConnection),
    ("the backlog is full", Arrival::Full, Comes::NotInTime),
    ("closed before the request", Arrival::Shut, Comes::Broken),
    (
        "reset before the request",
        Arrival::Reset,
        Comes::GoneAtOnce,
    ),
    ("never read", Arrival::Ignored, Comes::Silence),
    (
        "another protocol's greeting",
        Arrival::Greeted,
        Comes::Broken,
    ),
    (
        "closed in the request line",
        Arrival::ReadThenShut(IN_THE_LINE),
        Comes::Broken,
    ),
    (
        "closed in the request's head",
        Arrival::ReadThenShut(IN_THE_HEAD),
        Comes::Broken,
    ),
    (
        "reset in the request line",
        Arrival::ReadThenReset(IN_THE_LINE),
        Comes::Broken,
    ),
    (
        "reset in the request's head",
        Arrival::ReadThenReset(IN_THE_HEAD),
        Comes::Broken,
    ),
    (
        "silence in the request line",
        Arrival::ReadThenIgnored(IN_THE_LINE),
        Comes::Silence,
    ),
    (
        "silence in the request's head",
        Arrival::ReadThenIgnored(IN_THE_HEAD),
        Comes::Silence,
    ),
    (
        "reset after one byte",
        Arrival::ReadThenReset(1),
        Comes::Broken,
    ),
];
