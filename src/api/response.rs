//! An HTTP answer.

use std::time::Duration;

/// An answer as it came, whatever its status.
#[derive(Clone, Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Where a redirect points.
    pub location: Option<String>,
    /// How long to wait before the next request, when the server said so in seconds.
    pub retry_after: Option<Duration>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// From the first byte sent to the last byte read.
    pub latency: Duration,
}
