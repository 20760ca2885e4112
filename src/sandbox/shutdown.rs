//! The shutdown flag of a sandbox.

use super::lock;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// A flag that ends every sleep.
#[derive(Debug, Default)]
pub(super) struct Shutdown {
    begun: Mutex<bool>,
    changed: Condvar,
}

impl Shutdown {
    pub(super) fn begin(&self) {
        *lock(&self.begun) = true;
        self.changed.notify_all();
    }

    /// Sleeps; returns false when the sandbox ended meanwhile.
    pub(super) fn sleep(&self, time: Duration) -> bool {
        let Some(end) = Instant::now().checked_add(time) else {
            return false;
        };
        let mut begun = lock(&self.begun);
        while !*begun {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            begun = self
                .changed
                .wait_timeout(begun, left)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
        false
    }
}
