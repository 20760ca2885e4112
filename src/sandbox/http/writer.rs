//! Writes responses.

use crate::sandbox::http_response::{HttpResponse, reason};
use std::io::{self, BufWriter, Write};
use std::net::TcpStream;

/// Connection headers, and whether the body is omitted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriteOptions {
    pub(crate) keep_alive: bool,
    /// Whether an HTTP/1.0 client must be told that the connection stays open.
    pub(crate) is_modern: bool,
    /// Whether only the head is sent, for HEAD requests.
    pub(crate) head_only: bool,
}

/// Bytes of a streamed body written at once.
const PIECE: usize = 64 * 1024;

/// Writes the response: all at once, or streamed for a long body.
pub(crate) fn write(
    stream: &TcpStream,
    answer: &HttpResponse,
    options: WriteOptions,
) -> io::Result<()> {
    let Some(long) = &answer.long else {
        return (&*stream).write_all(&bytes(answer, options));
    };
    let mut out = BufWriter::with_capacity(PIECE, stream);
    out.write_all(&head(answer, long.length()?, options))?;
    if !options.head_only {
        long.write(&mut out)?;
    }
    out.flush()
}

/// The whole response.
pub(crate) fn bytes(answer: &HttpResponse, options: WriteOptions) -> Vec<u8> {
    let mut out = head(answer, answer.body.len(), options);
    if !options.head_only {
        out.extend_from_slice(&answer.body);
    }
    out
}

fn head(answer: &HttpResponse, length: usize, options: WriteOptions) -> Vec<u8> {
    let mut out = Vec::with_capacity(answer.body.len() + 256);
    start(&mut out, answer);
    push(&mut out, "content-length", &length.to_string());
    match (options.keep_alive, options.is_modern) {
        (false, _) => push(&mut out, "connection", "close"),
        (true, false) => push(&mut out, "connection", "keep-alive"),
        (true, true) => {}
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// A head without a length: the body ends with the connection.
pub(crate) fn endless_head(answer: &HttpResponse) -> Vec<u8> {
    let mut out = Vec::new();
    start(&mut out, answer);
    push(&mut out, "connection", "close");
    out.extend_from_slice(b"\r\n");
    out
}

fn start(out: &mut Vec<u8>, answer: &HttpResponse) {
    // Writing to memory cannot fail.
    let _ = write!(
        out,
        "HTTP/1.1 {} {}\r\n",
        answer.status,
        reason(answer.status)
    );
    push(out, "server", "qiwei-sandbox");
    push(out, "content-type", answer.content_type);
    for (name, value) in &answer.headers {
        push(out, name, value);
    }
}

fn push(out: &mut Vec<u8>, name: &str, value: &str) {
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}
