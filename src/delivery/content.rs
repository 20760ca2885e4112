//! What a message carries.

use crate::api::request::{self, Request};
use crate::conversation::ConversationId;
use crate::guid::Guid;
use crate::mention::Mentions;

/// The content of a message.
#[derive(Clone, Debug)]
pub enum Content {
    /// A text.
    Text {
        /// The text.
        text: String,
        /// The mentioned members; if any, the mention endpoint is used.
        mentions: Option<Mentions>,
    },
}

impl Content {
    /// A text without mentions.
    pub fn text(text: String) -> Self {
        Self::Text {
            text,
            mentions: None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text { text, .. } => Some(text),
        }
    }

    /// The request that sends it to `to`.
    pub(super) fn request(&self, guid: &Guid, to: &ConversationId) -> Request {
        match self {
            Self::Text {
                text,
                mentions: Some(mentions),
            } => request::send_room_at(guid, to, text, mentions),
            Self::Text { text, .. } => request::send_text(guid, to, text),
        }
    }

    /// The parts that identify it, for the digest in ledgers and journals. Those of a text must never change:
    /// ledgers of users hold their digests.
    pub(super) fn identity(&self) -> Vec<String> {
        match self {
            Self::Text { text, mentions } => {
                // A list of plain values always serialises.
                let mentions = mentions
                    .as_ref()
                    .map(|mentions| serde_json::to_string(mentions).unwrap_or_default());
                vec![mentions.unwrap_or_default(), text.clone()]
            }
        }
    }
}
