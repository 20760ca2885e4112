//! Posts events to the `notify_url`.
//!
//! Each instance has a queue and a thread while it is not empty: events of an instance keep their order,
//! and a silent receiver does not delay other instances.

mod post;
mod queue;

use super::event::Event;
use super::lock;
use super::quirk::Quirk;
use super::record::Record;
use super::scenario::Scenario;
use jiff::Timestamp;
use post::Target;
pub use queue::Callback;
use queue::PendingCallback;
pub(super) use queue::Posted;
use queue::{Job, Queues};
use serde_json::value::to_raw_value;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Idle time after which a thread ends.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// The queues and their threads.
#[derive(Debug)]
pub(super) struct Callbacks {
    options: CallbackOptions,
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
}

impl Callbacks {
    pub(super) fn new(scenario: &Scenario) -> Self {
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
            },
            queues: Mutex::default(),
            changed: Condvar::new(),
            posted: Mutex::new(Record::new()),
        }
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
        let now = Instant::now();
        let due = now.checked_add(self.options.delay).unwrap_or(now);
        for _ in 0..self.options.copies {
            let pending = pending.clone();
            if let Err(pending) = queues.push(Job { due, pending }) {
                self.record(pending, Err("too many events wait already".into()));
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
                while let Some(pending) = callbacks.next(&guid) {
                    callbacks.post(pending);
                }
            })
            .is_ok()
    }

    /// Waits for the instance's next event; `None` after an idle time.
    fn next(&self, guid: &str) -> Option<PendingCallback> {
        let timeout = Instant::now() + LINGER_TIMEOUT;
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

    fn post(&self, pending: PendingCallback) {
        let result =
            Target::parse(&pending.url).and_then(|target| post::post(&target, pending.body.get()));
        self.record(pending, result);
    }

    fn record(&self, pending: PendingCallback, result: Result<u16, String>) {
        let posted = Posted {
            at: Timestamp::now(),
            http_status: result.as_ref().ok().copied(),
            error: result.err(),
            pending,
        };
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
