//! The least a one-shot send can cost: connect, write, read, done.

use std::io::{Read, Write};
use std::net::TcpStream;

/// Posts `body` to `/msg/send_text` at `address`.
pub fn send(address: &str, body: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    post(&mut stream, "/msg/send_text", body);
    let mut answer = [0; 4096];
    let read = stream.read(&mut answer).unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
}

/// The same with the HTTP client that the program is built on, and nothing else of it.
pub fn send_with_the_http_client(address: &str, body: &str) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::blocking::Client::builder()
        .http1_only()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    let answer = client
        .post(format!("http://{address}/msg/send_text"))
        .header("content-type", "application/json")
        .body(body.to_owned())
        .send()
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert!(!answer.bytes().unwrap().is_empty());
}

/// Writes one request in one piece.
pub fn post(stream: &mut TcpStream, path: &str, body: &str) {
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
}

/// Reads one answer that has a Content-Length, and returns its status line's code.
pub fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> u16 {
    let mut piece = [0; 4096];
    loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |value| value.trim().parse().unwrap());
            if buffer.len() >= end + 4 + length {
                let code = head.split(' ').nth(1).unwrap().parse().unwrap();
                buffer.drain(..end + 4 + length);
                return code;
            }
        }
        let read = stream.read(&mut piece).unwrap();
        assert!(read > 0, "the connection was closed");
        buffer.extend_from_slice(&piece[..read]);
    }
}
