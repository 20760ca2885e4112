//! The least of an HTTP client: one connection, requests in one piece, answers by their length.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// No answer takes longer; a program that is measured must not stop its measurer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let buffer = Vec::new();
        Ok(Self { stream, buffer })
    }

    /// Sends a request and gives the status of its answer.
    pub fn ask(&mut self, method: &str, path: &str, body: &str) -> io::Result<u16> {
        self.send(&request(method, path, body))?;
        self.answer()
    }

    /// Writes one request, or several.
    pub fn send(&mut self, requests: &str) -> io::Result<()> {
        self.stream.write_all(requests.as_bytes())
    }

    /// Reads one answer that has a Content-Length and gives its status.
    pub fn answer(&mut self) -> io::Result<u16> {
        let mut piece = [0; 4096];
        loop {
            if let Some((head, length)) = whole(&self.buffer)? {
                self.buffer.drain(..length);
                let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
                return status.ok_or(ErrorKind::InvalidData.into());
            }
            let read = self.stream.read(&mut piece)?;
            if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.buffer.extend_from_slice(&piece[..read]);
        }
    }
}

/// A request as it goes over the wire.
pub fn request(method: &str, path: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Head, in lower case, and length of the message that `bytes` start with, once all of it is there.
pub fn whole(bytes: &[u8]) -> io::Result<Option<(String, usize)>> {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(Some(0), |value| value.trim().parse().ok())
        .ok_or(ErrorKind::InvalidData)?;
    let length = end + 4 + length;
    Ok((bytes.len() >= length).then_some((head, length)))
}
