//! What `-v` gets to see.

use std::time::Duration;

use super::error::CallError;
use super::response::Response;

/// Something that happened on the wire.
#[derive(Debug)]
pub enum Trace<'a> {
    /// A request is about to be sent.
    Request {
        /// The HTTP method.
        method: &'a str,
        /// The URL with its credentials redacted.
        url: &'a str,
        /// The body, not redacted.
        body: Option<&'a [u8]>,
    },
    /// An answer was read.
    Response(&'a Response),
    /// The exchange failed after this time.
    Failure(&'a CallError, Duration),
    /// The call will be tried again after this time.
    Retry(Duration),
}

/// Somebody who watches the wire. Called from every thread that makes calls.
pub trait Tracer: Send + Sync {
    /// Takes note of one event.
    fn trace(&self, event: &Trace<'_>);
}
