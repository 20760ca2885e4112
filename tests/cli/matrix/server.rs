//! The server of a case: a sandbox behind an optional faulty front server.

use qiwei::sandbox::{Gateway, Sandbox};
use serde_json::Value;

use super::case::{Case, Mode};
use super::command::Step;
use super::faults::{Injection, Observation};
use super::front_server::FrontServer;
use super::route::{ListenerPort, Route, RoutedSandbox};
use crate::support::client::ask;

/// The servers that a case's command can reach.
pub struct FaultyServer {
    pub sandbox: Sandbox,
    route: Route,
    /// The gateway's credentials, if it is in front of the server.
    pub gateway: Option<Gateway>,
    /// The port of the command's own listener, if its URL has to be given.
    pub listener_port: Option<ListenerPort>,
    front: Option<FrontServer>,
    /// Requests made before the command ran.
    earlier: usize,
    /// The sandbox's state before the command ran.
    pub before: Value,
}

impl FaultyServer {
    /// Starts the servers of a case with its fault active.
    pub fn start(case: &Case) -> Self {
        let closes = case.fault.observation == Observation::NoConnection && !case.fault.is_raw();
        let gateway = case.route.gateway();
        let initial_state = &case.command.initial_state;
        let routed = RoutedSandbox::start(initial_state, gateway.as_ref(), closes);
        let sandbox = routed.sandbox;
        let earlier = sandbox.exchanges().len();
        let before = state(&sandbox);
        let front = match &case.fault.injection {
            Injection::Sandbox(spec) => {
                sandbox.add_fault(fault_spec(spec, case).parse().unwrap());
                None
            }
            Injection::Raw(behaviour) => {
                let other = (!case.fault.is_executed)
                    .then(|| RoutedSandbox::start(initial_state, gateway.as_ref(), false).sandbox);
                Some(FrontServer::with_behaviour(
                    case, *behaviour, &sandbox, other,
                ))
            }
            Injection::Connect(connect_fault) => {
                Some(FrontServer::with_connect_fault(*connect_fault))
            }
        };
        let needs_port = case.command.listens && gateway.is_some();
        Self {
            sandbox,
            route: case.route,
            gateway,
            listener_port: needs_port.then(ListenerPort::reserve),
            front,
            earlier,
            before,
        }
    }

    /// The URL given to the command.
    pub fn base_url(&self) -> String {
        match &self.front {
            Some(front) => front.url.clone(),
            None => self.sandbox.base_url(),
        }
    }

    /// Ends the fault.
    pub fn remove_faults(&self) {
        self.sandbox.clear_faults();
        if let Some(front) = &self.front {
            front.remove_fault();
        }
    }

    /// Number of times the command's request was received, and executed.
    pub fn received_and_executed(&self, step: &Step) -> (usize, usize) {
        let exchanges = self.sandbox.exchanges();
        let delivered = self.sandbox.deliveries().len();
        let received = exchanges.iter().skip(self.earlier).filter(|e| {
            self.route.endpoint(&e.path, &e.body) == step.path
                && String::from_utf8_lossy(&e.body).contains(step.body)
        });
        let is_executed = |note: &str| note != "not executed" && !note.starts_with("refused ");
        let notes: Vec<&str> = received
            .map(|e| self.route.note(step.path, &e.note))
            .collect();
        let executed = notes.iter().filter(|note| is_executed(note)).count();
        // The record of a message is "sent" even when the answer was `is_svr_fail`.
        let is_message = step.path.starts_with("/msg/");
        (notes.len(), if is_message { delivered } else { executed })
    }

    /// Whether no other API request was received. A callback does not count: it may be meant for a
    /// listener that had this port before.
    pub fn received_only(&self, step: &Step) -> bool {
        let is_of_the_api = |path: &str| {
            API_PATH_PREFIXES
                .iter()
                .any(|prefix| path.starts_with(&format!("/{prefix}/")))
        };
        let exchanges = self.sandbox.exchanges();
        exchanges.iter().skip(self.earlier).all(|e| {
            let endpoint = self.route.endpoint(&e.path, &e.body);
            endpoint == step.path || !is_of_the_api(&endpoint)
        })
    }

    /// Number of times the front server received the step's request.
    pub fn seen_by_front(&self) -> Option<usize> {
        self.front.as_ref().map(FrontServer::seen)
    }

    /// The sandbox's state.
    pub fn state(&self) -> Value {
        state(&self.sandbox)
    }
}

/// First segments of the API's paths.
const API_PATH_PREFIXES: [&str; 8] = [
    "client", "contact", "global", "login", "msg", "room", "session", "user",
];

fn state(sandbox: &Sandbox) -> Value {
    ask("GET", &format!("{}/_sandbox/state", sandbox.base_url())).json()
}

/// The fault specification for the sandbox: at this request, once or always.
fn fault_spec(spec: &str, case: &Case) -> String {
    let times = if case.mode == Mode::Always { "" } else { "*1" };
    match case.fault.observation {
        Observation::NoConnection => spec.to_owned(),
        Observation::ClosedAtOnce => format!("{spec}{times}"),
        // These apply to fixed requests.
        Observation::ServerFail | Observation::Reconnecting => format!("{spec}{times}"),
        _ => format!("{spec}@{}{times}", case.step.path),
    }
}
