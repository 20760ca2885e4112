//! Clients no server wants, against either of ours.

mod hasty;
mod idle;
mod stall;

use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use super::pace::Span;
use super::report::Report;

/// A server, as those who misbehave see it.
pub struct Target {
    pub address: SocketAddr,
    /// A request that would be accepted, were it ever sent to its end.
    pub proper: String,
    /// Whole requests that must be refused.
    pub refused: Vec<String>,
    /// Connections that only sit there.
    pub idle: usize,
    /// How long a client may stall before it must be sent away; none when it may for ever.
    pub patience: Option<Duration>,
}

/// What came of it.
#[derive(Default)]
pub struct Counts {
    connections: AtomicU64,
    unconnected: AtomicU64,
    refused: AtomicU64,
    surprising: AtomicU64,
    sent_away: AtomicU64,
    tolerated: AtomicU64,
}

impl Target {
    /// Misbehaves in every way there is, until the time is over.
    pub fn misuse(&self, span: &Span) -> Counts {
        let counts = Counts::default();
        thread::scope(|scope| {
            scope.spawn(|| hasty::run(self, span, &counts));
            scope.spawn(|| idle::run(self, span, &counts));
            for way in stall::WAYS {
                let counts = &counts;
                scope.spawn(move || stall::run(way, self, span, counts));
            }
        });
        counts
    }

    fn connect(&self, counts: &Counts) -> Option<TcpStream> {
        let stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(2)).ok();
        let counter = match stream {
            Some(_) => &counts.connections,
            None => &counts.unconnected,
        };
        one_more(counter);
        stream
    }
}

impl Counts {
    pub fn tell(&self, who: &str, report: &Report) {
        let rows = [
            ("misbehaving connections", &self.connections),
            ("of these refused a whole request", &self.refused),
            ("of these sent away for stalling", &self.sent_away),
            ("of these never sent away", &self.tolerated),
            ("of these answered as they should not be", &self.surprising),
            ("connections not had", &self.unconnected),
        ];
        for (what, count) in rows {
            report.work(who, what, count.load(Ordering::SeqCst));
        }
    }
}

fn one_more(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::SeqCst);
}

/// Closes with a reset.
fn reset(stream: TcpStream) {
    let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
}
