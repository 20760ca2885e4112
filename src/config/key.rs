//! The settings: names, sources, and validation.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::api::gateway;
use crate::base_url::{self, BaseUrl};
use crate::conversation::{ConversationId, is_id};
use crate::env;
use crate::guid::Guid;
use crate::pace::Rate;
use crate::secret::Secret;
use crate::state_url::StateUrl;
use crate::text::{Lang, Text, text};
use crate::time;

/// The value of `state` for the state folder.
const LOCAL_STATE: &str = "local";

/// A single-valued setting.
#[expect(
    clippy::enum_variant_names,
    reason = "app_key is the gateway's own term"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// `base_url`
    BaseUrl,
    /// `guid`
    Guid,
    /// `app_key`
    AppKey,
    /// `app_secret`
    AppSecret,
    /// `websocket_url`
    WebsocketUrl,
    /// `cdn_url`
    CdnUrl,
    /// `notify_url`
    NotifyUrl,
    /// `pace`
    Pace,
    /// `ledger_days`
    LedgerDays,
    /// `state`
    State,
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
    pub const ALL: [Self; 15] = [
        Self::BaseUrl,
        Self::Guid,
        Self::AppKey,
        Self::AppSecret,
        Self::WebsocketUrl,
        Self::CdnUrl,
        Self::NotifyUrl,
        Self::Pace,
        Self::LedgerDays,
        Self::State,
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
            Self::AppKey => "app_key",
            Self::AppSecret => "app_secret",
            Self::WebsocketUrl => "websocket_url",
            Self::CdnUrl => "cdn_url",
            Self::NotifyUrl => "notify_url",
            Self::Pace => "pace",
            Self::LedgerDays => "ledger_days",
            Self::State => "state",
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
            Self::AppKey => env::APP_KEY,
            Self::AppSecret => env::APP_SECRET,
            Self::WebsocketUrl => env::WEBSOCKET_URL,
            Self::CdnUrl => env::CDN_URL,
            Self::NotifyUrl => env::NOTIFY_URL,
            Self::Pace => env::PACE,
            Self::LedgerDays => env::LEDGER_DAYS,
            Self::State => env::STATE,
            Self::Timeout => env::TIMEOUT,
            Self::Retries => env::RETRIES,
            Self::Cacert => env::CACERT,
            Self::Insecure => env::INSECURE,
            Self::Lang => env::LANG,
        }
    }

    /// The flag that sets it; empty for a setting without one. The gateway's credentials have none, because
    /// other users can read the arguments of a process.
    pub fn flag(self) -> &'static str {
        match self {
            Self::AppKey
            | Self::AppSecret
            | Self::WebsocketUrl
            | Self::CdnUrl
            | Self::NotifyUrl
            | Self::LedgerDays
            | Self::State => "",
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
            Self::State => Some(LOCAL_STATE),
            Self::Timeout => Some("30s"),
            Self::Retries => Some("2"),
            Self::Insecure => Some("false"),
            Self::Lang => Some("en"),
            Self::Guid
            | Self::AppKey
            | Self::AppSecret
            | Self::WebsocketUrl
            | Self::CdnUrl
            | Self::NotifyUrl
            | Self::Cacert => None,
        }
    }

    /// The default with the hosted gateway, where it differs.
    pub fn gateway_default(self) -> Option<&'static str> {
        match self {
            Self::BaseUrl => Some(gateway::DEFAULT_BASE_URL),
            // Fewer than 60 calls in any minute: 10 at once, then 48 a minute. Above 100 the gateway blocks the
            // account for half an hour.
            Self::Pace => Some("48/min,burst=10"),
            _ => None,
        }
    }

    /// Whether its value is a secret as a whole.
    pub fn is_secret(self) -> bool {
        self == Self::AppSecret
    }

    /// Validates a value.
    ///
    /// # Errors
    /// Explains the error without repeating possible secrets.
    pub fn check(self, text: &str) -> Result<(), Text> {
        match self {
            Self::BaseUrl | Self::CdnUrl => text.parse::<BaseUrl>().map(drop),
            Self::Guid => text.parse::<Guid>().map(drop),
            Self::AppKey => parse_app_key(text).map(drop),
            Self::AppSecret => parse_app_secret(text).map(drop),
            Self::WebsocketUrl => parse_websocket_url(text).map(drop),
            Self::NotifyUrl => parse_notify_url(text).map(drop),
            Self::Pace => parse_pace(text).map(drop),
            Self::LedgerDays => parse_days(text).map(drop),
            Self::State => parse_state(text).map(drop),
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
            Self::AppSecret => crate::secret::REDACTED.to_owned(),
            Self::BaseUrl | Self::CdnUrl => text.parse::<BaseUrl>().map_or_else(
                |_| crate::secret::REDACTED.to_owned(),
                |url| url.to_string(),
            ),
            Self::State => match parse_state(text) {
                Ok(Some(url)) => url.to_string(),
                Ok(None) => LOCAL_STATE.to_owned(),
                Err(_) => crate::secret::REDACTED.to_owned(),
            },
            Self::NotifyUrl | Self::WebsocketUrl => Url::parse(text).map_or_else(
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

/// Parses an `app_key`. An empty one means that the gateway is not used, for a profile of another server.
pub(super) fn parse_app_key(text: &str) -> Result<String, Text> {
    let text = text.trim();
    match text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        true => Err(text!("must be one word")),
        false => Ok(text.to_owned()),
    }
}

/// Parses an `app_secret`; an empty one counts as not set. Shorter ones than six characters occur in other
/// words and could not be masked in output.
pub(super) fn parse_app_secret(text: &str) -> Result<Secret, Text> {
    let text = text.trim();
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Err(text!("must be one word"))
    } else if (1..6).contains(&text.len()) {
        Err(text!("must have at least 6 characters"))
    } else {
        Ok(Secret::new(text))
    }
}

/// Parses the address of a WebSocket.
pub(super) fn parse_websocket_url(text: &str) -> Result<Url, Text> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "ws" | "wss") && url.has_host() => Ok(url),
        _ => Err(text!("must be a ws:// or wss:// URL")),
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

/// Parses where the state is; `None` for the state folder.
pub(super) fn parse_state(text: &str) -> Result<Option<StateUrl>, Text> {
    match text.trim() {
        LOCAL_STATE => Ok(None),
        url => url.parse().map(Some),
    }
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

/// Separates the targets of an alias; no conversation id contains it.
pub(super) const ALIAS_SEPARATOR: char = ',';

/// Parses the targets of an alias: conversation ids, separated by commas.
///
/// # Errors
/// Describes a valid conversation id.
pub(super) fn parse_alias_targets(text: &str) -> Result<Vec<ConversationId>, Text> {
    let ids = text.split(ALIAS_SEPARATOR);
    ids.map(|id| id.trim().parse()).collect()
}

/// Joins the targets of an alias.
pub fn join_alias_targets<'c>(ids: impl IntoIterator<Item = &'c str>) -> String {
    let ids: Vec<&str> = ids.into_iter().collect();
    ids.join(&ALIAS_SEPARATOR.to_string())
}

/// The targets of an alias as they were joined.
pub fn split_alias_targets(text: &str) -> impl Iterator<Item = &str> {
    text.split(ALIAS_SEPARATOR).map(str::trim)
}

/// Validates the targets of an alias.
///
/// # Errors
/// Describes a valid conversation id.
pub fn check_alias_target(text: &str) -> Result<(), Text> {
    parse_alias_targets(text).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_defaults_are_valid() {
        for key in Key::ALL {
            assert_eq!(Key::named(key.name()), Some(key));
            assert!(key.env().starts_with(env::PREFIX));
            for default in key.default().into_iter().chain(key.gateway_default()) {
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
            (Key::AppKey, "appjCgGB7", true),
            (Key::AppKey, "two words", false),
            (Key::AppKey, "", true),
            (Key::AppSecret, "hunter2", true),
            (Key::AppSecret, "short", false),
            (Key::WebsocketUrl, "wss://h/ws/juwe", true),
            (Key::WebsocketUrl, "https://h", false),
            (Key::Timeout, "1min", true),
            (Key::Timeout, "0", false),
            (Key::State, "local", true),
            (Key::State, "postgres://u@h/d", true),
            (Key::State, "sqlite", false),
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
