//! A connection to the server without HTTP, for the gateway's WebSocket.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use url::Url;

use super::certificates;
use super::client::ConnectionSettings;
use crate::text::{Text, text};

/// Time limit of one write; a server that stops reading must not block a thread.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// A TCP connection, with TLS for `wss`.
pub struct WebSocketStream {
    transport: TcpOrTls,
    /// The end of a handshake: a server that sends a byte now and then must not extend it.
    handshake_end: Option<Instant>,
}

enum TcpOrTls {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl WebSocketStream {
    /// Connects to the host of `url` within `timeout`, which also limits what is read until
    /// [`WebSocketStream::set_read_timeout`].
    ///
    /// # Errors
    /// Says why there is no connection. A proxy is not supported.
    pub fn connect(
        url: &Url,
        connection: &ConnectionSettings,
        timeout: Duration,
    ) -> Result<Self, Text> {
        if let Some(proxy) = &connection.proxy {
            return Err(text!(
                "a WebSocket cannot go through the proxy {proxy}; exclude the server with NO_PROXY, or receive callbacks with --notify-url",
                proxy = proxy.shown.as_str()
            ));
        }
        let handshake_end = Some(Instant::now() + timeout);
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(443);
        let socket = connect(host, port, timeout)
            .map_err(|e| text!("{host}:{port}: {error}", host, port, error = e))?;
        let socket = prepare(socket, timeout).map_err(|e| Text::of_system(e.to_string()))?;
        if url.scheme() != "wss" {
            return Ok(Self {
                transport: TcpOrTls::Plain(socket),
                handshake_end,
            });
        }
        let config = certificates::client_config(connection)?;
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
            .map_err(|e| Text::verbatim(e.to_string()))?;
        let session = ClientConnection::new(Arc::new(config), name)
            .map_err(|e| Text::verbatim(e.to_string()))?;
        let mut stream = StreamOwned::new(session, socket);
        // The handshake, so that an untrusted certificate is reported as such.
        stream.flush().map_err(|e| untrusted_or(&e))?;
        Ok(Self {
            transport: TcpOrTls::Tls(Box::new(stream)),
            handshake_end,
        })
    }

    /// Ends the handshake, and limits the time that one read waits.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.handshake_end = None;
        self.socket().set_read_timeout(Some(timeout))
    }

    fn socket(&self) -> &TcpStream {
        match &self.transport {
            TcpOrTls::Plain(socket) => socket,
            TcpOrTls::Tls(stream) => &stream.sock,
        }
    }
}

/// Why a handshake failed; an untrusted certificate is named as such.
fn untrusted_or(error: &io::Error) -> Text {
    let words = error.to_string();
    match words.strip_prefix("invalid peer certificate: ") {
        Some(why) => text!(
            "the server's certificate is not trusted: {why}; if it is your own server, give its certificate with --cacert FILE",
            why
        ),
        None if is_timeout(error) => text!("no connection in time"),
        None => Text::of_system(words),
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

fn prepare(socket: TcpStream, timeout: Duration) -> io::Result<TcpStream> {
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(timeout))?;
    socket.set_write_timeout(Some(WRITE_TIMEOUT))?;
    Ok(socket)
}

/// Tries every address of the host in turn.
fn connect(host: &str, port: u16, timeout: Duration) -> io::Result<TcpStream> {
    let end = Instant::now() + timeout;
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in look_up(host, port, timeout)? {
        let remaining = end.saturating_duration_since(Instant::now());
        if remaining.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match TcpStream::connect_timeout(&address, remaining) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Looks the host up on a detached thread, because the system's resolver cannot be interrupted.
fn look_up(host: &str, port: u16, timeout: Duration) -> io::Result<Vec<SocketAddr>> {
    let (answer, answered) = mpsc::channel();
    let host = host.trim_matches(['[', ']']).to_owned();
    std::thread::Builder::new()
        .name("resolver".into())
        .spawn(move || {
            let found = (host.as_str(), port).to_socket_addrs();
            let _ = answer.send(found.map(Iterator::collect));
        })?;
    answered
        .recv_timeout(timeout)
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

impl Read for WebSocketStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(end) = self.handshake_end {
            let remaining = end.saturating_duration_since(Instant::now());
            if remaining.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.socket().set_read_timeout(Some(remaining))?;
        }
        match &mut self.transport {
            TcpOrTls::Plain(socket) => socket.read(buffer),
            TcpOrTls::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for WebSocketStream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match &mut self.transport {
            TcpOrTls::Plain(socket) => socket.write(buffer),
            TcpOrTls::Tls(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.transport {
            TcpOrTls::Plain(socket) => socket.flush(),
            TcpOrTls::Tls(stream) => stream.flush(),
        }
    }
}
