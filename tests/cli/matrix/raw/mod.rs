//! What raw sockets do, from before there is a connection to after the answer.

mod answered;
mod arrival;
mod broken;
mod silent;
mod unusable;

use std::cell::Cell;
use std::fmt;

pub use arrival::{Arrival, Held};

use super::faults::{Comes, DONE, Fault, How, Place};
use crate::support::raw::{Guest, ok};

/// Done to a client whose request has been read.
#[derive(Clone, Copy)]
pub struct Behaviour(pub fn(&mut Guest, &Good));

impl fmt::Debug for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Behaviour")
    }
}

/// What a proper server would have said.
pub struct Good {
    /// The body of its answer.
    pub body: String,
    /// Where the same request would be carried out: a redirect that is followed shows.
    pub elsewhere: String,
    stays: Cell<bool>,
}

impl Good {
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
type Row = (&'static str, Comes, bool, fn(&mut Guest, &Good));

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
    for (name, arrival, comes) in arrival::ARRIVALS {
        // Only Linux lets connections to a full backlog wait.
        if arrival == Arrival::Full && !cfg!(target_os = "linux") {
            continue;
        }
        faults.push(Fault {
            name: name.into(),
            how: How::Arriving(arrival),
            place: Place::Connection,
            comes,
            acts: false,
            is_typical: false,
        });
    }
    let rows = [
        broken::BROKEN,
        unusable::ODD,
        unusable::NONSENSE,
        silent::SILENT,
        answered::GOOD,
        answered::REFUSED,
    ];
    for (name, comes, is_typical, behaviour) in rows.into_iter().flatten() {
        let fault = Fault {
            name: (*name).into(),
            how: How::Raw(Behaviour(*behaviour)),
            place: Place::Request,
            comes: *comes,
            acts: false,
            is_typical: *is_typical,
        };
        let acted = Fault {
            name: format!("{name}{DONE}"),
            acts: true,
            ..fault.clone()
        };
        match comes {
            Comes::Answer | Comes::AnswerThenReset => faults.push(Fault {
                acts: true,
                ..fault
            }),
            Comes::Refusal => faults.push(fault),
            _ => faults.extend([fault, acted]),
        }
    }
    faults
}
