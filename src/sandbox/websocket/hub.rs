//! The connections of every instance, and the events that nobody has acknowledged yet.

use super::message;
use super::peer::Peer;
use crate::sandbox::lock;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Most events of an instance that wait for an acknowledgement; the oldest are dropped.
const PENDING_CAP: usize = 10_000;
/// Most bytes of them.
const PENDING_BYTES_CAP: usize = 32 * 1024 * 1024;

/// An event that was sent, or will be when a client connects.
#[derive(Debug)]
pub(in crate::sandbox) struct PushedEvent {
    pub(in crate::sandbox) status: Arc<PushStatus>,
    /// The whole message.
    text: String,
}

/// Whether an event has been acknowledged; shown in the record.
#[derive(Debug)]
pub(in crate::sandbox) struct PushStatus {
    pub(in crate::sandbox) event_id: String,
    is_acknowledged: AtomicBool,
}

impl PushedEvent {
    /// The event with this id; `as_string` is the form of its JSON.
    pub(in crate::sandbox) fn new(event_id: String, event: &RawValue, as_string: bool) -> Self {
        PushedEvent {
            text: message::callback(&event_id, event, as_string),
            status: Arc::new(PushStatus {
                event_id,
                is_acknowledged: AtomicBool::new(false),
            }),
        }
    }

    /// Approximate size in memory, in bytes.
    pub(in crate::sandbox) fn size(&self) -> usize {
        self.text.len() + 128
    }

    fn event_id(&self) -> &str {
        &self.status.event_id
    }
}

impl PushStatus {
    /// Whether a client has acknowledged it as handled.
    pub(in crate::sandbox) fn is_acknowledged(&self) -> bool {
        self.is_acknowledged.load(Ordering::SeqCst)
    }
}

/// The connections and events of all instances.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Hub {
    by_guid: Mutex<HashMap<String, Subscription>>,
}

#[derive(Debug, Default)]
struct Subscription {
    peers: Vec<Arc<Peer>>,
    /// Oldest first.
    pending: VecDeque<Arc<PushedEvent>>,
    pending_bytes: usize,
}

impl Hub {
    /// Whether a client receives the events of an instance.
    pub(in crate::sandbox) fn is_connected(&self, guid: &str) -> bool {
        let by_guid = lock(&self.by_guid);
        by_guid
            .get(guid)
            .is_some_and(|subscription| !subscription.peers.is_empty())
    }

    /// The number of connections of each instance that has any.
    pub(in crate::sandbox) fn connections(&self) -> BTreeMap<String, usize> {
        let by_guid = lock(&self.by_guid);
        by_guid
            .iter()
            .map(|(guid, subscription)| (guid.clone(), subscription.peers.len()))
            .filter(|(_, number)| *number > 0)
            .collect()
    }

    /// Sends an event to every connection of its instance; without one it waits.
    pub(in crate::sandbox) fn push(&self, guid: &str, event: &Arc<PushedEvent>) {
        let peers = {
            let mut by_guid = lock(&self.by_guid);
            let subscription = by_guid.entry(guid.to_owned()).or_default();
            subscription.add(event.clone());
            subscription.peers.clone()
        };
        for peer in peers {
            if peer.frames().text(&event.text).is_err() {
                // Its thread removes it.
                peer.close();
            }
        }
    }

    /// Adds a connection, and sends the answer to its authentication and the waiting events.
    pub(super) fn join(&self, guid: &str, peer: &Arc<Peer>) -> io::Result<()> {
        // Held from before the connection is known, so that no new event overtakes these.
        let mut frames = peer.frames();
        let pending = {
            let mut by_guid = lock(&self.by_guid);
            let subscription = by_guid.entry(guid.to_owned()).or_default();
            subscription.peers.push(peer.clone());
            subscription.pending.clone()
        };
        frames.text(&message::auth_success())?;
        pending
            .iter()
            .try_for_each(|event| frames.text(&event.text))
    }

    /// Removes a connection.
    pub(super) fn leave(&self, guid: &str, peer: &Arc<Peer>) {
        if let Some(subscription) = lock(&self.by_guid).get_mut(guid) {
            subscription.peers.retain(|other| !Arc::ptr_eq(other, peer));
        }
    }

    /// Takes an acknowledgement. An event that the client could not handle waits for the next connection;
    /// an unknown one was acknowledged before.
    pub(super) fn acknowledge(&self, guid: &str, event_id: &str, success: bool) {
        let mut by_guid = lock(&self.by_guid);
        if let Some(subscription) = by_guid.get_mut(guid)
            && success
        {
            subscription.acknowledge(event_id);
        }
    }

    /// Closes the connections of an instance; returns how many there were.
    pub(in crate::sandbox) fn disconnect(&self, guid: &str) -> usize {
        let by_guid = lock(&self.by_guid);
        let peers = by_guid.get(guid).map_or(&[][..], |found| &found.peers);
        peers.iter().for_each(|peer| peer.close());
        peers.len()
    }
}

impl Subscription {
    /// Adds an event unless it waits already, or need not wait.
    fn add(&mut self, event: Arc<PushedEvent>) {
        if event.status.is_acknowledged()
            || self
                .pending
                .iter()
                .rev()
                .any(|other| other.event_id() == event.event_id())
        {
            return;
        }
        self.pending_bytes += event.size();
        self.pending.push_back(event);
        while self.pending.len() > PENDING_CAP || self.pending_bytes > PENDING_BYTES_CAP {
            let Some(dropped) = self.pending.pop_front() else {
                return;
            };
            self.pending_bytes -= dropped.size();
        }
    }

    fn acknowledge(&mut self, event_id: &str) {
        let found = self
            .pending
            .iter()
            .position(|event| event.event_id() == event_id);
        if let Some(event) = found.and_then(|index| self.pending.remove(index)) {
            self.pending_bytes -= event.size();
            event.status.is_acknowledged.store(true, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: usize) -> Arc<PushedEvent> {
        Arc::new(PushedEvent::new(id.to_string(), RawValue::NULL, false))
    }

    #[test]
    fn waiting_events_are_bounded_and_unique() {
        let mut subscription = Subscription::default();
        for id in 0..PENDING_CAP {
            subscription.pending_bytes += event(id).size();
            subscription.pending.push_back(event(id));
        }
        subscription.add(event(PENDING_CAP - 1));
        assert_eq!(subscription.pending[0].event_id(), "0");
        subscription.add(event(PENDING_CAP));
        assert_eq!(subscription.pending.len(), PENDING_CAP);
        assert_eq!(subscription.pending[0].event_id(), "1");
        subscription.pending_bytes += PENDING_BYTES_CAP;
        subscription.add(event(PENDING_CAP + 1));
        assert!(subscription.pending.is_empty());
    }

    #[test]
    fn acknowledged_events_do_not_wait() {
        let hub = Hub::default();
        let events = [event(1), event(2)];
        for event in &events {
            hub.push("g", event);
        }
        hub.acknowledge("g", "1", true);
        hub.acknowledge("g", "2", false);
        hub.acknowledge("other", "2", true);
        hub.acknowledge("g", "3", true);
        assert_eq!(
            events.map(|event| event.status.is_acknowledged()),
            [true, false]
        );
        let by_guid = lock(&hub.by_guid);
        assert_eq!(by_guid["g"].pending[0].event_id(), "2");
        assert_eq!(by_guid["g"].pending_bytes, event(2).size());
    }
}
