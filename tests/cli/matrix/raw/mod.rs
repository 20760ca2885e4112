//! What raw sockets do, from before there is a connection to after the answer.

mod broken_connections;
mod connect_faults;
mod invalid_answers;
mod missing_answers;
mod valid_answers;

use std::cell::Cell;
use std::fmt;

pub use connect_faults::{ConnectFault, Held};

use super::faults::{DONE, Fault, Injection, Observation, Stage};
use crate::support::raw::{ClientConnection, ok};

/// Done to a client whose request has been read.
#[derive(Clone, Copy)]
pub struct Behaviour(pub fn(&mut ClientConnection, &GoodAnswer));

impl fmt::Debug for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Behaviour")
    }
}

/// What a proper server would have said.
pub struct GoodAnswer {
    /// The body of its answer.
    pub body: String,
    /// Where the same request would be carried out: a redirect that is followed shows.
    pub elsewhere: String,
    stays: Cell<bool>,
}

impl GoodAnswer {
    pub fn new(body: String, elsewhere: String) -> Self {
        let stays = Cell::new(false);
        Self {
            body,
            elsewhere,
            stays,
        }
    }

    /// The connection stays open for the next request.
    fn stay(&self) {
        self.stays.set(true);
    }

    pub fn stays(&self) -> bool {
        self.stays.get()
    }
}
/// A name, what the client can know, whether it stands for its kind, and what is done.
type Row = (
    &'static str,
    Observation,
    bool,
    fn(&mut ClientConnection, &GoodAnswer),
);

const TYPICAL: bool = true;
const MORE: bool = false;

/// A refusal in a business code.
const NO: &str = r#"{"error_code":-987,"error_message":"no"}"#;
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";

fn chunk(body: &str) -> String {
    format!("{:x}\r\n{body}\r\n", body.len())
}

/// The head that promises this body.
fn head_of(body: &str) -> String {
    let whole = ok(body);
    whole[..whole.len() - body.len()].to_owned()
}

fn all_but_one(body: &str) -> String {
    let mut whole = ok(body);
    whole.pop();
    whole
}

/// Every fault of raw sockets. What leaves open whether the request was carried out is done both
/// ways.
pub fn faults() -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, arrival, observation) in connect_faults::ARRIVALS {
        // Only Linux lets connections to a full backlog wait.
        if arrival == ConnectFault::Full && !cfg!(target_os = "linux") {
            continue;
        }
        faults.push(Fault {
            name: name.into(),
            how: Injection::Arriving(arrival),
            place: Stage::Connection,
            observation,
            acts: false,
            is_typical: false,
        });
    }
    let rows = [
        broken_connections::BROKEN,
        invalid_answers::ODD,
        invalid_answers::NONSENSE,
        missing_answers::SILENT,
        valid_answers::GOOD,
        valid_answers::REFUSED,
    ];
    for (name, observation, is_typical, behaviour) in rows.into_iter().flatten() {
        let fault = Fault {
            name: (*name).into(),
            how: Injection::Raw(Behaviour(*behaviour)),
            place: Stage::Request,
            observation: *observation,
            acts: false,
            is_typical: *is_typical,
        };
        let acted = Fault {
            name: format!("{name}{DONE}"),
            acts: true,
            ..fault.clone()
        };
        match observation {
            Observation::Answer | Observation::AnswerThenReset => faults.push(Fault {
                acts: true,
                ..fault
            }),
            Observation::Refusal => faults.push(fault),
            _ => faults.extend([fault, acted]),
        }
    }
    faults
}
