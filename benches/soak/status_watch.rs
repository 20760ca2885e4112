//! `qiwei status --watch` while the server fails, is killed and restarts.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::common::http::Connection;
use super::common::{qiwei, sandbox};
use super::process::{self, KillOnDrop, ReservedPort};
use super::report::Report;
use super::timing::Period;
use super::usage::UsageSamples;

const NAME: &str = "status --watch";
const STATUS_PATH: &str = "/client/get_client_status";
/// Faults that are injected for a few requests each.
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
/// States of the account in the sandbox, and the status that `qiwei` shows for each.
const STATES: &[(&str, &str)] = &[
    ("online", "online"),
    ("reconnecting", "stopped"),
    ("running", "running"),
    ("online", "online"),
    ("stopped", "stopped"),
];
/// Time after which a change must be shown, whatever the faults. One check takes at most 10 s.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(45);

pub fn run(period: &Period, report: &Report) {
    let port = ReservedPort::new();
    let mut server = Server::start(port.address);
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
    let mut child = KillOnDrop(child);
    let stdout = child.0.stdout.take().unwrap();
    let pid = child.0.id();
    let output = &WatchOutput::default();
    let (samples, counts) = thread::scope(|scope| {
        scope.spawn(move || output.read(stdout));
        let samples = scope.spawn(move || UsageSamples::collect(NAME, pid, period));
        let counts = disturb(&mut server, output, period);
        let exit_status = process::terminate(&mut child.0);
        report.value(NAME, "exit code on SIGTERM", exit_status);
        (samples.join().unwrap(), counts)
    });
    report.usage(&samples);
    output.add_to(report);
    counts.add_to(report);
}

/// What was done to the server, and how the watch followed.
#[derive(Default)]
struct Counts {
    changes: u64,
    missed: u64,
    faults: u64,
    restarts: u64,
    slowest: Duration,
}

/// Changes the state of the account, injects faults and restarts the server until the period is over.
fn disturb(server: &mut Server, output: &WatchOutput, period: &Period) -> Counts {
    let mut random = fastrand::Rng::new();
    let mut counts = Counts::default();
    let (mut shown, mut next_restart) = ("", period.elapsed() + period.interval(30));
    while !period.is_over() {
        server.admin("DELETE", "faults", "");
        let others: Vec<_> = STATES
            .iter()
            .filter(|(_, status)| *status != shown)
            .collect();
        let (state, status) = random.choice(others).unwrap();
        server.admin(
            "POST",
            &server.instance_path(),
            &format!(r#"{{"status":"{state}"}}"#),
        );
        let changed = Instant::now();
        counts.changes += 1;
        if !output.wait_for(status, CHANGE_TIMEOUT) {
            counts.missed += 1;
        }
        counts.slowest = counts.slowest.max(changed.elapsed());
        shown = status;
        for _ in 0..random.u8(0..3) {
            let fault = random.choice(FAULTS).unwrap();
            let spec = format!("{fault}@{STATUS_PATH}*{}", random.u8(1..4));
            server.admin("POST", "faults", &format!(r#"{{"fault":"{spec}"}}"#));
            counts.faults += 1;
        }
        period.sleep(Duration::from_millis(random.u64(200..3000)));
        if period.elapsed() > next_restart {
            next_restart = period.elapsed() + period.interval(30);
            server.kill();
            period.sleep(Duration::from_millis(random.u64(0..5000)));
            server.restart();
            counts.restarts += 1;
            shown = "";
        }
    }
    counts
}

impl Counts {
    fn add_to(&self, report: &Report) {
        report.value(NAME, "faults injected", self.faults);
        report.value(NAME, "server restarts", self.restarts);
        report.value(NAME, "status changes", self.changes);
        report.value(NAME, "… never shown", self.missed);
        let slowest = format!("{:.1?}", self.slowest);
        report.value(NAME, "… longest delay until shown", slowest);
    }
}

/// What the watch has printed.
#[derive(Default)]
struct WatchOutput {
    summary: Mutex<OutputSummary>,
    changed: Condvar,
}

#[derive(Default)]
struct OutputSummary {
    lines: u64,
    unreachable: u64,
    unknown: u64,
    /// Status in the last line; cleared by [`WatchOutput::wait_for`].
    status: String,
    last_line: Option<Instant>,
    longest_silence: Duration,
}

impl WatchOutput {
    fn read(&self, stdout: impl Read) {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            let mut summary = self.summary.lock().unwrap();
            summary.lines += 1;
            match line["event"].as_str() {
                Some("unreachable") => summary.unreachable += 1,
                Some("status" | "changed") => {}
                _ => summary.unknown += 1,
            }
            summary.status = line["status"].as_str().unwrap_or_default().into();
            let now = Instant::now();
            if let Some(previous) = summary.last_line.replace(now) {
                summary.longest_silence = summary.longest_silence.max(now - previous);
            }
            self.changed.notify_all();
        }
    }

    /// Waits for a new line with this status; returns false on timeout.
    fn wait_for(&self, status: &str, timeout: Duration) -> bool {
        let mut summary = self.summary.lock().unwrap();
        summary.status.clear();
        let result = self
            .changed
            .wait_timeout_while(summary, timeout, |summary| summary.status != status);
        !result.unwrap().1.timed_out()
    }

    fn add_to(&self, report: &Report) {
        let summary = self.summary.lock().unwrap();
        report.value(NAME, "lines", summary.lines);
        report.value(NAME, "… with event unreachable", summary.unreachable);
        report.value(NAME, "… with no known event", summary.unknown);
        let silence = format!("{:.1?}", summary.longest_silence);
        report.value(NAME, "longest time without a line", silence);
    }
}

/// A sandbox in a process that can be killed and restarted on the same address.
struct Server {
    child: KillOnDrop,
    address: SocketAddr,
}

impl Server {
    fn start(address: SocketAddr) -> Self {
        let mut child = qiwei()
            .args(["sandbox", "--listen", &address.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The first line is printed once it listens.
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut String::new()).unwrap();
        let child = KillOnDrop(child);
        Self { child, address }
    }

    fn restart(&mut self) {
        *self = Self::start(self.address);
    }

    fn kill(&mut self) {
        let _ = self.child.0.kill();
        let _ = self.child.0.wait();
    }

    /// Returns the guid of the only instance, which is the same in every sandbox.
    fn guid(&self) -> String {
        sandbox(|_| {}).guids()[0].clone()
    }

    fn instance_path(&self) -> String {
        format!("instances/{}", self.guid())
    }

    fn admin(&self, method: &str, path: &str, body: &str) {
        let status = Connection::open(self.address)
            .and_then(|mut c| c.request(method, &format!("/_sandbox/{path}"), body));
        if !matches!(status, Ok(200)) {
            println!("sandbox: {method} {path} {body}: {status:?}");
        }
    }
}
