//! Writes responses, and the faulty ones of fault injection.

use super::Shutdown;
use crate::sandbox::http_response::{HttpResponse, SWITCHING_PROTOCOLS, reason};
use socket2::SockRef;
use std::io::{self, BufWriter, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Connection headers, and whether the body is omitted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriteOptions {
    pub(crate) keep_alive: bool,
    /// Whether the request was HTTP/1.1; an HTTP/1.0 client must be told that the connection stays open.
    pub(crate) is_http_1_1: bool,
    /// Whether only the head is sent, for HEAD requests.
    pub(crate) head_only: bool,
}

/// Bytes of a streamed body written at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// Writes the response: all at once, or streamed for a long body.
pub(crate) fn write(
    stream: &TcpStream,
    answer: &HttpResponse,
    options: WriteOptions,
) -> io::Result<()> {
    let Some(long) = &answer.long else {
        return (&*stream).write_all(&bytes(answer, options));
    };
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, stream);
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
    if answer.status == SWITCHING_PROTOCOLS {
        out.extend_from_slice(b"\r\n");
        return out;
    }
    push(&mut out, "content-length", &length.to_string());
    match (options.keep_alive, options.is_http_1_1) {
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
    if !answer.content_type.is_empty() {
        push(out, "content-type", answer.content_type);
    }
    for (name, value) in &answer.headers {
        push(out, name, value);
    }
}

fn push(out: &mut Vec<u8>, name: &str, value: &str) {
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Bytes of an endless body written at once.
const ENDLESS_PIECE: usize = 64 * 1024;

/// Makes closing send a reset (RST).
pub(crate) fn arm_reset(stream: &TcpStream) {
    // A socket that refuses the option is closed already.
    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

/// Waits until the client disconnects or the sandbox ends.
pub(crate) fn hang(mut stream: &TcpStream) {
    let mut ignored = [0; 4096];
    let _ = stream.set_read_timeout(None);
    while !matches!(stream.read(&mut ignored), Ok(0) | Err(_)) {}
}

/// Writes an answer one byte per `pause`.
pub(crate) fn drip(
    mut stream: &TcpStream,
    answer: &[u8],
    pause: Duration,
    shutdown: &Shutdown,
) -> io::Result<()> {
    for byte in answer.chunks(1) {
        stream.write_all(byte)?;
        if !shutdown.sleep(pause) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
    }
    Ok(())
}

/// Writes the head for the whole body, and half of the body.
pub(crate) fn truncated(
    mut stream: &TcpStream,
    answer: &HttpResponse,
    options: WriteOptions,
) -> io::Result<()> {
    let whole = bytes(answer, options);
    let missing = (answer.body.len() / 2).max(1);
    let written = whole.len().saturating_sub(missing);
    stream.write_all(whole.get(..written).unwrap_or_default())
}

/// Writes an endless JSON string until the client disconnects.
pub(crate) fn endless(mut stream: &TcpStream, answer: &HttpResponse) -> io::Result<()> {
    stream.write_all(&endless_head(answer))?;
    stream.write_all(b"\"")?;
    let piece = vec![b'a'; ENDLESS_PIECE];
    loop {
        stream.write_all(&piece)?;
    }
}
