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
