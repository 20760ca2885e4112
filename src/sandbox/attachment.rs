//! Content of messages other than text.

use super::endpoint_result::Failure;
use super::schema::Params;
use super::state::State;
use serde::Serialize;
use serde_json::{Value, json};

/// What a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// A text, with or without mentions.
    #[default]
    Text,
    /// A picture.
    Image,
    /// A file.
    File,
    /// A voice message.
    Voice,
    /// A video.
    Video,
    /// A link.
    Link,
}

impl MessageKind {
    /// `contenttype` of a message.
    pub(super) fn content_type(self) -> u64 {
        match self {
            MessageKind::Text => 2,
            MessageKind::Link => 13,
            MessageKind::Image => 14,
            MessageKind::File => 15,
            MessageKind::Voice => 16,
            MessageKind::Video => 23,
        }
    }

    /// `msg_type` of an event.
    pub(super) fn msg_type(self) -> u64 {
        match self {
            MessageKind::Text => 2,
            MessageKind::Link => 4,
            MessageKind::Image => 5,
            MessageKind::Voice => 6,
            MessageKind::Video => 7,
            MessageKind::File => 8,
        }
    }

    fn name(self) -> &'static str {
        match self {
            MessageKind::Text => "text",
            MessageKind::Image => "image",
            MessageKind::File => "file",
            MessageKind::Voice => "voice",
            MessageKind::Video => "video",
            MessageKind::Link => "link",
        }
    }
}

/// The file of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageFile {
    /// Its id on the server.
    pub file_id: String,
    /// Its name; empty for a picture or a voice message.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Of what was uploaded, in hexadecimal digits.
    pub md5: String,
    /// Of what was uploaded, in hexadecimal digits.
    pub sha256: String,
    /// Of a picture or video in pixels; 0 if not given.
    pub width: i64,
    /// Of a picture or video in pixels; 0 if not given.
    pub height: i64,
    /// Of a voice message or video in seconds; 0 if not given.
    pub duration: i64,
    #[serde(skip)]
    pub(super) aes_key: String,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageLink {
    /// The heading.
    pub title: String,
    /// The text below.
    pub description: String,
    /// The destination.
    pub url: String,
    /// The picture.
    pub image_url: String,
}

/// Kind of a message, and its file or link.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// What the message is.
    pub kind: MessageKind,
    /// The file of a picture, file, voice message or video.
    pub file: Option<MessageFile>,
    /// The link.
    pub link: Option<MessageLink>,
}

impl Attachment {
    /// The file named in the body of a send, which must have been uploaded.
    pub(super) fn of_upload(
        state: &State,
        kind: MessageKind,
        params: &Params,
    ) -> Result<Self, Failure> {
        let stored = state
            .files
            .find(params.text("file_id"))
            .ok_or_else(|| Failure::with_undocumented_code("file_id 不存在"))?;
        // The key of a file that went the big way is not told, and stays empty.
        let aes_key = match stored.file_id.starts_with('*') {
            true => "",
            false => stored.aes_key.as_str(),
        };
        if params.text("aes_key") != aes_key {
            return Err(Failure::with_undocumented_code("aes_key 错误"));
        }
        let either = |one: &str, other: &str| params.integer(one).max(params.integer(other));
        let duration = either("voice_time", "video_duration");
        if kind == MessageKind::Voice && duration < 1 {
            return Err(Failure::with_undocumented_code("voice_time 错误"));
        }
        Ok(Attachment {
            kind,
            file: Some(MessageFile {
                file_id: stored.file_id.clone(),
                name: params.text("file_name").into(),
                size: stored.size,
                md5: stored.md5.clone(),
                sha256: stored.sha256.clone(),
                width: either("image_width", "video_width"),
                height: either("image_height", "video_height"),
                duration,
                aes_key: stored.aes_key.clone(),
            }),
            link: None,
        })
    }

    /// The link in the body of a send.
    pub(super) fn of_link(params: &Params) -> Result<Self, Failure> {
        let link = MessageLink {
            title: params.text("title").into(),
            description: params.text("description").into(),
            url: params.text("url").into(),
            image_url: params.text("image_url").into(),
        };
        if link.url.is_empty() {
            return Err(Failure::with_undocumented_code("url 不能为空"));
        }
        Ok(Attachment {
            kind: MessageKind::Link,
            file: None,
            link: Some(link),
        })
    }

    /// The part of an event that describes it.
    pub(super) fn event_fields(&self) -> Vec<(&'static str, Value)> {
        if let Some(link) = &self.link {
            return vec![
                ("title", json!(link.title)),
                ("desc", json!(link.description)),
                ("url", json!(link.url)),
                ("image_url", json!(link.image_url)),
            ];
        }
        let Some(file) = &self.file else {
            return Vec::new();
        };
        let cdn = json!({
            "size": file.size,
            "md5": file.md5,
            "aes_key": file.aes_key,
            "auth_key": "",
            "file_id": file.file_id,
            "file_name": file.name,
            "image_width": file.width,
            "image_height": file.height,
            "duration": file.duration,
        });
        vec![("cdn", cdn)]
    }

    /// For the log: `file "report.pdf", 12345 bytes, sha256 3a7b…`.
    pub(super) fn summary(&self) -> Option<String> {
        let kind = self.kind.name();
        if let Some(link) = &self.link {
            return Some(format!("{kind} {:?} {:?}", link.title, link.url));
        }
        let file = self.file.as_ref()?;
        let name = match file.name.is_empty() {
            true => String::new(),
            false => format!(" {:?}", file.name),
        };
        let (size, sha256) = (file.size, &file.sha256);
        Some(format!("{kind}{name}, {size} bytes, sha256 {sha256}"))
    }
}
