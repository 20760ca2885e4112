//! The connections of the listener: bounded in number, the least useful one going first.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections kept at once; each has a small thread.
const MAX_CONNECTIONS: usize = 256;

/// Descriptors that are left to the rest of the program: to put the callback URL back it must be
/// able to connect, however many clients there are.
const RESERVED_DESCRIPTORS: u64 = 20;

/// The open connections.
#[derive(Clone, Debug)]
pub(super) struct Connections(Arc<Mutex<Registry>>);

#[derive(Debug)]
struct Registry {
    cap: usize,
    next: u64,
    /// By age, the oldest first.
    present: BTreeMap<u64, Entry>,
}

#[derive(Debug)]
struct Entry {
    stream: Arc<TcpStream>,
    /// Has made a proper request: a real sender, not somebody who only sits there.
    is_proven: bool,
    /// Is being answered right now.
    is_busy: bool,
}

/// One connection; it leaves when dropped.
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
            present: BTreeMap::new(),
        })))
    }
}

/// How many files may be open, where there is a limit.
fn descriptors() -> Option<u64> {
    #[cfg(unix)]
    return rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    None
}

impl Connections {
    /// Takes a connection in. When there are too many, the oldest that never made a request has
    /// to go, else the oldest that is idle; when all are busy, the new one.
    pub(super) fn admit(&self, stream: TcpStream) -> Option<Connection> {
        let stream = Arc::new(stream);
        let mut members = self.lock();
        if members.present.len() >= members.cap && !members.make_room() {
            return None;
        }
        let number = members.next;
        members.next += 1;
        let member = Entry {
            stream: stream.clone(),
            is_proven: false,
            is_busy: false,
        };
        members.present.insert(number, member);
        Some(Connection {
            number,
            stream,
            connections: self.clone(),
        })
    }

    /// Sends the least useful connection away, when the system has no more to give.
    pub(super) fn relieve(&self) {
        self.lock().make_room();
    }

    /// Whether somebody is being answered right now.
    pub(super) fn is_busy(&self) -> bool {
        self.lock().present.values().any(|member| member.is_busy)
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    fn make_room(&mut self) -> bool {
        let unproven = self
            .present
            .iter()
            .find(|(_, m)| !m.is_proven && !m.is_busy);
        let idle = || self.present.iter().find(|(_, m)| !m.is_busy);
        let Some(number) = unproven.or_else(idle).map(|(number, _)| *number) else {
            return false;
        };
        if let Some(member) = self.present.remove(&number) {
            // Wakes the thread that waits for the next request, which then ends.
            let _ = member.stream.shutdown(Shutdown::Both);
        }
        true
    }
}

impl Connection {
    /// Marks the connection as one that is being answered, or no longer is.
    pub(super) fn busy(&self, is_busy: bool) {
        if let Some(member) = self.connections.lock().present.get_mut(&self.number) {
            member.is_busy = is_busy;
            member.is_proven |= is_busy;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.lock().present.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn closes_idle_unauthenticated_connections_first() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connect = || {
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            (client, listener.accept().unwrap().0)
        };
        let connections = Connections::default();
        let (_sender, stream) = connect();
        let sender = connections.admit(stream).unwrap();
        sender.busy(true);
        sender.busy(false);
        let (clients, guests): (Vec<_>, Vec<_>) = (0..MAX_CONNECTIONS + 20)
            .map(|_| {
                let (client, stream) = connect();
                (client, connections.admit(stream).unwrap())
            })
            .unzip();
        let members = connections.lock();
        assert_eq!(members.present.len(), MAX_CONNECTIONS);
        assert!(members.present.contains_key(&sender.number));
        assert!(!members.present.contains_key(&guests[0].number));
        drop((members, clients));
    }
}
