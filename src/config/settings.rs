//! The typed, validated settings of a command.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::key::{self, Key};
use super::layers::{Found, Layers, Source};
use crate::api::ConnectionSettings;
use crate::api::gateway::{self, Gateway};
use crate::base_url::BaseUrl;
use crate::conversation::ConversationId;
use crate::error::Error;
use crate::guid::Guid;
use crate::pace::Rate;
use crate::state_url::StateUrl;
use crate::text::{Lang, Text, text};

/// Resolved settings. After resolving, nothing reads flags, environment or file.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server.
    pub base_url: BaseUrl,
    /// The instance and the source of its guid, if one is set.
    pub guid: Option<(Guid, Source)>,
    /// The configured address of the gateway's WebSocket.
    pub websocket_url: Option<Url>,
    /// The operator's service that uploads files for accounts behind the hosted gateway.
    pub cdn_url: Option<BaseUrl>,
    /// The configured `notify_url`; a command that changes the server's callback URL sets it to this one when it ends.
    pub notify_url: Option<String>,
    /// Rate limit of the account; `None` for unlimited. With the hosted gateway it applies to all calls.
    pub pace: Option<Rate>,
    /// Whether credentials of the gateway are set but not used, because a flag or a variable names another
    /// server.
    pub has_unused_gateway: bool,
    /// Whether the rate limit is the default, not a choice of the user.
    pub has_default_pace: bool,
    /// Retention of ledger entries in days.
    pub ledger_days: u32,
    /// The database with the state; `None` for the state folder.
    pub state: Option<StateUrl>,
    /// Timeout of the command, if set.
    pub timeout: Option<Duration>,
    /// Whether the timeout was given as a flag, and so applies to the whole command in any case.
    has_timeout_flag: bool,
    /// Retries of requests that are safe to repeat: reads, and changes that certainly were not executed.
    pub retries: u32,
    /// Headers and TLS settings.
    pub connection: ConnectionSettings,
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
        let has_timeout_flag = timeout
            .as_ref()
            .is_some_and(|found| found.source == Source::Flag);
        let guid = match layers.lookup(Key::Guid)? {
            Some(found) => Some((parse(Key::Guid, &found, str::parse)?, found.source)),
            None => None,
        };
        // The output options have read it already, leniently; an invalid value is refused here.
        required(layers, Key::Lang, Lang::parse)?;
        let (base_url, gateway) = server(layers)?;
        let pace = layers.lookup(Key::Pace)?;
        Ok(Self {
            has_unused_gateway: gateway.is_none()
                && layers.lookup(Key::AppSecret)?.is_some()
                && !layers.leaves_gateway()?
                && matches!(
                    layers.lookup(Key::BaseUrl)?.map(|found| found.source),
                    Some(Source::Flag | Source::Env)
                ),
            connection: connection(layers, &base_url, gateway)?,
            websocket_url: optional(layers, Key::WebsocketUrl, key::parse_websocket_url)?,
            cdn_url: optional(layers, Key::CdnUrl, str::parse)?,
            base_url,
            guid,
            notify_url: optional(layers, Key::NotifyUrl, key::parse_notify_url)?,
            has_default_pace: pace.is_none_or(|found| found.source == Source::Default),
            pace: required(layers, Key::Pace, key::parse_pace)?,
            ledger_days: required(layers, Key::LedgerDays, key::parse_days)?,
            state: required(layers, Key::State, key::parse_state)?,
            timeout: match timeout {
                Some(found) if !by_default => {
                    Some(parse(Key::Timeout, &found, key::parse_timeout)?)
                }
                _ => None,
            },
            has_timeout_flag,
            retries: required(layers, Key::Retries, key::parse_retries)?,
            aliases: layers
                .aliases()
                .into_iter()
                .map(|(name, (target, _))| (name.to_owned(), target.clone()))
                .collect(),
        })
    }

    /// The time limit given with `--timeout`.
    pub fn timeout_flag(&self) -> Option<Duration> {
        self.timeout.filter(|_| self.has_timeout_flag)
    }

    /// The configured time limit of one item of a batch; `--timeout` limits the whole batch instead.
    pub fn item_timeout(&self) -> Option<Duration> {
        self.timeout.filter(|_| !self.has_timeout_flag)
    }

    /// The server's identity in the state database. That of the gateway has no scheme, because both schemes
    /// lead to the same account.
    pub fn server_identity(&self) -> String {
        let identity = self.base_url.identity();
        match (self.gateway(), identity.split_once("://")) {
            (Some(_), Some((_, place))) => format!("gateway://{place}"),
            _ => identity,
        }
    }

    /// The credentials of the hosted gateway, if calls go through it.
    pub fn gateway(&self) -> Option<&Gateway> {
        self.connection.gateway.as_ref()
    }

    /// All secrets: the passwords in the URLs and that of a proxy, the header values, and the secret of the
    /// gateway.
    pub fn secrets(&self) -> Vec<String> {
        let headers = self.connection.headers.iter();
        let mut secrets = self.base_url.secrets();
        let proxy = self.connection.proxy.iter();
        secrets.extend(proxy.flat_map(|proxy| proxy.secrets.clone()));
        secrets.extend(headers.map(|(_, value)| value.reveal().to_owned()));
        secrets.extend(self.cdn_url.iter().flat_map(BaseUrl::secrets));
        secrets.extend(self.state.iter().flat_map(StateUrl::secrets));
        let gateway = self.gateway();
        secrets.extend(gateway.map(|gateway| gateway.app_secret.reveal().to_owned()));
        secrets
    }

    /// The alias that is spelled most like `to`.
    fn nearest_alias(&self, to: &str) -> Option<&str> {
        let likeness = |alias: &String| strsim::jaro_winkler(alias, to);
        let nearest = self
            .aliases
            .keys()
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
        Some(nearest)
    }

    /// The conversation ids for TO, which is an id or an alias; blanks around it are removed. An alias may
    /// stand for several.
    ///
    /// # Errors
    /// A usage error that suggests the likely id or alias.
    pub fn conversations(&self, to: &str) -> Result<Vec<ConversationId>, Error> {
        let to = to.trim();
        if let Some(targets) = self.aliases.get(to) {
            return key::parse_alias_targets(targets).map_err(Error::usage);
        }
        to.parse().map(|id| vec![id]).map_err(|why: Text| {
            Error::usage(why).hint(match self.nearest_alias(to) {
                Some(alias) => text!(
                    "the nearest alias is {alias}; name:NAME finds a conversation by its name; `qiwei sessions` lists all",
                    alias
                ),
                None => text!(
                    "name:NAME finds a conversation by its name; `qiwei sessions` lists all; `qiwei alias add` gives one a short name"
                ),
            })
        })
    }
}

/// The server, and the credentials when it is the hosted gateway.
fn server(layers: &Layers) -> Result<(BaseUrl, Option<Gateway>), Error> {
    let base_url: BaseUrl = required(layers, Key::BaseUrl, str::parse)?;
    let bare = base_url.without_suffix(gateway::PATH);
    let app_key = optional(layers, Key::AppKey, key::parse_app_key)?;
    let app_secret = optional(layers, Key::AppSecret, key::parse_app_secret)?;
    let app_key = app_key.filter(|key| !key.is_empty());
    let app_secret = app_secret.filter(|secret| !secret.reveal().is_empty());
    let missing = match (app_key, app_secret) {
        // The credentials are for another server: they are weaker than the base URL.
        (Some(_), Some(_)) if bare.is_none() && !layers.has_gateway()? => {
            return Ok((base_url, None));
        }
        (Some(app_key), Some(app_secret)) => {
            let gateway = Gateway {
                app_key,
                app_secret,
            };
            return Ok((bare.unwrap_or(base_url), Some(gateway)));
        }
        (None, Some(_)) if layers.leaves_gateway()? => return Ok((base_url, None)),
        (None, None) if bare.is_none() => return Ok((base_url, None)),
        (None, None) => {
            text!("the base URL is that of the hosted gateway, which needs app_key and app_secret")
        }
        (Some(_), None) => text!("app_key is set, but app_secret is not"),
        (None, Some(_)) => text!("app_secret is set, but app_key is not"),
    };
    Err(Error::config(missing).hint(text!(
        "set both with `qiwei config set app_key KEY` and `qiwei config set app_secret - < FILE`, or with QIWEI_APP_KEY and QIWEI_APP_SECRET"
    )))
}

fn connection(
    layers: &Layers,
    base_url: &BaseUrl,
    gateway: Option<Gateway>,
) -> Result<ConnectionSettings, Error> {
    let source = layers.lookup(Key::BaseUrl)?.map(|found| found.source);
    let cacert: Option<PathBuf> = optional(layers, Key::Cacert, key::parse_path)?;
    Ok(ConnectionSettings {
        headers: layers
            .headers()
            .into_iter()
            .map(|(name, (value, _))| (name.to_owned(), value.clone()))
            .collect(),
        cacert,
        insecure: required(layers, Key::Insecure, key::parse_bool)?,
        // The default is not named as the source.
        base_url_source: source
            .filter(|source| *source != Source::Default)
            .map(|source| layers.describe_source(&source, Some(Key::BaseUrl))),
        proxy: layers.env().proxy_for(base_url).map_err(Error::config)?,
        gateway,
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

fn optional<T>(
    layers: &Layers,
    key: Key,
    parser: impl Fn(&str) -> Result<T, Text>,
) -> Result<Option<T>, Error> {
    layers
        .lookup(key)?
        .map(|found| parse(key, &found, parser))
        .transpose()
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
