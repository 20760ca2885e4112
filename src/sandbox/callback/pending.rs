//! A callback before and after it is posted.

use crate::sandbox::record;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A callback that was posted, or could not be.
#[derive(Clone, Debug)]
pub struct Callback {
    /// Time of the receiver's answer, or of the failure.
    pub at: Timestamp,
    /// The instance.
    pub guid: String,
    /// The event's number.
    pub notify_type: i64,
    /// The URL.
    pub url: String,
    /// The body: guid, type and data.
    pub body: Value,
    /// The receiver's HTTP status.
    pub http_status: Option<u16>,
    /// Why there is no status.
    pub error: Option<String>,
}

/// A callback to be posted; the body is kept as text, which is smaller than a parsed value.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PendingCallback {
    pub(super) guid: String,
    pub(super) notify_type: i64,
    pub(super) url: String,
    pub(super) body: Box<RawValue>,
}

impl PendingCallback {
    /// Approximate size in memory, in bytes.
    pub(super) fn size(&self) -> usize {
        self.guid.len() + self.url.len() + self.body.get().len() + 256
    }
}

/// A callback as recorded.
#[derive(Clone, Debug, Serialize)]
pub(in crate::sandbox) struct Posted {
    #[serde(serialize_with = "record::time")]
    pub(super) at: Timestamp,
    #[serde(flatten)]
    pub(super) pending: PendingCallback,
    pub(super) http_status: Option<u16>,
    pub(super) error: Option<String>,
}

impl From<&Posted> for Callback {
    fn from(posted: &Posted) -> Self {
        let pending = posted.pending.clone();
        Callback {
            at: posted.at,
            guid: pending.guid,
            notify_type: pending.notify_type,
            url: pending.url,
            body: serde_json::from_str(pending.body.get()).unwrap_or_default(),
            http_status: posted.http_status,
            error: posted.error.clone(),
        }
    }
}
