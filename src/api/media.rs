//! The endpoints for pictures, files, voice messages, videos and links, and for taking a message back.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::envelope::Payload;
use super::lenient;
use super::payloads::{PayloadError, missing, typed};
use super::request::{Effect, Request};
use super::{Api, CallError};
use crate::conversation::ConversationId;
use crate::guid::Guid;
use crate::text::{Text, text};

/// The rules of the content network are outdated; documented as "update them, then try again".
pub const STALE_CDN_RULES: i64 = -5_103_011;

/// A picture is stored under the other `file_type` (wire protocol).
pub const OTHER_IMAGE_TYPE: [i64; 2] = [5_103_017, 5_103_059];

/// `file_type` of a picture in high definition.
const HD_IMAGE_TYPE: u8 = 1;

/// What a file is sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A file.
    File,
    /// A voice message.
    Voice,
    /// A video.
    Video,
}

impl MediaKind {
    /// The name in output and in digests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::File => "file",
            Self::Voice => "voice",
            Self::Video => "video",
        }
    }

    /// Whether the receiver sees the name of the file.
    pub fn shows_name(self) -> bool {
        matches!(self, Self::File | Self::Video)
    }

    fn file_type(self) -> u8 {
        match self {
            Self::Image => 2,
            Self::Video => 4,
            Self::File | Self::Voice => 5,
        }
    }
}

/// The way a file is uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadType {
    /// With this `file_type`; the answer has a key.
    Small(u8),
    /// For files over 20 MB; the answer has no key.
    Big,
}

impl UploadType {
    /// The usual way for files up to 20 MB.
    pub fn small(kind: MediaKind) -> Self {
        Self::Small(kind.file_type())
    }

    /// The way for a picture that was refused the usual way.
    pub fn hd_image() -> Self {
        Self::Small(HD_IMAGE_TYPE)
    }
}

/// Where the server finds a file.
#[derive(Clone, Copy, Debug)]
pub enum FileLocation<'a> {
    /// At a URL that it fetches.
    Url(&'a str),
    /// On its own disk.
    Path(&'a str),
}

/// A file that the server has stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadedFile {
    /// Its id.
    pub file_id: String,
    /// Its size in bytes, if given.
    pub size: Option<u64>,
    /// Its MD5 as the server gives it, if it does.
    pub md5: Option<String>,
    /// Its key, if given; there is none for a file uploaded the big way.
    pub aes_key: Option<String>,
    /// Whether it is a picture in high definition.
    pub is_hd: bool,
}

/// The bytes that were uploaded.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedFile<'a> {
    /// Their number.
    pub size: u64,
    /// Their MD5 in hexadecimal digits.
    pub md5: &'a str,
}

impl ExpectedFile<'_> {
    /// Checks what the server says about its copy: a polite answer about half of a file is no success.
    fn check(&self, uploaded: &UploadedFile) -> Result<(), PayloadError> {
        let is_md5 = |text: &&str| text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let md5 = uploaded.md5.as_deref().filter(is_md5);
        let why = match uploaded.size {
            Some(stored) if stored != self.size => text!(
                "the server has stored {stored} bytes, but the file has {size}",
                stored,
                size = self.size
            ),
            _ if md5.is_some_and(|md5| !md5.eq_ignore_ascii_case(self.md5)) => {
                text!("the server has stored other bytes than those of the file: its MD5 differs")
            }
            _ => return Ok(()),
        };
        Err(PayloadError::UnexpectedShape(why))
    }
}

/// What a message with a file says about it, besides the upload.
#[derive(Clone, Debug)]
pub struct FileDetails<'a> {
    /// What it is sent as.
    pub kind: MediaKind,
    /// Its name.
    pub name: &'a str,
    /// Width and height in pixels, if known.
    pub dimensions: Option<(u32, u32)>,
    /// Duration in seconds, if known.
    pub duration: Option<u32>,
}

/// A link as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The heading.
    pub title: String,
    /// The text below; may be empty.
    pub description: String,
    /// The destination.
    pub url: String,
    /// URL of the picture; may be empty.
    pub thumbnail: String,
}

/// Uploads a file. May be repeated: nobody sees it before it is sent.
pub fn upload(guid: &Guid, upload_type: UploadType, from: FileLocation<'_>) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        guid: &'a Guid,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_type: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_path: Option<&'a str>,
    }
    let (url, file_path) = match from {
        FileLocation::Url(url) => (Some(url), None),
        FileLocation::Path(path) => (None, Some(path)),
    };
    let (path, file_type) = match (upload_type, from) {
        (UploadType::Small(file_type), FileLocation::Url(_)) => {
            ("/cloud/cdn_c2c_upload", Some(file_type))
        }
        (UploadType::Small(file_type), FileLocation::Path(_)) => {
            ("/cdn/c2c_upload", Some(file_type))
        }
        // The size of a file on the server's disk is not known.
        (UploadType::Big, _) => ("/cloud/cdn_big_upload", None),
    };
    let body = Body {
        guid,
        file_type,
        url,
        file_path,
    };
    Request::post(path, Effect::IdempotentChange, &body)
}

/// Updates the rules of the content network.
pub fn update_cdn_rule(guid: &Guid) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        guid: &'a Guid,
    }
    Request::post(
        "/cloud/update_cdn_rule",
        Effect::IdempotentChange,
        &Body { guid },
    )
}

/// Reads what the conversion service needs.
pub fn cdn_info(guid: &Guid) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        guid: &'a Guid,
    }
    Request::post("/cdn/get_cdn_info", Effect::Read, &Body { guid })
}

/// Uploads a file with the operator's conversion service, which takes no gateway body.
pub fn conversion_upload(info: &Value, file_type: UploadType, url: &str) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        base_request: &'a Value,
        file_type: u8,
        url: &'a str,
    }
    let file_type = match file_type {
        UploadType::Small(file_type) => file_type,
        UploadType::Big => MediaKind::File.file_type(),
    };
    let body = Body {
        base_request: info,
        file_type,
        url,
    };
    Request::post("/cloud/c2c_upload", Effect::IdempotentChange, &body)
}

#[derive(Serialize)]
struct FileBody<'a> {
    guid: &'a Guid,
    conversation_id: &'a ConversationId,
    file_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    voice_time: Option<u32>,
    aes_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    md5: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    video_duration: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_hd: Option<bool>,
}

/// Sends an uploaded file to a person or a group.
pub fn send_file(
    guid: &Guid,
    to: &ConversationId,
    file: &UploadedFile,
    details: &FileDetails<'_>,
) -> Request {
    let kind = details.kind;
    let only = |wanted: MediaKind| move |value| Some(value).filter(|_| kind == wanted);
    let (width, height) = details.dimensions.unzip();
    let body = FileBody {
        guid,
        conversation_id: to,
        file_id: &file.file_id,
        size: file.size,
        file_name: kind.shows_name().then_some(details.name),
        image_width: width.and_then(only(MediaKind::Image)),
        image_height: height.and_then(only(MediaKind::Image)),
        voice_time: details.duration.and_then(only(MediaKind::Voice)),
        aes_key: file.aes_key.as_deref().unwrap_or_default(),
        md5: file.md5.as_deref(),
        video_duration: details.duration.and_then(only(MediaKind::Video)),
        is_hd: (kind == MediaKind::Image).then_some(file.is_hd),
    };
    let path = match kind {
        MediaKind::Image => "/msg/send_image",
        MediaKind::File => "/msg/send_file",
        MediaKind::Voice => "/msg/send_voice",
        MediaKind::Video => "/msg/send_video",
    };
    Request::post(path, Effect::Change, &body)
}

/// Sends a link to a person or a group.
pub fn send_link(guid: &Guid, to: &ConversationId, link: &Link) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        guid: &'a Guid,
        conversation_id: &'a ConversationId,
        title: &'a str,
        description: &'a str,
        url: &'a str,
        image_url: &'a str,
    }
    let body = Body {
        guid,
        conversation_id: to,
        title: &link.title,
        description: &link.description,
        url: &link.url,
        image_url: &link.thumbnail,
    };
    Request::post("/msg/send_link", Effect::Change, &body)
}

/// Takes a sent message back.
pub fn revoke_message(guid: &Guid, conversation: &ConversationId, message_id: &str) -> Request {
    #[derive(Serialize)]
    struct Body<'a> {
        guid: &'a Guid,
        conversation_id: &'a ConversationId,
        msgid: &'a str,
    }
    let body = Body {
        guid,
        conversation_id: conversation,
        msgid: message_id,
    };
    Request::post("/msg/revoke_msg", Effect::Change, &body)
}

impl Api {
    /// Uploads a file; `request` comes from [`upload`] or [`conversion_upload`].
    ///
    /// # Errors
    /// Those of any call, see [`CallError`]. An answer without `file_id`, without the key that a small file
    /// needs, or about other bytes than those that are `expected`, is not a success.
    pub fn upload(
        &self,
        request: &Request,
        upload_type: UploadType,
        expected: Option<ExpectedFile<'_>>,
    ) -> Result<UploadedFile, CallError> {
        self.call(request, |payload| {
            let uploaded = match upload_type {
                UploadType::Small(_) => small_file(payload)?,
                UploadType::Big => big_file(payload)?,
            };
            if let Some(expected) = expected {
                expected.check(&uploaded)?;
            }
            let is_hd = upload_type == UploadType::hd_image();
            Ok(UploadedFile { is_hd, ..uploaded })
        })
    }

    /// Reads what the conversion service needs, unchanged.
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn cdn_info(&self, guid: &Guid) -> Result<Value, CallError> {
        self.call(&cdn_info(guid), |payload| {
            let info = payload.value;
            match info.get("cdn_dns").is_some_and(|dns| !dns.is_null()) {
                true => Ok(info),
                false => Err(missing(Text::verbatim("cdn_dns"))),
            }
        })
    }
}

fn small_file(payload: Payload) -> Result<UploadedFile, PayloadError> {
    let file = big_file(payload)?;
    match file.aes_key {
        Some(_) => Ok(file),
        None => Err(missing(Text::verbatim("aes_key"))),
    }
}

fn big_file(payload: Payload) -> Result<UploadedFile, PayloadError> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(default, deserialize_with = "lenient::id")]
        file_id: Option<String>,
        #[serde(default, deserialize_with = "lenient::integer")]
        file_size: Option<i64>,
        #[serde(default, deserialize_with = "lenient::integer")]
        size: Option<i64>,
        #[serde(default, deserialize_with = "lenient::text")]
        file_md5: Option<String>,
        #[serde(default, deserialize_with = "lenient::text")]
        md5: Option<String>,
        #[serde(default, deserialize_with = "lenient::text")]
        aes_key: Option<String>,
    }
    let wire: Wire = typed(payload.value, text!("uploaded file"))?;
    let size = wire.file_size.or(wire.size);
    Ok(UploadedFile {
        file_id: wire
            .file_id
            .ok_or_else(|| missing(Text::verbatim("file_id")))?,
        size: size
            .and_then(|size| u64::try_from(size).ok())
            .filter(|size| *size > 0),
        md5: wire.file_md5.or(wire.md5),
        aes_key: wire.aes_key,
        is_hd: false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn payload(value: Value) -> Payload {
        Payload {
            value,
            confirmed: true,
            ..Payload::default()
        }
    }

    fn body(request: &Request) -> Value {
        serde_json::from_slice(request.body.as_deref().unwrap()).unwrap()
    }

    #[test]
    fn reads_uploads_in_every_shape() {
        let expected = UploadedFile {
            file_id: "30a".into(),
            size: Some(7),
            md5: Some("m".into()),
            aes_key: Some("k".into()),
            is_hd: false,
        };
        for value in [
            json!({"file_id":"30a","file_size":7,"file_md5":"m","aes_key":"k"}),
            json!({"file_id":"30a","size":"7","md5":"m","aes_key":"k"}),
        ] {
            assert_eq!(small_file(payload(value)).unwrap(), expected);
        }
        let bare = json!({"file_id":"*1*","file_size":0,"aes_key":""});
        let big = big_file(payload(bare)).unwrap();
        assert_eq!((big.size, big.md5, big.aes_key), (None, None, None));
    }

    #[test]
    fn upload_without_id_or_key_is_no_success() {
        for value in [
            json!(null),
            json!({}),
            json!([]),
            json!("ok"),
            json!({"file_id":""}),
            json!({"file_id":"0","aes_key":"k"}),
            json!({"file_id":"30a"}),
            json!({"file_id":"30a","aes_key":""}),
            json!({"file_id":"30a","aes_key":null}),
            json!({"file_id":"30a","aes_key":"k","file_size":"many"}),
        ] {
            assert!(small_file(payload(value.clone())).is_err(), "{value}");
        }
    }

    #[test]
    fn builds_documented_bodies() {
        let guid: Guid = "g-1".parse().unwrap();
        let to: ConversationId = "R:10001".parse().unwrap();
        let file = UploadedFile {
            file_id: "30a".into(),
            size: Some(7),
            md5: Some("m".into()),
            aes_key: Some("k".into()),
            is_hd: false,
        };
        let details = |kind| FileDetails {
            kind,
            name: "报告 1.pdf",
            dimensions: Some((3, 4)),
            duration: Some(5),
        };
        let sent = |kind| body(&send_file(&guid, &to, &file, &details(kind)));
        let common = json!({"guid":"g-1","conversation_id":"R:10001","file_id":"30a","size":7,"aes_key":"k","md5":"m"});
        for (kind, extra) in [
            (
                MediaKind::Image,
                json!({"image_width":3,"image_height":4,"is_hd":false}),
            ),
            (MediaKind::File, json!({"file_name":"报告 1.pdf"})),
            (MediaKind::Voice, json!({"voice_time":5})),
            (
                MediaKind::Video,
                json!({"file_name":"报告 1.pdf","video_duration":5}),
            ),
        ] {
            let mut expected = common.clone();
            let fields = extra.as_object().unwrap().clone();
            expected.as_object_mut().unwrap().extend(fields);
            assert_eq!(sent(kind), expected, "{kind:?}");
        }
        for (upload_type, from, path, expected) in [
            (
                UploadType::small(MediaKind::Image),
                FileLocation::Url("http://h/a"),
                "/cloud/cdn_c2c_upload",
                json!({"guid":"g-1","file_type":2,"url":"http://h/a"}),
            ),
            (
                UploadType::Big,
                FileLocation::Url("http://h/a"),
                "/cloud/cdn_big_upload",
                json!({"guid":"g-1","url":"http://h/a"}),
            ),
            (
                UploadType::small(MediaKind::File),
                FileLocation::Path("/a"),
                "/cdn/c2c_upload",
                json!({"guid":"g-1","file_type":5,"file_path":"/a"}),
            ),
        ] {
            let request = upload(&guid, upload_type, from);
            assert_eq!((request.path.as_ref(), body(&request)), (path, expected));
        }
    }
}
