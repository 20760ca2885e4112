//! Group mentions and their placeholders in the text.

use serde::{Serialize, Serializer};

use crate::conversation::is_id;
use crate::text::{Text, text};

/// The placeholder of a mention in the text on the wire.
const PLACEHOLDER: &str = "{$@}";
/// The same in a form that shells leave alone: in double quotes `{$@}` becomes `{}`.
const SHELL_SAFE_PLACEHOLDER: &str = "{at}";

/// Replaces the placeholders by those of the wire protocol.
pub fn to_wire_placeholders(text: &str) -> String {
    text.replace(SHELL_SAFE_PLACEHOLDER, PLACEHOLDER)
}

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
            // 0 means "everyone" in the wire protocol.
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

    fn expected_placeholders(&self) -> usize {
        match self {
            Self::All => 1,
            Self::Users(ids) => ids.len(),
        }
    }

    /// Checks the number of `{$@}` and `{at}` in a text, and that no shell has removed one. That it
    /// must equal the number of mentions is documented only for a similar product, not in the vendor's API reference;
    /// a text without placeholders is always accepted.
    ///
    /// # Errors
    /// Gives the actual and the expected number.
    pub fn check_placeholder_count(&self, text: &str) -> Result<(), Text> {
        let count =
            text.matches(PLACEHOLDER).count() + text.matches(SHELL_SAFE_PLACEHOLDER).count();
        if count == 0 && text.contains("{}") {
            return Err(text!(
                "the text contains {braces}, which is what a shell makes of {placeholder} in double quotes; use single quotes, or {safe}",
                braces = "{}",
                placeholder = PLACEHOLDER,
                safe = SHELL_SAFE_PLACEHOLDER
            ));
        }
        let mentions = self.expected_placeholders();
        if count == 0 || count == mentions {
            return Ok(());
        }
        Err(match mentions {
            1 => text!(
                "the text has {count} {placeholder} for 1 mention",
                count,
                placeholder = PLACEHOLDER
            ),
            _ => text!(
                "the text has {count} {placeholder} for {mentions} mentions",
                count,
                placeholder = PLACEHOLDER,
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
            assert_eq!(
                mentions.check_placeholder_count(text).is_ok(),
                fits,
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn check_counts_placeholders(count in 0usize..6, mentions in 1usize..6) {
            let text = "a {$@".to_owned() + &"{$@}".repeat(count);
            let fits = count == 0 || count == mentions;
            prop_assert_eq!(users(mentions).check_placeholder_count(&text).is_ok(), fits);
        }
    }
}
