//! The queue between the listener and the code that processes callbacks.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::acknowledgement::Acknowledgement;
use super::event::Event;
use super::event::NotifyType;
use super::listener::Acceptance;
use super::message;

/// Callbacks waiting in the queue; when it is full, senders wait.
const CAPACITY: usize = 1024;
/// Messages remembered for deduplication.
const REMEMBERED_MESSAGES: usize = 100_000;

/// Selects callbacks.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only these types; all when empty.
    pub types: Vec<NotifyType>,
    /// At most this many.
    pub count: Option<u64>,
    /// Also callbacks seen before.
    pub duplicates: bool,
}

/// A callback and its time of arrival.
pub struct ReceivedEvent {
    /// Time of arrival.
    pub at: Timestamp,
    /// The callback.
    pub event: Event,
    /// To be completed when the callback has been processed, if its sender waits for that.
    pub acknowledgement: Option<Acknowledgement>,
}

/// A bounded queue that removes duplicates. The sender of a callback has been answered when it enters the queue, except
/// over the WebSocket, where the event carries an [`Acknowledgement`] that is completed later.
pub struct EventQueue {
    filter: EventFilter,
    state: Mutex<State>,
    changed: Condvar,
    hasher: RandomState,
}

#[derive(Default)]
struct State {
    queue: VecDeque<ReceivedEvent>,
    accepted: u64,
    is_closed: bool,
    known: HashSet<u64>,
    by_age: VecDeque<u64>,
}

impl EventQueue {
    /// An open, empty queue.
    pub fn new(filter: EventFilter) -> Self {
        Self {
            filter,
            state: Mutex::default(),
            changed: Condvar::new(),
            hasher: RandomState::new(),
        }
    }

    /// Adds a callback, waiting while the queue is full. A filtered or duplicate one is acknowledged and
    /// dropped.
    pub fn admit(&self, event: Event, acknowledgement: Option<Acknowledgement>) -> Acceptance {
        let at = Timestamp::now();
        let mut state = self.lock();
        while state.queue.len() >= CAPACITY && !state.is_closed {
            state = self.wait(state);
        }
        if state.is_closed {
            return Acceptance::Closed;
        }
        let types = &self.filter.types;
        let is_wanted = types.is_empty() || types.contains(&event.notify_type);
        let event = match is_wanted {
            true => self.without_known(&mut state, event),
            false => None,
        };
        let Some(event) = event else {
            if let Some(acknowledgement) = acknowledgement {
                acknowledgement.complete();
            }
            return Acceptance::Accepted;
        };
        state.queue.push_back(ReceivedEvent {
            at,
            event,
            acknowledgement,
        });
        state.accepted += 1;
        state.is_closed = self.filter.count == Some(state.accepted);
        self.changed.notify_all();
        Acceptance::Accepted
    }

    fn without_known(&self, state: &mut State, event: Event) -> Option<Event> {
        if self.filter.duplicates {
            return Some(event);
        }
        let guid = event.guid.clone();
        message::keep_messages(event, |entry| {
            message::identity(&guid, entry)
                .is_none_or(|identity| state.insert_if_new(self.hasher.hash_one(identity)))
        })
    }

    /// The next callback; `None` when the queue is closed and empty, or after `timeout`.
    pub fn next(&self, timeout: Duration) -> Option<ReceivedEvent> {
        let mut state = self.lock();
        if state.queue.is_empty() && !state.is_closed {
            state = self
                .changed
                .wait_timeout(state, timeout)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        let next = state.queue.pop_front();
        if next.is_some() && state.queue.len() + 1 == CAPACITY {
            self.changed.notify_all();
        }
        next
    }

    /// Closes the queue for new callbacks; its content remains.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// Whether the queue is closed.
    pub fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Number of callbacks in the queue.
    pub fn len(&self) -> usize {
        self.lock().queue.len()
    }

    /// Empties the queue and returns what has been acknowledged.
    pub fn take_acknowledged(&self) -> Vec<ReceivedEvent> {
        let mut rest: Vec<_> = self.lock().queue.drain(..).collect();
        rest.retain(|received| received.acknowledgement.is_none());
        rest
    }

    /// Whether the queue is closed and empty.
    pub fn is_done(&self) -> bool {
        let state = self.lock();
        state.is_closed && state.queue.is_empty()
    }

    /// Number of callbacks accepted.
    pub fn accepted(&self) -> u64 {
        self.lock().accepted
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Remembers a message; false if it was known.
    fn insert_if_new(&mut self, identity: u64) -> bool {
        if !self.known.insert(identity) {
            return false;
        }
        self.by_age.push_back(identity);
        if self.by_age.len() > REMEMBERED_MESSAGES
            && let Some(oldest) = self.by_age.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    const SHORT_TIMEOUT: Duration = Duration::from_millis(1);

    fn event(notify_type: i64, data: &str) -> Event {
        let body = format!(r#"{{"guid":"g","notify_type":{notify_type},"data":{data}}}"#);
        Event::parse(body.as_bytes()).unwrap()
    }

    fn all(queue: &EventQueue) -> Vec<String> {
        std::iter::from_fn(|| queue.next(SHORT_TIMEOUT))
            .map(|received| received.event.data.get().to_owned())
            .collect()
    }

    #[test]
    fn removes_duplicates_from_lists() {
        let queue = EventQueue::new(EventFilter::default());
        queue.admit(event(11010, r#"{"id":"1"}"#), None);
        queue.admit(event(11010, r#"{"id":1}"#), None);
        queue.admit(event(11013, r#"[{"id":"1"},{"id":"2"}]"#), None);
        queue.admit(event(11013, r#"[{"id":"1"},{"id":"2"}]"#), None);
        queue.admit(event(11002, r#"{"status":1}"#), None);
        queue.admit(event(11002, r#"{"status":1}"#), None);
        assert_eq!(
            all(&queue),
            [
                r#"{"id":"1"}"#,
                r#"[{"id":"2"}]"#,
                r#"{"status":1}"#,
                r#"{"status":1}"#
            ]
        );
        let keeping = EventQueue::new(EventFilter {
            duplicates: true,
            ..EventFilter::default()
        });
        keeping.admit(event(11010, r#"{"id":"1"}"#), None);
        keeping.admit(event(11010, r#"{"id":"1"}"#), None);
        assert_eq!(all(&keeping).len(), 2);
    }

    #[test]
    fn closes_after_requested_count() {
        let queue = EventQueue::new(EventFilter {
            types: vec![NotifyType(11003)],
            count: Some(1),
            ..EventFilter::default()
        });
        assert_eq!(queue.admit(event(11002, "{}"), None), Acceptance::Accepted);
        assert_eq!(queue.admit(event(11003, "{}"), None), Acceptance::Accepted);
        assert_eq!(queue.admit(event(11003, "{}"), None), Acceptance::Closed);
        assert!(!queue.is_done());
        assert_eq!(all(&queue).len(), 1);
        assert!(queue.is_done());
    }

    #[test]
    fn full_queue_blocks_senders_without_loss() {
        let queue = Arc::new(EventQueue::new(EventFilter::default()));
        let sender = queue.clone();
        let sending = thread::spawn(move || {
            for n in 0..CAPACITY * 3 {
                sender.admit(event(1, &n.to_string()), None);
            }
            sender.close();
        });
        let mut seen = Vec::new();
        while !queue.is_done() {
            seen.extend(queue.next(Duration::from_secs(5)));
        }
        sending.join().unwrap();
        let numbers: Vec<usize> = seen
            .iter()
            .map(|received| received.event.data.get().parse().unwrap())
            .collect();
        assert_eq!(numbers, (0..CAPACITY * 3).collect::<Vec<_>>());
    }

    #[test]
    fn close_wakes_blocked_sender() {
        let queue = Arc::new(EventQueue::new(EventFilter::default()));
        for _ in 0..CAPACITY {
            queue.admit(event(1, "0"), None);
        }
        let sender = queue.clone();
        let waiting = thread::spawn(move || sender.admit(event(1, "0"), None));
        queue.close();
        assert_eq!(waiting.join().unwrap(), Acceptance::Closed);
    }
}
