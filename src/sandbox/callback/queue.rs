//! Queues of callbacks to be posted.

use crate::sandbox::record;
use crate::sandbox::websocket::{PushStatus, PushedEvent};
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

/// Most events per receiver; further ones are lost.
const QUEUE_CAP: usize = 10_000;
/// Most bytes for all receivers together.
const BYTES_CAP: usize = 32 * 1024 * 1024;

/// The queues, one per instance.
#[derive(Debug, Default)]
pub(super) struct Queues {
    pub(super) ended: bool,
    pub(super) by_guid: HashMap<String, VecDeque<Job>>,
    /// Bytes in all queues.
    bytes: usize,
    /// Number of events so far.
    events: u64,
}

/// A callback and the time at which it is posted.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) due: Instant,
    pub(super) pending: PendingCallback,
    /// The event for WebSocket clients, at the gateway.
    pub(super) pushed: Option<Arc<PushedEvent>>,
}

impl Job {
    /// Approximate size in memory, in bytes.
    fn size(&self) -> usize {
        self.pending.size() + self.pushed.as_ref().map_or(0, |event| event.size())
    }
}

impl Queues {
    /// Closes and empties the queues.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.by_guid.clear();
        self.bytes = 0;
    }

    /// Appends a callback to its instance's queue; returns it when the queues are full.
    pub(super) fn push(&mut self, job: Job) -> Result<(), Job> {
        let queue = self.by_guid.entry(job.pending.guid.clone()).or_default();
        let bytes = self.bytes + job.size();
        if queue.len() >= QUEUE_CAP || bytes > BYTES_CAP {
            return Err(job);
        }
        self.bytes = bytes;
        queue.push_back(job);
        Ok(())
    }

    /// Removes the first callback of an instance.
    pub(super) fn pop(&mut self, guid: &str) -> Option<Job> {
        let job = self.by_guid.get_mut(guid)?.pop_front()?;
        self.bytes -= job.size();
        Some(job)
    }

    /// A new id for WebSocket clients.
    pub(super) fn next_event_id(&mut self) -> String {
        self.events += 1;
        format!("evt_{}", self.events)
    }
}

/// A callback that was posted, or could not be.
#[derive(Clone, Debug)]
pub struct Callback {
    /// Time of the receiver's answer, or of the failure.
    pub at: Timestamp,
    /// The instance.
    pub guid: String,
    /// The event's number.
    pub notify_type: i64,
    /// The URL.
    pub url: String,
    /// The body: guid, type and data.
    pub body: Value,
    /// The receiver's HTTP status.
    pub http_status: Option<u16>,
    /// Why there is no status.
    pub error: Option<String>,
    /// The event's id, if it was sent over WebSocket.
    pub event_id: Option<String>,
    /// Whether a WebSocket client has acknowledged it.
    pub acknowledged: Option<bool>,
}

/// A callback to be posted; the body is kept as text, which is smaller than a parsed value.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PendingCallback {
    pub(super) guid: String,
    pub(super) notify_type: i64,
    pub(super) url: String,
    pub(super) body: Box<RawValue>,
}

impl PendingCallback {
    /// Approximate size in memory, in bytes.
    pub(super) fn size(&self) -> usize {
        self.guid.len() + self.url.len() + self.body.get().len() + 256
    }
}

/// A callback as recorded.
#[derive(Clone, Debug, Serialize)]
pub(in crate::sandbox) struct Posted {
    #[serde(serialize_with = "record::time")]
    pub(super) at: Timestamp,
    #[serde(flatten)]
    pub(super) pending: PendingCallback,
    pub(super) http_status: Option<u16>,
    pub(super) error: Option<String>,
    /// The event over WebSocket.
    #[serde(flatten, serialize_with = "push_fields")]
    pub(super) push: Option<Arc<PushStatus>>,
}

#[derive(Serialize)]
struct PushFields<'a> {
    event_id: Option<&'a str>,
    acknowledged: Option<bool>,
}

fn push_fields<S: Serializer>(
    push: &Option<Arc<PushStatus>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let push = push.as_deref();
    let fields = PushFields {
        event_id: push.map(|status| status.event_id.as_str()),
        acknowledged: push.map(PushStatus::is_acknowledged),
    };
    fields.serialize(serializer)
}

impl From<&Posted> for Callback {
    fn from(posted: &Posted) -> Self {
        let pending = posted.pending.clone();
        let push = posted.push.as_deref();
        Callback {
            at: posted.at,
            guid: pending.guid,
            notify_type: pending.notify_type,
            url: pending.url,
            body: serde_json::from_str(pending.body.get()).unwrap_or_default(),
            http_status: posted.http_status,
            error: posted.error.clone(),
            event_id: push.map(|status| status.event_id.clone()),
            acknowledged: push.map(PushStatus::is_acknowledged),
        }
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
        Job {
            due: Instant::now(),
            pending,
            pushed: None,
        }
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
