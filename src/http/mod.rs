//! Reads HTTP/1.1 requests from a socket, with limits on everything a client sends.
//!
//! Used by the sandbox and by the callback listener.

mod body;
mod head;
pub(crate) mod host;
#[cfg(any(test, fuzzing))]
pub mod properties;
mod reader;

pub(crate) use body::Framing;
pub(crate) use head::Head;
pub(crate) use head::ReadError;
pub(crate) use reader::RequestReader;

/// Largest head in bytes; a larger one is answered 431.
const HEAD_CAP: usize = 64 * 1024;
/// Most headers; more are answered 431.
const HEADERS_CAP: usize = 100;
