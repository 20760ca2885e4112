//! `/sync/sync_msg`: messages after a key.

use super::super::endpoint_result::{EndpointResult, Failure, Success};
use super::super::message::SENT;
use super::super::schema::Field;
use super::{Call, GUID};
use jiff::SignedDuration;
use serde_json::{Value, json};

pub(super) const SYNC: &[Field] = &[
    GUID,
    Field::text("sync_key", ""),
    Field::integer("limit", 100),
];

/// Least time between two calls (wire protocol).
const INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// Answers the account's messages with a sequence number above the key, oldest first. The key must not
/// be missing or 0, and one call a minute is allowed.
pub(super) fn sync_msg(call: &mut Call) -> EndpointResult {
    let guid = call.params.text("guid");
    let key: u64 = call.params.text("sync_key").parse().unwrap_or(0);
    let limit = usize::try_from(call.params.integer("limit")).unwrap_or(0);
    let now = call.now;
    if key == 0 {
        return Err(Failure::with_undocumented_code("sync_key must not be 0"));
    }
    let instance = call.instance()?;
    if instance
        .last_sync
        .is_some_and(|last| now.duration_since(last) < INTERVAL)
    {
        return Err(Failure::too_frequent());
    }
    instance.last_sync = Some(now);
    let messages = call.state.sent_after(guid, key);
    let page: Vec<Value> = messages
        .iter()
        .take(limit)
        .map(|message| message.event(SENT))
        .collect();
    let last = messages
        .iter()
        .take(limit)
        .next_back()
        .map_or(key, |message| message.seq);
    let note = format!("{} messages", page.len());
    Ok(Success::new(json!({
        "max_sync_key": last.to_string(),
        "continue_flag": page.len() < messages.len(),
        "msg_list": call.state.quirks.list(page),
    }))
    .noting(note))
}
