//! Sources of settings and their precedence.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use directories::ProjectDirs;
use serde::Serialize;

use super::file::{ConfigFile, Location, Section};
use super::key::Key;
use crate::api::gateway;
use crate::base_url::BaseUrl;
use crate::env::{self, Env};
use crate::error::Error;
use crate::secret::Secret;
use crate::state_url::StateUrl;
use crate::text::{Lang, Text, text};
use crate::time::{DEFAULT_TIMEOUT, parse_timeout};

/// Settings from the command line, not validated.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// Settings given as flags.
    pub values: BTreeMap<Key, String>,
    /// `--profile`
    pub profile: Option<String>,
    /// `--config`
    pub config: Option<PathBuf>,
}

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A flag.
    Flag,
    /// An environment variable.
    Env,
    /// The selected profile.
    Profile,
    /// The top level of the config file.
    Config,
    /// The system's locale, for the language.
    Locale,
    /// The built-in default.
    Default,
}

impl Source {
    /// The text for people.
    pub fn label(&self) -> Text {
        match self {
            Self::Flag => text!("flag"),
            Self::Env => text!("env"),
            Self::Profile => text!("profile"),
            Self::Config => text!("config"),
            Self::Locale => text!("locale"),
            Self::Default => text!("default"),
        }
    }

    /// The order of precedence; a higher number overrides a lower one.
    fn strength(&self) -> u8 {
        match self {
            Self::Flag => 5,
            Self::Env => 4,
            Self::Profile => 3,
            Self::Config => 2,
            Self::Locale => 1,
            Self::Default => 0,
        }
    }

    /// The name used in output.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Env => "env",
            Self::Profile => "profile",
            Self::Config => "config",
            Self::Locale => "locale",
            Self::Default => "default",
        }
    }
}

/// A value and its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The value, validated only if it came from the file.
    pub text: String,
    /// Its source.
    pub source: Source,
}

impl Found {
    fn some(text: &str, source: Source) -> Result<Option<Self>, Error> {
        let text = text.to_owned();
        Ok(Some(Self { text, source }))
    }
}

/// All sources of settings.
#[derive(Clone, Debug)]
pub struct Layers {
    flags: Flags,
    env: Env,
    file: ConfigFile,
    profile: Option<String>,
    location: Option<Location>,
    unread: Option<Error>,
}

/// The path of the configuration: `--config`, else `QIWEI_CONFIG`, else the platform's default. `None`
/// without a home folder.
pub fn locate(flags: &Flags, env: &Env) -> Option<Location> {
    if let Some(path) = flags.config.clone().or_else(|| env.path(env::CONFIG)) {
        return Some(Location {
            path,
            explicit: true,
        });
    }
    Some(Location {
        path: folders()?.config_dir().join("config.toml"),
        explicit: false,
    })
}

/// The platform's folders. A relative home folder counts as none: each working directory would have its
/// own ledger, and a key would protect nothing.
fn folders() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "qiwei").filter(|folders| folders.config_dir().is_absolute())
}

/// The folder for state and locks: `QIWEI_STATE_DIR`, else the platform's default.
pub fn state_folder(env: &Env) -> Option<PathBuf> {
    env.path(env::STATE_DIR).or_else(|| {
        let folders = folders()?;
        let folder = folders.state_dir().unwrap_or(folders.data_local_dir());
        Some(folder.to_owned())
    })
}

/// The folder of the cache of names: `QIWEI_CACHE_DIR`, else the platform's default.
pub fn cache_folder(env: &Env) -> Option<PathBuf> {
    let folder = || Some(folders()?.cache_dir().to_owned());
    env.path(env::CACHE_DIR).or_else(folder)
}

/// The selected profile: `--profile`, else `QIWEI_PROFILE`.
///
/// # Errors
/// When the variable is not UTF-8.
pub fn selected_profile(flags: &Flags, env: &Env) -> Result<Option<String>, Error> {
    match &flags.profile {
        Some(name) => Ok(Some(name.clone())),
        None => Ok(env.text(env::PROFILE)?.map(str::to_owned)),
    }
}

impl Layers {
    /// Reads the file and selects the profile. A default file that may not be read is left out if a
    /// flag or variable names the server.
    ///
    /// # Errors
    /// A configuration error for an invalid file or an unknown profile.
    pub fn load(flags: Flags, env: Env) -> Result<Self, Error> {
        let location = locate(&flags, &env);
        let profile = selected_profile(&flags, &env)?;
        let is_server_named = flags.values.contains_key(&Key::BaseUrl)
            || [env::BASE_URL, env::APP_KEY]
                .iter()
                .any(|name| env.get(name).is_some());
        let mut unread = None;
        let file = match &location {
            Some(location) => match location.read(read_timeout(&flags, &env)) {
                Err(error)
                    if is_server_named && profile.is_none() && location.is_forbidden_default() =>
                {
                    unread = Some(error);
                    ConfigFile::default()
                }
                read => read?,
            },
            None => ConfigFile::default(),
        };
        if let Some(name) = &profile
            && !file.profiles.contains_key(name)
        {
            return Err(no_such_profile(name, &file));
        }
        Ok(Self {
            flags,
            env,
            file,
            profile,
            location,
            unread,
        })
    }

    /// The layers without the file.
    pub fn without_file(flags: Flags, env: Env) -> Self {
        Self {
            flags,
            env,
            file: ConfigFile::default(),
            profile: None,
            location: None,
            unread: None,
        }
    }

    /// The layers, without the file when it is unusable.
    pub fn as_far_as_possible(flags: Flags, env: Env) -> Self {
        Self::load(flags.clone(), env.clone()).unwrap_or_else(|_| Self::without_file(flags, env))
    }

    /// The effective value of `key`. Precedence:
    ///
    /// 1. the flag
    /// 2. the environment variable
    /// 3. the selected profile
    /// 4. the top level of the config file
    /// 5. for the language, the system's locale
    /// 6. the built-in default, which for some settings differs with the hosted gateway
    ///
    /// # Errors
    /// When the variable is not UTF-8.
    pub fn lookup(&self, key: Key) -> Result<Option<Found>, Error> {
        if let Some(found) = self.explicit(key)? {
            return Ok(Some(found));
        }
        if let (Key::Lang, Some((_, lang))) = (key, self.env.locale()) {
            return Found::some(lang.name(), Source::Locale);
        }
        let for_gateway = match key.gateway_default() {
            Some(text) if self.has_gateway()? => Some(text),
            _ => None,
        };
        match for_gateway.or(key.default()) {
            Some(text) => Found::some(text, Source::Default),
            None => Ok(None),
        }
    }

    /// The value of `key` from a flag, a variable or the file.
    fn explicit(&self, key: Key) -> Result<Option<Found>, Error> {
        if let Some(text) = self.flags.values.get(&key) {
            return Found::some(text, Source::Flag);
        }
        if let Some(text) = self.env.text(key.env())? {
            return Found::some(text, Source::Env);
        }
        if let Some(text) = self.profile_section().and_then(|section| section.get(key)) {
            return Found::some(text, Source::Profile);
        }
        if let Some(text) = self.file.top.get(key) {
            return Found::some(text, Source::Config);
        }
        Ok(None)
    }

    /// Whether calls go through the hosted gateway: its credentials are set, and the base URL does not come
    /// from a stronger source than both. Credentials of the config are not sent to the server of a profile
    /// or a flag, unless its URL is that of a gateway.
    ///
    /// # Errors
    /// When a variable is not UTF-8.
    pub fn has_gateway(&self) -> Result<bool, Error> {
        let set = |key| {
            let found = self.lookup(key)?;
            Ok::<_, Error>(found.filter(|found| !found.text.trim().is_empty()))
        };
        let (Some(app_key), Some(app_secret)) = (set(Key::AppKey)?, set(Key::AppSecret)?) else {
            return Ok(false);
        };
        let strongest = app_key.source.strength().max(app_secret.source.strength());
        // Not looked up as usual: its default depends on this.
        let base_url = self.explicit(Key::BaseUrl)?;
        Ok(base_url.is_none_or(|found| {
            found.source.strength() <= strongest
                || found.text.trim_end_matches('/').ends_with(gateway::PATH)
        }))
    }

    /// Whether an empty `app_key` says that the gateway is not used.
    ///
    /// # Errors
    /// When the variable is not UTF-8.
    pub fn leaves_gateway(&self) -> Result<bool, Error> {
        let app_key = self.lookup(Key::AppKey)?;
        Ok(app_key.is_some_and(|found| found.text.trim().is_empty()))
    }

    /// The exact source: the flag, variable or file.
    pub fn describe_source(&self, source: &Source, key: Option<Key>) -> Text {
        let file = || {
            self.location()
                .map_or_else(String::new, |location| location.path.display().to_string())
        };
        match (source, key) {
            (Source::Flag, Some(key)) => Text::verbatim(key.flag()),
            (Source::Env, Some(key)) => Text::verbatim(key.env()),
            (Source::Locale, _) => Text::verbatim(self.env().locale().map_or("", |(name, _)| name)),
            (Source::Profile, _) => {
                text!(
                    "profile {profile} in {file}",
                    profile = self.profile().unwrap_or_default(),
                    file = file()
                )
            }
            (Source::Config, _) => Text::verbatim(file()),
            (other, _) => other.label(),
        }
    }

    /// The language of messages. An invalid name is reported later, when settings are resolved.
    pub fn lang(&self) -> Lang {
        let named = self.lookup(Key::Lang).ok().flatten();
        named
            .and_then(|found| Lang::parse(&found.text).ok())
            .or_else(|| Some(self.env.locale()?.1))
            .unwrap_or_default()
    }

    /// The headers; those of the profile override the top level.
    pub fn headers(&self) -> BTreeMap<&str, (&Secret, Source)> {
        self.merged(|section| &section.headers)
    }

    /// The aliases; those of the profile override the top level.
    pub fn aliases(&self) -> BTreeMap<&str, (&String, Source)> {
        self.merged(|section| &section.aliases)
    }

    fn merged<'a, T>(
        &'a self,
        of: impl Fn(&'a Section) -> &'a BTreeMap<String, T>,
    ) -> BTreeMap<&'a str, (&'a T, Source)> {
        let mut all = BTreeMap::new();
        for (name, value) in of(&self.file.top) {
            all.insert(name.as_str(), (value, Source::Config));
        }
        for (name, value) in self.profile_section().into_iter().flat_map(of) {
            all.insert(name.as_str(), (value, Source::Profile));
        }
        all
    }

    fn profile_section(&self) -> Option<&Section> {
        self.file.profiles.get(self.profile.as_ref()?)
    }

    /// Names of all profiles.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.file.profiles.keys().map(String::as_str)
    }

    /// Unknown keys of the file.
    pub fn unknown_names(&self) -> impl Iterator<Item = &str> {
        let sections = std::iter::once(&self.file.top).chain(self.file.profiles.values());
        sections.flat_map(|section| section.unknown.iter().map(String::as_str))
    }

    /// Whether the file contains secrets.
    pub fn file_has_secrets(&self) -> bool {
        let has_password = |section: &Section| {
            let url = section.get(Key::BaseUrl).map(str::parse::<BaseUrl>);
            let state = section.get(Key::State).map(str::parse::<StateUrl>);
            matches!(url, Some(Ok(url)) if !url.secrets().is_empty())
                || matches!(state, Some(Ok(url)) if !url.secrets().is_empty())
        };
        std::iter::once(&self.file.top)
            .chain(self.file.profiles.values())
            .any(|section| {
                !section.headers.is_empty()
                    || section.get(Key::AppSecret).is_some()
                    || has_password(section)
            })
    }

    /// The environment of the process.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// The file's location; `None` without a home folder.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }

    /// Why the configuration file is left out, if it is.
    pub fn unread(&self) -> Option<&Error> {
        self.unread.as_ref()
    }

    /// The selected profile.
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }
}

/// How long a configuration that is a pipe is waited for: as long as the command may take.
fn read_timeout(flags: &Flags, env: &Env) -> Duration {
    let flag = flags.values.get(&Key::Timeout).map(String::as_str);
    flag.or_else(|| env.text(env::TIMEOUT).ok().flatten())
        .and_then(|text| parse_timeout(text).ok())
        .unwrap_or(DEFAULT_TIMEOUT)
}

fn no_such_profile(name: &str, file: &ConfigFile) -> Error {
    let names: Vec<&str> = file.profiles.keys().map(String::as_str).collect();
    let error = Error::config(text!(
        "the config has no profile {name}",
        name = format!("{name:?}")
    ));
    if names.is_empty() {
        error.hint(text!(
            "create one with `qiwei config set profiles.{name}.base_url URL`",
            name
        ))
    } else {
        error.hint(text!("it has: {names}", names = names.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn layers(flag: bool, variable: bool, profile: bool) -> Layers {
        let text = "guid = 'top'\n[headers]\nX = 'top'\n[profiles.p]\nguid = 'p'\nheaders = { X = 'p' }\n[profiles.q]\n";
        Layers {
            flags: Flags {
                values: flag
                    .then(|| (Key::Guid, "flag".to_owned()))
                    .into_iter()
                    .collect(),
                ..Flags::default()
            },
            env: variable.then_some((env::GUID, "env")).into_iter().collect(),
            file: ConfigFile::parse(Path::new("c"), text).unwrap(),
            profile: Some(if profile { "p" } else { "q" }.to_owned()),
            location: None,
            unread: None,
        }
    }

    #[test]
    fn precedence_is_flag_env_profile_file() {
        let cases = [
            (true, true, true, ("flag", Source::Flag)),
            (false, true, true, ("env", Source::Env)),
            (false, false, true, ("p", Source::Profile)),
            (false, false, false, ("top", Source::Config)),
        ];
        for (flag, variable, profile, (text, source)) in cases {
            let found = layers(flag, variable, profile).lookup(Key::Guid).unwrap();
            let text = text.to_owned();
            assert_eq!(found, Some(Found { text, source }));
        }
        let default = layers(true, true, true).lookup(Key::Retries).unwrap();
        assert_eq!(default.unwrap().source, Source::Default);
        assert_eq!(layers(true, true, true).lookup(Key::Cacert).unwrap(), None);
    }

    #[test]
    fn profile_overrides_single_headers() {
        let with = layers(false, false, true);
        assert_eq!(with.headers()["X"].0.reveal(), "p");
        let without = layers(false, false, false);
        assert_eq!(without.headers()["X"].0.reveal(), "top");
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let env: Env = [(env::GUID, "")].into_iter().collect();
        assert_eq!(env.get(env::GUID), None);
    }
}
