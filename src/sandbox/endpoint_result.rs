//! Results of endpoints, independent of the dialect.

use super::upload::FetchJob;
use serde_json::{Map, Value};

/// How much of the envelope a success has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Envelope {
    Usual,
    /// Without `error_message`, the way the status and version endpoints answer.
    NoMessage,
    /// `{"data":…}` and no code at all.
    DataOnly,
}

/// A success: its payload, and a note for the log.
#[derive(Debug)]
pub(super) struct Success {
    pub(super) data: Value,
    pub(super) envelope: Envelope,
    pub(super) note: String,
    /// What has to be fetched before the answer is known.
    pub(super) fetch: Option<FetchJob>,
}

impl Success {
    pub(super) fn new(data: Value) -> Self {
        Success {
            data,
            envelope: Envelope::Usual,
            note: "ok".into(),
            fetch: None,
        }
    }

    /// An upload: the answer is made when the URL has been fetched.
    pub(super) fn fetching(job: FetchJob) -> Self {
        Success {
            fetch: Some(job),
            ..Success::empty()
        }
    }

    /// The empty object that most endpoints answer.
    pub(super) fn empty() -> Self {
        Success::new(Value::Object(Map::new()))
    }

    pub(super) fn noting(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    pub(super) fn with_envelope(mut self, envelope: Envelope) -> Self {
        self.envelope = envelope;
        self
    }
}

/// A refusal by the business layer: HTTP 200 with a code other than 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: i64,
    pub(super) message: String,
}

pub(super) type EndpointResult = Result<Success, Failure>;

/// Prefix of backend refusals; the reason follows, or nothing.
const BACKEND: &str = "head rsp code error, error_msg: ";

impl Failure {
    pub(super) fn new(code: i64, message: impl Into<String>) -> Self {
        Failure {
            code,
            message: message.into(),
        }
    }

    /// A failure whose code is not documented; clients rely on the text.
    pub(super) fn with_undocumented_code(message: &str) -> Self {
        Failure::new(-1, message)
    }

    pub(super) fn unknown_guid() -> Self {
        Failure::with_undocumented_code("invalid guid")
    }

    pub(super) fn not_started() -> Self {
        Failure::with_undocumented_code("instance not started")
    }

    pub(super) fn not_logged_in() -> Self {
        Failure::with_undocumented_code("账号未登录")
    }

    pub(super) fn limit_reached() -> Self {
        Failure::with_undocumented_code("实例数已达到上限")
    }

    pub(super) fn too_frequent() -> Self {
        Failure::with_undocumented_code("操作过于频繁，请稍后再试")
    }

    /// The code is not documented.
    pub(super) fn too_late() -> Self {
        Failure::with_undocumented_code("消息发送时间过长，无法撤回")
    }

    pub(super) fn bad_conversation() -> Self {
        Failure::known(-2003)
    }

    pub(super) fn contact_forbidden() -> Self {
        Failure::known(-4017)
    }

    /// The failure with this code and its usual text.
    pub(super) fn known(code: i64) -> Self {
        let text = match code {
            -2003 => BACKEND.to_string(),
            -4017 => format!("{BACKEND}对方无外部联系人权限"),
            -4046 => format!("{BACKEND}当前客户端版本不支持小程序"),
            -5103011 => format!("{BACKEND}cdn rule expired"),
            5103017 => format!("{BACKEND}cdn file not found"),
            -15001500 => "heartbeat failed".into(),
            1014 => "login device not ready".into(),
            1002 => "账号未登录 offline".into(),
            9003 => "坐席已过期".into(),
            _ => format!("{BACKEND}error {code}"),
        };
        Failure::new(code, text)
    }
}
