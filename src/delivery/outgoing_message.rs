//! A message to be sent.

use sha2::{Digest, Sha256};

use super::content::Content;
use super::upload::Uploader;
use crate::api::media::UploadedFile;
use crate::api::request::Request;
use crate::conversation::ConversationId;
use crate::error::Error;
use crate::guid::Guid;
use crate::media::OpenedMedia;
use crate::text::{Text, text};

/// Target and content of a message.
#[derive(Clone, Debug)]
pub struct OutgoingMessage {
    /// The target conversation.
    pub to: ConversationId,
    /// What is sent.
    pub content: Content,
    /// The idempotency key.
    pub key: Option<String>,
}

impl OutgoingMessage {
    /// The requests that would be made, for a dry run: the upload of a file, and the send.
    ///
    /// # Errors
    /// A usage error when the file cannot be used.
    pub fn planned_requests(
        &self,
        guid: &Guid,
        uploader: Option<&Uploader>,
    ) -> Result<Vec<Request>, Error> {
        let (Some(media), Some(uploader)) = (self.content.media(), uploader) else {
            return Ok(vec![self.content.request(guid, &self.to, None)?]);
        };
        let opened = media.open().map_err(Error::usage)?;
        let planned = UploadedFile {
            file_id: "FILE_ID".into(),
            size: opened.local.as_ref().map(|local| local.size()),
            md5: opened.local.as_ref().map(|local| local.md5.clone()),
            aes_key: Some("AES_KEY".into()),
            is_hd: false,
        };
        let upload = uploader.planned(guid, media, &opened)?;
        let send = self
            .content
            .request(guid, &self.to, Some((&opened, &planned)))?;
        Ok(vec![upload, send])
    }

    /// The digest of target and content, which identifies the message; a file must be open.
    pub fn digest(&self, opened: Option<&OpenedMedia>) -> Vec<u8> {
        let mut hash = Sha256::new();
        for part in std::iter::once(self.to.to_string()).chain(self.content.identity(opened)) {
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
    use crate::mention::Mentions;

    fn outgoing(to: &str, text: &str, mentions: Option<Mentions>) -> OutgoingMessage {
        OutgoingMessage {
            to: to.parse().unwrap(),
            content: Content::Text {
                text: text.into(),
                mentions,
            },
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
                assert_eq!(one.digest(None) == other.digest(None), place == other_place);
            }
        }
    }

    #[test]
    fn digest_of_texts_stays_what_ledgers_hold() {
        let hex = |bytes: Vec<u8>| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let plain = outgoing("R:1", "备份完成", None);
        let mention = outgoing("R:1", "备份完成", Some(Mentions::All));
        assert_eq!(
            hex(plain.digest(None)),
            "47bd4df6b6fb7e9409d35d8c8b12978646e1a6ec71fbf1adf414ebf10ae74a55"
        );
        assert_eq!(
            hex(mention.digest(None)),
            "e99a022df70dced9d923f9ff712e1d8b641051a962dee1b61c113cef3d83dee6"
        );
    }

    #[test]
    fn keys_are_short_lines() {
        for (key, fits) in [("k", true), ("备份 1", true), ("", false), ("a\nb", false)] {
            assert_eq!(check_key(key).is_ok(), fits, "{key:?}");
        }
        assert!(check_key(&"x".repeat(201)).is_err());
    }
}
