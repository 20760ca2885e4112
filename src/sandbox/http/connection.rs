//! Serves one connection.

use super::BODY_CAP;
use super::Handler;
use super::writer::{self, WriteOptions};
use crate::http::{Framing, Head, ReadError, RequestReader};
use crate::sandbox::http_response::HttpResponse;
use crate::sandbox::simulator::{ReceivedRequest, ResponsePlan, Transmission, Upgrade};
use jiff::Timestamp;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time after which a connection is closed whose client neither sends nor reads.
const IDLE_TIMEOUT: Duration = Duration::from_secs(120);
/// Time and bytes allowed for reading the rest of a refused request.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);
const DRAIN_BYTES: usize = 64 * 1024 * 1024;

/// What happens to a connection after a response.
enum Next {
    /// It waits for another request.
    Request,
    Close,
    Upgrade(Upgrade),
}

/// Serves a connection to its end.
pub(crate) fn serve(stream: &Arc<TcpStream>, handler: &impl Handler) {
    if set_up(stream).is_err() {
        return;
    }
    let mut reader = RequestReader::new(&**stream, super::BODY_CAP);
    loop {
        match next(&mut reader, stream) {
            Ok((head, body)) => match answer(stream, handler, head, body) {
                Ok(Next::Request) => {}
                Ok(Next::Upgrade(upgrade)) => {
                    let read = reader.into_buffer();
                    return handler.serve_upgraded(stream.clone(), read, upgrade);
                }
                Ok(Next::Close) | Err(_) => return,
            },
            Err(ReadError::Refused(status)) => return refuse(stream, status),
            Err(ReadError::Disconnected) => return,
        }
    }
}

fn set_up(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(IDLE_TIMEOUT))?;
    stream.set_write_timeout(Some(IDLE_TIMEOUT))
}

fn next(
    reader: &mut RequestReader<&TcpStream>,
    mut stream: &TcpStream,
) -> Result<(Head, Vec<u8>), ReadError> {
    let head = reader.head()?;
    let is_acceptable = !matches!(head.body, Framing::Length(n) if n > BODY_CAP);
    if head.expects_continue && is_acceptable && reader.is_drained() {
        stream
            .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
            .map_err(|_| ReadError::Disconnected)?;
    }
    let body = reader.body(&head)?;
    Ok((head, body))
}

/// Answers one request.
fn answer(
    stream: &TcpStream,
    handler: &impl Handler,
    head: Head,
    body: Vec<u8>,
) -> io::Result<Next> {
    let options = WriteOptions {
        keep_alive: head.keep_alive,
        is_http_1_1: head.is_http_1_1,
        head_only: head.method == "HEAD",
    };
    let received = ReceivedRequest {
        at: Timestamp::now(),
        method: head.method,
        target: head.target,
        headers: head.headers,
        body,
    };
    let ResponsePlan {
        answer,
        transmission,
        upgrade,
    } = handler.handle(received);
    let stays_open = transmit(stream, handler, &answer, transmission, options)?;
    Ok(match upgrade {
        Some(upgrade) if stays_open => Next::Upgrade(upgrade),
        None if stays_open => Next::Request,
        _ => Next::Close,
    })
}

/// Transmits a response; returns whether the connection stays open.
fn transmit(
    stream: &TcpStream,
    handler: &impl Handler,
    answer: &HttpResponse,
    transmission: Transmission,
    options: WriteOptions,
) -> io::Result<bool> {
    let shutdown = &handler.sockets().shutdown;
    let latency = handler.latency(transmission);
    if !latency.is_zero() && !shutdown.sleep(latency) {
        return Ok(false);
    }
    match transmission {
        Transmission::Normal | Transmission::Delayed(_) => writer::write(stream, answer, options)?,
        Transmission::Drip(pause) => {
            let whole = writer::bytes(answer, options);
            writer::drip(stream, &whole, pause, shutdown)?;
        }
        Transmission::Truncated => {
            return writer::truncated(stream, answer, options).map(|()| false);
        }
        Transmission::Endless => return writer::endless(stream, answer).map(|()| false),
        Transmission::Reset => {
            writer::arm_reset(stream);
            return Ok(false);
        }
        Transmission::Hang => {
            writer::hang(stream);
            return Ok(false);
        }
        Transmission::Drop => return Ok(false),
    }
    Ok(options.keep_alive)
}

/// Refuses an unreadable request, then reads on briefly: closing with unread bytes would reset the
/// connection and lose the answer.
fn refuse(mut stream: &TcpStream, status: u16) {
    let options = WriteOptions {
        keep_alive: false,
        is_http_1_1: true,
        head_only: false,
    };
    let written = stream.write_all(&writer::bytes(&HttpResponse::error(status), options));
    if written.is_ok() && stream.shutdown(Shutdown::Write).is_ok() {
        discard(stream);
    }
}

fn discard(mut stream: &TcpStream) {
    let _ = stream.set_read_timeout(Some(DRAIN_TIMEOUT));
    let end = Instant::now() + DRAIN_TIMEOUT;
    let mut ignored = vec![0; 64 * 1024];
    let mut total = 0;
    while total < DRAIN_BYTES && Instant::now() < end {
        match stream.read(&mut ignored) {
            Ok(length) if length > 0 => total += length,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn waits_are_bounded() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        set_up(&stream).unwrap();
        assert_eq!(stream.read_timeout().unwrap(), Some(IDLE_TIMEOUT));
        assert_eq!(stream.write_timeout().unwrap(), Some(IDLE_TIMEOUT));
    }
}
