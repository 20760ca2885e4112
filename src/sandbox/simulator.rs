//! Applies faults to requests, lets the simulated server handle them, and records both.

use super::endpoint::EndpointFault;
use super::fault::{Fault, FaultList, Kind};
use super::http_response::HttpResponse;
use super::record::{self, Exchange, Record};
use super::routes::{self, Request};
use super::scenario::Scenario;
use super::state::State;
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A received request.
#[derive(Debug)]
pub(super) struct ReceivedRequest {
    pub(super) at: Timestamp,
    pub(super) method: String,
    /// The request target as received.
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl ReceivedRequest {
    /// The first header of this name, in any case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        record::header(&self.headers, name)
    }
}

/// How a response is transmitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transmission {
    Properly,
    /// After this delay.
    Late(Duration),
    /// One byte per interval.
    Drip(Duration),
    /// Half of it, then the connection is closed.
    Truncated,
    /// With an endless body.
    Endless,
    /// The connection is closed without response.
    Drop,
    /// The connection is reset.
    Reset,
    /// No response.
    Hang,
}

/// A response and how it is transmitted.
pub(super) struct ResponsePlan {
    pub(super) answer: HttpResponse,
    pub(super) transmission: Transmission,
}

/// A handled request.
#[derive(Debug)]
pub(super) struct HandledRequest {
    pub(super) answer: HttpResponse,
    pub(super) transmission: Transmission,
    pub(super) exchange: Arc<Exchange>,
}

/// The simulated server and its faults.
#[derive(Debug)]
pub(super) struct Simulator {
    pub(super) state: State,
    pub(super) faults: FaultList,
    pub(super) exchanges: Record<Exchange>,
}

impl Simulator {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Simulator {
            state: State::new(scenario),
            faults: FaultList::default(),
            exchanges: Record::new(),
        }
    }

    /// Handles a request for `path`, relative to the base URL, and records it.
    pub(super) fn handle_request(
        &mut self,
        received: ReceivedRequest,
        path: Option<&str>,
    ) -> HandledRequest {
        let fault = path.and_then(|path| self.faults.trigger(path));
        let answer = self.answer(&received, path, fault.as_ref());
        let transmission = fault.as_ref().map_or(Transmission::Properly, transmission);
        self.plan(received, answer, transmission, fault.as_ref())
    }

    /// Records a request that is not for the simulated server, with its response.
    pub(super) fn refuse(
        &mut self,
        received: ReceivedRequest,
        answer: HttpResponse,
    ) -> HandledRequest {
        self.plan(received, answer, Transmission::Properly, None)
    }

    fn plan(
        &mut self,
        received: ReceivedRequest,
        answer: HttpResponse,
        transmission: Transmission,
        fault: Option<&Fault>,
    ) -> HandledRequest {
        let exchange = Arc::new(exchange(received, &answer, transmission, fault));
        self.record(exchange.clone());
        HandledRequest {
            answer,
            transmission,
            exchange,
        }
    }

    fn answer(
        &mut self,
        received: &ReceivedRequest,
        path: Option<&str>,
        fault: Option<&Fault>,
    ) -> HttpResponse {
        let executed =
            fault.is_none_or(|fault| fault.executes() || endpoint_fault(fault).is_some());
        if fault.is_some_and(|fault| fault.kind == Kind::Logout) {
            self.state.log_out(&guid_in(&received.body));
        }
        let handled = executed.then(|| self.handle(received, path, fault));
        let spoilt = fault.and_then(|fault| fault.answer(self.state.dialect));
        match (spoilt, handled) {
            (Some(spoilt), Some(handled)) => HttpResponse {
                note: handled.note,
                ..spoilt
            },
            (Some(spoilt), None) => unexecuted(spoilt),
            (None, Some(handled)) => handled,
            (None, None) => unexecuted(HttpResponse::error(500)),
        }
    }

    fn handle(
        &mut self,
        received: &ReceivedRequest,
        path: Option<&str>,
        fault: Option<&Fault>,
    ) -> HttpResponse {
        let Some(path) = path else {
            return HttpResponse::error(404);
        };
        let request = Request {
            now: received.at,
            method: &received.method,
            path,
            body: &received.body,
            endpoint_fault: fault.and_then(endpoint_fault),
        };
        routes::handle(&mut self.state, &request)
    }

    fn record(&mut self, exchange: Arc<Exchange>) {
        let bytes = exchange.size();
        self.exchanges.push(exchange, bytes);
    }
}

fn unexecuted(answer: HttpResponse) -> HttpResponse {
    HttpResponse {
        note: "not executed".into(),
        ..answer
    }
}

fn exchange(
    received: ReceivedRequest,
    answer: &HttpResponse,
    transmission: Transmission,
    fault: Option<&Fault>,
) -> Exchange {
    let unanswered = matches!(
        transmission,
        Transmission::Drop | Transmission::Reset | Transmission::Hang
    );
    Exchange {
        at: received.at,
        method: received.method,
        path: received.target,
        headers: received.headers,
        body: received.body,
        http_status: (!unanswered).then_some(answer.status),
        fault: fault.map(Fault::to_string),
        note: answer.note.clone(),
    }
}

fn transmission(fault: &Fault) -> Transmission {
    match fault.kind {
        Kind::Latency(time) => Transmission::Late(time),
        Kind::Drip(time) => Transmission::Drip(time),
        Kind::Truncated => Transmission::Truncated,
        Kind::Huge => Transmission::Endless,
        Kind::Drop => Transmission::Drop,
        Kind::Reset | Kind::ResetEarly => Transmission::Reset,
        Kind::Hang => Transmission::Hang,
        _ => Transmission::Properly,
    }
}

fn endpoint_fault(fault: &Fault) -> Option<EndpointFault> {
    match fault.kind {
        Kind::ServerFail => Some(EndpointFault::ServerFail),
        Kind::Reconnecting => Some(EndpointFault::Reconnecting),
        _ => None,
    }
}

/// The guid in a body, whatever else it contains.
fn guid_in(body: &[u8]) -> String {
    serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|body| body.get("guid")?.as_str().map(String::from))
        .unwrap_or_default()
}
