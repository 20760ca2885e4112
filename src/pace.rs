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
pub struct Slot {
    /// The time up to which sends are reserved, on the clock of this boot.
    pub next_at: Micros,
    /// The end of the last pause requested by the server, on the same clock.
    pub held_until: Micros,
    /// The time of the last change, on the same clock.
    pub seen_at: Micros,
}

impl Rate {
    /// Reserves the next send: the wait before it, and the new slot.
    pub fn reserve(self, slot: Option<Slot>, now: Micros) -> (Micros, Slot) {
        let slot = Slot::as_of(slot, now);
        let wait = (slot.next_at.saturating_sub(self.tolerance()))
            .saturating_sub(now)
            .max(0);
        let slot = Slot {
            next_at: slot.next_at.max(now).saturating_add(self.interval),
            ..slot
        };
        (wait, slot)
    }

    /// The slot after the server requested a pause.
    pub fn pause(self, slot: Option<Slot>, now: Micros, pause: Micros) -> Slot {
        let slot = Slot::as_of(slot, now);
        let end = now.saturating_add(pause);
        Slot {
            next_at: slot.next_at.max(end.saturating_add(self.tolerance())),
            held_until: slot.held_until.max(end),
            ..slot
        }
    }

    fn tolerance(self) -> Micros {
        self.interval.saturating_mul(i64::from(self.burst) - 1)
    }
}

impl Slot {
    /// The slot adjusted to `now`; a free one when there was none. A clock behind the stored time was set
    /// back or restarted, so the slot is moved with it; the account would otherwise wait for hours.
    pub fn as_of(slot: Option<Self>, now: Micros) -> Self {
        let slot = slot.unwrap_or(Self {
            next_at: now,
            held_until: now,
            seen_at: now,
        });
        let back = slot.seen_at.saturating_sub(now).max(0);
        Self {
            next_at: slot.next_at.saturating_sub(back),
            held_until: slot.held_until.saturating_sub(back),
            seen_at: now,
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
    pub fn words(self) -> Text {
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
        let (wait, slot) = rate.reserve(None, 0);
        assert_eq!(wait, 0);
        let (wait, slot) = rate.reserve(Some(slot), 0);
        assert_eq!(wait, 3 * SECOND);
        let (wait, slot) = rate.reserve(Some(slot), SECOND);
        assert_eq!(wait, 5 * SECOND);
        let (wait, _) = rate.reserve(Some(slot), 60 * SECOND);
        assert_eq!(wait, 0);
    }

    #[test]
    fn burst_is_immediate_and_then_spaced() {
        let rate = rate("60/min,burst=3");
        let mut slot = None;
        let waits: Vec<Micros> = (0..5)
            .map(|_| {
                let (wait, next) = rate.reserve(slot, 0);
                slot = Some(next);
                wait / SECOND
            })
            .collect();
        assert_eq!(waits, [0, 0, 0, 1, 2]);
    }

    #[test]
    fn clock_set_back_delays_nobody() {
        let rate = rate("20/min");
        let (_, slot) = rate.reserve(None, 1_000_000 * SECOND);
        let (wait, _) = rate.reserve(Some(slot), 5 * SECOND);
        assert_eq!(wait, 3 * SECOND);
    }

    #[test]
    fn pause_applies_to_all_reservations() {
        let rate = rate("60/min,burst=3");
        let slot = rate.pause(None, 0, 30 * SECOND);
        let (wait, _) = rate.reserve(Some(slot), 10 * SECOND);
        assert_eq!(wait, 20 * SECOND);
    }

    proptest! {
        #[test]
        fn never_exceeds_rate_in_any_order(
            arrivals in proptest::collection::vec(0i64..2_000_000, 1..60),
            burst in 1u32..5,
        ) {
            let rate = Rate { interval: SECOND, burst };
            let (mut now, mut slot, mut sent) = (0, None, Vec::new());
            for pause in arrivals {
                now += pause;
                let (wait, next) = rate.reserve(slot, now);
                slot = Some(next);
                sent.push(now + wait);
            }
            sent.sort_unstable();
            for window in sent.windows(burst as usize + 1) {
                prop_assert!(window[burst as usize] - window[0] >= SECOND);
            }
        }
        #[test]
        fn never_panics_on_any_text_or_time(text in "\\PC{0,16}", next_at: i64, seen_at: i64, now: i64) {
            let _ = text.parse::<Rate>();
            let slot = Some(Slot { next_at, held_until: next_at, seen_at });
            let rate = rate("1/h,burst=10000");
            let _ = (rate.reserve(slot, now), rate.pause(slot, now, next_at));
        }
    }
}
