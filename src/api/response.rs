//! An HTTP response, and the events shown by `-v`.

use super::error::CallError;
use std::time::Duration;

/// A response of any status.
#[derive(Clone, Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Target of a redirect.
    pub location: Option<String>,
    /// Wait before the next request, if the server gave it in seconds.
    pub retry_after: Option<Duration>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// Time from the first byte sent to the last byte read.
    pub latency: Duration,
}

/// An event of an exchange.
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
    /// A response was read.
    Response(&'a Response),
    /// The exchange failed after this time.
    Failure(&'a CallError, Duration),
    /// The call will be retried after this time.
    Retry(Duration),
}

/// Receives events. Called from every thread that makes calls.
pub trait Tracer: Send + Sync {
    /// Handles one event.
    fn trace(&self, event: &Trace<'_>);
}
