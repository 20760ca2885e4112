//! The state shared by the threads of a sandbox.

use super::admin;
use super::callback::Callbacks;
use super::fault::{Fault, Kind};
use super::host_check;
use super::http::connections::Connections;
use super::http::listener::ListenerControl;
use super::http_response::HttpResponse;
use super::record::Exchange;
use super::scenario::Scenario;
use super::scheduler::Scheduler;
use super::shutdown::Shutdown;
use super::simulator::{HandledRequest, ReceivedRequest, Simulator, Transmission};
use super::state::State;
use super::{Observer, lock};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The state shared by all threads.
pub(super) struct Server {
    pub(super) addr: SocketAddr,
    pub(super) simulator: Mutex<Simulator>,
    pub(super) control: ListenerControl,
    pub(super) connections: Connections,
    pub(super) shutdown: Shutdown,
    pub(super) scheduler: Scheduler,
    pub(super) callbacks: Arc<Callbacks>,
    prefix: String,
    latency: Duration,
    observer: Observer,
    /// Held while a request is handled and observed, so that observers see the recorded order.
    turn: Mutex<()>,
}

/// A response and how it is transmitted.
pub(super) struct ResponsePlan {
    pub(super) answer: HttpResponse,
    pub(super) transmission: Transmission,
}

impl Server {
    pub(super) fn new(addr: SocketAddr, scenario: &Scenario, observer: Observer) -> Self {
        Server {
            addr,
            simulator: Mutex::new(Simulator::new(scenario)),
            control: ListenerControl::default(),
            connections: Connections::default(),
            shutdown: Shutdown::default(),
            scheduler: Scheduler::default(),
            callbacks: Arc::new(Callbacks::new(scenario)),
            prefix: scenario.prefix.trim_end_matches('/').into(),
            latency: scenario.latency,
            observer,
            turn: Mutex::new(()),
        }
    }

    /// The base URL, without a trailing slash.
    pub(super) fn base_url(&self) -> String {
        let addr = super::local(self.addr);
        format!("http://{addr}{}", self.prefix)
    }

    /// Handles a request; protocol requests are recorded and observed before they are answered.
    pub(super) fn decide(&self, received: ReceivedRequest) -> ResponsePlan {
        let path = self.path_of(&received.target).map(String::from);
        let is_admin = path
            .as_deref()
            .is_some_and(|p| p.starts_with(admin::PREFIX));
        if let Err(reason) = host_check::check(&received, self.addr.ip(), is_admin) {
            return self.refuse(received, reason);
        }
        if let Some(path) = path.as_deref()
            && let Some(place) = path.strip_prefix(admin::PREFIX)
        {
            let answer = admin::answer(self, &received, place);
            let transmission = Transmission::Properly;
            return ResponsePlan {
                answer,
                transmission,
            };
        }
        self.decide_protocol(received, path.as_deref())
    }

    fn decide_protocol(&self, received: ReceivedRequest, path: Option<&str>) -> ResponsePlan {
        self.carry_out(|simulator| simulator.take(received, path))
    }

    /// Refuses and records a request that may come from a web page.
    fn refuse(&self, received: ReceivedRequest, reason: String) -> ResponsePlan {
        let answer = HttpResponse::detail(403, &serde_json::json!(reason), reason);
        self.carry_out(|simulator| simulator.refuse(received, answer))
    }

    fn carry_out(&self, work: impl FnOnce(&mut Simulator) -> HandledRequest) -> ResponsePlan {
        let turn = lock(&self.turn);
        let HandledRequest {
            answer,
            transmission,
            exchange,
        } = self.work(work);
        (self.observer)(&exchange);
        drop(turn);
        ResponsePlan {
            answer,
            transmission,
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

    /// Changes the simulated state from outside the protocol.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.work(|simulator| change(&mut simulator.state))
    }

    /// The path below the prefix, without a query.
    fn path_of<'a>(&self, target: &'a str) -> Option<&'a str> {
        let path = target.split(['?', '#']).next().unwrap_or(target);
        path.strip_prefix(&self.prefix)
            .filter(|rest| rest.starts_with('/'))
    }

    /// Waits for the scenario's latency and that of a fault; returns false when the sandbox ended meanwhile.
    pub(super) fn wait_before(&self, transmission: Transmission) -> bool {
        let added = match transmission {
            Transmission::Late(time) => time,
            _ => Duration::ZERO,
        };
        let time = self.latency + added;
        time.is_zero() || self.shutdown.sleep(time)
    }

    /// Activates a fault; a refusal is effective when this returns.
    pub(super) fn add_fault(&self, fault: Fault) {
        match fault.kind {
            Kind::Refuse(time) => self.control.close(self.addr, time),
            _ => lock(&self.simulator).faults.add(fault),
        }
    }

    /// Whether new connections are reset.
    pub(super) fn resets_early(&self) -> bool {
        lock(&self.simulator).faults.resets_early()
    }

    pub(super) fn exchanges(&self) -> Vec<Arc<Exchange>> {
        lock(&self.simulator).exchanges.handles()
    }
}
