//! Faults injected by raw sockets, from before the connection to after the answer.

mod broken_connections;
mod connect_faults;
mod invalid_answers;
mod missing_answers;
mod valid_answers;

use std::cell::Cell;
use std::fmt;

pub use connect_faults::{ConnectFault, Held};

use super::faults::{EXECUTED_SUFFIX, Fault, Injection, Observation, Stage};
use crate::support::raw::{ClientConnection, ok};

/// Action on a connection whose request has been read.
#[derive(Clone, Copy)]
pub struct Behaviour(pub fn(&mut ClientConnection, &GoodAnswer));

impl fmt::Debug for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Behaviour")
    }
}

/// The answer of a correct server.
pub struct GoodAnswer {
    /// The body of its answer.
    pub body: String,
    /// URL where the same request would be executed, to detect a followed redirect.
    pub redirect_url: String,
    keeps_connection: Cell<bool>,
}

impl GoodAnswer {
    pub fn new(body: String, redirect_url: String) -> Self {
        let keeps_connection = Cell::new(false);
        Self {
            body,
            redirect_url,
            keeps_connection,
        }
    }

    /// The connection stays open for the next request.
    fn keep_connection(&self) {
        self.keeps_connection.set(true);
    }

    pub fn keeps_connection(&self) -> bool {
        self.keeps_connection.get()
    }
}
/// Name, observation, whether it is typical of its kind, and behaviour.
type Row = (
    &'static str,
    Observation,
    bool,
    fn(&mut ClientConnection, &GoodAnswer),
);

const TYPICAL: bool = true;
const VARIANT: bool = false;

/// A refusal in a business code.
const REFUSAL_BODY: &str = r#"{"error_code":-987,"error_message":"no"}"#;
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";

fn chunk(body: &str) -> String {
    format!("{:x}\r\n{body}\r\n", body.len())
}

/// The head for this body.
fn head_of(body: &str) -> String {
    let whole = ok(body);
    whole[..whole.len() - body.len()].to_owned()
}

fn without_last_byte(body: &str) -> String {
    let mut whole = ok(body);
    whole.pop();
    whole
}

/// Every fault of raw sockets. Faults that leave the outcome open are tested with the request executed
/// and not executed.
pub fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, connect_fault, observation) in connect_faults::CONNECT_FAULTS {
        // Only Linux lets connections to a full backlog wait.
        if connect_fault == ConnectFault::BacklogFull && !cfg!(target_os = "linux") {
            continue;
        }
        faults.push(Fault {
            name: name.into(),
            injection: Injection::Connect(connect_fault),
            stage: Stage::Connection,
            observation,
            is_executed: false,
            is_typical: false,
        });
    }
    let rows = [
        broken_connections::BROKEN_CONNECTIONS,
        invalid_answers::UNEXPECTED_STATUS,
        invalid_answers::UNUSABLE_BODY,
        missing_answers::NO_ANSWER,
        valid_answers::VALID_ANSWERS,
        valid_answers::REFUSALS,
    ];
    for (name, observation, is_typical, behaviour) in rows.into_iter().flatten() {
        let fault = Fault {
            name: (*name).into(),
            injection: Injection::Raw(Behaviour(*behaviour)),
            stage: Stage::Request,
            observation: *observation,
            is_executed: false,
            is_typical: *is_typical,
        };
        let executed = Fault {
            name: format!("{name}{EXECUTED_SUFFIX}"),
            is_executed: true,
            ..fault.clone()
        };
        match observation {
            Observation::Answer | Observation::AnswerThenReset => faults.push(Fault {
                is_executed: true,
                ..fault
            }),
            Observation::Refusal
            | Observation::CredentialsRefused
            | Observation::TooManyCalls
            | Observation::PersonalWechat => faults.push(fault),
            _ => faults.extend([fault, executed]),
        }
    }
    faults
}
