//! All environment variables of this program, and the only code that reads them.
//!
//! The HTTP library would read the proxy variables itself, but lets an empty one hide another, and
//! ignores what it does not support.

mod proxy;

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::error::Error;
use crate::text::{Lang, text};
pub use proxy::Proxy;

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
/// URL of the operator's service that uploads files for accounts behind the hosted gateway.
pub const CDN_URL: &str = "QIWEI_CDN_URL";
/// The configured `notify_url`; a command that changes the server's callback URL sets it to this one when it ends.
pub const NOTIFY_URL: &str = "QIWEI_NOTIFY_URL";
/// Rate limit of an account.
pub const PACE: &str = "QIWEI_PACE";
/// Retention of ledger entries in days.
pub const LEDGER_DAYS: &str = "QIWEI_LEDGER_DAYS";
/// Folder of the state database and locks.
pub const STATE_DIR: &str = "QIWEI_STATE_DIR";
/// Folder of the cache of names.
pub const CACHE_DIR: &str = "QIWEI_CACHE_DIR";
/// Where the state is.
pub const STATE: &str = "QIWEI_STATE";
/// Password of the database with the state; the name is PostgreSQL's.
pub const PGPASSWORD: &str = "PGPASSWORD";
/// File of passwords of databases; the name is PostgreSQL's.
pub const PGPASSFILE: &str = "PGPASSFILE";
/// The home folder.
pub const HOME: &str = "HOME";
/// Timeout of a command.
pub const TIMEOUT: &str = "QIWEI_TIMEOUT";
/// Retries of requests that are safe to repeat: reads, and changes that certainly were not executed.
pub const RETRIES: &str = "QIWEI_RETRIES";
/// A PEM file with additional trusted certificates.
pub const CACERT: &str = "QIWEI_CACERT";
/// Disables certificate verification.
pub const INSECURE: &str = "QIWEI_INSECURE";
/// Language of messages.
pub const LANG: &str = "QIWEI_LANG";
/// Number of the attempt, from 1; set for the command of `--code-cmd`.
pub const CODE_ATTEMPT: &str = "QIWEI_CODE_ATTEMPT";
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

    /// The file of PostgreSQL's passwords: `PGPASSFILE`, else the default of `libpq`.
    pub fn postgres_password_file(&self) -> Option<PathBuf> {
        self.path(PGPASSFILE).or_else(|| match cfg!(windows) {
            true => Some(self.path("APPDATA")?.join("postgresql").join("pgpass.conf")),
            false => Some(self.path(HOME)?.join(".pgpass")),
        })
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
