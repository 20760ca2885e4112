//! The supported languages.

use clap::ValueEnum;

use super::{Text, text};

/// A language of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// Chinese (简体中文)
    Zh,
    /// English
    #[default]
    En,
}

impl Lang {
    /// Its name in flags, variables and settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The language with this name.
    ///
    /// # Errors
    /// Lists the valid names.
    pub fn parse(name: &str) -> Result<Self, Text> {
        match name {
            "zh" => Ok(Self::Zh),
            "en" => Ok(Self::En),
            _ => Err(text!("must be zh or en")),
        }
    }

    /// The language of a locale such as `zh_CN.UTF-8`. A locale with another encoding than UTF-8 gets
    /// English, because output is always UTF-8.
    pub fn of_locale(locale: &str) -> Self {
        let locale = locale.to_ascii_lowercase();
        let characters = locale.split_once('.').map(|(_, characters)| characters);
        let is_utf8 = characters.is_none_or(|name| name.replace('-', "").starts_with("utf8"));
        match locale.starts_with("zh") && is_utf8 {
            true => Self::Zh,
            false => Self::En,
        }
    }
}
