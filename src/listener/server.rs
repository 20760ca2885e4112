//! Accepts connections and reads requests, with limits on everything a client sends.
//!
//! tiny_http's server waits without limit for an unfinished request, accepts headers of any length, and stops
//! accepting for good at the first socket error.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::connections::{Connection, Connections};
use crate::http::{Framing, Head, ReadError, RequestReader};

/// Time limit for a whole request after its first byte.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Time a connection may be idle between requests: longer than common clients keep one.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// Pause when the system has no descriptor left.
const OUT_OF_DESCRIPTORS_PAUSE: Duration = Duration::from_millis(20);
/// Largest body read before [`Service::early_refusal_status`] is asked; many of them together must not take
/// much memory.
const MAX_UNAUTHENTICATED_BODY_BYTES: usize = 64 * 1024;
/// Time allowed for pending responses at the end, and the poll interval meanwhile.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
const SHUTDOWN_POLL_INTERVAL: Duration = Duration::from_micros(200);
/// Time to wake the accepting thread at the end.
const WAKE_TIMEOUT: Duration = Duration::from_millis(200);
/// Stack size of a connection's thread.
const STACK_BYTES: usize = 256 * 1024;

/// Answers the requests of a listener.
pub(crate) trait Service: Send + Sync + 'static {
    /// Largest request body in bytes; a larger one is answered 413.
    const MAX_BODY_BYTES: usize;

    /// Time limit for a write of a response that makes no progress. A client that sends and never reads would
    /// otherwise keep its place forever, because busy connections are not closed to make room.
    const WRITE_TIMEOUT: Duration;

    /// The refusal that is certain before the body is read.
    fn early_refusal_status(&self, head: &Head) -> Option<u16>;

    /// Learns that the body of a request was refused with this status.
    fn body_refused(&self, _head: &Head, _status: u16) {}

    /// Writes the response to a request.
    ///
    /// # Errors
    /// When the connection must be closed.
    fn respond(&self, stream: &TcpStream, head: &Head, body: &[u8]) -> io::Result<()>;

    /// Writes the response to a request that cannot be read, after which the connection is closed.
    fn refuse(&self, stream: &TcpStream, status: u16);
}

/// A bound port that is not served yet.
pub struct Listener(TcpListener);

impl Listener {
    /// Binds `address`. Connections wait until [`Listener::serve`].
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).map(Self)
    }

    /// The bound address with its actual port.
    ///
    /// # Errors
    /// When the system does not report it.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Serves on its own threads until the process ends, or [`RunningListener::close`].
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn serve<S: Service>(self, service: Arc<S>) -> io::Result<RunningListener> {
        let running = RunningListener {
            address: self.address()?,
            connections: Connections::default(),
            is_closed: Arc::default(),
        };
        let (connections, is_closed) = (running.connections.clone(), running.is_closed.clone());
        thread::Builder::new()
            .name("listener".into())
            .spawn(move || accept(&self.0, &connections, &is_closed, &service))?;
        Ok(running)
    }
}

/// A running listener. Dropping it waits briefly for pending responses, so that the client of the last
/// request is answered.
#[must_use]
#[derive(Debug)]
pub(crate) struct RunningListener {
    address: SocketAddr,
    connections: Connections,
    is_closed: Arc<AtomicBool>,
}

impl RunningListener {
    /// Closes the port and every connection.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        // Wakes the accepting thread, which then closes the port.
        let _ = TcpStream::connect_timeout(&local(self.address), WAKE_TIMEOUT);
        self.connections.close_all();
    }
}

impl Drop for RunningListener {
    fn drop(&mut self) {
        let end = Instant::now() + SHUTDOWN_TIMEOUT;
        while !self.is_closed.load(Ordering::SeqCst)
            && self.connections.is_busy()
            && Instant::now() < end
        {
            thread::sleep(SHUTDOWN_POLL_INTERVAL);
        }
    }
}

/// The address to connect to: a wildcard is no destination.
fn local(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn accept<S: Service>(
    listener: &TcpListener,
    connections: &Connections,
    is_closed: &AtomicBool,
    service: &Arc<S>,
) {
    loop {
        let accepted = listener.accept();
        if is_closed.load(Ordering::SeqCst) {
            return;
        }
        let Ok((stream, _)) = accepted else {
            // Probably out of descriptors: make room and keep accepting.
            connections.close_idle_connection();
            thread::sleep(OUT_OF_DESCRIPTORS_PAUSE);
            continue;
        };
        let Some(connection) = connections.admit(stream) else {
            continue;
        };
        let service = service.clone();
        let spawned = thread::Builder::new()
            .name("connection".into())
            .stack_size(STACK_BYTES)
            .spawn(move || serve_connection(&connection, &*service));
        if spawned.is_err() {
            connections.close_idle_connection();
            thread::sleep(OUT_OF_DESCRIPTORS_PAUSE);
        }
    }
}

/// Serves one connection until it ends.
fn serve_connection<S: Service>(connection: &Connection, service: &S) {
    let stream = &connection.stream;
    if stream.set_nodelay(true).is_err()
        || stream.set_write_timeout(Some(S::WRITE_TIMEOUT)).is_err()
    {
        return;
    }
    let mut reader = RequestReader::new(DeadlineReader::new(stream), S::MAX_BODY_BYTES);
    loop {
        if reader.stream().start_idle_timeout().is_err() {
            return;
        }
        match read(&mut reader, stream, service) {
            Ok((head, body)) => {
                connection.set_busy(true);
                let sent = service.respond(stream, &head, &body);
                connection.set_busy(false);
                if sent.is_err() || !head.keep_alive {
                    return;
                }
            }
            Err(ReadError::Refused(status)) => return service.refuse(stream, status),
            Err(ReadError::Disconnected) => return,
        }
    }
}

fn read<S: Service>(
    reader: &mut RequestReader<DeadlineReader<'_>>,
    mut stream: &TcpStream,
    service: &S,
) -> Result<(Head, Vec<u8>), ReadError> {
    let head = reader.head()?;
    let is_small =
        matches!(head.body, Framing::Length(length) if length <= MAX_UNAUTHENTICATED_BODY_BYTES);
    if !is_small && let Some(status) = service.early_refusal_status(&head) {
        return Err(ReadError::Refused(status));
    }
    let fits = !matches!(head.body, Framing::Length(length) if length > S::MAX_BODY_BYTES);
    if head.expects_continue && fits && reader.is_drained() {
        stream
            .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
            .map_err(|_| ReadError::Disconnected)?;
    }
    let body = reader.body(&head).inspect_err(|error| {
        if let ReadError::Refused(status) = error {
            service.body_refused(&head, *status);
        }
    })?;
    Ok((head, body))
}

/// A stream that waits long for the first byte of a request and briefly for the rest.
struct DeadlineReader<'a> {
    stream: &'a TcpStream,
    until: Option<Instant>,
}

impl<'a> DeadlineReader<'a> {
    fn new(stream: &'a TcpStream) -> Self {
        Self {
            stream,
            until: None,
        }
    }

    /// Waits for the next request as long as a connection may be idle.
    fn start_idle_timeout(&mut self) -> io::Result<()> {
        self.until = None;
        self.stream.set_read_timeout(Some(IDLE_TIMEOUT))
    }
}

impl Read for DeadlineReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(until) = self.until {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(left))?;
        }
        let length = self.stream.read(buffer)?;
        self.until
            .get_or_insert_with(|| Instant::now() + REQUEST_TIMEOUT);
        Ok(length)
    }
}
