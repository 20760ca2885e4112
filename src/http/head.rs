//! The head of a request, header look-ups, and read errors.

use super::body::Framing;
use super::{HEAD_CAP, HEADERS_CAP};

/// A parsed request head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Framing,
    /// Whether the version is HTTP/1.1 rather than 1.0.
    pub(crate) is_http_1_1: bool,
    /// Whether the connection stays open after the response.
    pub(crate) keep_alive: bool,
    /// Whether the client waits for `100 Continue`.
    pub(crate) expects_continue: bool,
}

impl Head {
    /// Stands for a request that cannot be read, after which the connection is closed.
    pub(crate) fn closing() -> Self {
        Self {
            method: String::new(),
            target: String::new(),
            headers: Vec::new(),
            body: Framing::Length(0),
            is_http_1_1: true,
            keep_alive: false,
            expects_continue: false,
        }
    }

    /// The first value of a header; the name is case-insensitive.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        values(&self.headers, name).next()
    }
}

/// Parses the head at the start of `buffer` and returns its length; `None` while incomplete.
pub(super) fn parse(buffer: &[u8]) -> Result<Option<(Head, usize)>, ReadError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_CAP];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(buffer) {
        Ok(httparse::Status::Complete(length)) if length > HEAD_CAP => Err(ReadError::Refused(431)),
        Ok(httparse::Status::Complete(length)) => Ok(Some((head(&request)?, length))),
        Ok(httparse::Status::Partial) => Ok(None),
        Err(httparse::Error::TooManyHeaders) => Err(ReadError::Refused(431)),
        Err(_) => Err(ReadError::Refused(400)),
    }
}

fn head(request: &httparse::Request) -> Result<Head, ReadError> {
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|header| {
            let value = String::from_utf8_lossy(header.value).into_owned();
            (header.name.to_string(), value)
        })
        .collect();
    let is_http_1_1 = request.version == Some(1);
    Ok(Head {
        method: request.method.unwrap_or_default().into(),
        target: request.path.unwrap_or_default().into(),
        body: Framing::of(&headers)?,
        is_http_1_1,
        keep_alive: keeps_alive(&headers, is_http_1_1),
        expects_continue: is_http_1_1 && has_list_item(&headers, "expect", "100-continue"),
        headers,
    })
}

/// HTTP/1.1 stays open unless told to close, HTTP/1.0 closes unless told to stay open.
fn keeps_alive(headers: &[(String, String)], is_http_1_1: bool) -> bool {
    if is_http_1_1 {
        !has_list_item(headers, "connection", "close")
    } else {
        has_list_item(headers, "connection", "keep-alive")
    }
}

/// Whether a comma-separated header has this list item.
pub(super) fn has_list_item(headers: &[(String, String)], name: &str, item: &str) -> bool {
    values(headers, name)
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(item))
}

/// Every value of a header.
pub(super) fn values<'h, 'n>(
    headers: &'h [(String, String)],
    name: &'n str,
) -> impl Iterator<Item = &'h str> + use<'h, 'n> {
    headers
        .iter()
        .filter(move |(candidate, _)| candidate.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// Why no request could be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReadError {
    /// The client has disconnected or been silent for too long.
    Disconnected,
    /// The request is refused with this HTTP status.
    Refused(u16),
}
