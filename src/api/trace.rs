//! The events of an exchange, shown by `-v`.

use std::time::Duration;

use super::error::CallError;
use super::response::Response;

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
