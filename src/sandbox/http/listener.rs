//! The listening socket: accepts connections, closes temporarily when told to refuse, and ends.

use super::connection;
use super::writer;
use super::{Handler, Sockets};
use crate::sandbox::{local, lock};
use socket2::SockRef;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Pause before a retry when no socket is available.
const RETRY: Duration = Duration::from_millis(20);
/// Time allowed for the connection that wakes a blocked accept, and until the next one.
const WAKE_TIMEOUT: Duration = Duration::from_millis(50);

/// Controls the accept thread.
#[derive(Debug, Default)]
pub(crate) struct ListenerControl {
    state: Mutex<ControlState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct ControlState {
    ended: bool,
    closed_until: Option<Instant>,
    /// Number of times the socket was closed.
    closings: u64,
    /// Whether the thread waits for `closed_until`.
    is_waiting: bool,
}

impl ListenerControl {
    /// Closes the port for `time`; returns once connections are refused.
    pub(crate) fn close(&self, addr: SocketAddr, time: Duration) {
        let mut state = lock(&self.state);
        state.closed_until = Instant::now().checked_add(time);
        self.changed.notify_all();
        if state.is_waiting {
            return;
        }
        let before = state.closings;
        while state.closings == before && !state.ended {
            drop(state);
            wake(addr);
            state = self.wait(lock(&self.state), WAKE_TIMEOUT);
        }
    }

    /// Ends the accept thread.
    pub(crate) fn end(&self, addr: SocketAddr) {
        lock(&self.state).ended = true;
        self.changed.notify_all();
        wake(addr);
    }

    fn has_ended(&self) -> bool {
        lock(&self.state).ended
    }

    fn must_close(&self) -> bool {
        lock(&self.state).closed_until.is_some()
    }

    /// Reports that the socket is closed and waits for the time to pass.
    fn stay_closed(&self) {
        let mut state = lock(&self.state);
        state.closings += 1;
        state.is_waiting = true;
        self.changed.notify_all();
        while let Some(end) = state.closed_until.filter(|_| !state.ended) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                state.closed_until = None;
            } else {
                state = self.wait(state, left);
            }
        }
        state.is_waiting = false;
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, ControlState>,
        time: Duration,
    ) -> MutexGuard<'a, ControlState> {
        self.changed
            .wait_timeout(state, time)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}

/// Wakes a blocked accept by connecting to it.
fn wake(addr: SocketAddr) {
    // A refused connection means that nothing is blocked.
    let _ = TcpStream::connect_timeout(&local(addr), WAKE_TIMEOUT);
}

/// Accepts connections until told to end.
pub(crate) fn run<H: Handler>(listener: TcpListener, handler: &Arc<H>) {
    let sockets = handler.sockets();
    let mut listener = listener;
    loop {
        let accepted = listener.accept();
        if sockets.control.has_ended() {
            return;
        }
        if sockets.control.must_close() {
            // Closing is not enough while a child process being started holds a copy of the socket:
            // connections would still be accepted.
            let _ = SockRef::from(&listener).shutdown(Shutdown::Both);
            drop((accepted, listener));
            sockets.control.stay_closed();
            listener = match reopen(sockets) {
                Some(listener) => listener,
                None => return,
            };
            continue;
        }
        match accepted {
            Ok((stream, _)) => spawn_connection(stream, handler),
            // Probably out of descriptors; they return when connections end.
            Err(_) => drop(sockets.shutdown.sleep(RETRY)),
        }
    }
}

fn reopen(sockets: &Sockets) -> Option<TcpListener> {
    loop {
        if sockets.control.has_ended() {
            return None;
        }
        match TcpListener::bind(sockets.addr) {
            Ok(listener) => return Some(listener),
            Err(_) => drop(sockets.shutdown.sleep(RETRY)),
        }
    }
}

fn spawn_connection<H: Handler>(stream: TcpStream, handler: &Arc<H>) {
    if handler.resets_early() {
        return writer::arm_reset(&stream);
    }
    let Some(connection) = handler.sockets().connections.admit(stream) else {
        return;
    };
    let handler = handler.clone();
    // Without a thread the connection is dropped, as by an overloaded server.
    let _ = thread::Builder::new()
        .name("sandbox-connection".into())
        .spawn(move || connection::serve(connection.stream(), &*handler));
}
