//! Refusals by the server.

use std::time::Duration;

/// A refusal as the server expressed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub http_status: u16,
    /// Business code, if there was one.
    pub code: Option<i64>,
    /// The server's text, possibly empty.
    pub text: String,
    /// Wait before the next request, if the server gave one.
    pub retry_after: Option<Duration>,
}
