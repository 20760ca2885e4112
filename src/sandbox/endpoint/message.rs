//! `/msg/send_text` and `/msg/send_room_at`.

use super::super::conversation::{Conversation, Peer};
use super::super::endpoint_result::{EndpointResult, Failure, Success};
use super::super::initial_data;
use super::super::message::Message;
use super::super::schema::Field;
use super::{Call, EndpointFault, GUID};
use serde_json::{Value, json};

pub(super) const TEXT: &[Field] = &[
    GUID,
    Field::text("conversation_id", ""),
    Field::text("content", ""),
];

pub(super) const ROOM_AT: &[Field] = &[
    GUID,
    Field::text("conversation_id", ""),
    Field::text("content", ""),
    Field::ids("at_list"),
];

/// Characters of a text shown in the log.
const SHOWN_CHARS: usize = 40;

pub(super) fn send_text(call: &mut Call) -> EndpointResult {
    let target = target(call)?;
    send(call, &target, &[])
}

pub(super) fn send_room_at(call: &mut Call) -> EndpointResult {
    let target = target(call)?;
    if target.peer != Peer::Room {
        return Err(Failure::bad_conversation());
    }
    send(call, &target, call.params.ids("at_list"))
}

/// The target, which must exist unless the scenario accepts any.
fn target(call: &mut Call) -> Result<Conversation, Failure> {
    let id = call.params.text("conversation_id");
    if id == initial_data::FORBIDDEN_CONTACT {
        return Err(Failure::contact_forbidden());
    }
    let target = Conversation::parse(id).ok_or_else(Failure::bad_conversation)?;
    if call.state.any_target || call.instance()?.knows(&target) {
        Ok(target)
    } else {
        Err(Failure::bad_conversation())
    }
}

fn send(call: &mut Call, target: &Conversation, at_list: &[Value]) -> EndpointResult {
    let message = compose(call, target, at_list)?;
    let failed = call.endpoint_fault == Some(EndpointFault::ServerFail);
    if !failed {
        let guid = call.params.text("guid");
        call.instance()?
            .touch_session(&message.conversation_id, message.sent_at.as_second());
        call.state.deliver(message.delivery(guid));
        call.state.echo(guid, &message);
    }
    let data = json!({ "msg_data": message.answer(), "is_svr_fail": failed });
    Ok(Success::new(data).noting(note(&message, failed)))
}

fn compose(call: &mut Call, target: &Conversation, at_list: &[Value]) -> Result<Message, Failure> {
    let (id, seq) = call.state.next_message();
    let now = call.now;
    let content = call.params.text("content").to_string();
    let instance = call.instance()?;
    Ok(Message {
        id,
        seq,
        sent_at: now,
        sender: instance.user_id.to_string(),
        sender_name: instance.user_name.clone(),
        conversation_id: target.id(),
        receiver: target.receiver().into(),
        room_id: target.room_id().into(),
        content,
        at_list: at_list.to_vec(),
    })
}

fn note(message: &Message, failed: bool) -> String {
    let mut text: String = message.content.chars().take(SHOWN_CHARS).collect();
    if text.len() < message.content.len() {
        text.push('…');
    }
    let (id, to) = (message.id, &message.conversation_id);
    let mentions = match message.at_list.len() {
        0 => String::new(),
        number => format!(" @{number}"),
    };
    let delivery_note = if failed { " not delivered" } else { "" };
    // Debug form, to escape control characters.
    format!("message {id} to {to}{mentions} {text:?}{delivery_note}")
}
