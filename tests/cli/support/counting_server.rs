//! A server that counts connections and keeps each open until its client closes it.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// Accepts every message on every connection.
pub struct CountingServer {
    address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    connections: AtomicUsize,
    requests: AtomicUsize,
}

impl CountingServer {
    /// Starts a server that delays each response by `latency`.
    pub fn start(latency: Duration) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let counts = Arc::new(Counts::default());
        let seen = counts.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                seen.connections.fetch_add(1, Ordering::SeqCst);
                let seen = seen.clone();
                thread::spawn(move || serve(&stream.unwrap(), latency, &seen));
            }
        });
        Self { address, counts }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> usize {
        self.counts.requests.load(Ordering::SeqCst)
    }
}

fn serve(stream: &TcpStream, latency: Duration, counts: &Counts) {
    stream.set_nodelay(true).unwrap();
    let mut reader = BufReader::new(stream);
    while skip_request(&mut reader).is_some() {
        let number = counts.requests.fetch_add(1, Ordering::SeqCst) + 1;
        thread::sleep(latency);
        let body = format!(r#"{{"error_code":0,"data":{{"msg_data":{{"id":"{number}"}}}}}}"#);
        let length = body.len();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
        if (&*stream).write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// Reads one request; `None` when the client has closed the connection.
fn skip_request(reader: &mut impl BufRead) -> Option<()> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()
}
