//! The listening socket: accepts, closes for a while when told to refuse, and ends.

use super::connection;
use super::misbehave;
use crate::sandbox::server::Server;
use crate::sandbox::{local, lock};
use socket2::SockRef;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Pause before the next try when the system has no socket to give.
const RETRY: Duration = Duration::from_millis(20);
/// How often an accept that should wake is knocked at.
const KNOCK: Duration = Duration::from_millis(50);

/// Whether the port is open; the accept thread follows it.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    orders: Mutex<Orders>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Orders {
    ended: bool,
    closed_until: Option<Instant>,
    /// How often the accept thread has closed the socket.
    closings: u64,
    /// Whether it waits for `closed_until` right now.
    is_waiting: bool,
}

impl Gate {
    /// Closes the port for `time`; returns when connections are refused.
    pub(crate) fn close(&self, addr: SocketAddr, time: Duration) {
        let mut orders = lock(&self.orders);
        orders.closed_until = Instant::now().checked_add(time);
        self.changed.notify_all();
        if orders.is_waiting {
            return;
        }
        let before = orders.closings;
        while orders.closings == before && !orders.ended {
            drop(orders);
            knock(addr);
            orders = self.wait(lock(&self.orders), KNOCK);
        }
    }

    /// Ends the accept thread.
    pub(crate) fn end(&self, addr: SocketAddr) {
        lock(&self.orders).ended = true;
        self.changed.notify_all();
        knock(addr);
    }

    fn has_ended(&self) -> bool {
        lock(&self.orders).ended
    }

    fn must_close(&self) -> bool {
        lock(&self.orders).closed_until.is_some()
    }

    /// Tells that the socket is closed and waits for the time to be over.
    fn stay_closed(&self) {
        let mut orders = lock(&self.orders);
        orders.closings += 1;
        orders.is_waiting = true;
        self.changed.notify_all();
        while let Some(end) = orders.closed_until.filter(|_| !orders.ended) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                orders.closed_until = None;
            } else {
                orders = self.wait(orders, left);
            }
        }
        orders.is_waiting = false;
    }

    fn wait<'a>(&self, orders: MutexGuard<'a, Orders>, time: Duration) -> MutexGuard<'a, Orders> {
        self.changed
            .wait_timeout(orders, time)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

/// Wakes an accept that waits, by connecting to it.
fn knock(addr: SocketAddr) {
    // Refused is fine: then nobody waits.
    let _ = TcpStream::connect_timeout(&local(addr), KNOCK);
}

/// Accepts connections until the gate ends.
pub(crate) fn run(listener: TcpListener, server: &Arc<Server>) {
    let mut listener = listener;
    loop {
        let accepted = listener.accept();
        if server.gate.has_ended() {
            return;
        }
        if server.gate.must_close() {
            // Closing alone is not enough while a child process that is just being started still
            // holds a copy of the socket: until it lets go, connections would be accepted.
            let _ = SockRef::from(&listener).shutdown(Shutdown::Both);
            drop((accepted, listener));
            server.gate.stay_closed();
            listener = match reopen(server) {
                Some(listener) => listener,
                None => return,
            };
            continue;
        }
        match accepted {
            Ok((stream, _)) => welcome(stream, server),
            // No descriptors left, most likely: they come back when connections end.
            Err(_) => drop(server.shutdown.sleep(RETRY)),
        }
    }
}

fn reopen(server: &Server) -> Option<TcpListener> {
    loop {
        if server.gate.has_ended() {
            return None;
        }
        match TcpListener::bind(server.addr) {
            Ok(listener) => return Some(listener),
            Err(_) => drop(server.shutdown.sleep(RETRY)),
        }
    }
}

fn welcome(stream: TcpStream, server: &Arc<Server>) {
    if server.resets_early() {
        return misbehave::arm_reset(&stream);
    }
    let Some(guest) = server.guests.admit(stream) else {
        return;
    };
    let server = server.clone();
    // Without a thread to serve it the connection is dropped, as an overloaded server does.
    let _ = thread::Builder::new()
        .name("sandbox-connection".into())
        .spawn(move || connection::serve(guest.stream(), &server));
}
