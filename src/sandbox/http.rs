//! The HTTP server of the sandbox, without knowledge of the protocol.

mod connection;
pub(super) mod connections;
mod faulty_response;
pub(super) mod listener;
mod writer;

/// Largest request body in bytes; a larger one is answered 413.
pub(super) const BODY_CAP: usize = 16 * 1024 * 1024;
