//! The progress line of a batch on a terminal.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::commands::send::outcome_counts::OutcomeCounts;
use crate::output::Output;
use crate::pace::Rate;
use crate::text::{Text, text};
use crate::time::show_duration;

/// Redraw interval; the elapsed time changes also while no message is sent.
const TICK: Duration = Duration::from_millis(200);
/// Length of the bar in characters.
const BAR_WIDTH: u64 = 20;

/// A progress line; draws nothing when stderr is not a terminal.
pub struct Progress {
    line: Option<Arc<Line>>,
}

struct Line {
    output: Output,
    total: Option<u64>,
    rate: Option<Rate>,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counts: OutcomeCounts,
    finished: bool,
}

impl Progress {
    /// A progress line for `total` lines, or an unknown number.
    pub fn new(output: &Output, total: Option<u64>, rate: Option<Rate>) -> Self {
        let line = output.shows_progress().then(|| {
            Arc::new(Line {
                output: output.clone(),
                total,
                rate,
                started: Instant::now(),
                state: Mutex::default(),
            })
        });
        if let Some(line) = line.clone() {
            // Without the drawing thread the batch still works.
            let _ = thread::Builder::new()
                .name("progress".into())
                .spawn(move || {
                    while line.draw() {
                        thread::sleep(TICK);
                    }
                });
        }
        Self { line }
    }

    /// Updates the counts.
    pub fn advance(&self, counts: OutcomeCounts) {
        if let Some(line) = &self.line {
            line.state().counts = counts;
        }
    }

    /// Removes the line before the summary is printed.
    pub fn finish(&self) {
        if let Some(line) = &self.line {
            line.state().finished = true;
            line.output.clear_status();
        }
    }
}

impl Line {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws the line. Returns `false` when there is nothing left to draw.
    fn draw(&self) -> bool {
        // Held while drawing, so that nothing is drawn after the end.
        let state = self.state();
        if !state.finished {
            let text = progress_text(self.total, state.counts, self.started.elapsed(), self.rate);
            self.output.status(&text);
        }
        !state.finished
    }
}

/// `[########............] 12/30 · 11 sent, 1 failed · 18s left`.
fn progress_text(
    total: Option<u64>,
    counts: OutcomeCounts,
    elapsed: Duration,
    rate: Option<Rate>,
) -> Text {
    let (accepted, failed) = (counts.accepted(), counts.failed());
    let done = accepted + failed;
    let so_far = text!("{accepted} sent, {failed} failed", accepted, failed);
    let Some(total) = total else {
        return text!("{done} lines · {so_far}", done, so_far);
    };
    let place = format!("{} {done}/{total}", bar(done, total));
    match time_left(total.saturating_sub(done), done, elapsed, rate) {
        None => text!("{place} · {so_far}", place, so_far),
        Some(left) => text!(
            "{place} · {so_far} · {left} left",
            place,
            so_far,
            left = show_duration(left)
        ),
    }
}

fn bar(done: u64, total: u64) -> String {
    let full = done.min(total).saturating_mul(BAR_WIDTH) / total.max(1);
    let cells = (0..BAR_WIDTH).map(|cell| if cell < full { '#' } else { '.' });
    format!("[{}]", cells.collect::<String>())
}

/// Estimates the time for `left` more lines from the time of the previous ones, but at least what the
/// pace needs: its burst sends the first ones faster.
fn time_left(left: u64, done: u64, elapsed: Duration, rate: Option<Rate>) -> Option<Duration> {
    let seen = (done > 0).then(|| elapsed.as_secs_f64() / done as f64);
    let wanted = rate.map(|rate| rate.interval().as_secs_f64());
    let each = match (seen, wanted) {
        (Some(seen), Some(wanted)) => seen.max(wanted),
        (seen, wanted) => seen.or(wanted)?,
    };
    let left = Duration::try_from_secs_f64(each * left as f64).ok()?;
    // Rounded: the line is redrawn continuously.
    Some(Duration::from_secs(left.as_secs_f64().ceil() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Outcome;
    use crate::text::Lang;

    fn counts(good: u64, failed: u64) -> OutcomeCounts {
        let mut counts = OutcomeCounts::default();
        (0..good).for_each(|_| counts.count(Outcome::Accepted));
        (0..failed).for_each(|_| counts.count(Outcome::Unknown));
        counts
    }

    fn line(total: Option<u64>, counts: OutcomeCounts, elapsed: u64, rate: Option<&str>) -> String {
        let rate = rate.map(|rate| rate.parse().unwrap());
        progress_text(total, counts, Duration::from_secs(elapsed), rate).render(Lang::En)
    }

    #[test]
    fn shows_progress_and_remaining_time() {
        for (total, counts, elapsed, rate, wanted) in [
            (
                Some(30),
                counts(11, 1),
                12,
                None,
                "[########............] 12/30 · 11 sent, 1 failed · 18s left",
            ),
            (
                Some(30),
                counts(0, 0),
                0,
                None,
                "[....................] 0/30 · 0 sent, 0 failed",
            ),
            // before anything was sent, only the pace is known
            (
                Some(30),
                counts(0, 0),
                0,
                Some("20/min"),
                "[....................] 0/30 · 0 sent, 0 failed · 1m 30s left",
            ),
            // the burst went out at once; the rest will not
            (
                Some(30),
                counts(10, 0),
                1,
                Some("20/min,burst=10"),
                "[######..............] 10/30 · 10 sent, 0 failed · 1m left",
            ),
            // a slow server dominates the pace
            (
                Some(4),
                counts(2, 0),
                20,
                Some("20/min"),
                "[##########..........] 2/4 · 2 sent, 0 failed · 20s left",
            ),
            (
                Some(2),
                counts(2, 0),
                20,
                None,
                "[####################] 2/2 · 2 sent, 0 failed · 0s left",
            ),
            (None, counts(3, 2), 5, None, "5 lines · 3 sent, 2 failed"),
        ] {
            assert_eq!(line(total, counts, elapsed, rate), wanted);
        }
    }

    #[test]
    fn omits_unrepresentable_remaining_time() {
        let left = time_left(u64::MAX, 1, Duration::from_secs(1 << 40), None);
        assert_eq!(left, None);
    }
}
