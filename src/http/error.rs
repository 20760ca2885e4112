//! What is wrong with a request.

/// Why no request could be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReadError {
    /// The client has left, or been silent for too long.
    Gone,
    /// The request cannot be served; this HTTP status says why.
    Refused(u16),
}
