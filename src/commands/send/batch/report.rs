//! Results of the lines and of the whole batch.

use serde::Serialize;
use serde_json::value::RawValue;

use super::line::{BadLine, Item};
use crate::commands::send::outcome_counts::outcome_of;
use crate::conversation::ConversationId;
use crate::delivery::{FileView, Receipt};
use crate::error::{Error, Outcome};
use crate::guid::Guid;

/// One line of the output.
#[derive(Serialize)]
pub struct Report<'a> {
    line: u64,
    id: Option<&'a RawValue>,
    to: Option<&'a str>,
    outcome: Outcome,
    message_id: Option<&'a str>,
    seq: Option<&'a str>,
    conversation_id: Option<&'a ConversationId>,
    guid: &'a Guid,
    sent_at: Option<&'a str>,
    deduplicated: Option<bool>,
    file: Option<&'a FileView>,
    error: Option<&'a Error>,
}

impl<'a> Report<'a> {
    /// The result of a valid line.
    pub fn of(item: &'a Item, guid: &'a Guid, result: &'a Result<Receipt, Error>) -> Self {
        let message = result.as_ref().ok().map(|receipt| &receipt.message);
        Self {
            line: item.line,
            id: item.id.as_deref(),
            to: Some(&item.to),
            outcome: outcome_of(result),
            message_id: message.map(|m| m.message_id.as_str()),
            seq: message.and_then(|m| m.seq.as_deref()),
            conversation_id: Some(&item.outgoing.to),
            guid,
            sent_at: message.and_then(|m| m.sent_at.as_deref()),
            deduplicated: result
                .as_ref()
                .ok()
                .and_then(|receipt| receipt.deduplicated),
            file: result
                .as_ref()
                .ok()
                .and_then(|receipt| receipt.file.as_ref()),
            error: result.as_ref().err(),
        }
    }

    /// The result of an invalid line.
    pub fn of_bad(bad: &'a BadLine, guid: &'a Guid, error: &'a Error) -> Self {
        Self {
            line: bad.line,
            id: bad.id.as_deref(),
            to: bad.to.as_deref(),
            outcome: Outcome::NotSent,
            message_id: None,
            seq: None,
            conversation_id: None,
            guid,
            sent_at: None,
            deduplicated: None,
            file: None,
            error: Some(error),
        }
    }
}
