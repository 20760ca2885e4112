//! A minimal HTTP client: one connection, responses delimited by `Content-Length`.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Ends a benchmark whose server no longer responds.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A persistent connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        let buffer = Vec::new();
        Ok(Self { stream, buffer })
    }

    /// Sends a request and returns the status of the response.
    pub fn request(&mut self, method: &str, path: &str, body: &str) -> io::Result<u16> {
        self.write(&format_request(method, path, body))?;
        self.read_status()
    }

    /// Writes one or more requests.
    pub fn write(&mut self, requests: &str) -> io::Result<()> {
        self.stream.write_all(requests.as_bytes())
    }

    /// Reads one response and returns its status.
    pub fn read_status(&mut self) -> io::Result<u16> {
        let mut chunk = [0; 4096];
        loop {
            if let Some((head, length)) = complete_message(&self.buffer)? {
                self.buffer.drain(..length);
                let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
                return status.ok_or(ErrorKind::InvalidData.into());
            }
            let read = self.stream.read(&mut chunk)?;
            if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.buffer.extend_from_slice(&chunk[..read]);
        }
    }
}

/// Formats a request with a JSON body.
pub fn format_request(method: &str, path: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Returns the head in lower case and the total length of the message at the start of `bytes`, or
/// `None` while part of it is missing.
pub fn complete_message(bytes: &[u8]) -> io::Result<Option<(String, usize)>> {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let body_length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(Some(0), |value| value.trim().parse().ok())
        .ok_or(ErrorKind::InvalidData)?;
    let length = end + 4 + body_length;
    Ok((bytes.len() >= length).then_some((head, length)))
}
