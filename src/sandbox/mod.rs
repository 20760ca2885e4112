//! A stateful stand-in for the API server, for trying scripts without an account and for tests.
//!
//! [`Sandbox::start`] serves a [`Scenario`] over real sockets. `routes::handle` simulates the server
//! without I/O; the HTTP layer serves it and applies [`Fault`]s. No wire types are shared with the
//! client, so that one mistake cannot hide another.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod admin;
mod attachment;
mod callback;
mod conversation;
mod dialect;
mod directory;
mod directory_shape;
mod duration;
mod endpoint;
mod endpoint_result;
mod event;
mod fault;
mod fetch;
mod files;
mod gateway;
mod http;
mod http_response;
mod http_target;
mod initial_data;
mod initial_directory;
mod instance;
mod keyword;
mod login;
mod message;
mod personal_wechat;
#[cfg(any(test, fuzzing))]
pub mod properties;
mod protobuf;
mod quirk;
mod record;
mod routes;
mod scan_script;
mod scenario;
mod scheduler;
mod schema;
mod server;
mod simulator;
mod state;
#[cfg(test)]
mod tests;
mod upload;
mod websocket;

pub use attachment::{Attachment, MessageFile, MessageKind, MessageLink};
pub use callback::Callback;
pub use dialect::Dialect;
pub use fault::{FAULT_KINDS, Fault, FaultSyntax};
pub use gateway::Gateway;
pub use initial_data::FORBIDDEN_CONTACT;
pub use instance::Status;
pub use message::IncomingMessage;
pub use quirk::Quirk;
pub use record::{Delivery, Exchange};
pub use scan_script::{ScanOutcome, ScanScript, ScanStep};
pub use scenario::Scenario;

use self::message::IncomingKind;
use self::server::Server;
use jiff::Timestamp;
use serde_json::Value;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Called once for every protocol request, when the server has decided what to do with it and
/// before it answers, in the order of the record. Other requests wait for it meanwhile.
pub type Observer = Arc<dyn Fn(&Exchange) + Send + Sync>;

/// How long a sandbox waits at its end for threads that are still at work.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A running sandbox; dropping it closes the port and cuts every connection.
pub struct Sandbox {
    server: Arc<Server>,
    threads: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a sandbox. With port 0 the system chooses one, see [`Sandbox::addr`].
    ///
    /// # Errors
    /// When the address cannot be bound or no thread can be started.
    pub fn start(
        listen: SocketAddr,
        scenario: Scenario,
        observer: Observer,
    ) -> io::Result<Sandbox> {
        let listener = TcpListener::bind(listen)?;
        let server = Arc::new(Server::new(listener.local_addr()?, &scenario, observer));
        let threads = Vec::new();
        // From here on an early return drops the sandbox, which ends what has been started.
        let mut sandbox = Sandbox { server, threads };
        sandbox.spawn("sandbox-accept", |server| {
            http::listener::run(listener, server);
        })?;
        sandbox.spawn("sandbox-scheduler", |server| {
            server.scheduler.run(|| {
                server.change(|state| {
                    state.advance(Timestamp::now());
                    state.next_due()
                })
            });
        })?;
        for fault in scenario.faults {
            sandbox.server.add_fault(fault);
        }
        Ok(sandbox)
    }

    fn spawn(
        &mut self,
        name: &str,
        work: impl FnOnce(&Arc<Server>) + Send + 'static,
    ) -> io::Result<()> {
        let server = self.server.clone();
        let thread = thread::Builder::new().name(name.into());
        self.threads.push(thread.spawn(move || work(&server))?);
        Ok(())
    }

    /// The address bound, with the real port.
    pub fn addr(&self) -> SocketAddr {
        self.server.sockets.addr
    }

    /// The base URL a client on this machine uses, without a trailing slash.
    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// The base URL of the service that uploads files for accounts behind the gateway.
    pub fn conversion_url(&self) -> String {
        format!("{}{}", self.server.base_url(), gateway::CONVERSION_PATH)
    }

    /// The gateway's credentials and limits, if there is a gateway.
    pub fn gateway(&self) -> Option<&Gateway> {
        self.server.gateway.as_ref()
    }

    /// Every protocol request seen (the last 100,000, at most 32 MiB), in order; admin calls
    /// are not among them.
    pub fn exchanges(&self) -> Vec<Exchange> {
        unshare(self.server.exchanges())
    }

    /// Every message accepted (the last 100,000, at most 32 MiB), in order.
    pub fn deliveries(&self) -> Vec<Delivery> {
        let handles = lock(&self.server.simulator).state.deliveries.handles();
        unshare(handles)
    }

    /// The guids of the instances there are, in the order the server lists them.
    pub fn guids(&self) -> Vec<String> {
        let simulator = lock(&self.server.simulator);
        simulator
            .state
            .instances
            .iter()
            .map(|instance| instance.guid.clone())
            .collect()
    }

    /// Activates a fault, behind those already active. A refusal is in force on return.
    pub fn add_fault(&self, fault: Fault) {
        self.server.add_fault(fault);
    }

    /// Ends every fault, except a refusal, which ends by itself.
    pub fn clear_faults(&self) {
        lock(&self.server.simulator).faults.clear();
    }

    /// Puts an instance into a state, without any event; false when there is no such instance.
    pub fn set_status(&self, guid: &str, status: Status) -> bool {
        self.server
            .change(|state| state.set_status(guid, status).is_ok())
    }

    /// The number of WebSocket connections that receive the events of an instance.
    pub fn websockets(&self, guid: &str) -> usize {
        let connections = self.server.callbacks.hub().connections();
        connections.get(guid).copied().unwrap_or_default()
    }

    /// Cuts the WebSocket connections of an instance.
    pub fn disconnect(&self, guid: &str) {
        self.server.callbacks.hub().disconnect(guid);
    }

    /// Every callback posted, sent or tried (the last 100,000, at most 32 MiB), in the order
    /// they ended.
    pub fn callbacks(&self) -> Vec<Callback> {
        let posted = self.server.callbacks.posted();
        posted.iter().map(|posted| (&**posted).into()).collect()
    }

    /// Posts any event to the instance's callback URL, or the global one, and sends it to its
    /// WebSocket connections; false when there is none of these.
    pub fn post_callback(&self, guid: &str, notify_type: i64, data: Value) -> bool {
        self.server
            .change(|state| state.emit(guid, notify_type, data))
    }

    /// Delivers a message of another person to an account; false when nobody receives events.
    ///
    /// # Errors
    /// When there is no such instance or the conversation id is malformed.
    pub fn deliver_incoming(&self, guid: &str, message: &IncomingMessage) -> Result<bool, String> {
        let now = Timestamp::now();
        self.server
            .change(|state| state.deliver_incoming(guid, message, IncomingKind::Text, now))
    }

    /// Renames a person or group of an account's directory; false when there is none with this
    /// conversation id.
    pub fn rename(&self, guid: &str, conversation_id: &str, name: &str) -> bool {
        self.server.change(|state| {
            let instance = state.instance(guid);
            instance.is_ok_and(|instance| instance.directory.rename(conversation_id, name))
        })
    }

    /// Logs an account out because it logged in elsewhere (11011).
    pub fn kick(&self, guid: &str) {
        self.server.change(|state| state.kick(guid));
    }

    /// Takes a step of a login; false when the instance waits for none.
    pub fn scan_step(&self, guid: &str, step: &ScanStep) -> bool {
        self.server
            .change(|state| state.step_by_hand(guid, step).is_ok())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.sockets.shutdown.begin();
        self.server.scheduler.end();
        self.server.callbacks.end();
        let sockets = &self.server.sockets;
        sockets.control.end(sockets.addr);
        for thread in self.threads.drain(..) {
            // A panic there has been reported by its own thread already.
            let _ = thread.join();
        }
        self.server.sockets.close_connections(TIMEOUT);
    }
}

/// Locks, ignoring poisoning: every value here is consistent between statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unshare<T: Clone>(handles: Vec<Arc<T>>) -> Vec<T> {
    handles.into_iter().map(Arc::unwrap_or_clone).collect()
}

/// The address to connect to: a wildcard is no destination.
fn local(addr: SocketAddr) -> SocketAddr {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, addr.port())
}
