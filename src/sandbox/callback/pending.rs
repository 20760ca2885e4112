//! A callback on its way, as it is kept, and as it is told.

use crate::sandbox::record;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// One callback that was posted, or tried.
#[derive(Clone, Debug)]
pub struct Callback {
    /// When the receiver had answered, or failed to.
    pub at: Timestamp,
    /// The instance it is about.
    pub guid: String,
    /// Number of the event.
    pub notify_type: i64,
    /// Where it went.
    pub url: String,
    /// The body: guid, type and data.
    pub body: Value,
    /// The receiver's HTTP status.
    pub http_status: Option<u16>,
    /// Why there is none.
    pub error: Option<String>,
}

/// An event as it is posted: its body as text, which takes a fraction of a parsed one's room.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PendingCallback {
    pub(super) guid: String,
    pub(super) notify_type: i64,
    pub(super) url: String,
    pub(super) body: Box<RawValue>,
}

impl PendingCallback {
    /// About how much memory it takes, in bytes.
    pub(super) fn size(&self) -> usize {
        self.guid.len() + self.url.len() + self.body.get().len() + 256
    }
}

/// A callback as it is kept.
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
