//! A minimal HTTP client on a raw socket, which can also send invalid requests.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

use serde_json::Value;

use super::background::HANG_TIMEOUT;

/// One connection to a listener.
pub struct Client {
    stream: TcpStream,
    /// Bytes read after the last response.
    rest: Vec<u8>,
    host: String,
    path: String,
}

/// An HTTP response.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

impl Client {
    /// Connects to the host of an `http://` URL; requests use its path.
    pub fn to(url: &str) -> Self {
        Self::try_to(url).unwrap()
    }

    /// As [`Client::to`], for a server that may have closed its port.
    pub fn try_to(url: &str) -> io::Result<Self> {
        let rest = url.strip_prefix("http://").unwrap();
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(HANG_TIMEOUT))?;
        stream.set_write_timeout(Some(HANG_TIMEOUT))?;
        Ok(Self {
            stream,
            rest: Vec::new(),
            host: host.to_owned(),
            path: format!("/{path}"),
        })
    }

    /// Sends bytes. Errors are ignored: the server may have closed the connection.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Posts JSON and reads the response; the connection stays open.
    #[track_caller]
    pub fn post(&mut self, body: &str) -> Answer {
        let request = self.request("POST", "Content-Type: application/json\r\n", body);
        self.send(request);
        self.answer()
    }

    /// A request to the URL's path with these extra header lines.
    pub fn request(&self, method: &str, headers: &str, body: &str) -> String {
        format!(
            "{method} {} HTTP/1.1\r\nHost: {}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            self.path,
            self.host,
            body.len()
        )
    }

    /// Reads a response; panics when there is none.
    #[track_caller]
    pub fn answer(&mut self) -> Answer {
        self.try_answer(false).expect("no answer")
    }

    /// Reads the response to a HEAD request, which has no body.
    #[track_caller]
    pub fn head_answer(&mut self) -> Answer {
        self.try_answer(true).expect("no answer")
    }

    /// Reads a response; `None` when the connection ends first.
    pub fn try_answer(&mut self, head_only: bool) -> Option<Answer> {
        loop {
            if let Some((answer, length)) = complete(&self.rest, head_only) {
                self.rest.drain(..length);
                return Some(answer);
            }
            let mut piece = [0; 4096];
            match self.stream.read(&mut piece) {
                Ok(0) | Err(_) => return None,
                Ok(length) => self.rest.extend_from_slice(&piece[..length]),
            }
        }
    }

    /// Closes the sending side of the connection.
    pub fn end(&mut self) {
        // The server may have closed the connection.
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Whether the server has closed the connection without sending more.
    pub fn is_closed(&mut self) -> bool {
        self.rest.is_empty() && matches!(self.stream.read(&mut [0]), Ok(0) | Err(_))
    }
}

fn complete(bytes: &[u8], head_only: bool) -> Option<(Answer, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.get(9..12)?.parse().ok()?;
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.trim().parse().unwrap());
    let length = if head_only { 0 } else { length };
    let body = String::from_utf8_lossy(bytes.get(end..end + length)?).into_owned();
    Some((Answer { status, head, body }, end + length))
}

/// Posts once, on a new connection.
#[track_caller]
pub fn post(url: &str, body: &str) -> Answer {
    Client::to(url).post(body)
}

/// Sends one request without a body, on a new connection.
#[track_caller]
pub fn ask(method: &str, url: &str) -> Answer {
    let mut client = Client::to(url);
    let request = client.request(method, "Connection: close\r\n", "");
    client.send(request);
    client.try_answer(method == "HEAD").expect("no answer")
}
