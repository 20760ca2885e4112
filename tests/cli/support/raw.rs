//! A server on raw sockets, for behaviour that a correct HTTP server does not have.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use super::request::read_request;

/// A server on its own port that handles one connection at a time. Dropping it closes the port.
pub struct RawServer {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    has_ended: Arc<AtomicBool>,
}

/// One connection and the request that was read from it.
pub struct ClientConnection {
    pub stream: TcpStream,
    pub request: String,
}

impl RawServer {
    /// Reads a whole request from every connection, then passes it to `behaviour`.
    pub fn start(behaviour: impl Fn(&mut ClientConnection) + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        Self::serve(listener, behaviour)
    }

    /// As [`RawServer::start`], on a socket that already listens.
    pub fn serve(
        listener: TcpListener,
        behaviour: impl Fn(&mut ClientConnection) + Send + 'static,
    ) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let serve = move |mut stream| {
            let request = read_request(&mut stream);
            seen.lock().unwrap().push(request.clone());
            behaviour(&mut ClientConnection { stream, request });
        };
        Self {
            address: listener.local_addr().unwrap(),
            requests,
            has_ended: accept(listener, serve),
        }
    }

    /// Passes every connection to `behaviour` without reading from it.
    pub fn unread(behaviour: impl Fn(TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            has_ended: accept(listener, behaviour),
        }
    }

    /// Answers every request with these bytes, then closes.
    pub fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::start(move |connection| connection.write(&bytes))
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every request so far, head and body.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::SeqCst);
        // Wakes a blocked accept, which then sees the flag.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_millis(50));
    }
}

impl ClientConnection {
    /// Writes bytes. Errors are ignored: the client may have closed the connection.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Writes one byte per `pause` until the client closes the connection.
    pub fn drip(&mut self, bytes: impl AsRef<[u8]>, pause: Duration) {
        for byte in bytes.as_ref().chunks(1) {
            if self.stream.write_all(byte).is_err() {
                return;
            }
            thread::sleep(pause);
        }
    }

    /// Waits until the client closes the connection.
    pub fn wait(&mut self) {
        let _ = self.stream.read_to_end(&mut Vec::new());
    }

    /// Makes closing the connection send a TCP reset.
    pub fn reset(&mut self) {
        reset(&self.stream);
    }
}

/// Makes closing `stream` send a TCP reset.
pub fn reset(stream: &TcpStream) {
    SockRef::from(stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
}

/// A bound port that refuses connections until [`Socket::listen`].
pub fn closed_port() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    socket.bind(&anywhere.into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

/// A 200 response with this body.
pub fn ok(body: &str) -> String {
    http("200 OK", body)
}

/// A response with this status and body, and `connection: close`.
pub fn http(status: &str, body: &str) -> String {
    let length = body.len();
    let head =
        format!("content-type: application/json\r\ncontent-length: {length}\r\nconnection: close");
    format!("HTTP/1.1 {status}\r\n{head}\r\n\r\n{body}")
}

/// Accepts connections one at a time on a new thread until the returned flag is set.
fn accept(listener: TcpListener, serve: impl Fn(TcpStream) + Send + 'static) -> Arc<AtomicBool> {
    let has_ended = Arc::new(AtomicBool::new(false));
    let ended = has_ended.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            if ended.load(Ordering::SeqCst) {
                return;
            }
            serve(stream.unwrap());
        }
    });
    has_ended
}
