//! Callbacks on their way from the listener to whoever works on them.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::event::Event;
use super::kind::NotifyType;
use super::listener::Admission;
use super::message;

/// Callbacks that may wait; more make their senders wait.
const WAITING: usize = 1024;
/// Messages remembered for telling duplicates.
const REMEMBERED: usize = 100_000;

/// Which callbacks are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only these; all when empty.
    pub types: Vec<NotifyType>,
    /// So many and no more.
    pub count: Option<u64>,
    /// Also those seen before.
    pub duplicates: bool,
}

/// A callback and the time it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// When it came.
    pub at: Timestamp,
    /// What came.
    pub event: Event,
}

/// A queue with a memory. What is in it has been promised to its sender.
pub struct Inbox {
    wanted: Wanted,
    state: Mutex<State>,
    changed: Condvar,
    hasher: RandomState,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Received>,
    taken: u64,
    is_closed: bool,
    known: HashSet<u64>,
    by_age: VecDeque<u64>,
}

impl Inbox {
    /// An open, empty inbox.
    pub fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            state: Mutex::default(),
            changed: Condvar::new(),
            hasher: RandomState::new(),
        }
    }

    /// Takes a callback in, waiting while the queue is full. One that is not wanted, or was seen
    /// before, is taken as well, and goes no further.
    pub fn admit(&self, event: Event) -> Admission {
        let at = Timestamp::now();
        let mut state = self.lock();
        while state.queue.len() >= WAITING && !state.is_closed {
            state = self.wait(state);
        }
        if state.is_closed {
            return Admission::Closed;
        }
        let types = &self.wanted.types;
        if !types.is_empty() && !types.contains(&event.notify_type) {
            return Admission::Taken;
        }
        let Some(event) = self.without_known(&mut state, event) else {
            return Admission::Taken;
        };
        state.queue.push_back(Received { at, event });
        state.taken += 1;
        state.is_closed = self.wanted.count == Some(state.taken);
        self.changed.notify_all();
        Admission::Taken
    }

    fn without_known(&self, state: &mut State, event: Event) -> Option<Event> {
        if self.wanted.duplicates {
            return Some(event);
        }
        let guid = event.guid.clone();
        message::retain(event, |entry| {
            message::identity(&guid, entry)
                .is_none_or(|identity| state.is_news(self.hasher.hash_one(identity)))
        })
    }

    /// The next callback; `None` when the inbox is closed and empty, or after `patience`.
    pub fn next(&self, patience: Duration) -> Option<Received> {
        let mut state = self.lock();
        if state.queue.is_empty() && !state.is_closed {
            state = self
                .changed
                .wait_timeout(state, patience)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        let next = state.queue.pop_front();
        if next.is_some() && state.queue.len() + 1 == WAITING {
            self.changed.notify_all();
        }
        next
    }

    /// Takes nothing in any more. What is inside stays.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// Whether nothing will come any more.
    pub fn is_done(&self) -> bool {
        let state = self.lock();
        state.is_closed && state.queue.is_empty()
    }

    /// How many were taken.
    pub fn taken(&self) -> u64 {
        self.lock().taken
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
    fn is_news(&mut self, identity: u64) -> bool {
        if !self.known.insert(identity) {
            return false;
        }
        self.by_age.push_back(identity);
        if self.by_age.len() > REMEMBERED
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

    const SOON: Duration = Duration::from_millis(1);

    fn event(notify_type: i64, data: &str) -> Event {
        let body = format!(r#"{{"guid":"g","notify_type":{notify_type},"data":{data}}}"#);
        Event::parse(body.as_bytes()).unwrap()
    }

    fn all(inbox: &Inbox) -> Vec<String> {
        std::iter::from_fn(|| inbox.next(SOON))
            .map(|received| received.event.data.get().to_owned())
            .collect()
    }

    #[test]
    fn duplicates_go_also_out_of_a_list() {
        let inbox = Inbox::new(Wanted::default());
        inbox.admit(event(11010, r#"{"id":"1"}"#));
        inbox.admit(event(11010, r#"{"id":1}"#));
        inbox.admit(event(11013, r#"[{"id":"1"},{"id":"2"}]"#));
        inbox.admit(event(11013, r#"[{"id":"1"},{"id":"2"}]"#));
        inbox.admit(event(11002, r#"{"status":1}"#));
        inbox.admit(event(11002, r#"{"status":1}"#));
        assert_eq!(
            all(&inbox),
            [
                r#"{"id":"1"}"#,
                r#"[{"id":"2"}]"#,
                r#"{"status":1}"#,
                r#"{"status":1}"#
            ]
        );
        let keeping = Inbox::new(Wanted {
            duplicates: true,
            ..Wanted::default()
        });
        keeping.admit(event(11010, r#"{"id":"1"}"#));
        keeping.admit(event(11010, r#"{"id":"1"}"#));
        assert_eq!(all(&keeping).len(), 2);
    }

    #[test]
    fn after_the_last_wanted_one_nothing_is_promised() {
        let inbox = Inbox::new(Wanted {
            types: vec![NotifyType(11003)],
            count: Some(1),
            ..Wanted::default()
        });
        assert_eq!(inbox.admit(event(11002, "{}")), Admission::Taken);
        assert_eq!(inbox.admit(event(11003, "{}")), Admission::Taken);
        assert_eq!(inbox.admit(event(11003, "{}")), Admission::Closed);
        assert!(!inbox.is_done());
        assert_eq!(all(&inbox).len(), 1);
        assert!(inbox.is_done());
    }

    #[test]
    fn a_full_inbox_makes_senders_wait_and_loses_nothing() {
        let inbox = Arc::new(Inbox::new(Wanted::default()));
        let sender = inbox.clone();
        let sending = thread::spawn(move || {
            for n in 0..WAITING * 3 {
                sender.admit(event(1, &n.to_string()));
            }
            sender.close();
        });
        let mut seen = Vec::new();
        while !inbox.is_done() {
            seen.extend(inbox.next(Duration::from_secs(5)));
        }
        sending.join().unwrap();
        let numbers: Vec<usize> = seen
            .iter()
            .map(|received| received.event.data.get().parse().unwrap())
            .collect();
        assert_eq!(numbers, (0..WAITING * 3).collect::<Vec<_>>());
    }

    #[test]
    fn closing_wakes_a_sender_that_waits() {
        let inbox = Arc::new(Inbox::new(Wanted::default()));
        for _ in 0..WAITING {
            inbox.admit(event(1, "0"));
        }
        let sender = inbox.clone();
        let waiting = thread::spawn(move || sender.admit(event(1, "0")));
        inbox.close();
        assert_eq!(waiting.join().unwrap(), Admission::Closed);
    }
}
