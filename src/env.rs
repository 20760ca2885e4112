//! Every environment variable this program reads, and the only place that reads them.
//!
//! The HTTP library reads the proxy variables (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`,
//! `NO_PROXY`) itself; they are looked at here only to know whether a proxy speaks TLS.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::error::Error;
use crate::text::{Lang, text};

/// The server's address.
pub const BASE_URL: &str = "QIWEI_BASE_URL";
/// The instance to act on.
pub const GUID: &str = "QIWEI_GUID";
/// The profile of the configuration to use.
pub const PROFILE: &str = "QIWEI_PROFILE";
/// The configuration file.
pub const CONFIG: &str = "QIWEI_CONFIG";
/// Where the instance's callbacks usually go.
pub const NOTIFY_URL: &str = "QIWEI_NOTIFY_URL";
/// How fast an account may send.
pub const PACE: &str = "QIWEI_PACE";
/// How many days the ledger remembers.
pub const LEDGER_DAYS: &str = "QIWEI_LEDGER_DAYS";
/// The folder for locks and other state.
pub const STATE_DIR: &str = "QIWEI_STATE_DIR";
/// How long a command may take.
pub const TIMEOUT: &str = "QIWEI_TIMEOUT";
/// How often to try again what certainly was not executed.
pub const RETRIES: &str = "QIWEI_RETRIES";
/// A PEM file of certificates to trust as well.
pub const CACERT: &str = "QIWEI_CACERT";
/// Whether to accept any certificate.
pub const INSECURE: &str = "QIWEI_INSECURE";
/// The language people are spoken to in.
pub const LANG: &str = "QIWEI_LANG";
/// Set by the completion scripts: the shell that asks what could come next.
pub const COMPLETE: &str = "QIWEI_COMPLETE";
/// Set to anything: no colour (see no-color.org).
pub const NO_COLOR: &str = "NO_COLOR";
/// `0`: no colour (see bixense.com/clicolors).
pub const CLICOLOR: &str = "CLICOLOR";
/// `dumb`: no colour, and nothing that moves.
pub const TERM: &str = "TERM";
/// Where commands are found; the sandbox puts this binary first in it.
pub const PATH: &str = "PATH";

/// What every variable of this program's own starts with.
pub const PREFIX: &str = "QIWEI_";

const PROXIES: [&str; 4] = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];

/// The environment as it was when the program started.
#[derive(Clone, Debug, Default)]
pub struct Env(HashMap<OsString, OsString>);

impl Env {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// A variable as it is; set to nothing counts as not set.
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

    /// The language of the system's messages and the variable that names it: the first of these
    /// that is set decides.
    pub fn locale(&self) -> Option<(&'static str, Lang)> {
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| Some((name, self.get(name)?)))
            .map(|(name, locale)| (name, Lang::of_locale(&locale.to_string_lossy())))
    }

    /// Whether the locale's characters are UTF-8: the first of these that is set decides.
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
