//! Open connections of a listener, limited in number.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most connections open at once; each has a small thread.
const MAX_CONNECTIONS: usize = 256;

/// File descriptors reserved for the rest of the program: restoring the `notify_url` needs a
/// connection, however many clients there are.
const RESERVED_DESCRIPTORS: u64 = 20;

/// The open connections.
#[derive(Clone, Debug)]
pub(super) struct Connections(Arc<Mutex<Registry>>);

#[derive(Debug)]
struct Registry {
    cap: usize,
    next: u64,
    /// Oldest first.
    open: BTreeMap<u64, Entry>,
}

#[derive(Debug)]
struct Entry {
    stream: Arc<TcpStream>,
    /// A valid request was read from it.
    has_sent_request: bool,
    /// A response is being written.
    is_busy: bool,
}

/// One connection; removed when dropped.
#[derive(Debug)]
pub(super) struct Connection {
    number: u64,
    pub(super) stream: Arc<TcpStream>,
    connections: Connections,
}

impl Default for Connections {
    fn default() -> Self {
        let affordable =
            descriptors().map_or(u64::MAX, |all| all.saturating_sub(RESERVED_DESCRIPTORS));
        let cap = usize::try_from(affordable)
            .map_or(MAX_CONNECTIONS, |cap| cap.clamp(1, MAX_CONNECTIONS));
        Self(Arc::new(Mutex::new(Registry {
            cap,
            next: 0,
            open: BTreeMap::new(),
        })))
    }
}

/// The limit on open files, if there is one.
fn descriptors() -> Option<u64> {
    #[cfg(unix)]
    return rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    None
}

impl Connections {
    /// Registers a connection. Over the limit, closes the oldest that never sent a valid request,
    /// else the oldest idle one; rejects the new one when all are busy.
    pub(super) fn admit(&self, stream: TcpStream) -> Option<Connection> {
        let stream = Arc::new(stream);
        let mut entries = self.lock();
        if entries.open.len() >= entries.cap && !entries.make_room() {
            return None;
        }
        let number = entries.next;
        entries.next += 1;
        let entry = Entry {
            stream: stream.clone(),
            has_sent_request: false,
            is_busy: false,
        };
        entries.open.insert(number, entry);
        Some(Connection {
            number,
            stream,
            connections: self.clone(),
        })
    }

    /// Closes one connection, to free a descriptor: the one that [`Connections::admit`] would close.
    pub(super) fn close_idle_connection(&self) {
        self.lock().make_room();
    }

    /// Closes every connection.
    pub(super) fn close_all(&self) {
        for member in self.lock().open.values() {
            let _ = member.stream.shutdown(Shutdown::Both);
        }
    }

    /// Whether any response is being written.
    pub(super) fn is_busy(&self) -> bool {
        self.lock().open.values().any(|entry| entry.is_busy)
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    fn make_room(&mut self) -> bool {
        let without_request = self
            .open
            .iter()
            .find(|(_, m)| !m.has_sent_request && !m.is_busy);
        let idle = || self.open.iter().find(|(_, m)| !m.is_busy);
        let Some(number) = without_request.or_else(idle).map(|(number, _)| *number) else {
            return false;
        };
        if let Some(entry) = self.open.remove(&number) {
            // Wakes the thread that waits for the next request; it then ends.
            let _ = entry.stream.shutdown(Shutdown::Both);
        }
        true
    }
}

impl Connection {
    /// Marks whether a response is being written on this connection.
    pub(super) fn set_busy(&self, is_busy: bool) {
        if let Some(entry) = self.connections.lock().open.get_mut(&self.number) {
            entry.is_busy = is_busy;
            entry.has_sent_request |= is_busy;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.lock().open.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn closes_oldest_connection_without_valid_request_first() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connect = || {
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            (client, listener.accept().unwrap().0)
        };
        let connections = Connections::default();
        let (_sender, stream) = connect();
        let sender = connections.admit(stream).unwrap();
        sender.set_busy(true);
        sender.set_busy(false);
        let (clients, others): (Vec<_>, Vec<_>) = (0..MAX_CONNECTIONS + 20)
            .map(|_| {
                let (client, stream) = connect();
                (client, connections.admit(stream).unwrap())
            })
            .unzip();
        let entries = connections.lock();
        assert_eq!(entries.open.len(), MAX_CONNECTIONS);
        assert!(entries.open.contains_key(&sender.number));
        assert!(!entries.open.contains_key(&others[0].number));
        drop((entries, clients));
    }
}
