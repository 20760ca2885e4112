//! `qiwei sandbox` under load.

mod guests;
mod load;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{ChildStdout, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use super::common::program::{qiwei, sandbox};
use super::misbehave::Counts;
use super::pace::Span;
use super::port::Port;
use super::process::{self, Guarded};
use super::receiver;
use super::report::Report;
use super::series::Series;
use super::tally::Seen;
use super::user::{self, Account};

const NAME: &str = "sandbox";
/// Lanes of the steady work, behind that first load.
const LANES: std::ops::Range<u64> = 10..14;

pub fn run(rate: f64, span: &Span, report: &Report) {
    let mut server = Server::start();
    let port = Port::reserve();
    load::set_notify_url(server.address, &server.guid, port.address).unwrap();
    let mut sent = server.fill();
    // What is kept is there: from here on nothing may grow.
    let day = server.work(rate, port.address, &span.anew(), report);
    sent.extend(&day.sent);
    let ended = process::end(&mut server.child.0);
    day.tell(&sent, server.log.join().unwrap(), report);
    report.work(NAME, "ended with", ended);
}

struct Server {
    child: Guarded,
    address: SocketAddr,
    /// Of the one account whose messages are counted.
    guid: String,
    log: JoinHandle<Seen>,
}

/// What happened, by the number of messages in each lane, and otherwise.
struct Day {
    sent: Vec<(u64, u64)>,
    again: u64,
    looks: u64,
    received: Seen,
    account: Account,
    harm: Counts,
}

impl Server {
    fn start() -> Self {
        let child = qiwei()
            .args(["--json", "sandbox", "--listen", "127.0.0.1:0"])
            .args(["--scan", "after=100ms", "--limit", "50"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut child = Guarded(child);
        let mut lines = BufReader::new(child.0.stdout.take().unwrap());
        Self {
            child,
            address: listening(&mut lines),
            // Guids of a sandbox are counted: the first is the same in all of them.
            guid: sandbox(|_| {}).guids()[0].clone(),
            log: thread::spawn(move || read_log(lines)),
        }
    }

    fn fill(&self) -> Vec<(u64, u64)> {
        thread::scope(|scope| {
            let fillers: Vec<_> = (0..load::FILLERS)
                .map(|lane| scope.spawn(move || load::fill(self.address, &self.guid, lane)))
                .collect();
            let filled = fillers.into_iter().map(|f| f.join().unwrap().unwrap());
            (0..).zip(filled).collect()
        })
    }

    /// Messages at this rate, all together, and everything else at the same time.
    fn work(&self, rate: f64, receiver: SocketAddr, span: &Span, report: &Report) -> Day {
        let (address, guid, pid) = (self.address, &self.guid, self.child.0.id());
        let (again, looks) = (&AtomicU64::new(0), &AtomicU64::new(0));
        let rate = rate / (LANES.end - LANES.start) as f64;
        thread::scope(|scope| {
            let series = scope.spawn(move || Series::follow(NAME, pid, span));
            let received = scope.spawn(move || receiver::run(receiver, span));
            let account = scope.spawn(move || user::run(address, span));
            let harm = scope.spawn(move || guests::target(address, guid).misuse(span));
            scope.spawn(move || guests::look_on(address, span, looks));
            scope.spawn(move || guests::meet_faults(address, span));
            let send = |lane| (lane, load::send(address, guid, lane, rate, span, again));
            let senders: Vec<_> = LANES.map(|lane| scope.spawn(move || send(lane))).collect();
            let sent = senders.into_iter().map(|s| s.join().unwrap()).collect();
            report.course(&series.join().unwrap());
            Day {
                sent,
                again: again.load(Ordering::SeqCst),
                looks: looks.load(Ordering::SeqCst),
                received: received.join().unwrap(),
                account: account.join().unwrap(),
                harm: harm.join().unwrap(),
            }
        })
    }
}

impl Day {
    fn tell(&self, sent: &[(u64, u64)], mut logged: Seen, report: &Report) {
        for (lane, count) in sent {
            logged.expect(*lane, *count);
        }
        let total: u64 = sent.iter().map(|(_, count)| count).sum();
        let rows = [
            ("sends", total),
            ("sends in its log", logged.total),
            ("… lost", logged.lost),
            ("… doubled", logged.doubled),
            ("connections to begin again", self.again),
            ("callbacks received", self.received.total),
            ("… doubled", self.received.doubled),
            ("commands run", self.account.commands),
            ("… failed", self.account.failed),
            ("logins", self.account.logins),
            ("looks at all it keeps", self.looks),
        ];
        for (what, count) in rows {
            report.work(NAME, what, count);
        }
        self.harm.tell(NAME, report);
    }
}

fn listening(lines: &mut BufReader<ChildStdout>) -> SocketAddr {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let url = line["base_url"].as_str().unwrap();
    url.strip_prefix("http://").unwrap().parse().unwrap()
}

/// The messages its log tells of.
fn read_log(lines: impl BufRead) -> Seen {
    let mut seen = Seen::default();
    for line in lines.lines().map_while(Result::ok) {
        if line.contains(r#""path":"/msg/send_text""#) {
            // The user's message names no number.
            seen.take_line(&line, r#""content":""#);
        }
    }
    seen
}
