//! A text message in the forms the server gives it.

use super::protobuf;
use super::record::Delivery;
use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::Timestamp;
use serde_json::{Value, json};

/// `contenttype` of a text.
const TEXT: u64 = 2;

/// A message the server has numbered.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: u64,
    pub(super) seq: u64,
    pub(super) sent_at: Timestamp,
    pub(super) sender: u64,
    pub(super) sender_name: String,
    pub(super) conversation_id: String,
    /// A user id, or `0` in a group.
    pub(super) receiver: String,
    /// A group id, or `0` in a private chat.
    pub(super) room_id: String,
    pub(super) content: String,
    pub(super) at_list: Vec<Value>,
}

impl Message {
    /// `msg_data` of a send's answer: content, appinfo and sendername are base64 here, and only
    /// here.
    pub(super) fn answer(&self) -> Value {
        json!({
            "id": self.id.to_string(),
            "seq": self.seq.to_string(),
            "messagetype": if self.room_id == "0" { 0 } else { 4 },
            "sender": self.sender.to_string(),
            "receiver": self.receiver,
            "roomid": self.room_id,
            "contenttype": TEXT,
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
        BASE64_STANDARD.encode(protobuf::appinfo(sent_at, self.sender, self.id))
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
        }
    }
}
