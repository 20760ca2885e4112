//! Messages from others, made up on demand.

use super::conversation::{Conversation, Peer};
use super::message::{Message, RECEIVED};
use super::state::State;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// Who writes in a group when nobody is named.
const STRANGER: &str = "7881300000000001";

/// A message that somebody else sends to an account.
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
    /// Lets a message arrive; true when a callback goes out for it.
    ///
    /// # Errors
    /// When there is no such instance or the conversation id is malformed.
    pub(super) fn receive(
        &mut self,
        guid: &str,
        incoming: &IncomingMessage,
        arrival: IncomingKind,
        now: Timestamp,
    ) -> Result<bool, String> {
        let conversation = Conversation::parse(&incoming.conversation_id)
            .ok_or_else(|| format!("{:?} is no conversation id", incoming.conversation_id))?;
        let own_id = self
            .instance(guid)
            .map_err(|failure| failure.message)?
            .user_id
            .to_string();
        let message = self.numbered(incoming, &conversation, own_id, now);
        Ok(match arrival {
            IncomingKind::Text => self.emit_message(guid, message.event(RECEIVED)),
            IncomingKind::ReadReport => self.emit_message(guid, message.read_report()),
        })
    }

    fn numbered(
        &mut self,
        incoming: &IncomingMessage,
        conversation: &Conversation,
        own_id: String,
        now: Timestamp,
    ) -> Message {
        let (id, seq) = self.next_message();
        let (sender, receiver) = match conversation.peer {
            Peer::User => (conversation.receiver().to_string(), own_id),
            Peer::Room => {
                let sender = incoming.sender.as_deref().unwrap_or(STRANGER);
                (sender.to_string(), "0".to_string())
            }
        };
        Message {
            id,
            seq,
            sent_at: now,
            sender,
            sender_name: incoming
                .sender_name
                .clone()
                .unwrap_or_else(|| "客户".into()),
            conversation_id: conversation.id(),
            receiver,
            room_id: conversation.room_id().into(),
            content: incoming.content.clone(),
            at_list: incoming.at_list.clone(),
        }
    }
}
