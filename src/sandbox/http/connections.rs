//! The open connections, which are closed when the sandbox ends.

use crate::sandbox::lock;
use std::collections::HashMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most connections; each has a thread.
const CAP: usize = 1024;

/// The open connections.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    registry: Arc<ConnectionRegistry>,
}

#[derive(Debug, Default)]
struct ConnectionRegistry {
    list: Mutex<List>,
    connection_closed: Condvar,
}

#[derive(Debug, Default)]
struct List {
    next: u64,
    closing: bool,
    streams: HashMap<u64, Arc<TcpStream>>,
}

/// One connection; removed when dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    number: u64,
    stream: Arc<TcpStream>,
    registry: Arc<ConnectionRegistry>,
}

impl Connections {
    /// Registers a connection, unless there are too many or the sandbox is ending.
    pub(crate) fn admit(&self, stream: TcpStream) -> Option<Connection> {
        let stream = Arc::new(stream);
        let mut list = lock(&self.registry.list);
        if list.closing || list.streams.len() >= CAP {
            return None;
        }
        let number = list.next;
        list.next += 1;
        list.streams.insert(number, stream.clone());
        Some(Connection {
            number,
            stream,
            registry: self.registry.clone(),
        })
    }

    /// Closes all connections and waits for their threads, at most `timeout`.
    pub(crate) fn close_all(&self, timeout: Duration) {
        let end = Instant::now() + timeout;
        let mut list = lock(&self.registry.list);
        list.closing = true;
        for stream in list.streams.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        while !list.streams.is_empty() && Instant::now() < end {
            let left = end.saturating_duration_since(Instant::now());
            list = self
                .registry
                .connection_closed
                .wait_timeout(list, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

impl Connection {
    pub(crate) fn stream(&self) -> &Arc<TcpStream> {
        &self.stream
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The registry's handle goes first, so that the socket closes right after.
        lock(&self.registry.list).streams.remove(&self.number);
        self.registry.connection_closed.notify_all();
    }
}
