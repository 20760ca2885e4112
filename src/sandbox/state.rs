//! Everything the simulated server knows; no sockets and no clock.

use super::dialect::Dialect;
use super::instance::Instance;
use super::quirk::Quirks;
use super::record::{Delivery, Record};
use super::reply::Failure;
use super::scenario::Scenario;
use super::seed;
use super::status::Status;
use serde_json::Value;
use std::sync::Arc;

/// The client type of seeded instances: the newest of the vendor's change log.
const SEEDED_CLIENT_TYPE: i64 = 262;

/// The simulated server.
#[derive(Debug)]
pub(super) struct State {
    pub(super) dialect: Dialect,
    pub(super) quirks: Quirks,
    pub(super) limit: usize,
    pub(super) global_notify_url: String,
    pub(super) instances: Vec<Instance>,
    pub(super) deliveries: Record<Delivery>,
    sessions: usize,
    created: u64,
    sent: u64,
}

impl State {
    pub(super) fn new(scenario: &Scenario) -> Self {
        let mut state = State {
            dialect: scenario.dialect,
            quirks: Quirks::new(scenario.quirks.clone()),
            limit: scenario.limit,
            global_notify_url: String::new(),
            instances: Vec::new(),
            deliveries: Record::new(),
            sessions: scenario.sessions,
            created: 0,
            sent: 0,
        };
        for (count, status) in [
            (scenario.online, Status::Online),
            (scenario.running, Status::Running),
            (scenario.stopped, Status::Stopped),
        ] {
            for _ in 0..count {
                let instance = state.make_instance(status, SEEDED_CLIENT_TYPE);
                state.instances.push(instance);
            }
        }
        state
    }

    /// Makes an instance with the next guid, not yet in the list.
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

    /// Id and sequence number of the next message.
    pub(super) fn next_message(&mut self) -> (u64, u64) {
        let number = self.sent;
        self.sent += 1;
        (
            seed::FIRST_MESSAGE_ID + number,
            seed::FIRST_MESSAGE_SEQ + number,
        )
    }

    pub(super) fn deliver(&mut self, delivery: Delivery) {
        let bytes = delivery.content.len() + 256;
        self.deliveries.push(Arc::new(delivery), bytes);
    }

    /// Logs an account out, if there is one.
    pub(super) fn log_out(&mut self, guid: &str) {
        if let Ok(instance) = self.instance(guid)
            && instance.status.is_logged_in()
        {
            instance.status = Status::Running;
        }
    }

    /// What the admin path shows of the instances.
    pub(super) fn view(&self) -> Value {
        self.instances.iter().map(Instance::view).collect()
    }
}
