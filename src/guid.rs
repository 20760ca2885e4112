//! The guid of an instance.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::text::{Text, text};

/// An instance's guid. Servers use UUIDs; this program does not depend on that.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Guid(String);

/// Characters of a UUID.
const UUID_LENGTH: usize = 36;
/// Fewest characters of an abbreviation without ellipsis.
const SHORTEST: usize = 4;

impl Guid {
    /// The whole guid.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this can be the beginning of a guid rather than a whole one: it ends with an ellipsis, as
    /// notes print it, or it is the beginning of a UUID.
    pub fn may_be_abbreviated(&self) -> bool {
        let beginning = self.beginning();
        let is_like_uuid = |(place, c): (usize, char)| match place {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        };
        beginning.len() < self.0.len()
            || ((SHORTEST..UUID_LENGTH).contains(&self.0.len())
                && self.0.chars().enumerate().all(is_like_uuid))
    }

    /// The guid without an ellipsis at its end.
    pub fn beginning(&self) -> &str {
        self.0.trim_end_matches(['…', '.'])
    }

    /// The first eight characters, for notes and logs.
    pub fn short(&self) -> String {
        shorten(&self.0)
    }
}

/// `text` cut to eight characters and an ellipsis.
pub(crate) fn shorten(text: &str) -> String {
    let head: String = text.chars().take(8).collect();
    if head.len() == text.len() {
        head
    } else {
        format!("{head}…")
    }
}

impl FromStr for Guid {
    type Err = Text;

    /// Blanks around it are removed; a line of a file from Windows ends in a carriage return.
    fn from_str(text: &str) -> Result<Self, Text> {
        let text = text.trim();
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.{}".contains(c);
        if text.is_empty() {
            Err(text!(
                "the guid is empty; `qiwei instance ls` lists all guids"
            ))
        } else if text.len() > 128 || !text.trim_end_matches('…').chars().all(fits) {
            Err(text!(
                "not a guid: it must consist of letters, digits and dashes, as printed by `qiwei instance ls`"
            ))
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_guids_of_servers() {
        let cases = [
            ("555d07bf-ebd4-378a-8285-a6d3c255988c", true),
            ("abc_1.2", true),
            ("", false),
            ("two words", false),
            ("a\nb", false),
            ("../a", false),
            ("/a", false),
            ("实例", false),
        ];
        for (text, fits) in cases {
            assert_eq!(text.parse::<Guid>().is_ok(), fits, "{text:?}");
        }
    }

    #[test]
    fn recognises_abbreviations() {
        for (text, expected) in [
            ("555d07bf-ebd4-378a-8285-a6d3c255988c", false),
            ("555d07bf…", true),
            ("555d07bf...", true),
            ("555d07bf", true),
            ("555d07bf-ebd4-3", true),
            ("555d", true),
            ("555", false),
            ("g", false),
            ("555d07bf_ebd4", false),
            ("instance-1", false),
        ] {
            let guid: Guid = text.parse().unwrap();
            assert_eq!(guid.may_be_abbreviated(), expected, "{text}");
        }
    }

    #[test]
    fn shortens_only_long_guids() {
        let guid: Guid = "555d07bf-ebd4-378a".parse().unwrap();
        assert_eq!(guid.short(), "555d07bf…");
        assert_eq!("abc".parse::<Guid>().unwrap().short(), "abc");
    }
}
