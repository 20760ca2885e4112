//! Property checks of durations, times and paces, for fuzz targets and tests.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "property checks fail by panicking"
)]

use std::time::Duration;

use super::{Micros, PaceState, Rate};
use crate::time::{
    local_minute, local_second, parse_duration, parse_timeout, rfc3339, show_duration,
};

const YEAR: Duration = Duration::from_secs(366 * 86_400);

/// Checks three numbers of 8 bytes as times, then a text in the parsers.
pub fn time(data: &[u8]) {
    let (numbers, text) = data.split_at_checked(24).unwrap_or((&[], data));
    let mut numbers = numbers
        .chunks(8)
        .filter_map(|chunk| chunk.try_into().ok())
        .map(i64::from_le_bytes);
    let mut number = || numbers.next().unwrap_or_default();
    let (one, two, three) = (number(), number(), number());
    check_calendar(one);
    check_states(one, two, three);
    if let Ok(text) = std::str::from_utf8(text) {
        check_duration(text);
        check_rate(text);
        assert!(!local_minute(text).is_empty() || text.is_empty());
        assert!(!local_second(text).is_empty() || text.is_empty());
    }
}

fn check_duration(text: &str) {
    let parsed = parse_duration(text);
    let digits = text.trim();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = digits.parse().ok().map(Duration::from_secs);
        assert_eq!(parsed.clone().ok(), seconds.filter(|time| *time <= YEAR));
    }
    let timeout = parse_timeout(text);
    let Ok(time) = parsed else {
        assert!(timeout.is_err());
        return;
    };
    assert_eq!(timeout.is_err(), time.is_zero());
    assert!(time <= YEAR);
    let shown = show_duration(time);
    let again = parse_duration(&shown).expect("what is shown can be read");
    assert!(again >= time, "{time:?} is shown as {shown}");
    assert!(
        again <= time + Duration::from_secs(1)
            && again <= time.mul_f64(1.1) + Duration::from_millis(1)
    );
    assert_eq!(show_duration(again), shown);
}

fn check_calendar(number: i64) {
    let Some(shown) = rfc3339(number) else {
        return;
    };
    let seconds = shown
        .parse::<jiff::Timestamp>()
        .expect("RFC 3339")
        .as_second();
    assert!(seconds > 0 && (seconds == number || seconds == number / 1000));
    // From here on a number is in milliseconds.
    if seconds < 100_000_000_000 {
        assert_eq!(rfc3339(seconds), Some(shown.clone()));
    }
    assert!(local_second(&shown).starts_with(&local_minute(&shown)));
}

/// A second reading of `COUNT/UNIT[,burst=BURST]`.
fn read_rate(text: &str) -> Option<(i64, i64, i64)> {
    let (rate, burst) = match text.split_once(',') {
        Some((rate, burst)) => (rate, burst.trim().strip_prefix("burst=")?.parse().ok()?),
        None => (text, 1),
    };
    let (count, unit) = rate.split_once('/')?;
    let unit = match unit.trim() {
        "s" | "sec" => 1_000_000,
        "m" | "min" => 60_000_000,
        "h" | "hour" => 3_600_000_000,
        _ => return None,
    };
    let count: i64 = count.trim().parse().ok()?;
    let fits = (1..=1_000_000).contains(&count) && (1..=10_000).contains(&burst);
    fits.then_some((count, unit, burst))
}

fn check_rate(text: &str) {
    let rate = text.parse::<Rate>().ok();
    let expected = read_rate(text);
    assert_eq!(rate.is_some(), expected.is_some(), "{text:?}");
    let (Some(rate), Some((count, unit, burst))) = (rate, expected) else {
        return;
    };
    assert!(!rate.describe().english().is_empty());
    let interval = unit / count;
    let mut state = None;
    // All at once: the burst is immediate, then one per interval.
    for number in 0..burst.min(5) + 5 {
        let (wait, next) = rate.reserve(state, 0);
        assert_eq!(wait, (number + 1 - burst).max(0) * interval, "{text:?}");
        state = Some(next);
    }
}

/// For any stored state and any clock, no wait exceeds the stored one, and times only advance.
fn check_states(theoretical_send_at: Micros, updated_at: Micros, now: Micros) {
    let rate: Rate = "20/min,burst=3".parse().expect("a rate");
    let state = PaceState {
        theoretical_send_at,
        paused_until: theoretical_send_at,
        updated_at,
    };
    let (wait, after) = rate.reserve(Some(state), now);
    let asked = i128::from(theoretical_send_at) - i128::from(updated_at.min(now));
    assert!(
        wait >= 0 && i128::from(wait) <= asked.max(0),
        "{wait} of {asked}"
    );
    assert!(after.updated_at == now && after.theoretical_send_at >= now);
    let paused = rate.pause(Some(state), now, updated_at.saturating_abs());
    assert!(paused.paused_until >= now && paused.theoretical_send_at >= paused.paused_until);
    let (wait, _) = rate.reserve(Some(paused), now);
    assert!(
        i128::from(wait)
            >= i128::from(updated_at.saturating_abs()).min(i128::from(i64::MAX) - i128::from(now))
                - 6_000_000
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::token_sequences::token_sequences;

    const WORDS: &[&str] = &[
        "1",
        "30",
        "1000000",
        "0",
        ".",
        "5",
        "s",
        "ms",
        "min",
        "m",
        "h",
        "d",
        "w",
        " ",
        "/",
        ",",
        "burst=",
        "sec",
        "hour",
        "-",
        "+",
        "2024-03-28T04:44:13Z",
    ];

    proptest! {
        #[test]
        fn parses_durations_and_paces(
            time in "[0-9]{1,5} ?(ms|s|min|m|h)?( ?[0-9]{1,3}(s|ms))?",
            pace in " ?[0-9]{1,4} ?/ ?(s|min|h|d)(, ?burst=[0-9]{1,2})?",
        ) {
            check_duration(&time);
            check_rate(&pace);
        }
        #[test]
        fn pace_properties_hold(one: i64, two in -1_000_000_000_000i64..1_000_000_000_000, three: i64, text in token_sequences(WORDS)) {
            for numbers in [[one, two, three], [two, two / 2, two + 1], [two, one, two]] {
                let numbers = numbers.map(i64::to_le_bytes).concat();
                time(&[numbers, text.clone()].concat());
            }
        }
    }
}
