//! What a request meets: the faults, the simulated server, and the record of both.

use super::answer::Answer;
use super::fault::{Fault, FaultList, Kind};
use super::record::{self, Exchange, Record};
use super::routes::{self, Request, Twist};
use super::scenario::Scenario;
use super::state::State;
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A request as it came off the wire.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) at: Timestamp,
    pub(super) method: String,
    /// The request target as sent.
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Received {
    /// The first header of this name, in any case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        record::header(&self.headers, name)
    }
}

/// How an answer goes out, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Properly,
    /// After this long.
    Late(Duration),
    /// One byte each so long.
    Drip(Duration),
    /// Half of it, then the connection closes.
    Truncated,
    /// With a body that never ends.
    Endless,
    /// The connection closes.
    Drop,
    /// The connection is reset.
    Reset,
    /// Nothing happens.
    Hang,
}

/// What the server has decided to do with a request.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) answer: Answer,
    pub(super) manner: Manner,
    pub(super) exchange: Arc<Exchange>,
}

/// The simulated server behind the faults.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) state: State,
    pub(super) faults: FaultList,
    pub(super) exchanges: Record<Exchange>,
}

impl Engine {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Engine {
            state: State::new(scenario),
            faults: FaultList::default(),
            exchanges: Record::new(),
        }
    }

    /// Decides about a request for `path` (below the base URL) and records it.
    pub(super) fn take(&mut self, received: Received, path: Option<&str>) -> Plan {
        let fault = path.and_then(|path| self.faults.strike(path));
        let answer = self.answer(&received, path, fault.as_ref());
        let manner = fault.as_ref().map_or(Manner::Properly, manner);
        self.plan(received, answer, manner, fault.as_ref())
    }

    /// Records a request that is not for the simulated server, with the answer it gets.
    pub(super) fn refuse(&mut self, received: Received, answer: Answer) -> Plan {
        self.plan(received, answer, Manner::Properly, None)
    }

    fn plan(
        &mut self,
        received: Received,
        answer: Answer,
        manner: Manner,
        fault: Option<&Fault>,
    ) -> Plan {
        let exchange = Arc::new(exchange(received, &answer, manner, fault));
        self.record(exchange.clone());
        Plan {
            answer,
            manner,
            exchange,
        }
    }

    fn answer(&mut self, received: &Received, path: Option<&str>, fault: Option<&Fault>) -> Answer {
        let executed = fault.is_none_or(|fault| fault.executes() || twist(fault).is_some());
        if fault.is_some_and(|fault| fault.kind == Kind::Logout) {
            self.state.log_out(&guid_in(&received.body));
        }
        let handled = executed.then(|| self.handle(received, path, fault));
        let spoilt = fault.and_then(|fault| fault.answer(self.state.dialect));
        match (spoilt, handled) {
            (Some(spoilt), Some(handled)) => Answer {
                note: handled.note,
                ..spoilt
            },
            (Some(spoilt), None) => unexecuted(spoilt),
            (None, Some(handled)) => handled,
            (None, None) => unexecuted(Answer::error(500)),
        }
    }

    fn handle(&mut self, received: &Received, path: Option<&str>, fault: Option<&Fault>) -> Answer {
        let Some(path) = path else {
            return Answer::error(404);
        };
        let request = Request {
            now: received.at,
            method: &received.method,
            path,
            body: &received.body,
            twist: fault.and_then(twist),
        };
        routes::handle(&mut self.state, &request)
    }

    fn record(&mut self, exchange: Arc<Exchange>) {
        let bytes = exchange.size();
        self.exchanges.push(exchange, bytes);
    }
}

fn unexecuted(answer: Answer) -> Answer {
    Answer {
        note: "not executed".into(),
        ..answer
    }
}

fn exchange(
    received: Received,
    answer: &Answer,
    manner: Manner,
    fault: Option<&Fault>,
) -> Exchange {
    let unanswered = matches!(manner, Manner::Drop | Manner::Reset | Manner::Hang);
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

fn manner(fault: &Fault) -> Manner {
    match fault.kind {
        Kind::Latency(time) => Manner::Late(time),
        Kind::Drip(time) => Manner::Drip(time),
        Kind::Truncated => Manner::Truncated,
        Kind::Huge => Manner::Endless,
        Kind::Drop => Manner::Drop,
        Kind::Reset | Kind::ResetEarly => Manner::Reset,
        Kind::Hang => Manner::Hang,
        _ => Manner::Properly,
    }
}

fn twist(fault: &Fault) -> Option<Twist> {
    match fault.kind {
        Kind::ServerFail => Some(Twist::ServerFail),
        Kind::Reconnecting => Some(Twist::Reconnecting),
        _ => None,
    }
}

/// The instance a body names, whatever else is in it.
fn guid_in(body: &[u8]) -> String {
    serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|body| body.get("guid")?.as_str().map(String::from))
        .unwrap_or_default()
}
