//! Durations, points in time, and deadlines.

use std::time::{Duration, Instant};

use jiff::fmt::friendly::{Designator, SpanParser, SpanPrinter};
use jiff::{Timestamp, tz::TimeZone};

use crate::text::{Text, text};

/// Default timeout of a command.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Parses `30`, `30s`, `5min`, `1h 30m`; a bare number is in seconds.
///
/// # Errors
/// Lists the accepted forms.
pub fn parse_duration(text: &str) -> Result<Duration, Text> {
    let text = text.trim();
    let parsed = if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().ok().map(Duration::from_secs)
    } else {
        SpanParser::new().parse_unsigned_duration(text).ok()
    };
    // At most a year: longer ones are typing mistakes, and Instant arithmetic cannot overflow.
    parsed
        .filter(|d| *d <= Duration::from_secs(366 * 86_400))
        .ok_or_else(|| text!("not a duration; write 30s, 500ms, 5min or 1h30m"))
}

/// Like [`parse_duration`], but refuses zero.
///
/// # Errors
/// Lists the accepted forms.
pub fn parse_timeout(text: &str) -> Result<Duration, Text> {
    match parse_duration(text)? {
        Duration::ZERO => Err(text!("the timeout must be greater than 0, for example 30s")),
        some => Ok(some),
    }
}

/// Formats a duration: `30s`, `1m 30s`, `250ms`.
pub fn show_duration(duration: Duration) -> String {
    let step: u64 = match duration.as_secs() {
        0 => 1,
        1..10 => 100,
        _ => 1000,
    };
    // Rounded up, so that waiting that long is enough.
    let millis = u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
    let rounded = Duration::from_millis(millis.div_ceil(step).saturating_mul(step));
    SpanPrinter::new()
        .designator(Designator::Compact)
        .unsigned_duration_to_string(&rounded)
}

/// Converts seconds or milliseconds since 1970, distinguished by size, to RFC 3339 in UTC. `None` for zero,
/// which servers send for "never", and for times out of range.
pub fn rfc3339(epoch: i64) -> Option<String> {
    // Seconds reach 11 digits in the year 5138; thirteen digits are current milliseconds.
    let seconds = if epoch >= 100_000_000_000 {
        epoch / 1000
    } else {
        epoch
    };
    if seconds <= 0 {
        return None;
    }
    Timestamp::from_second(seconds).ok().map(|t| t.to_string())
}

/// Formats an RFC 3339 time in the local time zone, to the minute.
pub fn local_minute(rfc3339: &str) -> String {
    local(rfc3339, "%Y-%m-%d %H:%M")
}

/// The same, to the second.
pub fn local_second(rfc3339: &str) -> String {
    local(rfc3339, "%Y-%m-%d %H:%M:%S")
}

fn local(rfc3339: &str, format: &str) -> String {
    match rfc3339.parse::<Timestamp>() {
        Ok(time) => time
            .to_zoned_datetime(TimeZone::system())
            .strftime(format)
            .to_string(),
        Err(_) => rfc3339.to_owned(),
    }
}

/// The time by which a command must end.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    end: Instant,
    timeout: Duration,
}

impl Deadline {
    /// A deadline `timeout` from now.
    pub fn after(timeout: Duration) -> Self {
        Self::from(Instant::now(), timeout)
    }

    /// A deadline `timeout` after `start`.
    pub fn from(start: Instant, timeout: Duration) -> Self {
        Self {
            end: start + timeout,
            timeout,
        }
    }

    /// The remaining time; zero once it has passed.
    pub fn remaining(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed.
    pub fn is_over(&self) -> bool {
        self.remaining().is_zero()
    }

    /// The whole time span.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parses_durations() {
        let cases = [
            ("30", Some(30_000)),
            ("30s", Some(30_000)),
            ("500ms", Some(500)),
            ("5min", Some(300_000)),
            ("5m", Some(300_000)),
            ("1h30m", Some(5_400_000)),
            ("1h 30m", Some(5_400_000)),
            (" 2s ", Some(2_000)),
            ("0", Some(0)),
            ("", None),
            ("s", None),
            ("-5s", None),
            ("5 parsecs", None),
            ("99999999999999999999", None),
            ("999y", None),
        ];
        for (text, millis) in cases {
            assert_eq!(
                parse_duration(text).ok(),
                millis.map(Duration::from_millis),
                "{text:?}"
            );
        }
        assert!(parse_timeout("0s").is_err());
    }

    #[test]
    fn prints_durations_in_short_form() {
        for (micros, shown) in [
            (30_000_000, "30s"),
            (90_000_000, "1m30s"),
            (250_000, "250ms"),
            (1_998_000, "2s"),
            (1, "1ms"),
            (1_001_000, "1s100ms"),
        ] {
            let text = show_duration(Duration::from_micros(micros));
            assert_eq!(text.replace(' ', ""), shown);
        }
    }

    #[test]
    fn reads_epoch_seconds_and_milliseconds() {
        let cases = [
            (1_711_601_053, Some("2024-03-28T04:44:13Z")),
            (1_711_601_053_000, Some("2024-03-28T04:44:13Z")),
            (0, None),
            (-5, None),
            (i64::MAX, None),
            (i64::MIN, None),
        ];
        for (epoch, shown) in cases {
            assert_eq!(rfc3339(epoch).as_deref(), shown, "{epoch}");
        }
    }

    proptest! {
        #[test]
        fn parser_never_panics(text in "\\PC{0,40}") {
            let _ = parse_duration(&text);
        }
        #[test]
        fn calendar_never_panics(epoch: i64) {
            let _ = rfc3339(epoch);
        }
    }
}
