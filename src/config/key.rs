//! The settings: names, sources, and validation.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::base_url::{self, BaseUrl};
use crate::conversation::{ConversationId, is_id};
use crate::env;
use crate::guid::Guid;
use crate::pace::Rate;
use crate::text::{Lang, Text, text};
use crate::time;

/// A single-valued setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// `base_url`
    BaseUrl,
    /// `guid`
    Guid,
    /// `notify_url`
    NotifyUrl,
    /// `pace`
    Pace,
    /// `ledger_days`
    LedgerDays,
    /// `timeout`
    Timeout,
    /// `retries`
    Retries,
    /// `cacert`
    Cacert,
    /// `insecure`
    Insecure,
    /// `lang`
    Lang,
}

impl Key {
    /// All settings, in display order.
    pub const ALL: [Self; 10] = [
        Self::BaseUrl,
        Self::Guid,
        Self::NotifyUrl,
        Self::Pace,
        Self::LedgerDays,
        Self::Timeout,
        Self::Retries,
        Self::Cacert,
        Self::Insecure,
        Self::Lang,
    ];

    /// Its name in the configuration file.
    pub fn name(self) -> &'static str {
        match self {
            Self::BaseUrl => "base_url",
            Self::Guid => "guid",
            Self::NotifyUrl => "notify_url",
            Self::Pace => "pace",
            Self::LedgerDays => "ledger_days",
            Self::Timeout => "timeout",
            Self::Retries => "retries",
            Self::Cacert => "cacert",
            Self::Insecure => "insecure",
            Self::Lang => "lang",
        }
    }

    /// The setting with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    /// The environment variable that sets it.
    pub fn env(self) -> &'static str {
        match self {
            Self::BaseUrl => env::BASE_URL,
            Self::Guid => env::GUID,
            Self::NotifyUrl => env::NOTIFY_URL,
            Self::Pace => env::PACE,
            Self::LedgerDays => env::LEDGER_DAYS,
            Self::Timeout => env::TIMEOUT,
            Self::Retries => env::RETRIES,
            Self::Cacert => env::CACERT,
            Self::Insecure => env::INSECURE,
            Self::Lang => env::LANG,
        }
    }

    /// The flag that sets it. The usual `notify_url` has none.
    pub fn flag(self) -> &'static str {
        match self {
            Self::NotifyUrl | Self::LedgerDays => "",
            Self::Pace => "--pace",
            Self::BaseUrl => "--base-url",
            Self::Guid => "--guid",
            Self::Timeout => "--timeout",
            Self::Retries => "--retries",
            Self::Cacert => "--cacert",
            Self::Insecure => "--insecure",
            Self::Lang => "--lang",
        }
    }

    /// The built-in default.
    pub fn default(self) -> Option<&'static str> {
        match self {
            Self::BaseUrl => Some(base_url::DEFAULT),
            Self::Pace => Some("off"),
            Self::LedgerDays => Some("30"),
            Self::Timeout => Some("30s"),
            Self::Retries => Some("2"),
            Self::Insecure => Some("false"),
            Self::Lang => Some("en"),
            Self::Guid | Self::NotifyUrl | Self::Cacert => None,
        }
    }

    /// Validates a value.
    ///
    /// # Errors
    /// Explains the error without repeating possible secrets.
    pub fn check(self, text: &str) -> Result<(), Text> {
        match self {
            Self::BaseUrl => text.parse::<BaseUrl>().map(drop),
            Self::Guid => text.parse::<Guid>().map(drop),
            Self::NotifyUrl => parse_notify_url(text).map(drop),
            Self::Pace => parse_pace(text).map(drop),
            Self::LedgerDays => parse_days(text).map(drop),
            Self::Timeout => parse_timeout(text).map(drop),
            Self::Retries => parse_retries(text).map(drop),
            Self::Cacert => parse_path(text).map(drop),
            Self::Insecure => parse_bool(text).map(drop),
            Self::Lang => Lang::parse(text).map(drop),
        }
    }

    /// `text` with secrets redacted.
    pub fn redact(self, text: &str) -> String {
        match self {
            Self::BaseUrl => text.parse::<BaseUrl>().map_or_else(
                |_| crate::secret::REDACTED.to_owned(),
                |url| url.to_string(),
            ),
            Self::NotifyUrl => Url::parse(text).map_or_else(
                |_| crate::secret::REDACTED.to_owned(),
                |mut url| {
                    // The query may contain a token.
                    if url.query().is_some() {
                        url.set_query(Some("***"));
                    }
                    base_url::redacted(&url)
                },
            ),
            _ => text.to_owned(),
        }
    }
}

/// Parses a `notify_url`: any http or https URL, kept as written.
pub(super) fn parse_notify_url(text: &str) -> Result<String, Text> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
            Ok(text.to_owned())
        }
        _ => Err(text!("must be an http:// or https:// URL")),
    }
}

/// Parses a timeout.
pub(super) fn parse_timeout(text: &str) -> Result<Duration, Text> {
    time::parse_timeout(text)
}

/// Parses a pace; `None` for `off`.
pub(super) fn parse_pace(text: &str) -> Result<Option<Rate>, Text> {
    match text.trim() {
        "off" => Ok(None),
        rate => rate
            .parse()
            .map(Some)
            .map_err(|why| text!("{why}; or off", why)),
    }
}

/// Parses a retention in days.
pub(super) fn parse_days(text: &str) -> Result<u32, Text> {
    text.parse()
        .ok()
        .filter(|days| (1..=3650).contains(days))
        .ok_or_else(|| text!("must be a number of days from 1 to 3650"))
}

/// Parses a number of retries, at most 20.
pub(super) fn parse_retries(text: &str) -> Result<u32, Text> {
    text.parse()
        .ok()
        .filter(|n| *n <= 20)
        .ok_or_else(|| text!("must be a number from 0 to 20"))
}

/// Parses a non-empty path.
pub(super) fn parse_path(text: &str) -> Result<PathBuf, Text> {
    if text.is_empty() {
        Err(text!("the path is empty"))
    } else {
        Ok(text.into())
    }
}

/// Parses a boolean, including common spellings in environment variables.
pub(super) fn parse_bool(text: &str) -> Result<bool, Text> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(text!("must be true or false")),
    }
}

/// Validates the name of an alias, which must not look like an id.
///
/// # Errors
/// Describes a valid name.
pub fn check_alias_name(name: &str) -> Result<(), Text> {
    if name.is_empty() || name == "-" {
        Err(text!("an alias needs a name"))
    } else if name.contains(':') || is_id(name) {
        Err(text!(
            "{name} looks like a conversation id; an alias must be a word, such as ops",
            name = format!("{name:?}")
        ))
    } else if name.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Err(text!("an alias must not contain spaces"))
    } else {
        Ok(())
    }
}

/// Validates the target of an alias.
///
/// # Errors
/// Describes a valid conversation id.
pub fn check_alias_target(text: &str) -> Result<(), Text> {
    text.parse::<ConversationId>().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_defaults_are_valid() {
        for key in Key::ALL {
            assert_eq!(Key::named(key.name()), Some(key));
            assert!(key.env().starts_with(env::PREFIX));
            if let Some(default) = key.default() {
                assert_eq!(key.check(default), Ok(()));
            }
        }
        assert_eq!(Key::named("base-url"), None);
    }

    #[test]
    fn validates_values() {
        let cases = [
            (Key::BaseUrl, "http://h", true),
            (Key::BaseUrl, "h", false),
            (Key::Guid, "", false),
            (Key::Timeout, "1min", true),
            (Key::Timeout, "0", false),
            (Key::Retries, "0", true),
            (Key::Retries, "21", false),
            (Key::Retries, "-1", false),
            (Key::Insecure, "maybe", false),
            (Key::Cacert, "", false),
        ];
        for (key, text, fits) in cases {
            assert_eq!(key.check(text).is_ok(), fits, "{key:?} {text:?}");
        }
    }

    #[test]
    fn validates_alias_names() {
        for (name, fits) in [
            ("ops", true),
            ("夜班", true),
            ("", false),
            ("-", false),
            ("12", false),
            ("S:1", false),
            ("a b", false),
        ] {
            assert_eq!(check_alias_name(name).is_ok(), fits, "{name:?}");
        }
    }
}
