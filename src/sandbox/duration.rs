//! Durations in the sandbox's flags and fault specs: `200ms`, `2s`, `1m`.

use jiff::fmt::friendly::{Designator, Spacing, SpanParser, SpanPrinter};
use std::time::Duration;

/// Longest accepted duration; sums of it cannot overflow.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads `250ms`, `1.5s`, `2m`, or a bare number of seconds; at most 24 hours.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let parsed = match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => SpanParser::new().parse_unsigned_duration(text).ok(),
    };
    parsed
        .filter(|duration| *duration <= LONGEST)
        .ok_or_else(|| {
            format!("{text:?} is not a duration such as 200ms, 1.5s or 2m (at most 24 hours)")
        })
}

/// Formats a duration so that [`parse`] reads it back.
pub(super) fn show(duration: Duration) -> String {
    SpanPrinter::new()
        .designator(Designator::Compact)
        .spacing(Spacing::None)
        .unsigned_duration_to_string(&duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        for (text, millis) in [
            ("200ms", 200),
            ("2s", 2000),
            ("1.5s", 1500),
            ("2m", 120_000),
            ("3", 3000),
            ("0s", 0),
        ] {
            let duration = parse(text).unwrap();
            assert_eq!(duration.as_millis(), millis, "{text}");
            assert_eq!(parse(&show(duration)).unwrap(), duration, "{text}");
        }
    }

    #[test]
    fn rejects_invalid_input() {
        for text in [
            "", "s", "-1s", "25h", "NaN", "inf", "1e300s", "25000m", "1 s x",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
