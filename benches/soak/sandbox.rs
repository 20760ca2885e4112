//! `qiwei sandbox` under load.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::common::http::{Connection, request};
use super::common::listen::LANE;
use super::common::program::{qiwei, sandbox};
use super::misbehave::Target;
use super::pace::{Pace, Span};
use super::port::Port;
use super::process::{self, Guarded};
use super::receiver;
use super::report::Report;
use super::series::Series;
use super::tally::Seen;
use super::user;

const NAME: &str = "sandbox";
/// Entries kept of each kind. Three times as many are made first, for what is kept is no growth,
/// and by many connections, for each thread takes its memory from a different place.
const KEPT: u64 = 100_000;
const FILLERS: u64 = 8;
const EACH: u64 = 3 * KEPT / FILLERS;
const PER_CONNECTION: u64 = 500;
/// Lanes of the steady work, behind that first load.
const LANES: std::ops::Range<u64> = 10..14;
/// Together with everybody else about a thousand connections, a few less than are served.
const IDLE: usize = 950;
/// What goes wrong, away from what is counted.
const FAULTS: &[&str] = &[
    "reset",
    "drop-after",
    "http=500",
    "html",
    "garbled",
    "truncated",
    "drip=5ms",
    "hang",
    "huge",
];

pub fn run(rate: f64, span: &Span, report: &Report) {
    let (child, stdout) = start();
    let mut child = Guarded(child);
    let mut lines = BufReader::new(stdout);
    let address = listening(&mut lines);
    let guid = &sandbox(|_| {}).guids()[0].clone();
    let log = thread::spawn(move || read_log(lines));
    let port = Port::reserve();
    let receiver = port.address;
    set_notify_url(address, guid, receiver).unwrap();
    let kept = thread::scope(|scope| {
        let fillers: Vec<_> = (0..FILLERS)
            .map(|lane| scope.spawn(move || fill(address, guid, lane).unwrap()))
            .collect();
        fillers.into_iter().map(|f| f.join().unwrap()).collect()
    });
    let promised: Vec<(u64, u64)> = kept;
    // What is kept is there: from here on nothing may grow.
    let span = &span.anew();

    let pid = child.0.id();
    let again = &AtomicU64::new(0);
    let looks = &AtomicU64::new(0);
    let (sent, received, account, harm) = thread::scope(|scope| {
        let series = scope.spawn(move || Series::follow(NAME, pid, span));
        let receiver = scope.spawn(move || receiver::run(receiver, span));
        let user = scope.spawn(move || user::run(address, span));
        let harm = scope.spawn(move || target(address, guid).misuse(span));
        scope.spawn(move || look_on(address, span, looks));
        scope.spawn(move || meet_faults(address, span));
        let lane_rate = rate / (LANES.end - LANES.start) as f64;
        let senders: Vec<_> = LANES
            .map(|lane| {
                scope.spawn(move || (lane, send(address, guid, lane, lane_rate, span, again)))
            })
            .collect();
        let sent: Vec<_> = senders.into_iter().map(|s| s.join().unwrap()).collect();
        report.course(&series.join().unwrap());
        (
            sent,
            receiver.join().unwrap(),
            user.join().unwrap(),
            harm.join().unwrap(),
        )
    });
    report.work(NAME, "ended with", process::end(&mut child.0));
    let mut logged = log.join().unwrap();
    let mut total = 0;
    for (lane, count) in promised.iter().chain(&sent) {
        logged.expect(*lane, *count);
        total += count;
    }
    report.work(NAME, "sends told yes", total);
    report.work(NAME, "sends in its log", logged.total);
    report.work(NAME, "… lost", logged.lost);
    report.work(NAME, "… doubled", logged.doubled);
    report.work(
        NAME,
        "connections to begin again",
        again.load(Ordering::SeqCst),
    );
    report.work(NAME, "callbacks received", received.total);
    report.work(NAME, "… doubled", received.doubled);
    report.work(NAME, "… while nobody received", received.lost);
    report.work(NAME, "commands run", account.commands);
    report.work(NAME, "… failed", account.failed);
    report.work(NAME, "logins", account.logins);
    report.work(NAME, "looks at all it keeps", looks.load(Ordering::SeqCst));
    harm.tell(NAME, report);
}

fn start() -> (Child, ChildStdout) {
    let mut child = qiwei()
        .args(["--json", "sandbox", "--listen", "127.0.0.1:0"])
        .args(["--scan", "after=100ms", "--limit", "50"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take().unwrap();
    (child, stdout)
}

fn listening(lines: &mut impl BufRead) -> SocketAddr {
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

fn set_notify_url(server: SocketAddr, guid: &str, receiver: SocketAddr) -> io::Result<()> {
    let body = format!(r#"{{"guid":"{guid}","notify_url":"http://{receiver}/"}}"#);
    let status = Connection::open(server)?.ask("POST", "/client/set_notify_url", &body)?;
    assert_eq!(status, 200);
    Ok(())
}

fn message(guid: &str, lane: u64, number: u64) -> String {
    let id = lane * LANE + number;
    format!(r#"{{"guid":"{guid}","conversation_id":"S:788123456789","content":"{id}"}}"#)
}

/// Sends its share as fast as it goes.
fn fill(server: SocketAddr, guid: &str, lane: u64) -> io::Result<(u64, u64)> {
    let mut connection = Connection::open(server)?;
    for number in 0..EACH {
        if number % PER_CONNECTION == 0 {
            connection = Connection::open(server)?;
        }
        let status = connection.ask("POST", "/msg/send_text", &message(guid, lane, number))?;
        assert_eq!(status, 200);
    }
    Ok((lane, EACH))
}

/// Sends a lane; a connection that ends is begun again, and a message without an answer counts as
/// lost, for sending it again would double it.
fn send(
    server: SocketAddr,
    guid: &str,
    lane: u64,
    rate: f64,
    span: &Span,
    again: &AtomicU64,
) -> u64 {
    let mut pace = Pace::new(rate);
    let mut kept = None;
    let mut number = 0;
    while pace.wait(span) {
        if kept.is_none() {
            kept = Connection::open(server).ok();
        }
        let Some(connection) = &mut kept else {
            again.fetch_add(1, Ordering::SeqCst);
            continue;
        };
        match connection.ask("POST", "/msg/send_text", &message(guid, lane, number)) {
            Ok(200) => {}
            answer => {
                println!("send: {answer:?}");
                again.fetch_add(1, Ordering::SeqCst);
                kept = None;
            }
        }
        number += 1;
    }
    number
}

/// Looks at everything the sandbox keeps, as people do with a browser.
fn look_on(server: SocketAddr, span: &Span, looks: &AtomicU64) {
    let places = ["state", "requests", "deliveries", "callbacks", "faults"];
    for place in places.iter().cycle() {
        if !span.rest(span.part(60)) {
            return;
        }
        let path = format!("/_sandbox/{place}");
        match Connection::open(server).and_then(|mut c| c.ask("GET", &path, "")) {
            Ok(200) => drop(looks.fetch_add(1, Ordering::SeqCst)),
            other => println!("{path}: {other:?}"),
        }
    }
}

/// Asks for what goes wrong. Whatever comes of it, an end must come.
fn meet_faults(server: SocketAddr, span: &Span) {
    let mut pace = Pace::new(0.5);
    for fault in FAULTS.iter().cycle() {
        if !pace.wait(span) {
            return;
        }
        let body = format!(r#"{{"fault":"{fault}@/client/all_clients*2"}}"#);
        let added =
            Connection::open(server).and_then(|mut c| c.ask("POST", "/_sandbox/faults", &body));
        if !matches!(added, Ok(200)) {
            println!("fault {fault}: {added:?}");
        }
        for _ in 0..2 {
            let _ = qiwei()
                .args(["--base-url", &format!("http://{server}")])
                .args(["--timeout", "2s", "-q", "instance", "ls"])
                .stdin(Stdio::null())
                .output();
        }
    }
}

/// The sandbox as those who misbehave see it.
fn target(address: SocketAddr, guid: &str) -> Target {
    let body =
        format!(r#"{{"guid":"{guid}","conversation_id":"S:788123456789","content":"never"}}"#);
    let proper = request("POST", "/msg/send_text", &body);
    let state = request("GET", "/_sandbox/state", "");
    Target {
        address,
        refused: vec![
            request("POST", "/nowhere", &body),
            request("GET", "/msg/send_text", ""),
            request("POST", "/msg/send_text", &body[1..]),
            request("POST", "/_sandbox/state", ""),
            state.replace("localhost", "evil.example"),
            state.replace("Host:", "Origin: http://evil.example\r\nHost:"),
        ],
        proper,
        idle: IDLE,
        patience: None,
    }
}
