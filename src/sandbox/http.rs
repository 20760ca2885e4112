//! The thin HTTP adapter: sockets in, sockets out, no knowledge of the protocol.

mod connection;
pub(super) mod connections;
mod faulty_response;
pub(super) mod listener;
mod writer;

/// Largest body that is read; more is answered 413.
pub(super) const BODY_CAP: usize = 16 * 1024 * 1024;
