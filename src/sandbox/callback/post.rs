//! One POST over plain HTTP with the real server's headers, within a time limit.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::sandbox::http_target::{Target, connect, left};

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
