//! A buffered reader of successive requests.

use super::HEAD_CAP;
use super::body::{self, Framing};
use super::head::ReadError;
use super::head::{self, Head};
use std::io::{ErrorKind, Read};

/// Bytes read at once.
const BUFFER_BYTES: usize = 16 * 1024;

/// Reads requests from a stream; bytes after a request remain for the next one.
pub(crate) struct RequestReader<R> {
    stream: R,
    buffer: Vec<u8>,
    /// Largest body in bytes; a larger one is answered 413.
    body_cap: usize,
}

impl<R: Read> RequestReader<R> {
    /// A reader that accepts bodies of up to `body_cap` bytes.
    pub(crate) fn new(stream: R, body_cap: usize) -> Self {
        RequestReader {
            stream,
            buffer: Vec::with_capacity(BUFFER_BYTES),
            body_cap,
        }
    }

    /// The stream, between two requests.
    pub(crate) fn stream(&mut self) -> &mut R {
        &mut self.stream
    }

    /// Reads the head of the next request.
    pub(crate) fn head(&mut self) -> Result<Head, ReadError> {
        loop {
            if let Some((head, length)) = head::parse(&self.buffer)? {
                self.buffer.drain(..length);
                return Ok(head);
            }
            if self.buffer.len() > HEAD_CAP {
                return Err(ReadError::Refused(431));
            }
            self.fill()?;
        }
    }

    /// Reads the body that follows `head`.
    pub(crate) fn body(&mut self, head: &Head) -> Result<Vec<u8>, ReadError> {
        let body = match head.body {
            Framing::Length(length) if length > self.body_cap => Err(ReadError::Refused(413)),
            Framing::Length(length) => self.exactly(length),
            Framing::Chunked => self.chunks(),
        };
        // A large body's memory must not be kept as long as the connection.
        self.buffer.shrink_to(BUFFER_BYTES);
        body
    }

    /// The bytes that were read beyond the last request.
    pub(crate) fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    /// Whether nothing after the head has arrived yet.
    pub(crate) fn is_drained(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Removes the next `length` bytes from the buffer.
    fn exactly(&mut self, length: usize) -> Result<Vec<u8>, ReadError> {
        while self.buffer.len() < length {
            self.fill()?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    fn chunks(&mut self) -> Result<Vec<u8>, ReadError> {
        let mut whole = Vec::new();
        loop {
            let size = self.chunk_size()?;
            if size == 0 {
                self.trailers()?;
                return Ok(whole);
            }
            if size > self.body_cap - whole.len() {
                return Err(ReadError::Refused(413));
            }
            whole.extend(self.exactly(size)?);
            if self.exactly(2)? != b"\r\n" {
                return Err(ReadError::Refused(400));
            }
        }
    }

    fn chunk_size(&mut self) -> Result<usize, ReadError> {
        loop {
            match body::chunk_size(&self.buffer)? {
                Some((length, size)) => {
                    self.buffer.drain(..length);
                    return Ok(size);
                }
                None => self.fill()?,
            }
        }
    }

    /// Skips the trailers after the last chunk; together they may be as long as a head.
    fn trailers(&mut self) -> Result<(), ReadError> {
        let mut total = 0;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(());
            }
            total += line.len() + 2;
            if total > HEAD_CAP {
                return Err(ReadError::Refused(431));
            }
        }
    }

    fn line(&mut self) -> Result<Vec<u8>, ReadError> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.buffer.drain(..end).collect();
                self.buffer.drain(..2);
                return Ok(line);
            }
            if self.buffer.len() > HEAD_CAP {
                return Err(ReadError::Refused(431));
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> Result<(), ReadError> {
        let mut piece = [0; BUFFER_BYTES];
        loop {
            match self.stream.read(&mut piece) {
                Ok(0) => return Err(ReadError::Disconnected),
                Ok(length) => {
                    self.buffer
                        .extend_from_slice(piece.get(..length).unwrap_or_default());
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(ReadError::Disconnected),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BODY_CAP: usize = 16 * 1024 * 1024;

    /// Yields its bytes one at a time, like a slow client.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let length = out.len().min(1).min(self.0.len());
            out[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    impl<R: Read> RequestReader<R> {
        fn head_and_body(&mut self) -> Result<(String, Vec<u8>), ReadError> {
            let head = self.head()?;
            let body = self.body(&head)?;
            Ok((head.target, body))
        }
    }

    fn read_all(bytes: &[u8]) -> Vec<Result<(String, Vec<u8>), ReadError>> {
        let mut reader = RequestReader::new(Trickle(bytes), BODY_CAP);
        let mut all = Vec::new();
        loop {
            match reader.head_and_body() {
                Err(ReadError::Disconnected) => return all,
                Err(error) => {
                    all.push(Err(error));
                    return all;
                }
                Ok(request) => all.push(Ok(request)),
            }
        }
    }

    #[test]
    fn reads_pipelined_requests() {
        let bytes = b"POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}\
                      POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
                      1;x=y\r\n{\r\n1\r\n}\r\n0\r\nTrailer: t\r\n\r\n\
                      GET /c HTTP/1.0\r\n\r\n";
        assert_eq!(
            read_all(bytes),
            [
                Ok(("/a".to_string(), b"{}".to_vec())),
                Ok(("/b".to_string(), b"{}".to_vec())),
                Ok(("/c".to_string(), vec![])),
            ]
        );
    }

    #[test]
    fn rejects_malformed_requests() {
        let huge_head = format!("GET / HTTP/1.1\r\nA: {}", "x".repeat(HEAD_CAP));
        let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let long_extension = format!("{chunked}0;{}\r\n\r\n", "x".repeat(1024));
        let many_trailers = format!("{chunked}0\r\n{}\r\n", "A: b\r\n".repeat(HEAD_CAP / 6 + 1));
        let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(101));
        for (text, status) in [
            ("nonsense\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 400),
            (
                "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                400,
            ),
            (
                "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                400,
            ),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                400,
            ),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{x\r\n",
                400,
            ),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\n\r\n",
                400,
            ),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n;x\r\n\r\n",
                400,
            ),
            (long_extension.as_str(), 400),
            (many_trailers.as_str(), 431),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
                413,
            ),
            ("POST / HTTP/1.1\r\nContent-Length: 16777217\r\n\r\n", 413),
            (
                "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
                413,
            ),
            (many_headers.as_str(), 431),
        ] {
            assert_eq!(
                read_all(text.as_bytes()),
                [Err(ReadError::Refused(status))],
                "{text}"
            );
            let at_once = RequestReader::new(text.as_bytes(), BODY_CAP)
                .head_and_body()
                .unwrap_err();
            assert_eq!(at_once, ReadError::Refused(status), "{text}");
        }
        let mut reader = RequestReader::new(huge_head.as_bytes(), BODY_CAP);
        assert_eq!(reader.head().unwrap_err(), ReadError::Refused(431));
    }

    /// Fragments of requests in any order.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..40),
            prop::sample::select(vec![
                "GET / HTTP/1.1\r\n",
                "POST /a HTTP/1.0\r\n",
                "Content-Length: 5\r\n",
                "Content-Length: 18446744073709551615\r\n",
                "Transfer-Encoding: chunked\r\n",
                "\r\n",
                "\r\n\r\n",
                "5\r\nabcde\r\n",
                "ffffffffffffffff\r\n",
                "0\r\n\r\n",
            ])
            .prop_map(|text| text.as_bytes().to_vec()),
        ]
    }

    proptest! {
        #[test]
        fn any_bytes_end_without_panic(parts in proptest::collection::vec(pieces(), 0..12)) {
            // Ends, because every read returns bytes.
            let bytes = parts.concat();
            prop_assert!(read_all(&bytes).len() <= bytes.len());
        }

        #[test]
        fn body_is_independent_of_chunking(
            body in proptest::collection::vec(any::<u8>(), 0..300),
            cuts in proptest::collection::vec(1usize..40, 0..20),
        ) {
            let mut request = format!("POST /l HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
            request.extend(&body);
            request.extend(b"POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
            let mut rest = body.as_slice();
            for cut in cuts.into_iter().chain([usize::MAX]) {
                let (piece, behind) = rest.split_at(cut.min(rest.len()));
                rest = behind;
                if !piece.is_empty() {
                    request.extend(format!("{:x}\r\n", piece.len()).into_bytes());
                    request.extend(piece);
                    request.extend(b"\r\n");
                }
            }
            request.extend(b"0\r\n\r\n");
            let read = read_all(&request);
            prop_assert_eq!(read, [Ok(("/l".to_string(), body.clone())), Ok(("/c".to_string(), body))]);
        }
    }
}
