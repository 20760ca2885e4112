//! Dotted names of settings: `guid`, `aliases.ops`, `profiles.prod.base_url`.

use std::fmt;
use std::str::FromStr;

use super::key::{self, Key};
use crate::text::{Text, text};

/// A setting, at the top level or in a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingName {
    /// The profile, if any.
    pub profile: Option<String>,
    /// The setting within its section.
    pub leaf: Leaf,
}

/// A setting within its section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// A single-valued setting.
    Key(Key),
    /// A header.
    Header(String),
    /// An alias.
    Alias(String),
}

impl SettingName {
    /// A single-valued setting, in `profile` if there is one.
    pub fn of(profile: Option<&str>, key: Key) -> Self {
        Self {
            profile: profile.map(str::to_owned),
            leaf: Leaf::Key(key),
        }
    }

    /// The same setting inside `profile`, unless it names a profile already.
    pub fn within(self, profile: Option<&str>) -> Self {
        Self {
            profile: self.profile.or_else(|| profile.map(str::to_owned)),
            ..self
        }
    }

    /// Validates a value.
    ///
    /// # Errors
    /// Explains the error without repeating possible secrets.
    pub fn check(&self, text: &str) -> Result<(), Text> {
        match &self.leaf {
            Leaf::Key(key) => key.check(text),
            Leaf::Header(_) if text.chars().any(|c| c.is_control() && c != '\t') => Err(text!(
                "a header value must be one line without control characters"
            )),
            Leaf::Header(_) => Ok(()),
            Leaf::Alias(_) => key::check_alias_target(text),
        }
    }

    /// Whether its whole value is a secret that must not be a command line argument.
    pub fn is_secret(&self) -> bool {
        matches!(&self.leaf, Leaf::Key(key) if key.is_secret())
    }

    pub(super) fn table_path(&self) -> Vec<&str> {
        let mut path = Vec::new();
        if let Some(profile) = &self.profile {
            path.extend(["profiles", profile.as_str()]);
        }
        match self.leaf {
            Leaf::Key(_) => {}
            Leaf::Header(_) => path.push("headers"),
            Leaf::Alias(_) => path.push("aliases"),
        }
        path
    }

    pub(super) fn leaf_key(&self) -> &str {
        match &self.leaf {
            Leaf::Key(key) => key.name(),
            Leaf::Header(name) | Leaf::Alias(name) => name,
        }
    }
}

impl FromStr for SettingName {
    type Err = Text;

    fn from_str(text: &str) -> Result<Self, Text> {
        if let Some(rest) = text.strip_prefix("profiles.") {
            let (profile, name) = rest
                .split_once('.')
                .filter(|(profile, _)| !profile.is_empty())
                .ok_or_else(|| text!("a profile's setting is written profiles.NAME.KEY"))?;
            let inner: Self = name.parse()?;
            if inner.profile.is_some() {
                return Err(text!("profiles cannot be nested"));
            }
            return Ok(inner.within(Some(profile)));
        }
        Ok(Self {
            profile: None,
            leaf: leaf(text)?,
        })
    }
}

fn leaf(text: &str) -> Result<Leaf, Text> {
    if let Some(key) = Key::named(text) {
        return Ok(Leaf::Key(key));
    }
    if let Some(key) = Key::named(&text.replace('-', "_")) {
        return Err(text!(
            "no setting {text}; did you mean {key}?",
            text = format!("{text:?}"),
            key = key.name()
        ));
    }
    match text.split_once('.') {
        Some(("headers", name)) if !name.is_empty() => Ok(Leaf::Header(name.to_owned())),
        Some(("aliases", name)) => {
            key::check_alias_name(name).map(|()| Leaf::Alias(name.to_owned()))
        }
        _ => Err(text!(
            "no setting {text}; there are {names}, headers.NAME, aliases.NAME and profiles.NAME.…",
            text = format!("{text:?}"),
            names = Key::ALL.map(Key::name).join(", ")
        )),
    }
}

impl fmt::Display for SettingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.table_path() {
            write!(f, "{part}.")?;
        }
        f.write_str(self.leaf_key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for text in [
            "base_url",
            "headers.X-Token",
            "aliases.ops",
            "profiles.prod.guid",
            "profiles.prod.aliases.ops",
        ] {
            assert_eq!(text.parse::<SettingName>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn unknown_names_list_valid_ones() {
        let cases = [
            ("base-url", "did you mean base_url?"),
            ("frob", "there are base_url, guid"),
            ("headers", "headers.NAME"),
            ("aliases.", "needs a name"),
            ("profiles.prod", "profiles.NAME.KEY"),
            ("profiles..guid", "profiles.NAME.KEY"),
            ("profiles.a.profiles.b.guid", "cannot be nested"),
            ("", "no setting"),
        ];
        for (text, part) in cases {
            let error = text.parse::<SettingName>().unwrap_err();
            assert!(error.contains(part), "{text:?}: {error:?}");
        }
    }
}
