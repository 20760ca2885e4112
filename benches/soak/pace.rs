//! The time there is, and steps in it.

use std::thread;
use std::time::{Duration, Instant};

/// The time of a soak.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    start: Instant,
    length: Duration,
}

impl Span {
    pub fn starting_now(length: Duration) -> Self {
        let start = Instant::now();
        Self { start, length }
    }

    /// As long, from now on.
    pub fn anew(&self) -> Self {
        Self::starting_now(self.length)
    }

    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    pub fn is_over(&self) -> bool {
        self.elapsed() >= self.length
    }

    /// One of `parts` equal parts, within what makes sense for something done again and again.
    pub fn part(&self, parts: u32) -> Duration {
        (self.length / parts).clamp(Duration::from_millis(100), Duration::from_secs(60))
    }

    /// Sleeps, at most to the end; false when that is reached.
    pub fn rest(&self, time: Duration) -> bool {
        thread::sleep(time.min(self.length.saturating_sub(self.elapsed())));
        !self.is_over()
    }
}

/// What may be made up for.
const ARREARS: Duration = Duration::from_secs(1);

/// Steps at a steady rate.
pub struct Pace {
    step: Duration,
    due: Instant,
}

impl Pace {
    pub fn new(per_second: f64) -> Self {
        let step = Duration::from_secs_f64(1.0 / per_second);
        let due = Instant::now() + step;
        Self { step, due }
    }

    /// Waits for the next step; false when the time is over.
    pub fn wait(&mut self, span: &Span) -> bool {
        let now = Instant::now();
        let goes_on = span.rest(self.due.saturating_duration_since(now));
        // Who fell far behind does not make up for all of it in a rush.
        self.due = self.due.max(now - ARREARS) + self.step;
        goes_on
    }
}
