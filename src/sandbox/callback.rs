//! Posts events to the `notify_url`, and passes them to the WebSocket clients.
//!
//! Each instance has a queue and a thread while it is not empty: events of an instance keep their order,
//! and a silent receiver does not delay other instances.

mod post;
mod queue;

use super::event::Event;
use super::http_target::Target;
use super::lock;
use super::quirk::Quirk;
use super::record::Record;
use super::scenario::Scenario;
use super::websocket::{Hub, PushedEvent};
use jiff::Timestamp;
pub use queue::Callback;
use queue::PendingCallback;
pub(super) use queue::Posted;
use queue::{Job, Queues};
use serde_json::value::to_raw_value;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Idle time after which a thread ends.
const WORKER_IDLE_TIMEOUT: Duration = Duration::from_secs(1);

/// The queues and their threads.
#[derive(Debug)]
pub(super) struct Callbacks {
    options: CallbackOptions,
    hub: Hub,
    queues: Mutex<Queues>,
    changed: Condvar,
    posted: Mutex<Record<Posted>>,
}

/// How callbacks are posted.
#[derive(Debug)]
struct CallbackOptions {
    enabled: bool,
    delay: Duration,
    copies: usize,
    type_key: &'static str,
    /// The URL of the WebSocket, for the record.
    websocket_url: String,
    has_websocket: bool,
    /// Whether WebSocket clients get the event as a string.
    event_as_string: bool,
}

impl Callbacks {
    pub(super) fn new(scenario: &Scenario, websocket_url: String) -> Self {
        let has = |quirk| scenario.quirks.contains(&quirk);
        Callbacks {
            options: CallbackOptions {
                enabled: scenario.callbacks,
                delay: if has(Quirk::LateCallbacks) {
                    scenario.callback_delay
                } else {
                    Duration::ZERO
                },
                copies: if has(Quirk::DuplicateCallbacks) { 2 } else { 1 },
                type_key: if has(Quirk::MsgTypeKey) {
                    "msg_type"
                } else {
                    "notify_type"
                },
                websocket_url,
                has_websocket: scenario.gateway.is_some(),
                event_as_string: has(Quirk::EventAsString),
            },
            hub: Hub::default(),
            queues: Mutex::default(),
            changed: Condvar::new(),
            posted: Mutex::new(Record::new()),
        }
    }

    /// The WebSocket clients.
    pub(super) fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Queues an event; returns at once.
    pub(super) fn enqueue(self: &Arc<Self>, event: Event) {
        let mut queues = lock(&self.queues);
        if queues.ended || !self.options.enabled {
            return;
        }
        if !queues.by_guid.contains_key(&event.guid) && !self.start_worker(&event.guid) {
            return;
        }
        let Some(pending) = self.pending(event) else {
            return;
        };
        let pushed = self.options.has_websocket.then(|| {
            let as_string = self.options.event_as_string;
            let event = PushedEvent::new(queues.next_event_id(), &pending.body, as_string);
            Arc::new(event)
        });
        let now = Instant::now();
        let due = now.checked_add(self.options.delay).unwrap_or(now);
        for _ in 0..self.options.copies {
            let job = Job {
                due,
                pending: pending.clone(),
                pushed: pushed.clone(),
            };
            if let Err(job) = queues.push(job) {
                self.record(job.pending, Err("too many events wait already".into()));
            }
        }
        self.changed.notify_all();
    }

    /// The latest posted callbacks.
    pub(super) fn posted(&self) -> Vec<Arc<Posted>> {
        lock(&self.posted).handles()
    }

    /// Ends the threads; one waiting for a receiver ends with its timeout.
    pub(super) fn end(&self) {
        let mut queues = lock(&self.queues);
        queues.end();
        self.changed.notify_all();
    }

    fn start_worker(self: &Arc<Self>, guid: &str) -> bool {
        let (callbacks, guid) = (self.clone(), guid.to_string());
        thread::Builder::new()
            .name("sandbox-callback".into())
            .spawn(move || {
                while let Some(job) = callbacks.next(&guid) {
                    callbacks.deliver(job);
                }
            })
            .is_ok()
    }

    /// Waits for the instance's next event; `None` after an idle time.
    fn next(&self, guid: &str) -> Option<Job> {
        let timeout = Instant::now() + WORKER_IDLE_TIMEOUT;
        let mut queues = lock(&self.queues);
        loop {
            let due = queues.by_guid.get(guid)?.front().map(|job| job.due);
            let left = due
                .unwrap_or(timeout)
                .saturating_duration_since(Instant::now());
            if !left.is_zero() {
                queues = self.wait(queues, left);
            } else if due.is_some() {
                return queues.pop(guid);
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

    /// Delivers an event to the WebSocket clients, to the `notify_url`, or to both.
    fn deliver(&self, job: Job) {
        let Job {
            pending, pushed, ..
        } = job;
        if let Some(pushed) = pushed
            && (pending.url.is_empty() || self.hub.is_connected(&pending.guid))
        {
            self.record_push(&pending, &pushed);
            self.hub.push(&pending.guid, &pushed);
        }
        if !pending.url.is_empty() {
            self.post(pending);
        }
    }

    fn post(&self, pending: PendingCallback) {
        let result =
            Target::parse(&pending.url).and_then(|target| post::post(&target, pending.body.get()));
        self.record(pending, result);
    }

    fn record(&self, pending: PendingCallback, result: Result<u16, String>) {
        self.keep(Posted {
            at: Timestamp::now(),
            http_status: result.as_ref().ok().copied(),
            error: result.err(),
            push: None,
            pending,
        });
    }

    fn record_push(&self, pending: &PendingCallback, pushed: &PushedEvent) {
        self.keep(Posted {
            at: Timestamp::now(),
            http_status: None,
            error: None,
            push: Some(pushed.status.clone()),
            pending: PendingCallback {
                url: self.options.websocket_url.clone(),
                ..pending.clone()
            },
        });
    }

    fn keep(&self, posted: Posted) {
        let size = posted.pending.size() + posted.error.as_ref().map_or(0, String::len);
        lock(&self.posted).push(Arc::new(posted), size);
    }

    fn pending(&self, event: Event) -> Option<PendingCallback> {
        let body = serde_json::json!({
            "guid": event.guid,
            self.options.type_key: event.notify_type,
            "data": event.data,
        });
        Some(PendingCallback {
            guid: event.guid,
            notify_type: event.notify_type,
            url: event.url,
            // A value parsed from or built as JSON always serialises.
            body: to_raw_value(&body).ok()?,
        })
    }
}
