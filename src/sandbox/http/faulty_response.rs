//! Faulty ways of answering.

use super::writer::{self, WriteOptions};
use crate::sandbox::http_response::HttpResponse;
use crate::sandbox::shutdown::Shutdown;
use socket2::SockRef;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

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
    let whole = writer::bytes(answer, options);
    let missing = (answer.body.len() / 2).max(1);
    let written = whole.len().saturating_sub(missing);
    stream.write_all(whole.get(..written).unwrap_or_default())
}

/// Writes an endless JSON string until the client disconnects.
pub(crate) fn endless(mut stream: &TcpStream, answer: &HttpResponse) -> io::Result<()> {
    stream.write_all(&writer::endless_head(answer))?;
    stream.write_all(b"\"")?;
    let piece = vec![b'a'; ENDLESS_PIECE];
    loop {
        stream.write_all(&piece)?;
    }
}
