//! The state shared by the threads of a sandbox, and the dispatch of requests to the admin interface or
//! the simulated server.

use super::admin;
use super::callback::Callbacks;
use super::fault::{Fault, Kind};
use super::gateway::Gateway;
use super::http::{Handler, Sockets};
use super::http_response::HttpResponse;
use super::record::Exchange;
use super::scenario::Scenario;
use super::scheduler::Scheduler;
use super::simulator::{
    HandledRequest, Handling, ReceivedRequest, ResponsePlan, Simulator, Transmission, Upgrade,
};
use super::state::State;
use super::{Observer, lock, websocket};
use crate::http::host::is_ours;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The state shared by all threads.
pub(super) struct Server {
    pub(super) sockets: Sockets,
    pub(super) simulator: Mutex<Simulator>,
    pub(super) scheduler: Scheduler,
    pub(super) callbacks: Arc<Callbacks>,
    prefix: String,
    pub(super) latency: Duration,
    pub(super) gateway: Option<Gateway>,
    observer: Observer,
    /// Held while a request is handled and observed, so that observers see the recorded order.
    request_order: Mutex<()>,
}

impl Server {
    pub(super) fn new(addr: SocketAddr, scenario: &Scenario, observer: Observer) -> Self {
        let prefix = scenario.prefix.trim_end_matches('/');
        let mut simulator = Simulator::new(scenario);
        simulator.state.base_url = base_url(addr, prefix);
        Server {
            sockets: Sockets::new(addr),
            simulator: Mutex::new(simulator),
            scheduler: Scheduler::default(),
            callbacks: Arc::new(Callbacks::new(scenario, websocket_url(addr, prefix))),
            prefix: prefix.into(),
            latency: scenario.latency,
            gateway: scenario.gateway.clone(),
            observer,
            request_order: Mutex::new(()),
        }
    }

    /// The base URL, without a trailing slash.
    pub(super) fn base_url(&self) -> String {
        base_url(self.sockets.addr, &self.prefix)
    }

    /// Handles a request for `path`, relative to the base URL, and records it.
    pub(super) fn handle_protocol(
        &self,
        received: ReceivedRequest,
        path: Option<&str>,
    ) -> ResponsePlan {
        let pending = {
            let _order = lock(&self.request_order);
            match self.work(|simulator| simulator.handle_request(received, path)) {
                Handling::Answered(handled) => return self.observe(*handled),
                Handling::Fetching(pending) => pending,
            }
        };
        // Without any lock, because a fetch may take long.
        let fetched = pending.fetch();
        self.simulate(|simulator| simulator.finish_upload(*pending, fetched))
    }

    /// Refuses and records a request that may come from a web page.
    pub(super) fn refuse(&self, received: ReceivedRequest, reason: String) -> ResponsePlan {
        let answer = HttpResponse::detail(403, &serde_json::json!(reason), reason);
        self.simulate(|simulator| simulator.refuse(received, answer))
    }

    fn simulate(&self, work: impl FnOnce(&mut Simulator) -> HandledRequest) -> ResponsePlan {
        let _order = lock(&self.request_order);
        let handled = self.work(work);
        self.observe(handled)
    }

    fn observe(&self, handled: HandledRequest) -> ResponsePlan {
        let HandledRequest {
            answer,
            transmission,
            upgrade,
            exchange,
        } = handled;
        (self.observer)(&exchange);
        ResponsePlan {
            answer,
            transmission,
            upgrade,
        }
    }

    /// Runs `work` on the simulator, then posts new events and wakes the scheduler if needed.
    fn work<T>(&self, work: impl FnOnce(&mut Simulator) -> T) -> T {
        let mut simulator = lock(&self.simulator);
        let result = work(&mut simulator);
        // Still under the lock, to keep the order of events.
        for event in simulator.state.take_events() {
            self.callbacks.enqueue(event);
        }
        if simulator.state.take_rescheduled() {
            self.scheduler.reschedule();
        }
        result
    }

    /// Changes the simulated state without a request of the wire protocol.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.work(|simulator| change(&mut simulator.state))
    }

    /// The path below the prefix, without a query.
    pub(super) fn path_of<'a>(&self, target: &'a str) -> Option<&'a str> {
        let path = target.split(['?', '#']).next().unwrap_or(target);
        path.strip_prefix(&self.prefix)
            .filter(|rest| rest.starts_with('/'))
    }

    /// Activates a fault; a closed port is closed when this returns.
    pub(super) fn add_fault(&self, fault: Fault) {
        match fault.kind {
            Kind::Refuse(time) => self.sockets.control.close(self.sockets.addr, time),
            _ => lock(&self.simulator).faults.add(fault),
        }
    }

    pub(super) fn exchanges(&self) -> Vec<Arc<Exchange>> {
        lock(&self.simulator).exchanges.handles()
    }
}

impl Handler for Server {
    fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    fn resets_early(&self) -> bool {
        lock(&self.simulator).faults.resets_early()
    }

    /// Protocol requests are recorded and observed before they are answered.
    fn handle(&self, received: ReceivedRequest) -> ResponsePlan {
        let path = self.path_of(&received.target).map(String::from);
        let place = path
            .as_deref()
            .and_then(|path| path.strip_prefix(admin::PREFIX));
        if let Err(reason) = check_host(&received, self.sockets.addr.ip(), place.is_some()) {
            return self.refuse(received, reason);
        }
        match place {
            Some(place) => ResponsePlan {
                answer: admin::answer(self, &received, place),
                transmission: Transmission::Normal,
                upgrade: None,
            },
            None => self.handle_protocol(received, path.as_deref()),
        }
    }

    fn serve_upgraded(&self, stream: Arc<TcpStream>, read: Vec<u8>, upgrade: Upgrade) {
        websocket::serve(self, stream, read, upgrade.fault);
    }

    fn latency(&self, transmission: Transmission) -> Duration {
        match transmission {
            Transmission::Delayed(time) => self.latency + time,
            _ => self.latency,
        }
    }
}

fn base_url(addr: SocketAddr, prefix: &str) -> String {
    format!("http://{}{prefix}", super::local(addr))
}

fn websocket_url(addr: SocketAddr, prefix: &str) -> String {
    format!("ws://{}{prefix}{}", super::local(addr), websocket::PATH)
}

/// Refuses requests with an `Origin`, which browsers add to every changing request, and requests to a
/// host name that is not this machine (DNS rebinding).
///
/// On a network address the host names that clients use are unknown, so only the admin interface checks them
/// there: `is_admin`.
fn check_host(received: &ReceivedRequest, bound: IpAddr, is_admin: bool) -> Result<(), String> {
    if received.header("origin").is_some() {
        return Err("calls from web pages are refused".into());
    }
    match received.header("host") {
        Some(host) if (is_admin || bound.is_loopback()) && !is_ours(host, bound) => {
            Err(format!("host {host:?} is not this sandbox"))
        }
        _ => Ok(()),
    }
}
