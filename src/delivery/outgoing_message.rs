//! A message to be sent.

use sha2::{Digest, Sha256};

use crate::api::request::{self, Request};
use crate::conversation::ConversationId;
use crate::guid::Guid;
use crate::mention::Mentions;
use crate::text::{Text, text};

/// Target, text and mentions of a message.
#[derive(Clone, Debug)]
pub struct OutgoingMessage {
    /// The target conversation.
    pub to: ConversationId,
    /// The text.
    pub text: String,
    /// The mentioned members; if any, the mention endpoint is used.
    pub mentions: Option<Mentions>,
    /// The idempotency key.
    pub key: Option<String>,
}

impl OutgoingMessage {
    /// The request that sends it.
    pub fn request(&self, guid: &Guid) -> Request {
        match &self.mentions {
            Some(mentions) => request::send_room_at(guid, &self.to, &self.text, mentions),
            None => request::send_text(guid, &self.to, &self.text),
        }
    }

    /// The digest of target, text and mentions, which identifies the content.
    pub fn digest(&self) -> Vec<u8> {
        let mentions = self.mentions.as_ref().map(|mentions| {
            // A list of plain values always serialises.
            serde_json::to_string(mentions).unwrap_or_default()
        });
        let mut hash = Sha256::new();
        for part in [
            &self.to.to_string(),
            &mentions.unwrap_or_default(),
            &self.text,
        ] {
            // The length distinguishes "ab" + "c" from "a" + "bc".
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().to_vec()
    }
}

/// Checks an idempotency key.
///
/// # Errors
/// Describes a valid key.
pub fn check_key(key: &str) -> Result<String, Text> {
    let fits = (1..=200).contains(&key.chars().count()) && !key.chars().any(char::is_control);
    match fits {
        true => Ok(key.to_owned()),
        false => Err(text!(
            "a key must be one line of 1 to 200 characters, such as backup-2026-11-24"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(to: &str, text: &str, mentions: Option<Mentions>) -> OutgoingMessage {
        OutgoingMessage {
            to: to.parse().unwrap(),
            text: text.into(),
            mentions,
            key: None,
        }
    }

    #[test]
    fn digest_covers_every_field() {
        let users = |ids: &[&str]| Some(Mentions::of_ids(ids.iter().copied()).unwrap());
        let other_content = [
            outgoing("R:1", "a", None),
            outgoing("R:2", "a", None),
            outgoing("R:1", "b", None),
            outgoing("R:1", "a", Some(Mentions::All)),
            outgoing("R:1", "a", users(&["1"])),
            outgoing("R:1", "a", users(&["1", "2"])),
        ];
        for (place, one) in other_content.iter().enumerate() {
            for (other_place, other) in other_content.iter().enumerate() {
                assert_eq!(one.digest() == other.digest(), place == other_place);
            }
        }
    }

    #[test]
    fn keys_are_short_lines() {
        for (key, fits) in [("k", true), ("备份 1", true), ("", false), ("a\nb", false)] {
            assert_eq!(check_key(key).is_ok(), fits, "{key:?}");
        }
        assert!(check_key(&"x".repeat(201)).is_err());
    }
}
