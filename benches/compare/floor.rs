//! The least a one-shot send can cost: connect, write, read, done.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::common::http::request;

/// Posts `body` to `/msg/send_text` at `address`.
pub fn send(address: &str, body: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = request("POST", "/msg/send_text", body);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = [0; 4096];
    let read = stream.read(&mut answer).unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
}
