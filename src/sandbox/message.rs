//! Messages: sent by the account, and received from others.

use super::attachment::Attachment;
use super::conversation::{Conversation, Peer};
use super::protobuf;
use super::record::Delivery;
use super::state::State;
use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// `msg_type` of a read report and of a change in events.
const READ_EVENT: u64 = 1012;
const CHANGE_EVENT: u64 = 1011;

/// `send_flag` of what this account sent, and of what it received.
pub(super) const SENT: u64 = 1;
pub(super) const RECEIVED: u64 = 0;

/// A message the server has numbered.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: u64,
    pub(super) seq: u64,
    pub(super) sent_at: Timestamp,
    pub(super) sender: String,
    pub(super) sender_name: String,
    pub(super) conversation_id: String,
    /// A user id, or `0` in a group.
    pub(super) receiver: String,
    /// A group id, or `0` in a private chat.
    pub(super) room_id: String,
    pub(super) content: String,
    pub(super) at_list: Vec<Value>,
    pub(super) attachment: Attachment,
}

impl Message {
    /// `msg_data` of a send's answer: content, appinfo and sendername are base64 here, and only
    /// here.
    pub(super) fn answer(&self) -> Value {
        json!({
            "id": self.id.to_string(),
            "seq": self.seq.to_string(),
            "messagetype": if self.room_id == "0" { 0 } else { 4 },
            "sender": self.sender,
            "receiver": self.receiver,
            "roomid": self.room_id,
            "contenttype": self.attachment.kind.content_type(),
            "content": BASE64_STANDARD.encode(protobuf::text_content(&self.content)),
            "sendtime": self.sent_at.as_second(),
            "flag": 0,
            "devinfo": "65537",
            "appinfo": BASE64_STANDARD.encode(self.appinfo()),
            "sendername": BASE64_STANDARD.encode(&self.sender_name),
            "asid": "0",
        })
    }

    /// The key that is unique among the messages of all accounts.
    pub(super) fn appinfo(&self) -> String {
        let sent_at = u64::try_from(self.sent_at.as_second()).unwrap_or(0);
        let sender = self.sender.parse().unwrap_or(0);
        BASE64_STANDARD.encode(protobuf::appinfo(sent_at, sender, self.id))
    }

    /// `data` of 11010, where nothing is base64; `send_flag` is [`SENT`] or [`RECEIVED`].
    pub(super) fn event(&self, send_flag: u64) -> Value {
        let mut data = self.bare_event(self.attachment.kind.msg_type(), send_flag);
        if let Some(fields) = data.as_object_mut() {
            let content_type = self.attachment.kind.content_type();
            fields.insert("content_type".into(), json!(content_type));
            for (name, value) in self.attachment.event_fields() {
                fields.insert(name.into(), value);
            }
            fields.insert("content".into(), json!(self.content));
            fields.insert("at_list".into(), json!(self.at_list));
            fields.insert("quote_content".into(), json!(""));
            fields.insert("quote_appinfo".into(), json!(""));
        }
        data
    }

    /// A read report, which lacks the text, the mentions and the quote.
    pub(super) fn read_report(&self) -> Value {
        self.bare_event(READ_EVENT, RECEIVED)
    }

    /// The record that the message was taken back, which names it in `referid`.
    pub(super) fn revocation(&self) -> Value {
        let mut data = self.bare_event(CHANGE_EVENT, SENT);
        if let Some(fields) = data.as_object_mut() {
            fields.insert("referid".into(), json!(self.id.to_string()));
            fields.insert("content".into(), json!("撤回了一条消息"));
        }
        data
    }

    fn bare_event(&self, msg_type: u64, send_flag: u64) -> Value {
        json!({
            "seq": self.seq.to_string(),
            "id": self.id.to_string(),
            "appinfo": self.appinfo(),
            "sender": self.sender,
            "receiver": self.receiver,
            "roomid": self.room_id,
            "sendtime": self.sent_at.as_second(),
            "sender_name": self.sender_name,
            "content_type": 0,
            "referid": "0",
            "flag": 0,
            "send_flag": send_flag,
            "msg_type": msg_type,
        })
    }

    /// The record of the message's acceptance.
    pub(super) fn delivery(&self, guid: &str) -> Delivery {
        Delivery {
            at: self.sent_at,
            id: self.id.to_string(),
            seq: self.seq.to_string(),
            guid: guid.into(),
            conversation_id: self.conversation_id.clone(),
            content: self.content.clone(),
            at_list: self.at_list.clone(),
            attachment: self.attachment.clone(),
            is_revoked: false,
        }
    }
}

/// Who writes in a group when nobody is named.
const EXTERNAL_CONTACT_ID: &str = "7881300000000001";

/// The name of a sender when none is given.
const UNNAMED_SENDER: &str = "客户";

/// A message that another user sends to an account.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct IncomingMessage {
    /// The conversation it belongs to; in a private one the peer is the sender.
    pub conversation_id: String,
    /// The text.
    #[serde(default)]
    pub content: String,
    /// User id of the sender in a group.
    #[serde(default)]
    pub sender: Option<String>,
    /// The sender's name.
    #[serde(default)]
    pub sender_name: Option<String>,
    /// Whom the text mentions.
    #[serde(default)]
    pub at_list: Vec<Value>,
}

/// What arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IncomingKind {
    Text,
    ReadReport,
}

impl State {
    /// Delivers a message of another person; true when a callback goes out for it.
    ///
    /// # Errors
    /// When there is no such instance or the conversation id is malformed.
    pub(super) fn deliver_incoming(
        &mut self,
        guid: &str,
        incoming: &IncomingMessage,
        kind: IncomingKind,
        now: Timestamp,
    ) -> Result<bool, String> {
        let conversation = Conversation::parse(&incoming.conversation_id)
            .ok_or_else(|| format!("{:?} is no conversation id", incoming.conversation_id))?;
        let instance = self.instance(guid).map_err(|failure| failure.message)?;
        let own_id = instance.user_id.to_string();
        let name = incoming.sender_name.as_deref().unwrap_or(UNNAMED_SENDER);
        instance.begin_session(&conversation, name, now.as_second());
        let message = self.numbered(guid, incoming, &conversation, own_id, now);
        Ok(match kind {
            IncomingKind::Text => self.emit_message(guid, message.event(RECEIVED)),
            IncomingKind::ReadReport => self.emit_message(guid, message.read_report()),
        })
    }

    fn numbered(
        &mut self,
        guid: &str,
        incoming: &IncomingMessage,
        conversation: &Conversation,
        own_id: String,
        now: Timestamp,
    ) -> Message {
        let (id, seq) = self.next_message();
        let (sender, receiver) = match conversation.peer {
            Peer::User => (conversation.receiver().to_string(), own_id),
            Peer::Room => {
                let sender = incoming.sender.as_deref().unwrap_or(EXTERNAL_CONTACT_ID);
                (sender.to_string(), "0".to_string())
            }
        };
        let known = self.instance(guid).ok();
        let known = known.and_then(|instance| instance.directory.person(&sender));
        let sender_name = match (&incoming.sender_name, known) {
            (Some(name), _) => name.clone(),
            (None, Some(person)) => person.name.clone(),
            (None, None) => UNNAMED_SENDER.into(),
        };
        Message {
            id,
            seq,
            sent_at: now,
            sender,
            sender_name,
            conversation_id: conversation.id(),
            receiver,
            room_id: conversation.room_id().into(),
            content: incoming.content.clone(),
            at_list: incoming.at_list.clone(),
            attachment: Attachment::default(),
        }
    }
}
