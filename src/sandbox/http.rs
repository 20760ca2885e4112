//! The thin HTTP adapter: sockets in, sockets out, no knowledge of the protocol.

mod body;
mod connection;
pub(super) mod guests;
mod head;
pub(super) mod listener;
mod misbehave;
mod reader;
mod writer;

/// Largest body that is read; more is answered 413.
pub(super) const BODY_CAP: usize = 16 * 1024 * 1024;
/// Largest head that is read; more is answered 431.
pub(super) const HEAD_CAP: usize = 64 * 1024;
/// Headers that are read; more are answered 431.
pub(super) const HEADERS_CAP: usize = 100;
