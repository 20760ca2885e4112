//! Misbehaving HTTP clients: malformed and aborted requests, idle connections, and clients that
//! stall.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::report::Report;
use super::timing::{Period, Ticker};

/// The server under test and requests for it.
pub struct Target {
    pub address: SocketAddr,
    /// A request that would be accepted, but is never sent completely.
    pub valid: String,
    /// Complete requests that the server must refuse.
    pub invalid: Vec<String>,
    /// Number of idle connections.
    pub idle_connections: usize,
    /// Time after which the server must have closed the connection of a stalled client; `None` if
    /// it need not.
    pub stall_limit: Option<Duration>,
}

/// What the clients observed.
#[derive(Default)]
pub struct Counts {
    connections: AtomicU64,
    failed_connections: AtomicU64,
    refused: AtomicU64,
    unexpected: AtomicU64,
    closed_stalled: AtomicU64,
    open_stalled: AtomicU64,
}

impl Target {
    /// Runs all clients until the period is over.
    pub fn run_clients(&self, period: &Period) -> Counts {
        let counts = Counts::default();
        thread::scope(|scope| {
            scope.spawn(|| send_malformed_requests(self, period, &counts));
            scope.spawn(|| hold_idle_connections(self, period, &counts));
            for kind in [Stall::Silent, Stall::Slow, Stall::NeverReading] {
                let counts = &counts;
                scope.spawn(move || hold_stalled_connections(kind, self, period, counts));
            }
        });
        counts
    }

    fn connect(&self, counts: &Counts) -> Option<TcpStream> {
        let stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(2)).ok();
        increment(match stream {
            Some(_) => &counts.connections,
            None => &counts.failed_connections,
        });
        stream
    }
}

impl Counts {
    pub fn add_to(&self, report: &Report, process: &str) {
        let rows = [
            ("misbehaving connections", &self.connections),
            ("… with a complete request refused", &self.refused),
            ("… closed by the server for stalling", &self.closed_stalled),
            ("… stalling and not closed in time", &self.open_stalled),
            ("… with an unexpected response", &self.unexpected),
            ("failed connection attempts", &self.failed_connections),
        ];
        for (name, count) in rows {
            report.value(process, name, count.load(Ordering::SeqCst));
        }
    }
}

fn increment(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::SeqCst);
}

/// Closes the connection with a TCP reset.
fn reset(stream: TcpStream) {
    let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
}

const MALFORMED_PER_SECOND: f64 = 20.0;
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);
const OVERSIZED_BODY_BYTES: usize = 2 * 1024 * 1024;

/// Sends malformed, oversized and aborted requests.
fn send_malformed_requests(target: &Target, period: &Period, counts: &Counts) {
    let mut random = fastrand::Rng::new();
    let mut ticker = Ticker::new(MALFORMED_PER_SECOND);
    while ticker.wait(period) {
        let Some(stream) = target.connect(counts) else {
            continue;
        };
        let _ = stream.set_read_timeout(Some(RESPONSE_TIMEOUT));
        let _ = stream.set_write_timeout(Some(RESPONSE_TIMEOUT));
        send_malformed_request(stream, target, &mut random, counts);
    }
}

fn send_malformed_request(
    stream: TcpStream,
    target: &Target,
    random: &mut fastrand::Rng,
    counts: &Counts,
) {
    let valid = &target.valid;
    let head = valid.find("\r\n\r\n").unwrap() + 4;
    let invalid = &target.invalid[random.usize(..target.invalid.len())];
    match random.u8(..12) {
        // No request at all.
        0 => {}
        1 => reset(stream),
        // Part of a head, part of a body.
        2 => write(stream, &valid[..random.usize(..head)]),
        3 => write_and_reset(stream, &valid[..random.usize(head..valid.len())]),
        // Complete requests whose responses are never read.
        4 => write_and_reset(stream, &invalid.repeat(20)),
        5 => expect_refusal(stream, invalid, counts),
        6 => expect_refusal(stream, &random_text(random), counts),
        7 => {
            let long_line = "x".repeat(OVERSIZED_BODY_BYTES / 8);
            let long_header = format!("{}X: {long_line}", &valid[..head - 2]);
            expect_refusal(stream, &long_header, counts);
        }
        8 => {
            let many_headers = format!("{}{}\r\n", &valid[..head - 2], "X: y\r\n".repeat(5000));
            expect_refusal(stream, &many_headers, counts);
        }
        9 => {
            let huge_length = "POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n".to_owned();
            expect_refusal(stream, &(huge_length + &random_text(random)), counts);
        }
        10 => {
            let length = OVERSIZED_BODY_BYTES;
            let head = format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n");
            expect_refusal(stream, &(head + &"x".repeat(length)), counts);
        }
        _ => {
            let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
            let huge_chunk = "fffffffff\r\n".to_owned() + &random_text(random);
            expect_refusal(stream, &(head + &huge_chunk), counts);
        }
    }
}

fn write(mut stream: TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes());
}

fn write_and_reset(mut stream: TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes());
    reset(stream);
}

/// Expects a 4xx or 5xx response, or that the server closes the connection.
fn expect_refusal(mut stream: TcpStream, text: &str, counts: &Counts) {
    let _ = stream.write_all(text.as_bytes());
    let mut response = [0; 64];
    increment(match stream.read(&mut response) {
        Ok(12..) if response.starts_with(b"HTTP/1.") && b"45".contains(&response[9]) => {
            &counts.refused
        }
        Ok(0) => &counts.refused,
        Err(e) if e.kind() == ErrorKind::ConnectionReset => &counts.refused,
        _ => &counts.unexpected,
    });
}

/// Returns random text that ends like a request head, so that the server need not wait for more.
fn random_text(random: &mut fastrand::Rng) -> String {
    let text: String = (0..200).map(|_| random.char(..)).collect();
    text + "\r\n\r\n"
}

/// Opens idle connections, closes them after a while, and starts again.
fn hold_idle_connections(target: &Target, period: &Period, counts: &Counts) {
    const MIN_IDLE_TIME: Duration = Duration::from_secs(2);
    let idle_time = period.interval(100).max(MIN_IDLE_TIME);
    loop {
        let connections: Vec<_> = (0..target.idle_connections)
            .filter_map(|_| target.connect(counts))
            .collect();
        let continues = period.sleep(idle_time);
        for (number, stream) in connections.into_iter().enumerate() {
            // Half are reset, half are closed by dropping them.
            if number % 2 == 0 {
                reset(stream);
            }
        }
        if !continues || !period.sleep(idle_time / 10) {
            return;
        }
    }
}

/// How a client stalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stall {
    /// Sends half a request, then nothing.
    Silent,
    /// Sends one byte per second.
    Slow,
    /// Sends requests without end and never reads a response.
    NeverReading,
}

const STALL_STEP: Duration = Duration::from_secs(1);

struct StalledClient {
    stream: TcpStream,
    since: Instant,
    /// Bytes of the current request that have been sent.
    sent: usize,
}

/// Keeps stalled clients connected and replaces those that the server closes.
fn hold_stalled_connections(kind: Stall, target: &Target, period: &Period, counts: &Counts) {
    let number = match kind {
        // One keeps the server busy until its connection is closed.
        Stall::NeverReading => 1,
        _ => 8,
    };
    let mut clients: Vec<StalledClient> = Vec::new();
    while period.sleep(STALL_STEP) {
        clients.retain_mut(|client| client.step(kind, target, counts));
        while clients.len() < number
            && let Some(client) = StalledClient::start(kind, target, counts)
        {
            clients.push(client);
        }
    }
}

impl StalledClient {
    fn start(kind: Stall, target: &Target, counts: &Counts) -> Option<Self> {
        let mut stream = target.connect(counts)?;
        stream.set_nonblocking(true).ok()?;
        let half = &target.valid.as_bytes()[..target.valid.len() / 2];
        match kind {
            Stall::Silent => drop(stream.write(half)),
            Stall::Slow => drop(stream.write(&half[..1])),
            Stall::NeverReading => {}
        }
        Some(Self {
            stream,
            since: Instant::now(),
            sent: 0,
        })
    }

    /// Continues to stall; returns false once the client is done and counted.
    fn step(&mut self, kind: Stall, target: &Target, counts: &Counts) -> bool {
        let is_open = match kind {
            Stall::Silent => self.is_open(),
            Stall::Slow => self.is_open() && self.write_byte(target),
            Stall::NeverReading => self.fill_buffer(target),
        };
        let Some(limit) = target.stall_limit else {
            return is_open;
        };
        if !is_open {
            increment(&counts.closed_stalled);
        } else if self.since.elapsed() > limit {
            increment(&counts.open_stalled);
        } else {
            return true;
        }
        false
    }

    /// Returns whether the server has neither responded nor closed the connection.
    fn is_open(&mut self) -> bool {
        let read = self.stream.read(&mut [0; 512]);
        read.is_err_and(|e| e.kind() == ErrorKind::WouldBlock)
    }

    /// Writes one byte of the request, but never its last.
    fn write_byte(&mut self, target: &Target) -> bool {
        let seconds = self.since.elapsed().as_secs() as usize;
        let half = target.valid.len() / 2;
        let byte = &target.valid.as_bytes()[seconds.clamp(1, half)..][..1];
        self.stream.write(byte).is_ok()
    }

    /// Writes requests until the send buffer is full.
    fn fill_buffer(&mut self, target: &Target) -> bool {
        const REQUESTS_PER_WRITE: usize = 200;
        let request = &target.invalid[0];
        let requests = request.repeat(REQUESTS_PER_WRITE);
        loop {
            match self.stream.write(&requests.as_bytes()[self.sent..]) {
                Ok(written) => self.sent = (self.sent + written) % request.len(),
                Err(e) => return e.kind() == ErrorKind::WouldBlock,
            }
        }
    }
}
