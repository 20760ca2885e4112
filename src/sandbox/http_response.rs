//! An HTTP response of the sandbox.

use super::upload::FetchJob;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

/// A response.
#[derive(Clone, Debug)]
pub struct HttpResponse {
    /// HTTP status.
    pub status: u16,
    /// Value of `content-type`.
    pub content_type: &'static str,
    /// Headers beyond length, type and connection.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// A streamed body, used instead of `body`.
    pub(super) long: Option<Box<StreamedBody>>,
    /// An upload that is answered after its URL was fetched.
    pub(super) upload: Option<Box<UploadAnswer>>,
    /// A note for the log.
    pub note: String,
}

const JSON: &str = "application/json";

/// The status after which the connection speaks another protocol.
pub(super) const SWITCHING_PROTOCOLS: u16 = 101;

impl HttpResponse {
    /// A JSON body.
    pub(super) fn json(status: u16, body: Vec<u8>, note: impl Into<String>) -> Self {
        HttpResponse {
            status,
            content_type: JSON,
            headers: Vec::new(),
            body,
            long: None,
            upload: None,
            note: note.into(),
        }
    }

    /// A JSON array of possibly very many entries.
    pub(super) fn list<T: Serialize + Send + Sync + 'static>(entries: Vec<Arc<T>>) -> Self {
        HttpResponse {
            long: Some(Box::new(StreamedBody::list(entries))),
            ..HttpResponse::json(200, Vec::new(), "")
        }
    }

    /// A file.
    pub(super) fn file(body: StreamedBody) -> Self {
        HttpResponse {
            long: Some(Box::new(body)),
            ..HttpResponse::raw(200, "application/octet-stream", "")
        }
    }

    /// The switch to another protocol, without a body.
    pub(super) fn switching_protocols() -> Self {
        HttpResponse {
            note: "WebSocket opened".into(),
            ..HttpResponse::raw(SWITCHING_PROTOCOLS, "", "")
        }
    }

    /// FastAPI's `{"detail":…}`.
    pub(super) fn detail(status: u16, detail: &Value, note: impl Into<String>) -> Self {
        let body = json!({ "detail": detail }).to_string().into_bytes();
        HttpResponse::json(status, body, note)
    }

    /// FastAPI's `{"detail":"…"}` with the reason phrase of the status.
    pub(super) fn error(status: u16) -> Self {
        HttpResponse::detail(status, &json!(reason(status)), reason(status))
    }

    /// A body that is not JSON.
    pub(super) fn raw(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        HttpResponse {
            status,
            content_type,
            headers: Vec::new(),
            body: body.into(),
            long: None,
            upload: None,
            note: String::new(),
        }
    }

    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn method_not_allowed(allowed: &str) -> Self {
        HttpResponse::error(405).with_header("allow", allowed)
    }
}

/// An upload that is not complete.
#[derive(Clone, Debug)]
pub(super) struct UploadAnswer {
    pub(super) job: FetchJob,
    /// Whether a fault replaces the answer.
    pub(super) is_replaced: bool,
}

/// A body too large to build in memory. It can be written any number of times.
#[derive(Clone)]
pub(super) struct StreamedBody {
    write: Arc<WriteFn>,
    /// Its length in bytes, if it is known.
    length: Option<u64>,
}

type WriteFn = dyn Fn(&mut dyn Write) -> io::Result<()> + Send + Sync;

impl StreamedBody {
    fn list<T: Serialize + Send + Sync + 'static>(entries: Vec<Arc<T>>) -> Self {
        let write = Arc::new(move |out: &mut dyn Write| {
            let mut before = "[";
            for entry in &entries {
                out.write_all(before.as_bytes())?;
                serde_json::to_writer(&mut *out, entry.as_ref())?;
                before = ",";
            }
            out.write_all(if entries.is_empty() { b"[]" } else { b"]" })
        });
        StreamedBody {
            write,
            length: None,
        }
    }

    /// The first `length` bytes of a file.
    pub(super) fn file(file: Arc<File>, length: u64) -> Self {
        let write = Arc::new(move |out: &mut dyn Write| {
            let mut piece = vec![0; FILE_PIECE];
            let mut offset = 0;
            while offset < length {
                let room =
                    usize::try_from(length - offset).map_or(FILE_PIECE, |n| n.min(FILE_PIECE));
                let buffer = piece.get_mut(..room).unwrap_or_default();
                let read = read_at(&file, buffer, offset)?;
                if read == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                out.write_all(buffer.get(..read).unwrap_or_default())?;
                offset += read as u64;
            }
            Ok(())
        });
        StreamedBody {
            write,
            length: Some(length),
        }
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        (self.write)(out)
    }

    /// Its length in bytes.
    pub(super) fn length(&self) -> io::Result<usize> {
        if let Some(length) = self.length {
            return usize::try_from(length).map_err(io::Error::other);
        }
        let mut count = Count(0);
        self.write(&mut count)?;
        Ok(count.0)
    }
}

impl fmt::Debug for StreamedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamedBody")
    }
}

/// Bytes of a file read at once.
const FILE_PIECE: usize = 64 * 1024;

/// Reads from a position, without moving the position that all readers share.
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buffer, offset);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, buffer, offset);
}

/// Counts written bytes.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The reason phrase of a status, for the status line and FastAPI's `detail`.
pub(super) fn reason(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Request Entity Too Large",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ if status < 500 => "Client Error",
        _ => "Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streamed_list_has_declared_length() {
        for (entries, expected) in [
            (vec![], "[]"),
            (vec!["a\n"], r#"["a\n"]"#),
            (vec!["a", "微", "c"], r#"["a","微","c"]"#),
        ] {
            let entries = entries.into_iter().map(|text| Arc::new(text.to_owned()));
            let answer = HttpResponse::list::<String>(entries.collect());
            let long = answer.long.unwrap();
            let mut written = Vec::new();
            long.write(&mut written).unwrap();
            assert_eq!(String::from_utf8(written).unwrap(), expected);
            assert_eq!(long.length().unwrap(), expected.len());
        }
    }
}
