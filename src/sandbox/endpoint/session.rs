//! `/session/get_session_list`: the account's conversations, in pages.

use super::super::endpoint_result::{EndpointResult, Success};
use super::super::initial_data::Session;
use super::super::quirk::{Quirk, Quirks};
use super::super::schema::Field;
use super::{Call, GUID};
use serde_json::{Value, json};

pub(super) const LIST: &[Field] = &[
    GUID,
    Field::text("begin_seq", "0"),
    Field::integer("limit", 100),
];

/// Returns the conversations after `begin_seq`, and the cursor of the next page. The end is not
/// documented, so the cursor stays unchanged there unless a quirk resets it.
pub(super) fn get_session_list(call: &mut Call) -> EndpointResult {
    let begin: u64 = call.params.text("begin_seq").parse().unwrap_or(0);
    let limit = usize::try_from(call.params.integer("limit")).unwrap_or(0);
    let quirks = call.state.quirks.clone();
    let sessions = &call.instance()?.sessions;
    let behind = || sessions.iter().filter(|session| session.seq > begin);
    let page: Vec<&Session> = behind().take(limit).collect();
    let is_last = page.len() == behind().count();
    let next = match page.last() {
        _ if is_last && quirks.has(Quirk::ZeroCursor) => 0,
        Some(last) => last.seq,
        None => begin,
    };
    let list: Vec<Value> = page.iter().map(|session| view(session, &quirks)).collect();
    let note = format!("{} sessions", list.len());
    Ok(Success::new(json!({
        "session_list": quirks.list(list),
        "begin_seq": next.to_string(),
    }))
    .noting(note))
}

fn view(session: &Session, quirks: &Quirks) -> Value {
    let (id_key, name_key) = if quirks.has(Quirk::AltSessionKeys) {
        ("session_id", "nick_name")
    } else if quirks.has(Quirk::ObjectSessions) {
        ("conversation_id", "name")
    } else {
        return json!(session.conversation_id);
    };
    json!({
        id_key: session.conversation_id,
        name_key: session.name,
        "last_msg_time": session.last_msg_time,
    })
}
