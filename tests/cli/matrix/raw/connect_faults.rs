//! What becomes of a connection before its request has been read.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use super::super::faults::Observation;
use crate::support::raw::reset;

/// What becomes of whoever arrives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConnectFault {
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

impl ConnectFault {
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

pub const ARRIVALS: [(&str, ConnectFault, Observation); 13] = [
    (
        "nobody listens",
        ConnectFault::Closed,
        Observation::NoConnection,
    ),
    (
        "the backlog is full",
        ConnectFault::Full,
        Observation::NotInTime,
    ),
    (
        "closed before the request",
        ConnectFault::Shut,
        Observation::Broken,
    ),
    (
        "reset before the request",
        ConnectFault::Reset,
        Observation::GoneAtOnce,
    ),
    ("never read", ConnectFault::Ignored, Observation::Silence),
    (
        "another protocol's greeting",
        ConnectFault::Greeted,
        Observation::Broken,
    ),
    (
        "closed in the request line",
        ConnectFault::ReadThenShut(IN_THE_LINE),
        Observation::Broken,
    ),
    (
        "closed in the request's head",
        ConnectFault::ReadThenShut(IN_THE_HEAD),
        Observation::Broken,
    ),
    (
        "reset in the request line",
        ConnectFault::ReadThenReset(IN_THE_LINE),
        Observation::Broken,
    ),
    (
        "reset in the request's head",
        ConnectFault::ReadThenReset(IN_THE_HEAD),
        Observation::Broken,
    ),
    (
        "silence in the request line",
        ConnectFault::ReadThenIgnored(IN_THE_LINE),
        Observation::Silence,
    ),
    (
        "silence in the request's head",
        ConnectFault::ReadThenIgnored(IN_THE_HEAD),
        Observation::Silence,
    ),
    (
        "reset after one byte",
        ConnectFault::ReadThenReset(1),
        Observation::Broken,
    ),
];
