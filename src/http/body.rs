//! Framing of request bodies.

use super::head::{ReadError, values};

/// Longest line of a chunk size; extensions are allowed.
const SIZE_LINE_CAP: usize = 1024;

/// How a body is delimited.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(usize),
    Chunked,
}

impl Framing {
    /// Reads the framing from the headers; ambiguous framing is refused.
    pub(super) fn of(headers: &[(String, String)]) -> Result<Self, ReadError> {
        let coding: Vec<&str> = values(headers, "transfer-encoding").collect();
        let lengths: Vec<&str> = values(headers, "content-length").collect();
        match (coding.as_slice(), lengths.as_slice()) {
            ([], []) => Ok(Framing::Length(0)),
            ([], [first, rest @ ..]) if rest.iter().all(|other| other == first) => length(first),
            ([coding], []) if coding.trim().eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
            ([_, ..], []) => Err(ReadError::Refused(501)),
            _ => Err(ReadError::Refused(400)),
        }
    }
}

fn length(text: &str) -> Result<Framing, ReadError> {
    let digits = text.trim();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ReadError::Refused(400));
    }
    // Only a number too large for usize fails here, and that is over the limit.
    digits
        .parse()
        .map(Framing::Length)
        .map_err(|_| ReadError::Refused(413))
}

/// The length of the size line at the start of `buffer`, and the size; `None` while incomplete.
pub(super) fn chunk_size(buffer: &[u8]) -> Result<Option<(usize, usize)>, ReadError> {
    // An empty size line must not end the body, although the library reads it as 0.
    if buffer.first().is_some_and(|byte| !byte.is_ascii_hexdigit()) {
        return Err(ReadError::Refused(400));
    }
    match httparse::parse_chunk_size(buffer) {
        Ok(httparse::Status::Complete((length, _))) if length > SIZE_LINE_CAP => {
            Err(ReadError::Refused(400))
        }
        Ok(httparse::Status::Complete((length, size))) => usize::try_from(size)
            .map(|size| Some((length, size)))
            .map_err(|_| ReadError::Refused(413)),
        Ok(httparse::Status::Partial) if buffer.len() >= SIZE_LINE_CAP => {
            Err(ReadError::Refused(400))
        }
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err(ReadError::Refused(400)),
    }
}
