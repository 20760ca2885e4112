//! The HTTP server of the sandbox, without knowledge of the protocol.

mod connection;
mod connections;
pub(super) mod listener;
mod writer;

use super::shutdown::Shutdown;
use super::simulator::{ReceivedRequest, ResponsePlan, Transmission};
use connections::Connections;
use listener::ListenerControl;
use std::net::SocketAddr;
use std::time::Duration;

/// Largest request body in bytes; a larger one is answered 413.
pub(super) const BODY_CAP: usize = 16 * 1024 * 1024;

/// The listening socket and the open connections.
pub(super) struct Sockets {
    /// The bound address.
    pub(super) addr: SocketAddr,
    pub(super) control: ListenerControl,
    pub(super) connections: Connections,
    pub(super) shutdown: Shutdown,
}

impl Sockets {
    pub(super) fn new(addr: SocketAddr) -> Self {
        Sockets {
            addr,
            control: ListenerControl::default(),
            connections: Connections::default(),
            shutdown: Shutdown::default(),
        }
    }

    /// Closes all connections and waits for their threads, at most `timeout`.
    pub(super) fn close_connections(&self, timeout: Duration) {
        self.connections.cut(timeout);
    }
}

/// Answers the requests that arrive on the sockets.
pub(super) trait Handler: Send + Sync + 'static {
    /// The sockets it serves.
    fn sockets(&self) -> &Sockets;

    /// Whether new connections are reset.
    fn resets_early(&self) -> bool;

    /// Handles a request.
    fn handle(&self, received: ReceivedRequest) -> ResponsePlan;

    /// The time to wait before a response is transmitted.
    fn latency(&self, transmission: Transmission) -> Duration;
}
