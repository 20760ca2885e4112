//! What a message carries.

use std::sync::Arc;

use serde::Serialize;

use crate::api::media::{Link, UploadedFile, send_file, send_link};
use crate::api::request::{self, Request};
use crate::conversation::ConversationId;
use crate::error::Error;
use crate::guid::Guid;
use crate::media::{Media, OpenedMedia};
use crate::mention::Mentions;
use crate::text::text;

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
    /// A picture, file, voice message or video.
    Media(Arc<Media>),
    /// A link.
    Link(Link),
}

/// The file of a message in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileView {
    /// The name that the receiver sees.
    pub name: String,
    /// Its size in bytes, if known.
    pub size: Option<u64>,
    /// Of its bytes, in hexadecimal digits, if it is on this machine.
    pub sha256: Option<String>,
}

impl FileView {
    /// The description of an opened file, with the size that the server reports where it is not on this machine.
    pub(super) fn of(opened: &OpenedMedia, uploaded: Option<&UploadedFile>) -> Self {
        let local = opened.local.as_ref();
        Self {
            name: opened.name.clone(),
            size: local.map(|local| local.size()).or_else(|| uploaded?.size),
            sha256: local.map(|local| local.sha256.clone()),
        }
    }
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
            Self::Media(_) | Self::Link(_) => None,
        }
    }

    /// The file, if it has one.
    pub fn media(&self) -> Option<&Arc<Media>> {
        match self {
            Self::Media(media) => Some(media),
            Self::Text { .. } | Self::Link(_) => None,
        }
    }

    /// The request that sends it to `to`; a file must have been uploaded.
    ///
    /// # Errors
    /// An internal one, if it was not.
    pub(super) fn request(
        &self,
        guid: &Guid,
        to: &ConversationId,
        file: Option<(&OpenedMedia, &UploadedFile)>,
    ) -> Result<Request, Error> {
        Ok(match (self, file) {
            (
                Self::Text {
                    text,
                    mentions: Some(mentions),
                },
                _,
            ) => request::send_room_at(guid, to, text, mentions),
            (Self::Text { text, .. }, _) => request::send_text(guid, to, text),
            (Self::Link(link), _) => send_link(guid, to, link),
            (Self::Media(media), Some((opened, uploaded))) => {
                send_file(guid, to, uploaded, &media.details(opened))
            }
            (Self::Media(_), None) => {
                return Err(Error::internal(text!("the file was not uploaded")));
            }
        })
    }

    /// The parts that identify it, for the digest in ledgers and journals. Those of a text must never change:
    /// ledgers of users hold their digests.
    pub(super) fn identity(&self, opened: Option<&OpenedMedia>) -> Vec<String> {
        match self {
            Self::Text { text, mentions } => {
                // A list of plain values always serialises.
                let mentions = mentions
                    .as_ref()
                    .map(|mentions| serde_json::to_string(mentions).unwrap_or_default());
                vec![mentions.unwrap_or_default(), text.clone()]
            }
            Self::Media(media) => opened.map_or_else(Vec::new, |opened| media.identity(opened)),
            Self::Link(link) => vec![
                "link".to_owned(),
                link.url.clone(),
                link.title.clone(),
                link.description.clone(),
                link.thumbnail.clone(),
            ],
        }
    }
}
