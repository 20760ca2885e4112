//! The thread that performs scripted steps on time.

use super::lock;
use jiff::Timestamp;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Wakes the thread when the schedule changes or the sandbox ends.
#[derive(Debug, Default)]
pub(super) struct Scheduler {
    state: Mutex<SchedulerState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct SchedulerState {
    rescheduled: bool,
    ended: bool,
}

impl Scheduler {
    /// Makes the thread read the schedule again.
    pub(super) fn reschedule(&self) {
        lock(&self.state).rescheduled = true;
        self.changed.notify_all();
    }

    /// Ends the thread.
    pub(super) fn end(&self) {
        lock(&self.state).ended = true;
        self.changed.notify_all();
    }

    /// Waits for `time`, or without one for a wake-up; returns false when the sandbox ends.
    fn wait(&self, time: Option<Duration>) -> bool {
        let state = lock(&self.state);
        let idle = |state: &mut SchedulerState| !state.rescheduled && !state.ended;
        let mut state = match time {
            Some(time) => {
                self.changed
                    .wait_timeout_while(state, time, idle)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
            None => self
                .changed
                .wait_while(state, idle)
                .unwrap_or_else(PoisonError::into_inner),
        };
        state.rescheduled = false;
        !state.ended
    }

    /// Calls `advance`, which performs due steps and returns the time of the next one, until the
    /// sandbox ends.
    pub(super) fn run(&self, mut advance: impl FnMut() -> Option<Timestamp>) {
        while self.wait(advance().map(until)) {}
    }
}

/// The time until `due`; zero when it has passed.
fn until(due: Timestamp) -> Duration {
    let left = due.duration_since(Timestamp::now());
    Duration::try_from(left).unwrap_or_default()
}
