//! Errors of reading requests.

/// Why no request could be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReadError {
    /// The client has disconnected or been silent for too long.
    Gone,
    /// The request is refused with this HTTP status.
    Refused(u16),
}
