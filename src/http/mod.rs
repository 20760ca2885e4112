//! Reading HTTP/1.1 requests off a socket, with a bound on everything a client may send.
//!
//! Both of this program's servers stand on it: the sandbox and the callback listener.

mod body;
mod error;
mod head;
mod headers;
pub(crate) mod host;
#[cfg(any(test, fuzzing))]
pub mod properties;
mod reader;

pub(crate) use body::Framing;
pub(crate) use error::ReadError;
pub(crate) use head::Head;
pub(crate) use reader::RequestReader;

/// Largest head that is read; more is answered 431.
const HEAD_CAP: usize = 64 * 1024;
/// Headers that are read; more are answered 431.
const HEADERS_CAP: usize = 100;
