//! Acknowledgements of callbacks that the gateway sends again until they are acknowledged.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// Ids remembered after their acknowledgement, which may have been lost.
const REMEMBERED_IDS: usize = 10_000;

/// The received events in their order, until they are acknowledged. An event is acknowledged only when it
/// and all events before it are complete: a duplicate must not be acknowledged before its original.
#[derive(Clone, Default)]
pub struct Acknowledgements(Arc<Mutex<Received>>);

#[derive(Default)]
struct Received {
    pending: VecDeque<Pending>,
    /// The number of the first pending event.
    first: u64,
    acknowledged: HashSet<String>,
    by_age: VecDeque<String>,
}

struct Pending {
    id: Value,
    is_complete: bool,
    is_success: bool,
}

/// The obligation to acknowledge one event.
pub struct Acknowledgement {
    number: u64,
    received: Acknowledgements,
}

impl Acknowledgement {
    /// Acknowledges the event as processed: printed, or passed to a command that has ended.
    pub fn complete(self) {
        self.received.set_complete(self.number, true);
    }

    /// Acknowledges the event as failed, because it is not a callback of this instance.
    pub fn reject(self) {
        self.received.set_complete(self.number, false);
    }
}

/// Whether an event was received before.
pub enum Reception {
    /// It was not; without an id it cannot be acknowledged.
    New(Option<Acknowledgement>),
    /// It was.
    Known,
}

impl Acknowledgements {
    /// Registers a received event. One that was acknowledged before is acknowledged again, because the
    /// acknowledgement was lost.
    pub fn receive(&self, id: &Value) -> Reception {
        if id.is_null() {
            return Reception::New(None);
        }
        let mut received = self.lock();
        if received.pending.iter().any(|pending| pending.id == *id) {
            return Reception::Known;
        }
        let is_repeated = received.acknowledged.contains(&id.to_string());
        let number = received.first + received.pending.len() as u64;
        received.pending.push_back(Pending {
            id: id.clone(),
            is_complete: is_repeated,
            is_success: true,
        });
        match is_repeated {
            true => Reception::Known,
            false => Reception::New(Some(Acknowledgement {
                number,
                received: self.clone(),
            })),
        }
    }

    /// The next id to acknowledge, and whether as a success. It stays until [`Acknowledgements::sent`].
    pub fn next(&self) -> Option<(Value, bool)> {
        let received = self.lock();
        let next = received.pending.front()?;
        next.is_complete.then(|| (next.id.clone(), next.is_success))
    }

    /// Removes the id that [`Acknowledgements::next`] returned.
    pub fn sent(&self) {
        let mut received = self.lock();
        let Some(sent) = received.pending.pop_front() else {
            return;
        };
        received.first += 1;
        let id = sent.id.to_string();
        if received.acknowledged.insert(id.clone()) {
            received.by_age.push_back(id);
        }
        if received.by_age.len() > REMEMBERED_IDS
            && let Some(oldest) = received.by_age.pop_front()
        {
            received.acknowledged.remove(&oldest);
        }
    }

    /// Number of received events that have not been acknowledged.
    pub fn pending(&self) -> usize {
        self.lock().pending.len()
    }

    fn set_complete(&self, number: u64, is_success: bool) {
        let mut received = self.lock();
        let place = usize::try_from(number - received.first).ok();
        if let Some(pending) = place.and_then(|place| received.pending.get_mut(place)) {
            pending.is_complete = true;
            pending.is_success = is_success;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Received> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn new(list: &Acknowledgements, id: &str) -> Acknowledgement {
        match list.receive(&json!(id)) {
            Reception::New(Some(acknowledgement)) => acknowledgement,
            _ => panic!("{id} is known"),
        }
    }

    #[test]
    fn acknowledges_in_order_of_reception() {
        let list = Acknowledgements::default();
        let (first, second) = (new(&list, "a"), new(&list, "b"));
        second.complete();
        assert_eq!(list.next(), None);
        first.reject();
        assert_eq!(list.next(), Some((json!("a"), false)));
        list.sent();
        assert_eq!(list.next(), Some((json!("b"), true)));
        list.sent();
        assert_eq!((list.next(), list.pending()), (None, 0));
    }

    #[test]
    fn recognizes_repeated_events() {
        let list = Acknowledgements::default();
        let first = new(&list, "a");
        assert!(matches!(list.receive(&json!("a")), Reception::Known));
        first.complete();
        assert!(matches!(list.receive(&json!("a")), Reception::Known));
        list.sent();
        assert_eq!(list.pending(), 0);
        assert!(matches!(list.receive(&json!("a")), Reception::Known));
        assert_eq!(list.next(), Some((json!("a"), true)));
        assert!(matches!(list.receive(&json!(1)), Reception::New(Some(_))));
        assert!(matches!(list.receive(&Value::Null), Reception::New(None)));
    }

    #[test]
    fn dropped_obligation_is_never_acknowledged() {
        let list = Acknowledgements::default();
        drop(new(&list, "a"));
        assert_eq!((list.next(), list.pending()), (None, 1));
    }
}
