//! Property checks of the request reader, for fuzz targets and tests.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "property checks fail by panicking"
)]

use std::cell::Cell;
use std::io::Read;

use super::head::values;
use super::{Framing, Head, ReadError, RequestReader};

/// Small, so that inputs reach the limit.
const BODY_CAP: usize = 600;

/// Checks the bytes of a connection.
pub fn http(data: &[u8]) {
    let (slow, ends) = read_all(data, 1);
    for piece in [2, 7, usize::MAX] {
        assert_eq!(read_all(data, piece).0, slow, "in pieces of {piece}");
    }
    let mut start = 0;
    // The last request could not be read.
    for (request, end) in slow.iter().flatten().zip(ends) {
        check_head(&request.head);
        assert!(request.body.len() <= BODY_CAP);
        let sent = data.get(start..end).expect("ends within the input");
        start = end;
        check_body(request, sent);
        assert_eq!(reread(request), request.body);
    }
}

#[derive(Debug, PartialEq)]
struct Request {
    head: Head,
    body: Vec<u8>,
}

/// Yields pieces of at most `piece` bytes.
struct Client<'a> {
    bytes: &'a [u8],
    piece: usize,
    given: &'a Cell<usize>,
}

impl Read for Client<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let room = to.len().min(self.piece);
        let length = self.bytes.read(to.get_mut(..room).unwrap_or_default())?;
        self.given.set(self.given.get() + length);
        Ok(length)
    }
}

/// The requests read, and the bytes consumed after each: exact for pieces of one byte, because nothing
/// is read ahead.
fn read_all(bytes: &[u8], piece: usize) -> (Vec<Result<Request, ReadError>>, Vec<usize>) {
    let given = Cell::new(0);
    let client = Client {
        bytes,
        piece,
        given: &given,
    };
    let mut reader = RequestReader::new(client, BODY_CAP);
    let (mut all, mut ends) = (Vec::new(), Vec::new());
    loop {
        let request = reader.head().and_then(|head| {
            let body = reader.body(&head)?;
            Ok(Request { head, body })
        });
        let is_last = request.is_err();
        all.push(request);
        ends.push(given.get());
        if is_last {
            return (all, ends);
        }
        assert!(all.len() <= bytes.len(), "reads for ever");
    }
}

fn check_head(head: &Head) {
    let is_token = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    assert!(is_token(&head.method), "{head:?}");
    assert!(!head.target.is_empty(), "{head:?}");
    assert!(!head.target.contains([' ', '\r', '\n', '\0']), "{head:?}");
    for (name, value) in &head.headers {
        assert!(is_token(name) && !name.contains(':'), "{name:?}");
        assert!(!value.contains(['\r', '\n', '\0']), "{value:?}");
    }
    let is_ambiguous =
        head.header("transfer-encoding").is_some() && head.header("content-length").is_some();
    assert!(!is_ambiguous, "{head:?}");
    let mut lengths = values(&head.headers, "content-length");
    let first = lengths.next();
    assert!(lengths.all(|other| Some(other) == first), "{head:?}");
}

/// Checks a body against a second reading of the bytes sent.
fn check_body(request: &Request, sent: &[u8]) {
    match request.head.body {
        Framing::Length(length) => {
            assert_eq!(request.body.len(), length);
            assert!(sent.ends_with(&request.body));
        }
        Framing::Chunked => {
            let ends = sent
                .windows(2)
                .enumerate()
                .filter(|(_, pair)| pair == b"\n\n" || pair == b"\n\r");
            let starts = ends.map(|(at, pair)| at + if pair == b"\n\n" { 2 } else { 3 });
            let bodies: Vec<Vec<u8>> = starts
                .filter_map(|start| strictly_unchunked(sent.get(start..)?))
                .collect();
            assert!(
                bodies.contains(&request.body),
                "no such chunks: {request:?}"
            );
        }
    }
}

/// The chunks in `bytes`, if they are a valid chunked body (RFC 9112).
fn strictly_unchunked(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
        let line = bytes.get(..end)?;
        let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let digits = std::str::from_utf8(line.get(..digits)?).ok()?;
        let size = usize::from_str_radix(digits, 16).ok()?;
        bytes = bytes.get(end + 2..)?;
        if size == 0 {
            break;
        }
        whole.extend(bytes.get(..size)?);
        bytes = bytes.get(size..)?.strip_prefix(b"\r\n")?;
    }
    // Trailers up to an empty line, and nothing after it.
    loop {
        let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
        bytes = bytes.get(end + 2..)?;
        if end == 0 {
            return bytes.is_empty().then_some(whole);
        }
    }
}

/// The body of the same request in its simplest form.
fn reread(request: &Request) -> Vec<u8> {
    let length = request.body.len();
    let mut bytes = format!("POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    bytes.extend(&request.body);
    let mut reader = RequestReader::new(bytes.as_slice(), BODY_CAP);
    let head = reader.head().expect("a plain head");
    reader.body(&head).expect("a plain body")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::token_sequences::token_sequences;

    const WORDS: &[&str] = &[
        "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\n",
        "POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 5\r\n",
        "POST /a HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.0\r\n",
        "Host: h\r\n",
        "Content-Length: 5\r\n",
        "Content-Length: 601\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Connection: close\r\n",
        "\r\n",
        "\n",
        "3\r\nabc\r\n",
        "3;x=y\r\nabc\r\n",
        "0\r\n\r\n",
        "0\r\nTrailer: t\r\n\r\n",
        "abc",
        " ",
        "ffffffffffffffff",
    ];

    proptest! {
        #[test]
        fn requests_are_framed_unambiguously(bytes in token_sequences(WORDS)) {
            http(&bytes);
        }
    }
}
