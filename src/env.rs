//! All environment variables of this program, and the only code that reads them.
//!
//! The HTTP library reads the proxy variables (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`,
//! `NO_PROXY`) itself; they are read here only to find out whether a proxy uses TLS.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use url::Url;

use crate::base_url::{BaseUrl, redacted};
use crate::error::Error;
use crate::text::{Lang, Text, text};

/// Base URL of the server.
pub const BASE_URL: &str = "QIWEI_BASE_URL";
/// Public part of the hosted gateway's credentials.
pub const APP_KEY: &str = "QIWEI_APP_KEY";
/// Secret part of the hosted gateway's credentials.
pub const APP_SECRET: &str = "QIWEI_APP_SECRET";
/// Guid of the instance.
pub const GUID: &str = "QIWEI_GUID";
/// Profile of the configuration.
pub const PROFILE: &str = "QIWEI_PROFILE";
/// The configuration file.
pub const CONFIG: &str = "QIWEI_CONFIG";
/// Address of the gateway's WebSocket.
pub const WEBSOCKET_URL: &str = "QIWEI_WEBSOCKET_URL";
/// The instance's usual `notify_url`.
pub const NOTIFY_URL: &str = "QIWEI_NOTIFY_URL";
/// Rate limit of an account.
pub const PACE: &str = "QIWEI_PACE";
/// Retention of ledger entries in days.
pub const LEDGER_DAYS: &str = "QIWEI_LEDGER_DAYS";
/// Folder of the state database and locks.
pub const STATE_DIR: &str = "QIWEI_STATE_DIR";
/// Timeout of a command.
pub const TIMEOUT: &str = "QIWEI_TIMEOUT";
/// Retries of requests that certainly were not executed.
pub const RETRIES: &str = "QIWEI_RETRIES";
/// A PEM file with additional trusted certificates.
pub const CACERT: &str = "QIWEI_CACERT";
/// Disables certificate verification.
pub const INSECURE: &str = "QIWEI_INSECURE";
/// Language of messages.
pub const LANG: &str = "QIWEI_LANG";
/// Set by completion scripts to the shell's name.
pub const COMPLETE: &str = "QIWEI_COMPLETE";
/// Any value disables color (no-color.org).
pub const NO_COLOR: &str = "NO_COLOR";
/// `0` disables color (bixense.com/clicolors).
pub const CLICOLOR: &str = "CLICOLOR";
/// `dumb` disables color and cursor movement.
pub const TERM: &str = "TERM";
/// Search path of commands; the sandbox puts this binary first.
pub const PATH: &str = "PATH";

/// Prefix of this program's own variables.
pub const PREFIX: &str = "QIWEI_";

const PROXIES: [&str; 4] = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];

/// The environment at the start of the program.
#[derive(Clone, Debug, Default)]
pub struct Env(HashMap<OsString, OsString>);

impl Env {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// A variable; an empty one counts as unset.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        let value = self.0.get(OsStr::new(name))?;
        (!value.is_empty()).then_some(value.as_os_str())
    }

    /// A variable as text.
    ///
    /// # Errors
    /// When it is not UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Error> {
        self.get(name)
            .map(|value| {
                value
                    .to_str()
                    .ok_or_else(|| Error::config(text!("{name} is not valid UTF-8", name)))
            })
            .transpose()
    }

    /// A variable as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    /// The names of all variables that start with [`PREFIX`].
    pub fn own_names(&self) -> impl Iterator<Item = &OsStr> {
        self.0
            .keys()
            .map(OsString::as_os_str)
            .filter(|name| name.to_str().is_some_and(|name| name.starts_with(PREFIX)))
    }

    /// The language of the locale and the variable that sets it; the first one set decides.
    pub fn locale(&self) -> Option<(&'static str, Lang)> {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| Some((name, self.get(name)?)))
            .map(|(name, locale)| (name, Lang::of_locale(&locale.to_string_lossy())))
    }

    /// Whether the locale's encoding is UTF-8; the first variable set decides.
    pub fn is_utf8(&self) -> bool {
        ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .find_map(|name| self.get(name))
            .and_then(OsStr::to_str)
            .is_some_and(|locale| {
                let locale = locale.to_ascii_lowercase();
                locale.contains("utf-8") || locale.contains("utf8")
            })
    }

    /// The proxy for requests to `base`, without credentials, and the variable that sets it.
    pub fn proxy_for(&self, base: &BaseUrl) -> Option<String> {
        if base.is_loopback()
            || self.is_excluded_from_proxy(base.host())
            || self.proxy_problem(base).is_some()
        {
            return None;
        }
        let (name, value) = self.proxy_variable(base)?;
        let shown = match Url::parse(&value) {
            Ok(url) if url.has_host() => redacted(&url),
            _ => value.rsplit('@').next().unwrap_or_default().to_owned(),
        };
        Some(format!("{} ({name})", shown.trim_end_matches('/')))
    }

    /// Why the proxy variable for requests to `base` has no effect, if that is so: the HTTP library
    /// ignores what it does not understand.
    pub fn proxy_problem(&self, base: &BaseUrl) -> Option<Text> {
        if base.is_loopback() || self.is_excluded_from_proxy(base.host()) {
            return None;
        }
        let (name, value) = self.proxy_variable(base)?;
        let url = match value.contains("://") {
            true => Url::parse(&value),
            false => Url::parse(&format!("http://{value}")),
        };
        match url {
            Ok(url) if !url.has_host() => {
                Some(text!("{name} is not a proxy URL and is ignored", name))
            }
            Ok(url) if !["http", "https"].contains(&url.scheme()) => Some(text!(
                "{name}: proxies with {scheme}:// are not supported; it is ignored",
                name,
                scheme = url.scheme()
            )),
            Ok(_) => None,
            Err(_) => Some(text!("{name} is not a proxy URL and is ignored", name)),
        }
    }

    fn proxy_variable(&self, base: &BaseUrl) -> Option<(&'static str, String)> {
        let own = match base.is_https() {
            true => ["https_proxy", "HTTPS_PROXY"],
            false => ["http_proxy", "HTTP_PROXY"],
        };
        let mut names = own.into_iter().chain(["all_proxy", "ALL_PROXY"]);
        names.find_map(|name| Some((name, self.get(name)?.to_string_lossy().into_owned())))
    }

    fn is_excluded_from_proxy(&self, host: &str) -> bool {
        let list = ["no_proxy", "NO_PROXY"]
            .iter()
            .find_map(|name| self.get(name));
        list.is_some_and(|list| {
            list.to_string_lossy()
                .split(',')
                .map(str::trim)
                .any(|entry| {
                    let entry = entry.trim_start_matches("*.").trim_start_matches('.');
                    entry == "*"
                        || host == entry
                        || (!entry.is_empty() && host.ends_with(&format!(".{entry}")))
                })
        })
    }

    /// Whether a proxy for plain http is itself reached over TLS.
    pub fn has_https_proxy(&self) -> bool {
        PROXIES.iter().any(|name| {
            self.get(name)
                .and_then(OsStr::to_str)
                .is_some_and(|value| value.starts_with("https:"))
        })
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}
