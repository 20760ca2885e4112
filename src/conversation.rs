//! Conversation ids.

#[cfg(any(test, fuzzing))]
pub mod properties;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::text::{Text, text};

/// The type of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConversationType {
    /// `S:` and a user id.
    Private,
    /// `R:` and a group id.
    Group,
}

impl ConversationType {
    /// The type of an id from the server, by its prefix; `None` for an unknown prefix.
    pub fn of(id: &str) -> Option<Self> {
        match id.split_once(':')?.0 {
            "S" => Some(Self::Private),
            "R" => Some(Self::Group),
            _ => None,
        }
    }

    /// The text for people.
    pub fn label(self) -> Text {
        match self {
            Self::Private => text!("private"),
            Self::Group => text!("group"),
        }
    }
}

/// A conversation that can be a target: `S:<user id>`, `R:<group id>`, or `S:<user id>;<service id>`
/// for customer service (wire protocol).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ConversationId(String);

impl ConversationId {
    /// The user or group id, without prefix.
    pub fn number(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, number)| number)
    }

    /// Whether members can be mentioned.
    pub fn is_group(&self) -> bool {
        self.0.starts_with("R:")
    }
}

impl FromStr for ConversationId {
    type Err = Text;

    fn from_str(text: &str) -> Result<Self, Text> {
        let valid = match text.strip_prefix("S:") {
            Some(user) => match user.split_once(';') {
                Some((user, service)) => is_id(user) && is_id(service),
                None => is_id(user),
            },
            None => text.strip_prefix("R:").is_some_and(is_id),
        };
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(explain(text))
        }
    }
}

/// Whether `text` can be a user or group id: 1 to 20 digits.
pub fn is_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Explains an invalid id and suggests the likely one. Nothing is guessed: a message to the wrong
/// conversation cannot be taken back.
fn explain(text: &str) -> Text {
    if text.is_empty() {
        return text!("the conversation id is empty; use S:<user id> or R:<group id>");
    }
    if is_id(text) {
        return match likely_prefix(text) {
            Some(prefix) => {
                text!(
                    "a conversation id needs its prefix; did you mean {prefix}:{text}?",
                    prefix,
                    text
                )
            }
            None => text!(
                "a conversation id needs its prefix: S:{text} for a user, R:{text} for a group",
                text
            ),
        };
    }
    if let Some((prefix @ ("s" | "r"), id)) = text.split_once(':')
        && is_id(id)
    {
        return text!(
            "the prefix is a capital letter; did you mean {prefix}:{id}?",
            prefix = prefix.to_ascii_uppercase(),
            id
        );
    }
    text!(
        "{text} is not a conversation id: S:<digits> for a user, R:<digits> for a group",
        text = format!("{text:?}")
    )
}

/// The likely prefix: 788… are WeChat contacts, 168… WeCom users, 10… external groups (wire protocol).
fn likely_prefix(digits: &str) -> Option<char> {
    if digits.starts_with("788") || digits.starts_with("168") {
        Some('S')
    } else if digits.starts_with("10") {
        Some('R')
    } else {
        None
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accepts_both_prefixes() {
        for text in ["S:7881234567890", "R:10001", "R:1970325000000112"] {
            assert_eq!(text.parse::<ConversationId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn rejects_with_hint() {
        let cases = [
            ("7881234567890", "did you mean S:7881234567890?"),
            ("1688856814580613", "did you mean S:1688856814580613?"),
            ("1012345678901", "did you mean R:1012345678901?"),
            ("42", "S:42 for a user, R:42 for a group"),
            ("r:10001", "did you mean R:10001?"),
            ("", "empty"),
            ("r:x", "is not a conversation id"),
            ("s:1\n", "is not a conversation id"),
            ("S:", "is not a conversation id"),
            ("S:12x", "is not a conversation id"),
            ("R: 10001", "is not a conversation id"),
            ("R:123456789012345678901", "is not a conversation id"),
            ("R:１２", "is not a conversation id"),
        ];
        for (text, part) in cases {
            let error = text.parse::<ConversationId>().unwrap_err();
            assert!(error.contains(part), "{text:?}: {error:?}");
        }
    }

    proptest! {
        #[test]
        fn parsed_ids_are_prefix_and_digits(text in "\\PC{0,24}") {
            if let Ok(id) = text.parse::<ConversationId>() {
                prop_assert!(id.to_string() == text && is_id(&text[2..]));
            }
        }
    }
}
