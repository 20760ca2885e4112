//! Scripts of what the phone does with a login QR code.

use super::{duration, keyword};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A script for every login: `OUTCOME[,after=DUR]`. By default the code is scanned after one second and
/// confirmed at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanScript {
    /// Time from the QR code to the first event.
    pub after: Duration,
    /// The outcome.
    pub outcome: ScanOutcome,
}

/// The outcome of a scripted login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanOutcome {
    /// Scanned, confirmed, logged in.
    Success,
    /// Scanned; the login waits for this verification code.
    RequireCode(String),
    /// Scanned, then refused on the phone.
    Refuse,
    /// The code expires once; the login goes on with a new one.
    Expire,
    /// Nobody scans.
    Never,
    /// Nothing happens until the admin interface performs steps.
    Manual,
}

/// A step of a manual login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanStep {
    /// The code is scanned (status 1).
    Scanned,
    /// A verification code is required (status 10).
    RequireCode(String),
    /// The login is confirmed (status 2) and completes (11003).
    Confirm,
    /// The login is refused (status 4).
    Refuse,
    /// The code expires and is replaced by a new one.
    Expire,
    /// The login fails (status 3).
    Fail,
}

const SYNTAX: &str = "OUTCOME[,after=DUR], such as after=2s or require-code=246810,after=1s";

impl ScanScript {
    /// The forms [`FromStr`] takes, with their values.
    pub const NAMES: &[&str] = &[
        "after=DUR",
        "require-code=CODE",
        "refuse",
        "expire",
        "never",
        "manual",
    ];
}

impl Default for ScanScript {
    fn default() -> Self {
        ScanScript {
            after: Duration::from_secs(1),
            outcome: ScanOutcome::Success,
        }
    }
}

impl FromStr for ScanScript {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut after = None;
        let mut outcome = None;
        for part in text.split(',').map(str::trim) {
            match part.strip_prefix("after=") {
                Some(time) if after.is_none() => after = Some(duration::parse(time)?),
                None if outcome.is_none() => outcome = Some(self::outcome(part)?),
                _ => return Err(format!("{part:?} is one too many; a scan is {SYNTAX}")),
            }
        }
        Ok(ScanScript {
            after: after.unwrap_or(ScanScript::default().after),
            outcome: outcome.unwrap_or(ScanOutcome::Success),
        })
    }
}

fn outcome(part: &str) -> Result<ScanOutcome, String> {
    match part.split_once('=') {
        Some(("require-code", code)) if !code.is_empty() => {
            Ok(ScanOutcome::RequireCode(code.into()))
        }
        None if part == "refuse" => Ok(ScanOutcome::Refuse),
        None if part == "expire" => Ok(ScanOutcome::Expire),
        None if part == "never" => Ok(ScanOutcome::Never),
        None if part == "manual" => Ok(ScanOutcome::Manual),
        _ => {
            let valid = ScanScript::NAMES.iter().copied();
            Err(format!(
                "{}; a scan is {SYNTAX}",
                keyword::unknown("scan", part, valid)
            ))
        }
    }
}

impl fmt::Display for ScanScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            ScanOutcome::Success => {}
            ScanOutcome::RequireCode(code) => write!(f, "require-code={code},")?,
            ScanOutcome::Refuse => f.write_str("refuse,")?,
            ScanOutcome::Expire => f.write_str("expire,")?,
            ScanOutcome::Never => f.write_str("never,")?,
            ScanOutcome::Manual => f.write_str("manual,")?,
        }
        write!(f, "after={}", duration::show(self.after))
    }
}

impl ScanStep {
    /// Every name [`FromStr`] takes; `require-code` is followed by `=CODE`.
    pub const NAMES: &[&str] = &[
        "scanned",
        "require-code=CODE",
        "confirm",
        "refuse",
        "expire",
        "fail",
    ];
}

impl FromStr for ScanStep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some(("require-code", code)) if !code.is_empty() => {
                return Ok(ScanStep::RequireCode(code.into()));
            }
            _ => {}
        }
        match text {
            "scanned" => Ok(ScanStep::Scanned),
            "confirm" => Ok(ScanStep::Confirm),
            "refuse" => Ok(ScanStep::Refuse),
            "expire" => Ok(ScanStep::Expire),
            "fail" => Ok(ScanStep::Fail),
            _ => Err(keyword::unknown(
                "step",
                text,
                ScanStep::NAMES.iter().copied(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_outcomes_with_and_without_time() {
        for (text, shown) in [
            ("after=2s", "after=2s"),
            ("require-code=246810", "require-code=246810,after=1s"),
            ("refuse,after=50ms", "refuse,after=50ms"),
            ("after=50ms, refuse", "refuse,after=50ms"),
            ("expire", "expire,after=1s"),
            ("never", "never,after=1s"),
            ("manual", "manual,after=1s"),
        ] {
            let scan: ScanScript = text.parse().unwrap();
            assert_eq!(scan.to_string(), shown);
            assert_eq!(shown.parse::<ScanScript>().unwrap(), scan);
        }
    }

    #[test]
    fn rejects_invalid_input() {
        for text in [
            "",
            "nope",
            "require-code",
            "require-code=",
            "after=",
            "after=soon",
            "refuse=1",
            "refuse,never",
            "after=1s,after=2s",
            "refuse,",
        ] {
            assert!(text.parse::<ScanScript>().is_err(), "{text}");
        }
    }

    #[test]
    fn parses_steps() {
        for text in ScanStep::NAMES {
            assert!(text.parse::<ScanStep>().is_ok(), "{text}");
        }
        for text in ["", "require-code", "require-code=", "success"] {
            assert!(
                text.parse::<ScanStep>().unwrap_err().contains("confirm"),
                "{text}"
            );
        }
    }
}
