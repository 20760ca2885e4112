//! Callbacks: events POSTed to the URL a client has set.
//!
//! Each instance has a queue and, while there is something in it, a thread of its own: events of an
//! instance keep their order, and a receiver that is silent delays nobody else.

mod post;
mod target;

use super::event::Event;
use super::lock;
use super::quirk::Quirk;
use super::record::{self, Record};
use super::scenario::Scenario;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use target::Target;

/// Events that wait for one receiver; more are lost.
const QUEUE_CAP: usize = 10_000;
/// How long a thread waits for more events before it ends.
const LINGER: Duration = Duration::from_secs(1);

/// One callback that was posted, or tried.
#[derive(Clone, Debug, Serialize)]
pub struct Callback {
    /// When the receiver had answered, or failed to.
    #[serde(serialize_with = "record::time")]
    pub at: Timestamp,
    /// The instance it is about.
    pub guid: String,
    /// Number of the event.
    pub notify_type: i64,
    /// Where it went.
    pub url: String,
    /// The body: guid, type and data.
    pub body: Value,
    /// The receiver's HTTP status.
    pub http_status: Option<u16>,
    /// Why there is none.
    pub error: Option<String>,
}

/// Posts events, in order for each instance.
#[derive(Debug)]
pub(super) struct Callbacks {
    manners: Manners,
    queues: Mutex<Queues>,
    changed: Condvar,
    posted: Mutex<Record<Callback>>,
}

/// How this server posts.
#[derive(Debug)]
struct Manners {
    enabled: bool,
    delay: Duration,
    copies: usize,
    type_key: &'static str,
}

#[derive(Debug, Default)]
struct Queues {
    ended: bool,
    by_guid: HashMap<String, VecDeque<Job>>,
}

#[derive(Clone, Debug)]
struct Job {
    due: Instant,
    event: Event,
}

impl Callbacks {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let has = |quirk| scenario.quirks.contains(&quirk);
        Callbacks {
            manners: Manners {
                enabled: scenario.callbacks,
                delay: if has(Quirk::LateCallbacks) {
                    scenario.late
                } else {
                    Duration::ZERO
                },
                copies: if has(Quirk::DuplicateCallbacks) { 2 } else { 1 },
                type_key: if has(Quirk::MsgTypeKey) {
                    "msg_type"
                } else {
                    "notify_type"
                },
            },
            queues: Mutex::default(),
            changed: Condvar::new(),
            posted: Mutex::new(Record::new()),
        }
    }

    /// Queues an event; returns at once.
    pub(super) fn enqueue(self: &Arc<Self>, event: Event) {
        let mut queues = lock(&self.queues);
        if queues.ended || !self.manners.enabled {
            return;
        }
        if !queues.by_guid.contains_key(&event.guid) && !self.start_worker(&event.guid) {
            return;
        }
        let queue = queues.by_guid.entry(event.guid.clone()).or_default();
        let now = Instant::now();
        let due = now.checked_add(self.manners.delay).unwrap_or(now);
        for _ in 0..self.manners.copies {
            if queue.len() < QUEUE_CAP {
                let event = event.clone();
                queue.push_back(Job { due, event });
            } else {
                self.record(event.clone(), Err("too many events wait already".into()));
            }
        }
        self.changed.notify_all();
    }

    /// What was posted so far, the last 100,000.
    pub(super) fn posted(&self) -> Vec<Arc<Callback>> {
        lock(&self.posted).handles()
    }

    /// Ends the threads; one that waits for a receiver ends when its time is up.
    pub(super) fn end(&self) {
        let mut queues = lock(&self.queues);
        queues.ended = true;
        queues.by_guid.clear();
        self.changed.notify_all();
    }

    fn start_worker(self: &Arc<Self>, guid: &str) -> bool {
        let (callbacks, guid) = (self.clone(), guid.to_string());
        thread::Builder::new()
            .name("sandbox-callback".into())
            .spawn(move || {
                while let Some(event) = callbacks.next(&guid) {
                    callbacks.post(event);
                }
            })
            .is_ok()
    }

    /// Waits for the instance's next event; none when there was none for a while.
    fn next(&self, guid: &str) -> Option<Event> {
        let patience = Instant::now() + LINGER;
        let mut queues = lock(&self.queues);
        loop {
            let due = queues.by_guid.get(guid)?.front().map(|job| job.due);
            let left = due
                .unwrap_or(patience)
                .saturating_duration_since(Instant::now());
            if !left.is_zero() {
                queues = self.wait(queues, left);
            } else if due.is_some() {
                return queues
                    .by_guid
                    .get_mut(guid)?
                    .pop_front()
                    .map(|job| job.event);
            } else {
                queues.by_guid.remove(guid);
                return None;
            }
        }
    }

    fn wait<'a>(&self, queues: MutexGuard<'a, Queues>, time: Duration) -> MutexGuard<'a, Queues> {
        self.changed
            .wait_timeout(queues, time)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn post(&self, event: Event) {
        let body = self.body(&event).to_string();
        let result = Target::parse(&event.url).and_then(|target| post::post(&target, &body));
        self.record(event, result);
    }

    fn record(&self, event: Event, result: Result<u16, String>) {
        let body = self.body(&event);
        // A parsed body takes a few times the room of its text.
        let bytes = 4 * body.to_string().len() + 256;
        let callback = Callback {
            at: Timestamp::now(),
            guid: event.guid,
            notify_type: event.notify_type,
            url: event.url,
            body,
            http_status: result.as_ref().ok().copied(),
            error: result.err(),
        };
        lock(&self.posted).push(Arc::new(callback), bytes);
    }

    fn body(&self, event: &Event) -> Value {
        serde_json::json!({
            "guid": event.guid,
            self.manners.type_key: event.notify_type,
            "data": event.data,
        })
    }
}
