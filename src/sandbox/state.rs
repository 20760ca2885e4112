//! The state of the simulated server; no sockets and no clock.

mod logins;

pub(super) use logins::StepError;

use super::conversation::Conversation;
use super::dialect::Dialect;
use super::endpoint_result::{EndpointResult, Failure};
use super::event::{self, Event};
use super::files::Files;
use super::initial_data;
use super::instance::Instance;
use super::instance::Status;
use super::message::{Message, SENT};
use super::personal_wechat;
use super::quirk::{Quirk, Quirks};
use super::record::{Delivery, Record};
use super::scan_script::ScanScript;
use super::scenario::Scenario;
use serde_json::{Value, json};
use std::sync::Arc;

/// Client type of the initial instances: the newest in the vendor's changelog.
const INITIAL_CLIENT_TYPE: i64 = 262;

/// The simulated server.
#[derive(Debug)]
pub(super) struct State {
    pub(super) dialect: Dialect,
    pub(super) quirks: Quirks,
    /// Whether the server is behind the hosted gateway.
    pub(super) has_gateway: bool,
    pub(super) limit: usize,
    pub(super) any_target: bool,
    pub(super) global_notify_url: String,
    pub(super) instances: Vec<Instance>,
    pub(super) deliveries: Record<Delivery>,
    pub(super) files: Files,
    /// The base URL for clients on this machine.
    pub(super) base_url: String,
    scan: ScanScript,
    sessions: usize,
    created: u64,
    sent: u64,
    qrcodes: u64,
    outbox: Vec<Event>,
    /// Whether the time of the next step changed.
    rescheduled: bool,
}

impl State {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let mut state = State {
            dialect: scenario.dialect,
            quirks: Quirks::new(scenario.quirks.clone()),
            has_gateway: scenario.gateway.is_some(),
            limit: scenario.limit,
            any_target: scenario.any_target,
            global_notify_url: String::new(),
            instances: Vec::new(),
            deliveries: Record::new(),
            files: Files::default(),
            base_url: String::new(),
            sessions: scenario.sessions,
            scan: scenario.scan.clone(),
            created: 0,
            sent: 0,
            qrcodes: 0,
            outbox: Vec::new(),
            rescheduled: false,
        };
        for (count, status) in [
            (scenario.online, Status::Online),
            (scenario.running, Status::Running),
            (scenario.stopped, Status::Stopped),
        ] {
            for _ in 0..count {
                let instance = state.make_instance(status, INITIAL_CLIENT_TYPE);
                state.instances.push(instance);
            }
        }
        state
    }

    /// Creates an instance with the next guid, without listing it.
    pub(super) fn make_instance(&mut self, status: Status, client_type: i64) -> Instance {
        let number = self.created;
        self.created += 1;
        Instance::new(number, status, client_type, self.sessions)
    }

    pub(super) fn instance(&mut self, guid: &str) -> Result<&mut Instance, Failure> {
        self.instances
            .iter_mut()
            .find(|instance| instance.guid == guid)
            .ok_or_else(Failure::unknown_guid)
    }

    /// Sets an instance's status without an event; stopping ends its login.
    pub(super) fn set_status(&mut self, guid: &str, status: Status) -> Result<(), Failure> {
        let instance = self.instance(guid)?;
        instance.status = status;
        if status == Status::Stopped {
            instance.login = None;
        }
        Ok(())
    }

    /// The body of an answer, in the form of this server.
    pub(super) fn render(&self, reply: &EndpointResult) -> Vec<u8> {
        if self.quirks.has(Quirk::PersonalWechat) {
            personal_wechat::render(reply)
        } else {
            self.dialect.render(reply)
        }
    }

    /// Id and sequence number of the next message.
    pub(super) fn next_message(&mut self) -> (u64, u64) {
        let number = self.sent;
        self.sent += 1;
        (
            initial_data::FIRST_MESSAGE_ID + number,
            initial_data::FIRST_MESSAGE_SEQ + number,
        )
    }

    pub(super) fn deliver(&mut self, delivery: Delivery) {
        let bytes = delivery.size();
        self.deliveries.push(Arc::new(delivery), bytes);
    }

    /// The messages of an account with a sequence number above `seq`, oldest first.
    pub(super) fn sent_after(&mut self, guid: &str, seq: u64) -> Vec<Message> {
        let Ok(instance) = self.instance(guid) else {
            return Vec::new();
        };
        let (sender, sender_name) = (instance.user_id, instance.user_name.clone());
        let deliveries = self.deliveries.handles();
        let of_account = deliveries.iter().filter(|delivery| delivery.guid == guid);
        of_account
            .filter_map(|delivery| {
                let conversation = Conversation::parse(&delivery.conversation_id)?;
                Some(Message {
                    id: delivery.id.parse().ok()?,
                    seq: delivery.seq.parse().ok()?,
                    sent_at: delivery.at,
                    sender: sender.to_string(),
                    sender_name: sender_name.clone(),
                    conversation_id: conversation.id(),
                    receiver: conversation.receiver().into(),
                    room_id: conversation.room_id().into(),
                    content: delivery.content.clone(),
                    at_list: delivery.at_list.clone(),
                    attachment: delivery.attachment.clone(),
                })
            })
            .filter(|message| message.seq > seq)
            .collect()
    }

    /// Queues an event for the instance's `notify_url`, else the global one, and its WebSocket clients;
    /// without any it is lost.
    pub(super) fn emit(&mut self, guid: &str, notify_type: i64, mut data: Value) -> bool {
        let url = match self.instance(guid) {
            Ok(instance) if !instance.notify_url.is_empty() => instance.notify_url.clone(),
            _ => self.global_notify_url.clone(),
        };
        if url.is_empty() && !self.is_subscribed(guid) {
            return false;
        }
        self.quirks.apply(&mut data);
        self.outbox.push(Event {
            guid: guid.into(),
            url,
            notify_type,
            data,
        });
        true
    }

    /// Queues a message event, alone or as a batch of one.
    pub(super) fn emit_message(&mut self, guid: &str, mut message: Value) -> bool {
        if !self.quirks.has(Quirk::BatchCallbacks) {
            return self.emit(guid, event::NEW_MESSAGE, message);
        }
        if let Some(fields) = message.as_object_mut() {
            fields.insert("extra_content".into(), json!(""));
        }
        let batch = json!([message]);
        let data = if self.quirks.has(Quirk::WrappedBatch) {
            json!({ "list": batch })
        } else {
            batch
        };
        self.emit(guid, event::MESSAGE_BATCH, data)
    }

    /// Echoes an own message as an event.
    pub(super) fn echo(&mut self, guid: &str, message: &Message) {
        if self.is_listened_to(guid) {
            self.emit_message(guid, message.event(SENT));
        }
    }

    /// Reports that an own message was taken back.
    pub(super) fn echo_revocation(&mut self, guid: &str, id: &str) {
        if !self.is_listened_to(guid) {
            return;
        }
        let message = self
            .sent_after(guid, 0)
            .into_iter()
            .find(|message| message.id.to_string() == id);
        if let Some(message) = message {
            self.emit_message(guid, message.revocation());
        }
    }

    fn is_listened_to(&mut self, guid: &str) -> bool {
        !self.global_notify_url.is_empty()
            || self
                .instance(guid)
                .is_ok_and(|instance| instance.is_subscribed || !instance.notify_url.is_empty())
    }

    fn is_subscribed(&mut self, guid: &str) -> bool {
        self.instance(guid)
            .is_ok_and(|instance| instance.is_subscribed)
    }

    /// From now on the instance's events are for WebSocket clients too; false when there is no such
    /// instance.
    pub(super) fn subscribe(&mut self, guid: &str) -> bool {
        self.instance(guid)
            .map(|instance| instance.is_subscribed = true)
            .is_ok()
    }

    /// Removes and returns the queued events.
    pub(super) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.outbox)
    }

    /// Whether the next step's time may have changed since the last call.
    pub(super) fn take_rescheduled(&mut self) -> bool {
        std::mem::take(&mut self.rescheduled)
    }

    /// The instances for the admin interface.
    pub(super) fn view(&self) -> Value {
        self.instances.iter().map(Instance::view).collect()
    }
}
