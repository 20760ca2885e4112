//! Fetches the URL of an upload, as the API server does.

use super::http_target::{Target, connect, left};
use md5::Md5;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Time for a whole fetch.
const EXCHANGE: Duration = Duration::from_secs(600);
/// Time without a byte after which a fetch fails.
const SILENCE: Duration = Duration::from_secs(30);
/// Largest head of an answer in bytes.
const HEAD_CAP: usize = 64 * 1024;
/// Bytes read at once.
const PIECE: usize = 64 * 1024;
/// Pieces of a slow fetch.
const SLOW_PIECES: u64 = 10;
/// Parts of a fetch by ranges.
const RANGES: u64 = 3;

/// How a file is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FetchMode {
    Whole,
    /// Half of it; the rest is not read.
    Half,
    /// Twice, on two connections.
    Twice,
    /// A HEAD request first.
    HeadFirst,
    /// In parts, each with a `Range` on a connection of its own.
    Ranges,
    /// In pieces with this pause before each.
    Slowly(Duration),
}

/// A fetched file.
#[derive(Clone, Debug)]
pub(super) struct FetchedFile {
    /// A temporary file without a name.
    pub(super) content: Arc<File>,
    pub(super) size: u64,
    pub(super) md5: String,
    pub(super) sha256: String,
}

/// Fetches `url`.
///
/// # Errors
/// Why it cannot be fetched.
pub(super) fn fetch(url: &str, mode: FetchMode) -> Result<FetchedFile, String> {
    let target = Target::parse(url)?;
    let end = Instant::now() + EXCHANGE;
    let whole = || get(&target, end, None, mode);
    let fetched = match mode {
        FetchMode::Ranges => ranges(&target, end),
        FetchMode::Twice => whole().and_then(|_| whole()),
        FetchMode::HeadFirst => head(&target, end).and_then(|_| whole()),
        FetchMode::Whole | FetchMode::Half | FetchMode::Slowly(_) => whole(),
    };
    fetched.map_err(|error| format!("{error}"))
}

/// What has been received, with its hashes.
struct Sink {
    content: File,
    size: u64,
    md5: Md5,
    sha256: Sha256,
}

impl Sink {
    fn new() -> io::Result<Self> {
        Ok(Sink {
            content: tempfile::tempfile()?,
            size: 0,
            md5: Md5::new(),
            sha256: Sha256::new(),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.content.write_all(bytes)?;
        self.size += bytes.len() as u64;
        self.md5.update(bytes);
        self.sha256.update(bytes);
        Ok(())
    }

    fn finish(self) -> FetchedFile {
        FetchedFile {
            content: Arc::new(self.content),
            size: self.size,
            md5: hex(&self.md5.finalize()),
            sha256: hex(&self.sha256.finalize()),
        }
    }
}

/// Reads a file on this machine.
///
/// # Errors
/// When it cannot be read.
pub(super) fn read(mut file: File) -> io::Result<FetchedFile> {
    let mut sink = Sink::new()?;
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(sink.finish()),
            length => sink.write(piece.get(..length).unwrap_or_default())?,
        }
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A response whose head has been read.
struct Response {
    stream: TcpStream,
    status: u16,
    length: u64,
    /// The beginning of the body.
    read: Vec<u8>,
}

fn get(
    target: &Target,
    end: Instant,
    range: Option<(u64, u64)>,
    mode: FetchMode,
) -> io::Result<FetchedFile> {
    let mut sink = Sink::new()?;
    let response = request(target, end, "GET", range)?;
    body(response, mode, end, &mut sink)?;
    Ok(sink.finish())
}

fn head(target: &Target, end: Instant) -> io::Result<u64> {
    request(target, end, "HEAD", None).map(|response| response.length)
}

fn ranges(target: &Target, end: Instant) -> io::Result<FetchedFile> {
    let size = head(target, end)?;
    let mut sink = Sink::new()?;
    let part = size.div_ceil(RANGES).max(1);
    let mut start = 0;
    while start < size {
        let last = (start + part).min(size) - 1;
        let response = request(target, end, "GET", Some((start, last)))?;
        if response.status != 206 || response.length != last - start + 1 {
            return Err(unusable(format!("status {} to a range", response.status)));
        }
        body(response, FetchMode::Whole, end, &mut sink)?;
        start = last + 1;
    }
    Ok(sink.finish())
}

fn request(
    target: &Target,
    end: Instant,
    method: &str,
    range: Option<(u64, u64)>,
) -> io::Result<Response> {
    let range = range.map_or_else(String::new, |(first, last)| {
        format!("Range: bytes={first}-{last}\r\n")
    });
    let mut stream = connect(target)?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(left(end)?.min(SILENCE)))?;
    write!(
        stream,
        "{method} {} HTTP/1.1\r\nHost: {}\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n\
         User-Agent: Python/3.11 aiohttp/3.9\r\n{range}\r\n",
        target.path, target.authority
    )?;
    let mut read = Vec::new();
    loop {
        if let Some((status, length, head)) = parse_head(&read)? {
            read.drain(..head);
            if !(200..300).contains(&status) {
                return Err(unusable(format!("HTTP {status}")));
            }
            return Ok(Response {
                stream,
                status,
                length,
                read,
            });
        }
        if read.len() > HEAD_CAP {
            return Err(unusable("a head that does not end".into()));
        }
        let mut piece = [0; 4096];
        match receive(&mut stream, &mut piece, end)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            length => read.extend(piece.iter().take(length)),
        }
    }
}

/// Status, length of the body, and length of the head.
fn parse_head(read: &[u8]) -> io::Result<Option<(u16, u64, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(read) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(unusable(error.to_string())),
    };
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| std::str::from_utf8(header.value).ok()?.trim().parse().ok())
        .ok_or_else(|| unusable("no Content-Length".into()))?;
    Ok(Some((response.code.unwrap_or_default(), length, head)))
}

fn body(mut response: Response, mode: FetchMode, end: Instant, sink: &mut Sink) -> io::Result<()> {
    let wanted = match mode {
        FetchMode::Half => response.length / 2,
        _ => response.length,
    };
    let step = (response.length / SLOW_PIECES).max(1);
    let mut pause_at = 0;
    let mut first = std::mem::take(&mut response.read);
    first.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    sink.write(&first)?;
    let mut got = first.len() as u64;
    let mut piece = vec![0; PIECE];
    while got < wanted {
        if let FetchMode::Slowly(pause) = mode
            && got >= pause_at
        {
            thread::sleep(pause);
            pause_at += step;
        }
        let room = usize::try_from(wanted - got).unwrap_or(PIECE).min(PIECE);
        let buffer = piece.get_mut(..room).unwrap_or_default();
        let length = receive(&mut response.stream, buffer, end)?;
        if length == 0 {
            return Err(unusable(format!(
                "the body ended after {got} of {wanted} bytes"
            )));
        }
        sink.write(piece.get(..length).unwrap_or_default())?;
        got += length as u64;
    }
    Ok(())
}

fn receive(stream: &mut TcpStream, buffer: &mut [u8], end: Instant) -> io::Result<usize> {
    stream.set_read_timeout(Some(left(end)?.min(SILENCE)))?;
    stream.read(buffer)
}

fn unusable(what: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_needs_length() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nabc";
        assert_eq!(parse_head(head).unwrap(), Some((200, 12, head.len() - 3)));
        assert_eq!(parse_head(b"HTTP/1.1 200 OK\r\nConte").unwrap(), None);
        for bad in [
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "nonsense\r\n\r\n",
        ] {
            assert!(parse_head(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
