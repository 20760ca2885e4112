//! The rate limit of an account. Pure: times in, waits out.
//!
//! WeCom silently drops messages of an account that sends too fast, so the limit is shared by all
//! processes of a machine.

#[cfg(any(test, fuzzing))]
pub mod properties;

use std::str::FromStr;
use std::time::Duration;

use crate::text::{Text, text};

/// Time in microseconds.
pub type Micros = i64;

/// Messages per second, minute or hour, and the burst allowed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    interval: Micros,
    burst: u32,
}

/// The stored state of an account's rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceState {
    /// The time at which a send would be exactly at the rate (the theoretical arrival time of the generic cell rate algorithm),
    /// in microseconds since boot (CLOCK_BOOTTIME). A burst may send earlier, by at most `Rate::tolerance`.
    pub theoretical_send_at: Micros,
    /// The end of the last pause requested by the server, on the same clock.
    pub paused_until: Micros,
    /// The time of the last change, on the same clock.
    pub updated_at: Micros,
}

impl Rate {
    /// Reserves the next send: the wait before it, and the new state.
    pub fn reserve(self, state: Option<PaceState>, now: Micros) -> (Micros, PaceState) {
        let state = PaceState::as_of(state, now);
        let wait = (state.theoretical_send_at.saturating_sub(self.tolerance()))
            .saturating_sub(now)
            .max(0);
        let state = PaceState {
            theoretical_send_at: state
                .theoretical_send_at
                .max(now)
                .saturating_add(self.interval),
            ..state
        };
        (wait, state)
    }

    /// The state after the server requested a pause.
    pub fn pause(self, state: Option<PaceState>, now: Micros, pause: Micros) -> PaceState {
        let state = PaceState::as_of(state, now);
        let end = now.saturating_add(pause);
        PaceState {
            theoretical_send_at: state
                .theoretical_send_at
                .max(end.saturating_add(self.tolerance())),
            paused_until: state.paused_until.max(end),
            ..state
        }
    }

    /// How much earlier than `theoretical_send_at` a send may be made: one interval less than the burst.
    fn tolerance(self) -> Micros {
        self.interval.saturating_mul(i64::from(self.burst) - 1)
    }
}

impl PaceState {
    /// The state adjusted to `now`; without a stored one, that of an account which may send now. A clock
    /// behind the stored time was set back or restarted, so all times are moved with it; the account would
    /// otherwise wait for hours.
    pub fn as_of(state: Option<Self>, now: Micros) -> Self {
        let state = state.unwrap_or(Self {
            theoretical_send_at: now,
            paused_until: now,
            updated_at: now,
        });
        let back = state.updated_at.saturating_sub(now).max(0);
        Self {
            theoretical_send_at: state.theoretical_send_at.saturating_sub(back),
            paused_until: state.paused_until.saturating_sub(back),
            updated_at: now,
        }
    }
}

impl FromStr for Rate {
    type Err = Text;

    fn from_str(text: &str) -> Result<Self, Text> {
        let wrong = || {
            text!(
                "must be a pace such as 20/min, 2/s or 100/h, optionally with ,burst=5 to allow several at once"
            )
        };
        let (rate, burst) = match text.split_once(',') {
            Some((rate, burst)) => {
                let burst = burst.trim().strip_prefix("burst=").ok_or_else(wrong)?;
                let burst = burst.parse().ok().filter(|n| (1..=10_000).contains(n));
                (rate, burst.ok_or_else(wrong)?)
            }
            None => (text, 1),
        };
        let (count, unit) = rate.trim().split_once('/').ok_or_else(wrong)?;
        let count: i64 = count
            .trim()
            .parse()
            .ok()
            .filter(|n| (1..=1_000_000).contains(n))
            .ok_or_else(wrong)?;
        let unit: Micros = match unit.trim() {
            "s" | "sec" => 1_000_000,
            "m" | "min" => 60_000_000,
            "h" | "hour" => 3_600_000_000,
            _ => return Err(wrong()),
        };
        Ok(Self {
            interval: unit / count,
            burst,
        })
    }
}

impl Rate {
    /// The interval between two messages, ignoring bursts.
    pub fn interval(self) -> Duration {
        Duration::from_micros(self.interval.unsigned_abs())
    }

    /// The rate as text.
    pub fn describe(self) -> Text {
        let seconds = format!("{:.2}", self.interval as f64 / 1e6);
        match self.burst {
            1 => text!("one per {seconds}s", seconds),
            burst => text!("one per {seconds}s, up to {burst} at once", seconds, burst),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Micros = 1_000_000;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    #[test]
    fn parses_rates() {
        for (text, interval, burst) in [
            ("20/min", 3 * SECOND, 1),
            ("2/s", SECOND / 2, 1),
            ("100/h", 36 * SECOND, 1),
            ("20/min,burst=5", 3 * SECOND, 5),
            (" 20 / min , burst=5", 3 * SECOND, 5),
        ] {
            assert_eq!(rate(text), Rate { interval, burst }, "{text}");
        }
        for text in [
            "",
            "20",
            "0/s",
            "-1/s",
            "1/d",
            "x/s",
            "1/s,burst=0",
            "1/s,5",
            "1.5/s",
        ] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn spaces_messages_evenly() {
        let rate = rate("20/min");
        let (wait, state) = rate.reserve(None, 0);
        assert_eq!(wait, 0);
        let (wait, state) = rate.reserve(Some(state), 0);
        assert_eq!(wait, 3 * SECOND);
        let (wait, state) = rate.reserve(Some(state), SECOND);
        assert_eq!(wait, 5 * SECOND);
        let (wait, _) = rate.reserve(Some(state), 60 * SECOND);
        assert_eq!(wait, 0);
    }

    #[test]
    fn burst_is_immediate_and_then_spaced() {
        let rate = rate("60/min,burst=3");
        let mut state = None;
        let waits: Vec<Micros> = (0..5)
            .map(|_| {
                let (wait, next) = rate.reserve(state, 0);
                state = Some(next);
                wait / SECOND
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 1, 2]);
    }

    #[test]
    fn clock_set_back_delays_nobody() {
        let rate = rate("20/min");
        let (_, state) = rate.reserve(None, 1_000_000 * SECOND);
        let (wait, _) = rate.reserve(Some(state), 5 * SECOND);
        assert_eq!(wait, 3 * SECOND);
    }

    #[test]
    fn pause_applies_to_all_reservations() {
        let rate = rate("60/min,burst=3");
        let state = rate.pause(None, 0, 30 * SECOND);
        let (wait, _) = rate.reserve(Some(state), 10 * SECOND);
        assert_eq!(wait, 20 * SECOND);
    }

    proptest! {
        #[test]
        fn never_exceeds_rate_in_any_order(
            arrivals in proptest::collection::vec(0i64..2_000_000, 1..60),
            burst in 1u32..5,
        ) {
            let rate = Rate { interval: SECOND, burst };
            let (mut now, mut state, mut sent) = (0, None, Vec::new());
            for pause in arrivals {
                now += pause;
                let (wait, next) = rate.reserve(state, now);
                state = Some(next);
                sent.push(now + wait);
            }
            sent.sort_unstable();
            for window in sent.windows(burst as usize + 1) {
                prop_assert!(window[burst as usize] - window[0] >= SECOND);
            }
        }
        #[test]
        fn never_panics_on_any_text_or_time(text in "\\PC{0,16}", theoretical_send_at: i64, updated_at: i64, now: i64) {
            let _ = text.parse::<Rate>();
            let state = Some(PaceState { theoretical_send_at, paused_until: theoretical_send_at, updated_at });
            let rate = rate("1/h,burst=10000");
            let _ = (rate.reserve(state, now), rate.pause(state, now, theoretical_send_at));
        }
    }
}
