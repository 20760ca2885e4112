//! One POST over plain HTTP with the real server's headers, within a time limit.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Time to connect, for each address of the host.
const CONNECT: Duration = Duration::from_secs(2);
/// Time for the whole exchange once connected.
const EXCHANGE: Duration = Duration::from_secs(5);
/// Most bytes read of an answer.
const ANSWER_CAP: usize = 64 * 1024;

/// Posts a JSON body; returns the receiver's HTTP status, or why there is none.
pub(super) fn post(target: &Target, body: &str) -> Result<u16, String> {
    let mut stream = connect(target).map_err(|error| format!("not connected: {error}"))?;
    let end = Instant::now() + EXCHANGE;
    send(&mut stream, target, body, end).map_err(|error| format!("not sent: {error}"))?;
    receive(&mut stream, end).map_err(|error| format!("no answer: {error}"))
}

fn connect(target: &Target) -> io::Result<TcpStream> {
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    let addresses: Vec<SocketAddr> = (&*target.host, target.port).to_socket_addrs()?.collect();
    for address in addresses {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn send(stream: &mut TcpStream, target: &Target, body: &str, end: Instant) -> io::Result<()> {
    let request = format!(
        "POST {} HTTP/1.1\r\n\
         Host: {}\r\n\
         Accept: */*\r\n\
         Accept-Encoding: gzip, deflate\r\n\
         User-Agent: Python/3.11 aiohttp/3.9\r\n\
         Content-Length: {}\r\n\
         Content-Type: application/json\r\n\r\n{body}",
        target.path,
        target.authority,
        body.len()
    );
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(left(end)?))?;
    stream.write_all(request.as_bytes())
}

fn receive(stream: &mut TcpStream, end: Instant) -> io::Result<u16> {
    let mut answer = Vec::new();
    let (status, length) = loop {
        match status_and_length(&answer)? {
            Some((status, length)) if (100..200).contains(&status) => {
                answer.drain(..length.min(answer.len()));
            }
            Some(found) => break found,
            None if answer.len() > ANSWER_CAP => return Err(ErrorKind::InvalidData.into()),
            None if fill(stream, &mut answer, end)? == 0 => {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            None => {}
        }
    };
    // Only the status matters; the rest is read so that the receiver can finish.
    while answer.len() < length.min(ANSWER_CAP) {
        if !matches!(fill(stream, &mut answer, end), Ok(1..)) {
            break;
        }
    }
    Ok(status)
}

/// The status of an answer whose head is complete, and the total length.
fn status_and_length(answer: &[u8]) -> io::Result<Option<(u16, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(answer) {
        Ok(httparse::Status::Complete(head)) => {
            let status = response.code.unwrap_or_default();
            let body = content_length(response.headers).unwrap_or(0);
            Ok(Some((status, head.saturating_add(body))))
        }
        Ok(httparse::Status::Partial) => Ok(None),
        Err(error) => Err(io::Error::new(ErrorKind::InvalidData, error)),
    }
}

fn content_length(headers: &[httparse::Header]) -> Option<usize> {
    let header = headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))?;
    std::str::from_utf8(header.value).ok()?.trim().parse().ok()
}

fn fill(stream: &mut TcpStream, answer: &mut Vec<u8>, end: Instant) -> io::Result<usize> {
    let mut piece = [0; 4096];
    stream.set_read_timeout(Some(left(end)?))?;
    let length = stream.read(&mut piece)?;
    answer.extend(piece.iter().take(length));
    Ok(length)
}

fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(ErrorKind::TimedOut.into())
    } else {
        Ok(left)
    }
}

/// The destination of a callback.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Host and port for the `Host` header, as written.
    pub(super) authority: String,
    /// Host and port to connect to.
    pub(super) host: String,
    pub(super) port: u16,
    /// Path and query.
    pub(super) path: String,
}

impl Target {
    /// Reads an `http://` URL.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let rest = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            _ => {
                return Err(format!(
                    "the sandbox posts to http:// URLs only, not to {url:?}"
                ));
            }
        };
        if url.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(format!("{url:?} holds a blank or a control character"));
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let authority = authority.rsplit('@').next().unwrap_or(authority);
        let (host, port) = host_and_port(authority).ok_or_else(|| format!("{url:?} is no URL"))?;
        Ok(Target {
            authority: authority.into(),
            host,
            port,
            path: path_of(path),
        })
    }
}

fn host_and_port(authority: &str) -> Option<(String, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (host, port.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = port.map_or(Some(80), |port| port.parse().ok())?;
    (!host.is_empty()).then(|| (host.into(), port))
}

fn path_of(rest: &str) -> String {
    let path = rest.split('#').next().unwrap_or_default();
    if path.starts_with('/') {
        path.into()
    } else {
        format!("/{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parses_urls() {
        for (url, authority, host, port, path) in [
            (
                "http://127.0.0.1:5000/webhook",
                "127.0.0.1:5000",
                "127.0.0.1",
                5000,
                "/webhook",
            ),
            ("HTTP://host", "host", "host", 80, "/"),
            ("http://[::1]:81/a?b=c#d", "[::1]:81", "::1", 81, "/a?b=c"),
            ("http://u:p@host:1?x", "host:1", "host", 1, "/?x"),
        ] {
            let target = Target::parse(url).unwrap();
            let found = (
                &*target.authority,
                &*target.host,
                target.port,
                &*target.path,
            );
            assert_eq!(found, (authority, host, port, path), "{url}");
        }
    }

    #[test]
    fn rejects_invalid_input() {
        for url in [
            "",
            "x",
            "https://h/",
            "http://",
            "http://:80/",
            "http://h:x/",
            "http://[::1/",
            "http://h/a b",
            "http://h/\r\nX: y",
        ] {
            assert!(Target::parse(url).is_err(), "{url:?}");
        }
    }

    proptest! {
        #[test]
        fn url_cannot_inject_request_lines(url in "[hH]ttp://([a-z@:\\[\\]0-9./?#]|\\PC|[\r\n\t ]){0,24}") {
            if let Ok(target) = Target::parse(&url) {
                let line = format!("{}{}", target.authority, target.path);
                prop_assert!(!line.bytes().any(|byte| byte <= b' ' || byte == 0x7f));
                prop_assert!(target.path.starts_with('/') && !target.path.contains('#'));
                prop_assert!(!target.host.is_empty() && !target.authority.contains(['@', '/', '?']));
            }
        }
    }
}
