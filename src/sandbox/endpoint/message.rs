//! `/msg/…`: sends and revocations.

use super::super::attachment::{Attachment, MessageKind};
use super::super::conversation::{Conversation, Peer};
use super::super::endpoint_result::{EndpointResult, Failure, Success};
use super::super::initial_data;
use super::super::message::Message;
use super::super::schema::Field;
use super::{Call, EndpointFault, GUID};
use jiff::SignedDuration;
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

pub(super) const IMAGE: &[Field] = &[
    GUID,
    Field::text("conversation_id", ""),
    Field::text("file_id", ""),
    Field::integer("size", 0),
    Field::integer("image_width", 0),
    Field::integer("image_height", 0),
    Field::text("aes_key", ""),
    Field::text("md5", ""),
    Field::boolean("is_hd", false),
];

pub(super) const FILE: &[Field] = &[
    GUID,
    Field::text("conversation_id", ""),
    Field::text("file_id", ""),
    Field::integer("size", 0),
    Field::text("file_name", ""),
    Field::text("aes_key", ""),
    Field::text("md5", ""),
];

pub(super) const VOICE: &[Field] = &[
    GUID,
    Field::text("conversation_id", ""),
    Field::text("file_id", ""),
    Field::integer("size", 0),
    Field::integer("voice_time", 0),
    Field::text("aes_key", ""),
    Field::text("md5", ""),
];

pub(super) const VIDEO: &[Field] = &[
    GUID,
    Field::text("conversation_id", ""),
    Field::text("file_id", ""),
    Field::integer("size", 0),
    Field::text("file_name", ""),
    Field::text("aes_key", ""),
    Field::text("md5", ""),
    Field::integer("video_duration", 0),
    Field::integer("video_width", 0),
    Field::integer("video_height", 0),
];

pub(super) const LINK: &[Field] = &[
    GUID,
    Field::text("conversation_id", ""),
    Field::text("title", ""),
    Field::text("description", ""),
    Field::text("url", ""),
    Field::text("image_url", ""),
];

pub(super) const REVOKE: &[Field] = &[
    GUID,
    Field::text("conversation_id", ""),
    Field::text("msgid", ""),
];

/// Time in which a message can be taken back; the real time is "a few minutes" (wire protocol).
const REVOCABLE_FOR: SignedDuration = SignedDuration::from_mins(2);

/// Characters of a text shown in the log.
const SHOWN_CHARS: usize = 40;

pub(super) fn send_text(call: &mut Call) -> EndpointResult {
    let target = target(call)?;
    send(call, &target, &[], Attachment::default())
}

pub(super) fn send_image(call: &mut Call) -> EndpointResult {
    send_file_of(call, MessageKind::Image)
}

pub(super) fn send_file(call: &mut Call) -> EndpointResult {
    send_file_of(call, MessageKind::File)
}

pub(super) fn send_voice(call: &mut Call) -> EndpointResult {
    send_file_of(call, MessageKind::Voice)
}

pub(super) fn send_video(call: &mut Call) -> EndpointResult {
    send_file_of(call, MessageKind::Video)
}

fn send_file_of(call: &mut Call, kind: MessageKind) -> EndpointResult {
    let target = target(call)?;
    let attachment = Attachment::of_upload(call.state, kind, call.params)?;
    send(call, &target, &[], attachment)
}

pub(super) fn send_link(call: &mut Call) -> EndpointResult {
    let target = target(call)?;
    let attachment = Attachment::of_link(call.params)?;
    send(call, &target, &[], attachment)
}

/// Takes a message back.
pub(super) fn revoke_msg(call: &mut Call) -> EndpointResult {
    let target = target(call)?;
    let (guid, id) = (call.params.text("guid"), call.params.text("msgid"));
    let now = call.now;
    let mut result = Err(Failure::with_undocumented_code("消息不存在"));
    call.state.deliveries.change_latest(|delivery| {
        let is_it =
            delivery.guid == guid && delivery.id == id && delivery.conversation_id == target.id();
        if is_it {
            result = match now.duration_since(delivery.at) <= REVOCABLE_FOR {
                true => Ok(()),
                false => Err(Failure::too_late()),
            };
            delivery.is_revoked |= result.is_ok();
        }
        is_it
    });
    result?;
    call.state.echo_revocation(guid, id);
    Ok(Success::empty().noting(format!("message {} taken back", id.escape_debug())))
}

pub(super) fn send_room_at(call: &mut Call) -> EndpointResult {
    let target = target(call)?;
    if target.peer != Peer::Room {
        return Err(Failure::bad_conversation());
    }
    send(
        call,
        &target,
        call.params.ids("at_list"),
        Attachment::default(),
    )
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

fn send(
    call: &mut Call,
    target: &Conversation,
    at_list: &[Value],
    attachment: Attachment,
) -> EndpointResult {
    let message = compose(call, target, at_list, attachment)?;
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

fn compose(
    call: &mut Call,
    target: &Conversation,
    at_list: &[Value],
    attachment: Attachment,
) -> Result<Message, Failure> {
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
        attachment,
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
    let what = message.attachment.summary();
    let what = what.unwrap_or_else(|| format!("{text:?}"));
    format!("message {id} to {to}{mentions} {what}{delivery_note}")
}
