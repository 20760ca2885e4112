//! An HTTP response.

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
