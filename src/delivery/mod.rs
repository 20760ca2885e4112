//! The way of one message: recorded, paced, sent, and its outcome recorded.

mod courier;
mod explain;
pub mod key;
mod outgoing;

pub use courier::{Courier, Plan, Record, STATE_FILE, no_state_folder};
pub use outgoing::{Outgoing, check_key};

use crate::api::SentMessage;
use crate::error::Outcome;

/// What came of a message that is where it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// `accepted` now, or a `duplicate` of one that was accepted before.
    pub outcome: Outcome,
    /// The message, the earlier one for a duplicate.
    pub message: SentMessage,
}
