//! Clients that never get done: each keeps some connections and replaces those it loses.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{Counts, Target, one_more};
use crate::pace::Span;

/// A way of not getting done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Half a request, then nothing.
    Silent,
    /// A byte each second.
    Dripping,
    /// Request after request, and never an ear for an answer.
    Deaf,
}

pub const WAYS: [Way; 3] = [Way::Silent, Way::Dripping, Way::Deaf];

const STEP: Duration = Duration::from_secs(1);
/// Requests that a deaf client adds at once.
const AT_ONCE: usize = 200;

struct Client {
    stream: TcpStream,
    since: Instant,
    /// How much of a request the last write left half done.
    done: usize,
}

pub fn run(way: Way, target: &Target, span: &Span, counts: &Counts) {
    let number = match way {
        // It keeps the server busy with answers until it is sent away.
        Way::Deaf => 1,
        _ => 8,
    };
    let mut clients: Vec<Client> = Vec::new();
    while span.rest(STEP) {
        clients.retain_mut(|client| client.goes_on(way, target, counts));
        while clients.len() < number
            && let Some(client) = Client::start(way, target, counts)
        {
            clients.push(client);
        }
    }
}

impl Client {
    fn start(way: Way, target: &Target, counts: &Counts) -> Option<Self> {
        let mut stream = target.connect(counts)?;
        stream.set_nonblocking(true).ok()?;
        let half = &target.proper.as_bytes()[..target.proper.len() / 2];
        match way {
            Way::Silent => drop(stream.write(half)),
            Way::Dripping => drop(stream.write(&half[..1])),
            Way::Deaf => {}
        }
        Some(Self {
            stream,
            since: Instant::now(),
            done: 0,
        })
    }

    /// Goes on not getting done; false when there is an end to it.
    fn goes_on(&mut self, way: Way, target: &Target, counts: &Counts) -> bool {
        let goes_on = match way {
            Way::Silent => self.hears_nothing(),
            Way::Dripping => self.hears_nothing() && self.drip(target),
            Way::Deaf => self.shout(target),
        };
        let Some(patience) = target.patience else {
            return goes_on;
        };
        if !goes_on {
            one_more(&counts.sent_away);
        } else if self.since.elapsed() > patience {
            one_more(&counts.tolerated);
        } else {
            return true;
        }
        false
    }

    fn hears_nothing(&mut self) -> bool {
        let heard = self.stream.read(&mut [0; 512]);
        heard.is_err_and(|e| e.kind() == ErrorKind::WouldBlock)
    }

    /// Never comes to the end of the request.
    fn drip(&mut self, target: &Target) -> bool {
        let seconds = self.since.elapsed().as_secs() as usize;
        let half = target.proper.len() / 2;
        let byte = &target.proper.as_bytes()[seconds.clamp(1, half)..][..1];
        self.stream.write(byte).is_ok()
    }

    /// Writes until nothing more goes in.
    fn shout(&mut self, target: &Target) -> bool {
        let request = &target.refused[0];
        let requests = request.repeat(AT_ONCE);
        loop {
            match self.stream.write(&requests.as_bytes()[self.done..]) {
                Ok(written) => self.done = (self.done + written) % request.len(),
                Err(e) => return e.kind() == ErrorKind::WouldBlock,
            }
        }
    }
}
