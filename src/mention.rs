//! Group mentions and their placeholders in the text.

use serde::{Serialize, Serializer};

use crate::conversation::is_id;
use crate::text::{Text, text};

/// The placeholder of a mention in the text.
const PLACEHOLDER: &str = "{$@}";

/// The mentioned members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mentions {
    /// Everyone; allowed to the group's owner and admins.
    All,
    /// These user ids.
    Users(Vec<String>),
}

impl Mentions {
    /// Mentions of these ids.
    ///
    /// # Errors
    /// Names the invalid or repeated id, or says that there is none.
    pub fn of_ids<'a>(ids: impl IntoIterator<Item = &'a str>) -> Result<Self, Text> {
        let mut all: Vec<String> = Vec::new();
        for id in ids {
            // 0 means "everyone" in the protocol.
            if !is_id(id) || id == "0" {
                return Err(text!(
                    "{id}: a user id is digits, such as 1688856814580613",
                    id = format!("{id:?}")
                ));
            }
            if all.iter().any(|known| known == id) {
                return Err(text!("{id} is given twice", id));
            }
            all.push(id.to_owned());
        }
        match all.is_empty() {
            true => Err(text!("nobody is mentioned")),
            false => Ok(Self::Users(all)),
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::All => 1,
            Self::Users(ids) => ids.len(),
        }
    }

    /// Checks the number of `{$@}` in a text. That it must equal the number of mentions is documented only
    /// for a sibling product; no placeholder is always accepted.
    ///
    /// # Errors
    /// Gives the actual and the expected number.
    pub fn check_places(&self, text: &str) -> Result<(), Text> {
        let places = text.matches(PLACEHOLDER).count();
        let mentions = self.count();
        if places == 0 || places == mentions {
            return Ok(());
        }
        Err(match mentions {
            1 => text!(
                "the text has {places} {place} for 1 mention",
                places,
                place = PLACEHOLDER
            ),
            _ => text!(
                "the text has {places} {place} for {mentions} mentions",
                places,
                place = PLACEHOLDER,
                mentions
            ),
        })
    }
}

impl Serialize for Mentions {
    /// Everyone is the list of the *integer* 0; user ids are strings.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => to.collect_seq([0u8]),
            Self::Users(ids) => to.collect_seq(ids),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn users(count: usize) -> Mentions {
        Mentions::Users((1..=count).map(|n| n.to_string()).collect())
    }

    #[test]
    fn validates_mentioned_ids() {
        assert_eq!(Mentions::of_ids(["1", "2"]), Ok(users(2)));
        for bad in [&["x"][..], &["1", ""], &["1", "1"], &["@all"], &[]] {
            assert!(Mentions::of_ids(bad.iter().copied()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn checks_placeholder_count() {
        for (text, mentions, fits) in [
            ("x", users(2), true),
            ("{$@}", users(1), true),
            ("{$@}", Mentions::All, true),
            ("{$@}{$@}", users(2), true),
            ("{$@}", users(2), false),
            ("{$@} {$@}", Mentions::All, false),
            ("{$ @}", users(3), true),
        ] {
            assert_eq!(mentions.check_places(text).is_ok(), fits, "{text}");
        }
    }

    proptest! {
        #[test]
        fn check_counts_placeholders(places in 0usize..6, mentions in 1usize..6) {
            let text = "a {$@".to_owned() + &"{$@}".repeat(places);
            let fits = places == 0 || places == mentions;
            prop_assert_eq!(users(mentions).check_places(&text).is_ok(), fits);
        }
    }
}
