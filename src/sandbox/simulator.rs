//! Applies faults to requests, lets the simulated server handle them, and records both.

use super::endpoint::EndpointFault;
use super::fault::{Fault, FaultList, Kind};
use super::fetch::FetchMode;
use super::gateway::{self, GatewayServer, Redaction, Refusal};
use super::http_response::{HttpResponse, UploadAnswer};
use super::quirk::Quirk;
use super::record::{self, Exchange, Record};
use super::routes::{self, Request};
use super::scenario::Scenario;
use super::state::State;
use super::upload::PendingUpload;
use super::websocket;
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
    Normal,
    /// After this delay.
    Delayed(Duration),
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
    /// The connection is a WebSocket afterwards.
    pub(super) upgrade: Option<Upgrade>,
}

/// A connection that becomes a WebSocket.
#[derive(Debug)]
pub(super) struct Upgrade {
    /// The fault that takes effect when the client authenticates.
    pub(super) fault: Option<Fault>,
}

/// A handled request.
#[derive(Debug)]
pub(super) struct HandledRequest {
    pub(super) answer: HttpResponse,
    pub(super) transmission: Transmission,
    pub(super) upgrade: Option<Upgrade>,
    pub(super) exchange: Arc<Exchange>,
}

/// What becomes of a request.
pub(super) enum Handling {
    Answered(Box<HandledRequest>),
    /// The URL of an upload is fetched first.
    Fetching(Box<PendingUpload>),
}

/// The simulated server and its faults.
#[derive(Debug)]
pub(super) struct Simulator {
    pub(super) state: State,
    pub(super) faults: FaultList,
    pub(super) exchanges: Record<Exchange>,
    pub(super) gateway: Option<GatewayServer>,
    redaction: Redaction,
}

/// A request for the simulated server, as sent or from inside a call to the gateway.
struct ServerRequest<'a> {
    method: &'a str,
    /// Path below the base URL; none for a path outside of it.
    path: Option<&'a str>,
    body: &'a [u8],
}

impl Simulator {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Simulator {
            state: State::new(scenario),
            faults: FaultList::default(),
            exchanges: Record::new(),
            gateway: scenario.gateway.as_ref().map(GatewayServer::new),
            redaction: Redaction::new(scenario.gateway.as_ref()),
        }
    }

    /// Handles a request for `path`, relative to the base URL, and records it.
    pub(super) fn handle_request(
        &mut self,
        received: ReceivedRequest,
        path: Option<&str>,
    ) -> Handling {
        // The conversion service for files is not the gateway, but the operator's.
        let conversion = path.and_then(|path| path.strip_prefix(gateway::CONVERSION_PATH));
        let Some(gateway) = self.gateway.as_mut().filter(|_| conversion.is_none()) else {
            let request = ServerRequest {
                method: &received.method,
                path: conversion.or(path),
                body: &received.body,
            };
            let (answer, fault) = self.respond(received.at, &request, conversion.is_some());
            return self.plan_or_fetch(received, answer, fault);
        };
        if path == Some(websocket::PATH) {
            return Handling::Answered(Box::new(self.handle_handshake(received)));
        }
        let (method, body) = (&received.method, &received.body);
        match gateway.open(method, path, body, &mut self.state, &self.redaction) {
            Ok(call) => {
                let request = ServerRequest {
                    method: "POST",
                    path: Some(&call.path),
                    body: &call.body,
                };
                let (mut answer, fault) = self.respond(received.at, &request, false);
                answer.note = format!("{} {}", call.path.escape_debug(), answer.note);
                self.plan_or_fetch(received, answer, fault)
            }
            Err(answer) => {
                Handling::Answered(Box::new(self.plan_with_fault(received, answer, None)))
            }
        }
    }

    /// Handles a request to open a WebSocket.
    fn handle_handshake(&mut self, received: ReceivedRequest) -> HandledRequest {
        let accepted = websocket::accept(&received);
        let is_accepted = accepted.is_ok();
        let answer = accepted.unwrap_or_else(|refusal| refusal);
        let fault = self.faults.trigger(websocket::PATH);
        let (later, now) = match fault {
            Some(fault) if websocket::takes_effect_at_authentication(&fault.kind) => {
                (Some(fault), None)
            }
            fault => (None, fault),
        };
        let replacement = now.as_ref().and_then(|fault| fault.answer(&self.state));
        let is_upgrade = is_accepted && replacement.is_none();
        let transmission = now.as_ref().map_or(Transmission::Normal, transmission);
        let recorded = now.as_ref().or(later.as_ref());
        let mut handled = self.plan(
            received,
            replacement.unwrap_or(answer),
            transmission,
            recorded,
        );
        handled.upgrade = is_upgrade.then_some(Upgrade { fault: later });
        handled
    }

    /// Records a request that is not for the simulated server, with its response.
    pub(super) fn refuse(
        &mut self,
        received: ReceivedRequest,
        answer: HttpResponse,
    ) -> HandledRequest {
        self.plan_with_fault(received, answer, None)
    }

    fn plan_or_fetch(
        &mut self,
        received: ReceivedRequest,
        mut answer: HttpResponse,
        fault: Option<Fault>,
    ) -> Handling {
        match answer.upload.take() {
            None => Handling::Answered(Box::new(self.plan_with_fault(
                received,
                answer,
                fault.as_ref(),
            ))),
            Some(upload) => {
                let UploadAnswer { job, is_replaced } = *upload;
                Handling::Fetching(Box::new(PendingUpload {
                    received,
                    fault,
                    replacement: is_replaced.then_some(answer),
                    job,
                }))
            }
        }
    }

    pub(super) fn plan_with_fault(
        &mut self,
        received: ReceivedRequest,
        answer: HttpResponse,
        fault: Option<&Fault>,
    ) -> HandledRequest {
        let transmission = fault.map_or(Transmission::Normal, transmission);
        self.plan(received, answer, transmission, fault)
    }

    fn plan(
        &mut self,
        mut received: ReceivedRequest,
        mut answer: HttpResponse,
        transmission: Transmission,
        fault: Option<&Fault>,
    ) -> HandledRequest {
        self.redaction.request(&mut received);
        answer.note = self.redaction.text(&answer.note);
        let exchange = Arc::new(exchange(received, &answer, transmission, fault));
        self.record(exchange.clone());
        HandledRequest {
            answer,
            transmission,
            upgrade: None,
            exchange,
        }
    }

    /// The response and the fault that applies.
    fn respond(
        &mut self,
        at: Timestamp,
        request: &ServerRequest,
        is_conversion: bool,
    ) -> (HttpResponse, Option<Fault>) {
        let fault = request.path.and_then(|path| self.faults.trigger(path));
        (
            self.answer(at, request, fault.as_ref(), is_conversion),
            fault,
        )
    }

    fn answer(
        &mut self,
        at: Timestamp,
        request: &ServerRequest,
        fault: Option<&Fault>,
        is_conversion: bool,
    ) -> HttpResponse {
        let executed =
            fault.is_none_or(|fault| fault.executes() || endpoint_fault(fault).is_some());
        if fault.is_some_and(|fault| fault.kind == Kind::Logout) {
            self.state.log_out(&guid_in(request.body));
        }
        let handled = executed.then(|| self.handle(at, request, fault, is_conversion));
        let replacement = fault.and_then(|fault| fault.answer(&self.state));
        match (replacement, handled) {
            (Some(replacement), Some(handled)) => HttpResponse {
                note: handled.note,
                upload: handled.upload.map(|upload| {
                    Box::new(UploadAnswer {
                        is_replaced: true,
                        ..*upload
                    })
                }),
                ..replacement
            },
            (Some(replacement), None) => unexecuted(replacement),
            (None, Some(handled)) => handled,
            (None, None) => unexecuted(HttpResponse::error(500)),
        }
    }

    fn handle(
        &mut self,
        at: Timestamp,
        request: &ServerRequest,
        fault: Option<&Fault>,
        is_conversion: bool,
    ) -> HttpResponse {
        let Some(path) = request.path else {
            return HttpResponse::error(404);
        };
        let quirks = &self.state.quirks;
        if self.gateway.is_some()
            && !is_conversion
            && !gateway::offers(path)
            && !quirks.has(Quirk::GatewayListsClients)
        {
            return Refusal::NotOffered.response(quirks, self.state.dialect);
        }
        let request = Request {
            now: at,
            method: request.method,
            path,
            body: request.body,
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
        Kind::Latency(time) => Transmission::Delayed(time),
        Kind::Drip(time) => Transmission::Drip(time),
        Kind::Truncated => Transmission::Truncated,
        Kind::Huge => Transmission::Endless,
        Kind::Drop => Transmission::Drop,
        Kind::Reset | Kind::ResetEarly => Transmission::Reset,
        Kind::Hang => Transmission::Hang,
        _ => Transmission::Normal,
    }
}

fn endpoint_fault(fault: &Fault) -> Option<EndpointFault> {
    match fault.kind {
        Kind::ServerFail => Some(EndpointFault::ServerFail),
        Kind::Reconnecting => Some(EndpointFault::Reconnecting),
        Kind::NoFetch => Some(EndpointFault::NoFetch),
        Kind::HalfFetch => Some(EndpointFault::Fetch(FetchMode::Half)),
        Kind::HalfFile => Some(EndpointFault::HalfFile),
        Kind::FetchTwice => Some(EndpointFault::Fetch(FetchMode::Twice)),
        Kind::HeadFirst => Some(EndpointFault::Fetch(FetchMode::HeadFirst)),
        Kind::Ranges => Some(EndpointFault::Fetch(FetchMode::Ranges)),
        Kind::SlowFetch(pause) => Some(EndpointFault::Fetch(FetchMode::Slowly(pause))),
        Kind::NoAesKey => Some(EndpointFault::NoAesKey),
        Kind::StaleRules => Some(EndpointFault::StaleRules),
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
