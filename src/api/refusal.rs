//! A server's no.

use std::time::Duration;

/// A refusal in the server's own terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status it came with.
    pub http_status: u16,
    /// The business code; `None` when HTTP itself refused.
    pub code: Option<i64>,
    /// The server's words, possibly empty.
    pub text: String,
    /// How long to wait before the next request, when the server said so.
    pub retry_after: Option<Duration>,
}
