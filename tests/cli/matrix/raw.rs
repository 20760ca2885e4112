//! What raw sockets do, from before there is a connection to after the answer.

use std::cell::Cell;
use std::fmt;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::faults::{Comes, DONE, Fault, How, Place, Shape};
use crate::support::raw::{Guest, http, ok, reset};

/// Done to a client whose request has been read.
#[derive(Clone, Copy)]
pub struct Behaviour(pub fn(&mut Guest, &Good));

impl fmt::Debug for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Behaviour")
    }
}

/// What a proper server would have said.
pub struct Good {
    /// The body of its answer.
    pub body: String,
    /// Where the same request would be carried out: a redirect that is followed shows.
    pub elsewhere: String,
    stays: Cell<bool>,
}

impl Good {
    pub fn new(body: String, elsewhere: String) -> Self {
        let stays = Cell::new(false);
        Self {
            body,
            elsewhere,
            stays,
        }
    }

    /// The connection stays open for the next request.
    fn stay(&self) {
        self.stays.set(true);
    }

    pub fn stays(&self) -> bool {
        self.stays.get()
    }
}

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

const ARRIVALS: [(&str, Arrival, Comes); 13] = [
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

/// Whether it stands for its kind.
type Row = (&'static str, Comes, bool, fn(&mut Guest, &Good));

const TYPICAL: bool = true;
const MORE: bool = false;

/// The end comes too early, or what comes is no HTTP.
const BROKEN: &[Row] = &[
    (
        "closed after the request",
        Comes::Broken,
        TYPICAL,
        |_, _| {},
    ),
    ("reset after the request", Comes::Broken, MORE, |g, _| {
        g.reset()
    }),
    ("closed in the status line", Comes::Broken, MORE, |g, _| {
        g.write("HTTP/1.1 20")
    }),
    ("reset in the status line", Comes::Broken, MORE, |g, _| {
        g.write("HTTP/1.1 20");
        g.reset();
    }),
    ("closed in the head", Comes::Broken, MORE, |g, good| {
        g.write(&ok(&good.body)[..40])
    }),
    ("reset in the head", Comes::Broken, MORE, |g, good| {
        g.write(&ok(&good.body)[..40]);
        g.reset();
    }),
    ("closed before the body", Comes::Broken, MORE, |g, good| {
        g.write(head_of(&good.body));
    }),
    ("closed in the body", Comes::Broken, TYPICAL, |g, good| {
        g.write(all_but_one(&good.body))
    }),
    ("reset in the body", Comes::Broken, MORE, |g, good| {
        g.write(all_but_one(&good.body));
        g.reset();
    }),
    ("closed in a chunk's length", Comes::Broken, MORE, |g, _| {
        g.write(format!("{CHUNKED}5"));
    }),
    ("closed in a chunk", Comes::Broken, MORE, |g, good| {
        g.write(format!(
            "{CHUNKED}{:x}\r\n{}",
            good.body.len() + 1,
            good.body
        ));
    }),
    ("closed between chunks", Comes::Broken, MORE, |g, good| {
        g.write(format!("{CHUNKED}{}", chunk(&good.body)));
    }),
    (
        "a chunk's length that is no number",
        Comes::Broken,
        MORE,
        |g, good| {
            g.write(format!("{CHUNKED}all of it\r\n{}\r\n0\r\n\r\n", good.body));
        },
    ),
    ("a length too long", Comes::Broken, MORE, |g, good| {
        let length = good.body.len() + 1;
        g.write(format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{}",
            good.body
        ));
    }),
    (
        "a length that is no number",
        Comes::Broken,
        MORE,
        |g, good| {
            g.write(format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: all\r\n\r\n{}",
                good.body
            ));
        },
    ),
    ("a negative length", Comes::Broken, MORE, |g, good| {
        g.write(format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: -1\r\n\r\n{}",
            good.body
        ));
    }),
    ("two lengths", Comes::Broken, MORE, |g, good| {
        let length = good.body.len();
        let lengths = format!("content-length: 2\r\ncontent-length: {length}");
        g.write(format!("HTTP/1.1 200 OK\r\n{lengths}\r\n\r\n{}", good.body));
    }),
    ("an endless body", Comes::Broken, MORE, |g, _| {
        g.write("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n\"");
        while g.stream.write_all(&[b'a'; 65536]).is_ok() {}
    }),
    ("a head that never ends", Comes::Broken, MORE, |g, _| {
        g.write("HTTP/1.1 200 OK\r\n");
        while g
            .stream
            .write_all(&b"x-padding: aaaaaaaaaaaaaaaaaaaa\r\n".repeat(99))
            .is_ok()
        {}
    }),
    ("a header that never ends", Comes::Broken, MORE, |g, _| {
        g.write("HTTP/1.1 200 OK\r\nx-padding: ");
        while g.stream.write_all(&[b'a'; 4096]).is_ok() {}
    }),
    ("a thousand headers", Comes::Broken, MORE, |g, good| {
        let length = good.body.len();
        let padding = "x-padding: a\r\n".repeat(1000);
        g.write(format!(
            "HTTP/1.1 200 OK\r\n{padding}content-length: {length}\r\n\r\n{}",
            good.body
        ));
    }),
    ("empty lines without end", Comes::Broken, MORE, |g, _| {
        while g.stream.write_all(&b"\r\n".repeat(2048)).is_ok() {}
    }),
    ("no HTTP at all", Comes::Broken, MORE, |g, _| {
        g.write("SSH-2.0-OpenSSH_9.6\r\n")
    }),
    ("a body without a head", Comes::Broken, MORE, |g, good| {
        g.write(&good.body)
    }),
    ("a head in TLS", Comes::Broken, MORE, |g, _| {
        g.write(b"\x15\x03\x03\x00\x02\x02\x28")
    }),
    ("HTTP/2", Comes::Broken, MORE, |g, _| {
        g.write(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00")
    }),
    ("zeros in the head", Comes::Broken, MORE, |g, good| {
        g.write(ok(&good.body).replace("content-type", "content\0type"));
    }),
    (
        "a status that is no number",
        Comes::Broken,
        MORE,
        |g, good| {
            g.write(http("OK OK", &good.body));
        },
    ),
];

/// HTTP that is neither an answer nor a refusal.
const ODD: &[Row] = &[
    (
        "the answer under HTTP 500",
        Comes::OddStatus,
        TYPICAL,
        |g, good| {
            g.write(http("500 Oops", &good.body));
        },
    ),
    ("502 of a proxy", Comes::OddStatus, MORE, |g, _| {
        g.write(http("502 Bad Gateway", "<html>nginx</html>"));
    }),
    (
        "the answer under HTTP 999",
        Comes::OddStatus,
        MORE,
        |g, good| {
            g.write(http("999 What", &good.body));
        },
    ),
    (
        "a refusal under HTTP 500",
        Comes::OddStatus,
        MORE,
        |g, _| g.write(http("500 Oops", NO)),
    ),
    ("301", Comes::OddStatus, MORE, |g, good| {
        g.write(redirect(301, good))
    }),
    ("302", Comes::OddStatus, MORE, |g, good| {
        g.write(redirect(302, good))
    }),
    ("303", Comes::OddStatus, MORE, |g, good| {
        g.write(redirect(303, good))
    }),
    ("307", Comes::OddStatus, TYPICAL, |g, good| {
        g.write(redirect(307, good))
    }),
    ("308", Comes::OddStatus, MORE, |g, good| {
        g.write(redirect(308, good))
    }),
    ("304", Comes::OddStatus, MORE, |g, _| {
        g.write("HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n")
    }),
    (
        "the answer under HTTP 300",
        Comes::OddStatus,
        MORE,
        |g, good| {
            g.write(http("300 Multiple Choices", &good.body));
        },
    ),
];

/// HTTP 200 that says nothing.
const NONSENSE: &[Row] = &[
    ("HTML", Comes::Nonsense, TYPICAL, |g, _| {
        g.write(ok("<html><body>It works!</body></html>"))
    }),
    ("half the JSON", Comes::Nonsense, TYPICAL, |g, good| {
        g.write(ok(&good.body[..good.body.len() / 2]));
    }),
    ("a length too short", Comes::Nonsense, MORE, |g, good| {
        let length = good.body.len() - 1;
        g.write(format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{}",
            good.body
        ));
    }),
    ("a length of 0", Comes::Nonsense, MORE, |g, good| {
        g.write(format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n{}",
            good.body
        ));
    }),
    ("bytes", Comes::Nonsense, MORE, |g, _| {
        g.write("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\n");
        g.write(b"\x00\xff\xfe{\x80");
    }),
    ("an empty body", Comes::Nonsense, MORE, |g, _| {
        g.write(ok(""))
    }),
    ("only spaces", Comes::Nonsense, MORE, |g, _| {
        g.write(ok(" \r\n "))
    }),
    ("no content", Comes::Nonsense, MORE, |g, _| {
        g.write("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
    }),
    (
        "the answer, and more in the body",
        Comes::Nonsense,
        MORE,
        |g, good| {
            g.write(ok(&format!("{}}}", good.body)));
        },
    ),
    (
        "the answer twice in the body",
        Comes::Nonsense,
        MORE,
        |g, good| {
            g.write(ok(&good.body.repeat(2)));
        },
    ),
    (
        "the answer behind a byte order mark",
        Comes::Nonsense,
        MORE,
        |g, good| {
            g.write(ok(&format!("\u{feff}{}", good.body)));
        },
    ),
    ("the answer in UTF-16", Comes::Nonsense, MORE, |g, good| {
        let bytes: Vec<u8> = good
            .body
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        g.write(format!(
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            bytes.len()
        ));
        g.write(bytes);
    }),
    ("a thousand brackets", Comes::Nonsense, MORE, |g, _| {
        g.write(ok(&format!("{}{}", "[".repeat(1000), "]".repeat(1000))));
    }),
    ("a number", Comes::Nonsense, MORE, |g, _| g.write(ok("0"))),
    ("a truth", Comes::Nonsense, MORE, |g, _| g.write(ok("true"))),
    (
        "null in a string",
        Comes::Bare(Shape::Null),
        MORE,
        |g, _| g.write(ok(r#""null""#)),
    ),
    ("a code that is no number", Comes::Nonsense, MORE, |g, _| {
        g.write(ok(r#"{"error_code":"ok","data":{}}"#));
    }),
    ("a word", Comes::Bare(Shape::Word), TYPICAL, |g, _| {
        g.write(ok(r#""ok""#))
    }),
];

/// Never all of it.
const SILENT: &[Row] = &[
    ("nothing", Comes::Silence, TYPICAL, |g, _| g.wait()),
    (
        "half a status line, then nothing",
        Comes::Silence,
        MORE,
        |g, _| {
            g.write("HTTP/1.1 2");
            g.wait();
        },
    ),
    ("a head, then nothing", Comes::Silence, MORE, |g, good| {
        g.write(head_of(&good.body));
        g.wait();
    }),
    (
        "almost all of the body, then nothing",
        Comes::Silence,
        MORE,
        |g, good| {
            g.write(all_but_one(&good.body));
            g.wait();
        },
    ),
    (
        "the answer without its end",
        Comes::Silence,
        MORE,
        |g, good| {
            g.write(format!("HTTP/1.1 200 OK\r\n\r\n{}", good.body));
            g.wait();
        },
    ),
    ("a chunk, then nothing", Comes::Silence, MORE, |g, good| {
        g.write(format!("{CHUNKED}{}", chunk(&good.body)));
        g.wait();
    }),
    (
        "100 Continue, then nothing",
        Comes::Silence,
        MORE,
        |g, _| {
            g.write("HTTP/1.1 100 Continue\r\n\r\n");
            g.wait();
        },
    ),
    ("a byte now and then", Comes::Silence, MORE, |g, good| {
        g.drip(ok(&good.body), Duration::from_secs(5));
    }),
    ("a chunk now and then", Comes::Silence, MORE, |g, _| {
        g.write(CHUNKED);
        while g.stream.write_all(b"1\r\n \r\n").is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    }),
    ("100 Continue now and then", Comes::Silence, MORE, |g, _| {
        while g.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    }),
];

/// An unusual way to say what is meant.
const GOOD: &[Row] = &[
    (
        "the answer, the connection kept open",
        Comes::Answer,
        TYPICAL,
        |g, good| {
            let length = good.body.len();
            g.write(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{}",
                good.body
            ));
            good.stay();
        },
    ),
    (
        "the answer and other bytes",
        Comes::Answer,
        MORE,
        |g, good| {
            let length = good.body.len();
            g.write(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{}extra",
                good.body
            ));
            good.stay();
        },
    ),
    (
        "the answer and a refusal",
        Comes::Answer,
        MORE,
        |g, good| {
            let length = good.body.len();
            let no = http("400 Bad Request", NO);
            g.write(format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{}{no}",
                good.body
            ));
            good.stay();
        },
    ),
    (
        "the answer, then reset",
        Comes::AnswerThenReset,
        MORE,
        |g, good| {
            g.write(ok(&good.body));
            g.reset();
        },
    ),
    (
        "the answer, ended by the connection",
        Comes::Answer,
        MORE,
        |g, good| {
            g.write(format!("HTTP/1.1 200 OK\r\n\r\n{}", good.body));
        },
    ),
    ("the answer in chunks", Comes::Answer, TYPICAL, |g, good| {
        let (a, b) = good.body.split_at(1);
        g.write(format!(
            "{CHUNKED}{}{}0\r\nx-trailer: 1\r\n\r\n",
            chunk(a),
            chunk(b)
        ));
    }),
    ("the answer in HTTP/1.0", Comes::Answer, MORE, |g, good| {
        g.write(ok(&good.body).replace("HTTP/1.1", "HTTP/1.0"));
    }),
    (
        "the answer under HTTP 201",
        Comes::Answer,
        MORE,
        |g, good| {
            g.write(http("201 Created", &good.body));
        },
    ),
    ("the answer called HTML", Comes::Answer, MORE, |g, good| {
        g.write(ok(&good.body).replace("application/json", "text/html"));
    }),
    (
        "the answer in bare line feeds",
        Comes::Answer,
        MORE,
        |g, good| {
            g.write(ok(&good.body).replace("\r\n", "\n"));
        },
    ),
    (
        "the answer after 100 Continue",
        Comes::Answer,
        MORE,
        |g, good| {
            g.write(format!("HTTP/1.1 100 Continue\r\n\r\n{}", ok(&good.body)));
        },
    ),
    (
        "the answer after 103 Early Hints",
        Comes::Answer,
        MORE,
        |g, good| {
            g.write(format!(
                "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n{}",
                ok(&good.body)
            ));
        },
    ),
    (
        "the answer, a byte each millisecond",
        Comes::Answer,
        MORE,
        |g, good| {
            g.drip(ok(&good.body), Duration::from_millis(1));
        },
    ),
];

/// A refusal in a business code.
const NO: &str = r#"{"error_code":-987,"error_message":"no"}"#;

/// A no.
const REFUSED: &[Row] = &[
    ("403 of a proxy", Comes::Refusal, TYPICAL, |g, _| {
        g.write(http("403 Forbidden", "<html>nginx</html>"));
    }),
    ("429 in words", Comes::Refusal, MORE, |g, _| {
        g.write(http("429 Too Many", "slow down"))
    }),
    (
        "the answer under HTTP 400",
        Comes::Refusal,
        MORE,
        |g, good| {
            g.write(http("400 Bad Request", &good.body));
        },
    ),
    ("a code in a string", Comes::Refusal, MORE, |g, _| {
        g.write(ok(&format!("{NO:?}")));
    }),
];

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";

fn chunk(body: &str) -> String {
    format!("{:x}\r\n{body}\r\n", body.len())
}

/// The head that promises this body.
fn head_of(body: &str) -> String {
    let whole = ok(body);
    whole[..whole.len() - body.len()].to_owned()
}

fn all_but_one(body: &str) -> String {
    let mut whole = ok(body);
    whole.pop();
    whole
}

fn redirect(status: u16, good: &Good) -> String {
    let to = &good.elsewhere;
    format!(
        "HTTP/1.1 {status} Moved\r\nconnection: close\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"
    )
}

/// Every fault of raw sockets. What leaves open whether the request was carried out is done both
/// ways.
pub fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, arrival, comes) in ARRIVALS {
        // Only Linux lets connections to a full backlog wait.
        if arrival == Arrival::Full && !cfg!(target_os = "linux") {
            continue;
        }
        faults.push(Fault {
            name: name.into(),
            how: How::Arriving(arrival),
            place: Place::Connection,
            comes,
            acts: false,
            is_typical: false,
        });
    }
    let rows = [BROKEN, ODD, NONSENSE, SILENT, GOOD, REFUSED];
    for (name, comes, is_typical, behaviour) in rows.into_iter().flatten() {
        let fault = Fault {
            name: (*name).into(),
            how: How::Raw(Behaviour(*behaviour)),
            place: Place::Request,
            comes: *comes,
            acts: false,
            is_typical: *is_typical,
        };
        let acted = Fault {
            name: format!("{name}{DONE}"),
            acts: true,
            ..fault.clone()
        };
        match comes {
            Comes::Answer | Comes::AnswerThenReset => faults.push(Fault {
                acts: true,
                ..fault
            }),
            Comes::Refusal => faults.push(fault),
            _ => faults.extend([fault, acted]),
        }
    }
    faults
}
