//! The duration of a test, and steps at a steady rate within it.

use std::thread;
use std::time::{Duration, Instant};

/// The time during which a test runs.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    start: Instant,
    length: Duration,
}

impl Period {
    /// A period that starts now.
    pub fn start(length: Duration) -> Self {
        let start = Instant::now();
        Self { start, length }
    }

    /// A period of the same length that starts now.
    pub fn restart(&self) -> Self {
        Self::start(self.length)
    }

    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    pub fn is_over(&self) -> bool {
        self.elapsed() >= self.length
    }

    /// Returns the length divided by `parts`, but at least 100 ms and at most 60 s.
    pub fn interval(&self, parts: u32) -> Duration {
        (self.length / parts).clamp(Duration::from_millis(100), Duration::from_secs(60))
    }

    /// Sleeps for `time` or until the end of the period; returns false once that is reached.
    pub fn sleep(&self, time: Duration) -> bool {
        thread::sleep(time.min(self.length.saturating_sub(self.elapsed())));
        !self.is_over()
    }
}

/// Largest delay that a [`Ticker`] makes up for, so that it does not catch up in one burst.
const MAX_BACKLOG: Duration = Duration::from_secs(1);

/// Steps at a steady rate.
pub struct Ticker {
    interval: Duration,
    next: Instant,
}

impl Ticker {
    pub fn new(per_second: f64) -> Self {
        let interval = Duration::from_secs_f64(1.0 / per_second);
        let next = Instant::now() + interval;
        Self { interval, next }
    }

    /// Waits for the next step; returns false once the period is over.
    pub fn wait(&mut self, period: &Period) -> bool {
        let now = Instant::now();
        let continues = period.sleep(self.next.saturating_duration_since(now));
        self.next = self.next.max(now - MAX_BACKLOG) + self.interval;
        continues
    }
}
