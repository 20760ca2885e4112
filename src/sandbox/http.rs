//! The HTTP server of the sandbox, without knowledge of the API.

mod connection;
mod connections;
pub(super) mod listener;
pub(super) mod writer;

use super::lock;
use super::simulator::{ReceivedRequest, ResponsePlan, Transmission, Upgrade};
use connections::Connections;
use listener::ListenerControl;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

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
        self.connections.close_all(timeout);
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

    /// Serves a connection after its upgrade; `read` are bytes that came with the request.
    fn serve_upgraded(&self, stream: Arc<TcpStream>, read: Vec<u8>, upgrade: Upgrade);

    /// The time to wait before a response is transmitted.
    fn latency(&self, transmission: Transmission) -> Duration;
}

/// A flag that ends every sleep.
#[derive(Debug, Default)]
pub(super) struct Shutdown {
    begun: Mutex<bool>,
    changed: Condvar,
}

impl Shutdown {
    pub(super) fn begin(&self) {
        *lock(&self.begun) = true;
        self.changed.notify_all();
    }

    /// Sleeps; returns false when the sandbox ended meanwhile.
    pub(super) fn sleep(&self, time: Duration) -> bool {
        let Some(end) = Instant::now().checked_add(time) else {
            return false;
        };
        let mut begun = lock(&self.begun);
        while !*begun {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            begun = self
                .changed
                .wait_timeout(begun, left)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
        false
    }
}
