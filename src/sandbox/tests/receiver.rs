//! A receiver of callbacks.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

/// Limit of waits in tests that would hang.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Answers every callback with 200 and passes it to the test.
pub(super) struct Receiver {
    addr: SocketAddr,
    seen: mpsc::Receiver<(String, Value)>,
}

impl Receiver {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let (sender, seen) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                receive(stream.unwrap(), &sender);
            }
        });
        Receiver { addr, seen }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// Head and body of the next callback.
    pub(super) fn next(&self) -> (String, Value) {
        self.seen.recv_timeout(TIMEOUT).unwrap()
    }
}

fn receive(mut stream: TcpStream, sender: &Sender<(String, Value)>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().trim_end().to_string();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        .unwrap();
    // The test may have ended.
    let _ = sender.send((head, serde_json::from_slice(&body).unwrap()));
}
