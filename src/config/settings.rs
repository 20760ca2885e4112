//! The typed, validated settings of a command.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use super::key::{self, Key};
use super::layers::{Found, Layers, Source};
use crate::api::Connection;
use crate::base_url::BaseUrl;
use crate::conversation::ConversationId;
use crate::error::Error;
use crate::guid::Guid;
use crate::pace::Rate;
use crate::text::{Lang, Text, text};

/// Resolved settings. After resolving, nothing reads flags, environment or file.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server.
    pub base_url: BaseUrl,
    /// The instance and the source of its guid, if one is set.
    pub guid: Option<(Guid, Source)>,
    /// The usual `notify_url`, which is restored after a login.
    pub notify_url: Option<String>,
    /// Rate limit of the account; `None` for unlimited.
    pub pace: Option<Rate>,
    /// Retention of ledger entries in days.
    pub ledger_days: u32,
    /// Timeout of the command, if set.
    pub timeout: Option<Duration>,
    /// Retries of requests that certainly were not executed.
    pub retries: u32,
    /// Headers and TLS settings.
    pub connection: Connection,
    aliases: BTreeMap<String, String>,
}

impl Settings {
    /// Resolves settings from their layers.
    ///
    /// # Errors
    /// A usage error for an invalid flag, a configuration error for an invalid variable; the file was
    /// validated when it was read.
    pub fn resolve(layers: &Layers) -> Result<Self, Error> {
        let timeout = layers.lookup(Key::Timeout)?;
        let by_default = timeout
            .as_ref()
            .is_none_or(|found| found.source == Source::Default);
        let guid = match layers.lookup(Key::Guid)? {
            Some(found) => Some((parse(Key::Guid, &found, str::parse)?, found.source)),
            None => None,
        };
        // The output options have read it already, leniently; an invalid value is refused here.
        required(layers, Key::Lang, Lang::parse)?;
        let base_url: BaseUrl = required(layers, Key::BaseUrl, str::parse)?;
        Ok(Self {
            connection: connection(layers, &base_url)?,
            base_url,
            guid,
            notify_url: match layers.lookup(Key::NotifyUrl)? {
                Some(found) => Some(parse(Key::NotifyUrl, &found, key::parse_notify_url)?),
                None => None,
            },
            pace: required(layers, Key::Pace, key::parse_pace)?,
            ledger_days: required(layers, Key::LedgerDays, key::parse_days)?,
            timeout: match timeout {
                Some(found) if !by_default => {
                    Some(parse(Key::Timeout, &found, key::parse_timeout)?)
                }
                _ => None,
            },
            retries: required(layers, Key::Retries, key::parse_retries)?,
            aliases: layers
                .aliases()
                .into_iter()
                .map(|(name, (target, _))| (name.to_owned(), target.clone()))
                .collect(),
        })
    }

    /// All secrets: the password in the URL and the header values.
    pub fn secrets(&self) -> Vec<String> {
        let headers = self.connection.headers.iter();
        let mut secrets = self.base_url.secrets();
        secrets.extend(headers.map(|(_, value)| value.reveal().to_owned()));
        secrets
    }

    /// The conversation id for TO, which is an id or an alias.
    ///
    /// # Errors
    /// A usage error that suggests the likely id or alias.
    pub fn conversation(&self, to: &str) -> Result<ConversationId, Error> {
        if let Some(target) = self.aliases.get(to) {
            return target.parse().map_err(Error::usage);
        }
        to.parse().map_err(|why: Text| {
            let error = Error::usage(why);
            if self.aliases.is_empty() {
                error.hint(text!("`qiwei sessions` lists conversation ids"))
            } else {
                let names: Vec<&str> = self.aliases.keys().map(String::as_str).collect();
                error.hint(text!(
                    "the config has the aliases {names}",
                    names = names.join(", ")
                ))
            }
        })
    }
}

fn connection(layers: &Layers, base_url: &BaseUrl) -> Result<Connection, Error> {
    let source = layers.lookup(Key::BaseUrl)?.map(|found| found.source);
    let cacert: Option<PathBuf> = match layers.lookup(Key::Cacert)? {
        Some(found) => Some(parse(Key::Cacert, &found, key::parse_path)?),
        None => None,
    };
    Ok(Connection {
        headers: layers
            .headers()
            .into_iter()
            .map(|(name, (value, _))| (name.to_owned(), value.clone()))
            .collect(),
        cacert,
        insecure: required(layers, Key::Insecure, key::parse_bool)?,
        https_proxy: layers.env().has_https_proxy(),
        origin: source.map(|source| layers.origin(&source, Some(Key::BaseUrl))),
        proxy: layers.env().proxy_for(base_url),
    })
}

fn required<T>(
    layers: &Layers,
    key: Key,
    parser: impl Fn(&str) -> Result<T, Text>,
) -> Result<T, Error> {
    let found = layers
        .lookup(key)?
        .ok_or_else(|| Error::internal(text!("{key} has no default", key = key.name())))?;
    parse(key, &found, parser)
}

fn parse<T>(key: Key, found: &Found, parser: impl Fn(&str) -> Result<T, Text>) -> Result<T, Error> {
    parser(&found.text).map_err(|why| {
        let wrong = |name| text!("{name}: {why}", name, why = &why);
        match found.source {
            Source::Flag => Error::usage(wrong(key.flag())),
            Source::Env => Error::config(wrong(key.env())),
            _ => Error::config(wrong(key.name())),
        }
    })
}
