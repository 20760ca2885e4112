//! `qiwei status --watch` while the server fails, dies and comes back.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::common::http::Connection;
use super::common::program::qiwei;
use super::pace::Span;
use super::port::Port;
use super::process::{self, Guarded};
use super::report::Report;
use super::series::Series;

const NAME: &str = "status --watch";
const LOOK_UP: &str = "/client/get_client_status";
/// What goes wrong, for a few requests.
const FAULTS: &[&str] = &[
    "reset",
    "reset-after",
    "drop-before",
    "drop-after",
    "hang",
    "http=500",
    "http=429",
    "html",
    "empty",
    "garbled",
    "truncated",
    "null",
    "object",
    "array",
    "busy",
    "reconnecting",
    "drip=2ms",
    "latency=300ms",
    "huge",
    "code=1002",
];
/// States of the account, and as what they show.
const STATES: &[(&str, &str)] = &[
    ("online", "online"),
    ("reconnecting", "stopped"),
    ("running", "running"),
    ("online", "online"),
    ("stopped", "stopped"),
];
/// A change must show within this time, faults or not: a look takes ten seconds at most.
const PATIENCE: Duration = Duration::from_secs(45);

pub fn run(span: &Span, report: &Report) {
    let port = Port::reserve();
    let mut server = Server::start_at(port.address);
    let child = qiwei()
        .args([
            "--json",
            "--base-url",
            &format!("http://{}", server.address),
        ])
        .args(["--guid", &server.guid()])
        .args(["status", "--watch", "--interval", "200ms"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut child = Guarded(child);
    let stdout = child.0.stdout.take().unwrap();
    let pid = child.0.id();
    let lines = &Lines::default();
    let (series, worry) = thread::scope(|scope| {
        scope.spawn(move || lines.follow(stdout));
        let series = scope.spawn(move || Series::follow(NAME, pid, span));
        let worry = worry(&mut server, lines, span);
        let ended = process::end(&mut child.0);
        report.work(NAME, "ended with", ended);
        (series.join().unwrap(), worry)
    });
    report.course(&series);
    lines.tell(report);
    worry.tell(report);
}

/// What the server was put through.
#[derive(Default)]
struct Worry {
    changes: u64,
    missed: u64,
    faults: u64,
    deaths: u64,
    slowest: Duration,
}

fn worry(server: &mut Server, lines: &Lines, span: &Span) -> Worry {
    let mut random = fastrand::Rng::new();
    let mut worry = Worry::default();
    let (mut shown, mut next_death) = ("", span.elapsed() + span.part(30));
    while !span.is_over() {
        server.admin("DELETE", "faults", "");
        let others: Vec<_> = STATES.iter().filter(|state| state.1 != shown).collect();
        let (state, shows) = random.choice(others).unwrap();
        server.admin(
            "POST",
            &server.instance(),
            &format!(r#"{{"status":"{state}"}}"#),
        );
        let changed = Instant::now();
        worry.changes += 1;
        if !lines.wait_for(shows, PATIENCE) {
            worry.missed += 1;
        }
        worry.slowest = worry.slowest.max(changed.elapsed());
        shown = shows;
        for _ in 0..random.u8(0..3) {
            let fault = random.choice(FAULTS).unwrap();
            let spec = format!("{fault}@{LOOK_UP}*{}", random.u8(1..4));
            server.admin("POST", "faults", &format!(r#"{{"fault":"{spec}"}}"#));
            worry.faults += 1;
        }
        span.rest(Duration::from_millis(random.u64(200..3000)));
        if span.elapsed() > next_death {
            next_death = span.elapsed() + span.part(30);
            server.stop();
            span.rest(Duration::from_millis(random.u64(0..5000)));
            server.start_again();
            worry.deaths += 1;
            shown = "";
        }
    }
    worry
}

impl Worry {
    fn tell(&self, report: &Report) {
        report.work(NAME, "faults of the server", self.faults);
        report.work(NAME, "deaths of the server", self.deaths);
        report.work(NAME, "changes of state", self.changes);
        report.work(NAME, "… never shown", self.missed);
        report.work(
            NAME,
            "… shown after at most",
            format!("{:.1?}", self.slowest),
        );
    }
}

/// What the watch says.
#[derive(Default)]
struct Lines(Mutex<Told>, Condvar);

#[derive(Default)]
struct Told {
    lines: u64,
    unreachable: u64,
    strange: u64,
    /// The state the last line tells, until somebody has waited for it.
    state: String,
    at: Option<Instant>,
    silence: Duration,
}

impl Lines {
    fn follow(&self, stdout: impl Read) {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            let mut told = self.0.lock().unwrap();
            told.lines += 1;
            match line["event"].as_str() {
                Some("unreachable") => told.unreachable += 1,
                Some("status" | "changed") => {}
                _ => told.strange += 1,
            }
            told.state = line["status"].as_str().unwrap_or_default().into();
            let now = Instant::now();
            if let Some(before) = told.at.replace(now) {
                told.silence = told.silence.max(now - before);
            }
            self.1.notify_all();
        }
    }

    /// Waits for a line that tells this state.
    fn wait_for(&self, state: &str, patience: Duration) -> bool {
        let mut told = self.0.lock().unwrap();
        told.state.clear();
        let waited = self
            .1
            .wait_timeout_while(told, patience, |told| told.state != state);
        !waited.unwrap().1.timed_out()
    }

    fn tell(&self, report: &Report) {
        let told = self.0.lock().unwrap();
        report.work(NAME, "lines", told.lines);
        report.work(NAME, "… that say unreachable", told.unreachable);
        report.work(NAME, "… that say nothing", told.strange);
        report.work(NAME, "longest silence", format!("{:.1?}", told.silence));
    }
}

/// A sandbox in a process of its own, so that it can be killed.
struct Server {
    child: Guarded,
    address: SocketAddr,
}

impl Server {
    fn start_at(address: SocketAddr) -> Self {
        let mut child = qiwei()
            .args(["sandbox", "--listen", &address.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // It tells its address when it is there.
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut String::new()).unwrap();
        let child = Guarded(child);
        Self { child, address }
    }

    fn start_again(&mut self) {
        *self = Self::start_at(self.address);
    }

    fn stop(&mut self) {
        let _ = self.child.0.kill();
        let _ = self.child.0.wait();
    }

    /// The one instance.
    fn guid(&self) -> String {
        // Guids of a sandbox are counted, so they outlive it.
        super::common::program::sandbox(|_| {}).guids()[0].clone()
    }

    fn instance(&self) -> String {
        format!("instances/{}", self.guid())
    }

    fn admin(&self, method: &str, place: &str, body: &str) {
        let status = Connection::open(self.address)
            .and_then(|mut c| c.ask(method, &format!("/_sandbox/{place}"), body));
        if !matches!(status, Ok(200)) {
            println!("the sandbox says {status:?} to {method} {place} {body}");
        }
    }
}
