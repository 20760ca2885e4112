//! Delivery of one message: wait for the pace, record "in flight" in the ledger, send, record the outcome.

mod content;
mod conversion;
mod outgoing_message;
mod send_phase;
mod sender;
mod upload;

pub use content::{Content, FileView};
pub use conversion::ConversionService;
pub use outgoing_message::{OutgoingMessage, check_key};
pub use send_phase::{Phase, SendPhase};
pub use sender::{
    OnNoState, PendingRecord, SendOptions, Sender, interrupted_before_sending,
    interrupted_in_flight,
};
pub use upload::{Gateway, Uploader};

use crate::api::SentMessage;
use crate::error::Outcome;

/// The result for a delivered message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// `accepted`, or `duplicate` when it was previously accepted.
    pub outcome: Outcome,
    /// The message; the earlier one for a duplicate.
    pub message: SentMessage,
    /// Whether the ledger was consulted and updated; none for a message without a key.
    pub deduplicated: Option<bool>,
    /// The file, if the message has one.
    pub file: Option<FileView>,
}
