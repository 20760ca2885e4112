//! The events that wait to be posted.

use super::pending::PendingCallback;
use std::collections::{HashMap, VecDeque};
use std::time::Instant;

/// Events that wait for one receiver; more are lost.
const QUEUE_CAP: usize = 10_000;
/// Bytes that wait for all receivers together, so that large ones do not pile up either.
const BYTES_CAP: usize = 32 * 1024 * 1024;

/// What waits, in order for each instance.
#[derive(Debug, Default)]
pub(super) struct Queues {
    pub(super) ended: bool,
    pub(super) by_guid: HashMap<String, VecDeque<Job>>,
    /// What all of them hold.
    bytes: usize,
}

/// A letter that is posted when its time has come.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) due: Instant,
    pub(super) pending: PendingCallback,
}

impl Queues {
    /// Takes nothing any more and forgets what waits.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.by_guid.clear();
        self.bytes = 0;
    }

    /// Puts a letter behind the others of its instance; gives it back when too much waits already.
    pub(super) fn push(&mut self, job: Job) -> Result<(), PendingCallback> {
        let queue = self.by_guid.entry(job.pending.guid.clone()).or_default();
        let bytes = self.bytes + job.pending.size();
        if queue.len() >= QUEUE_CAP || bytes > BYTES_CAP {
            return Err(job.pending);
        }
        self.bytes = bytes;
        queue.push_back(job);
        Ok(())
    }

    /// The first letter of an instance.
    pub(super) fn pop(&mut self, guid: &str) -> Option<PendingCallback> {
        let pending = self.by_guid.get_mut(guid)?.pop_front()?.pending;
        self.bytes -= pending.size();
        Some(pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::RawValue;

    fn job(guid: &str) -> Job {
        let pending = PendingCallback {
            guid: guid.into(),
            notify_type: 1,
            url: String::new(),
            body: RawValue::NULL.to_owned(),
        };
        let due = Instant::now();
        Job { due, pending }
    }

    #[test]
    fn queue_is_bounded_in_number_and_bytes() {
        let mut queues = Queues::default();
        for _ in 0..QUEUE_CAP {
            assert!(queues.push(job("a")).is_ok());
        }
        assert!(queues.push(job("a")).is_err());
        assert!(queues.push(job("b")).is_ok());
        while queues.pop("a").is_some() || queues.pop("b").is_some() {}
        assert_eq!(queues.bytes, 0);
        queues.bytes = BYTES_CAP - job("a").pending.size();
        assert!(queues.push(job("a")).is_ok());
        assert!(queues.push(job("b")).is_err());
        queues.pop("a");
        assert!(queues.push(job("b")).is_ok());
    }
}
