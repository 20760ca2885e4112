//! `qiwei listen` under steady work and among clients that misbehave.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::common::http::{Connection, request};
use super::common::listen::{CONNECTIONS, Listening, Place, listen, load, message};
use super::misbehave::Target;
use super::pace::{Pace, Span};
use super::process;
use super::report::Report;
use super::series::Series;
use super::tally::Seen;

/// Messages are remembered to tell those that come twice: so many are posted first, for what is
/// remembered is no growth.
const REMEMBERED: u64 = 100_000;
/// Lanes of the steady work, behind those of that first load; a sender each.
const LANES: std::ops::Range<u64> = 10..14;
/// The lane of a sender that sends many at once.
const PIPELINE: u64 = 20;
const AT_ONCE: u64 = 16;
/// Patience that the listener promises not to exceed, with a margin for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(45);

/// What was told yes, by lane.
type Promised = Vec<(u64, u64)>;

/// Only printing.
pub fn run(rate: f64, span: &Span, report: &Report) {
    let mut soak = Soak::start("listen", &[], report);
    load(&soak.listening.place, REMEMBERED);
    let mut promised = soak.work(rate, 1000, &span.anew());
    promised.extend((0..CONNECTIONS).map(|lane| (lane, REMEMBERED / CONNECTIONS)));
    soak.finish(&promised);
}

/// With a command for each callback, some of which fail; few, for a command costs a process.
pub fn run_with_commands(span: &Span, report: &Report) {
    let folder = tempfile::tempdir().unwrap();
    let done = folder.path().join("done");
    let command = format!(
        r#"read -r line; echo "$line" >>{}; case $line in *3\"*) exit 3;; *4\"*) kill -9 $$;; esac"#,
        done.display()
    );
    let mut soak = Soak::start("listen --exec", &["--exec", &command], report);
    let promised = soak.work(3.0, 100, span);
    soak.finish(&promised);
    soak.tell("commands run", read(&done), &promised);
}

/// A listener, and who reads what it prints.
struct Soak<'a> {
    name: &'static str,
    listening: Listening,
    printed: Option<JoinHandle<Seen>>,
    report: &'a Report,
}

impl<'a> Soak<'a> {
    fn start(name: &'static str, more: &[&str], report: &'a Report) -> Self {
        let mut listening = listen(more);
        let lines = BufReader::new(listening.child.stdout.take().unwrap());
        let printed = thread::spawn(move || count(lines));
        Self {
            name,
            listening,
            printed: Some(printed),
            report,
        }
    }

    /// Callbacks at this rate, all together, among `idle` clients that do nothing and those that
    /// do harm.
    fn work(&self, rate: f64, idle: usize, span: &Span) -> Promised {
        let place = &self.listening.place;
        let again = &AtomicU64::new(0);
        let rate = rate / (LANES.end - LANES.start + 1) as f64;
        let (promised, harm) = thread::scope(|scope| {
            let pid = self.listening.child.id();
            let series = scope.spawn(move || Series::follow(self.name, pid, span));
            let harm = scope.spawn(move || target(place, idle).misuse(span));
            let senders: Vec<_> = LANES
                .map(|lane| scope.spawn(move || (lane, send(place, lane, 1, rate, span, again))))
                .collect();
            let pipelined = send(place, PIPELINE, AT_ONCE, rate, span, again);
            let mut promised: Promised = senders.into_iter().map(|s| s.join().unwrap()).collect();
            promised.push((PIPELINE, pipelined));
            self.report.course(&series.join().unwrap());
            (promised, harm.join().unwrap())
        });
        harm.tell(self.name, self.report);
        let again = again.load(Ordering::SeqCst);
        self.report
            .work(self.name, "connections to begin again", again);
        promised
    }

    fn finish(&mut self, promised: &Promised) {
        let ended = process::end(&mut self.listening.child);
        let printed = self.printed.take().unwrap().join().unwrap();
        let total: u64 = promised.iter().map(|(_, count)| count).sum();
        self.report.work(self.name, "callbacks told yes", total);
        self.tell("events printed", printed, promised);
        self.report.work(self.name, "ended with", ended);
    }

    fn tell(&self, what: &str, mut seen: Seen, promised: &Promised) {
        for (lane, count) in promised {
            seen.expect(*lane, *count);
        }
        self.report.work(self.name, what, seen.total);
        self.report.work(self.name, "… lost", seen.lost);
        self.report.work(self.name, "… doubled", seen.doubled);
    }
}

/// Posts a lane, `at_once` in one piece, each until it is told yes; returns how many were.
fn send(place: &Place, lane: u64, at_once: u64, rate: f64, span: &Span, again: &AtomicU64) -> u64 {
    let mut pace = Pace::new(rate / at_once as f64);
    let mut connection = None;
    let (mut due, mut promised) = (0, 0);
    loop {
        if promised == due {
            if !pace.wait(span) {
                return promised;
            }
            due += at_once;
        }
        match post(&mut connection, place, lane, promised..due, &mut promised) {
            Ok(()) => {}
            Err(_) if span.is_over() => return promised,
            Err(_) => {
                connection = None;
                again.fetch_add(1, Ordering::SeqCst);
                span.rest(Duration::from_millis(50));
            }
        }
    }
}

/// Posts some messages of a lane and counts each that is told yes.
fn post(
    kept: &mut Option<Connection>,
    place: &Place,
    lane: u64,
    numbers: std::ops::Range<u64>,
    promised: &mut u64,
) -> std::io::Result<()> {
    let connection = match kept {
        Some(connection) => connection,
        None => kept.insert(Connection::open(place.address)?),
    };
    let requests: String = numbers
        .clone()
        .map(|number| request("POST", &place.path, &message(&place.guid, lane, number)))
        .collect();
    connection.send(&requests)?;
    for _ in numbers {
        match connection.answer()? {
            200 => *promised += 1,
            status => return Err(std::io::Error::other(status.to_string())),
        }
    }
    Ok(())
}

/// The listener as those who misbehave see it.
fn target(place: &Place, idle: usize) -> Target {
    let event = message(&place.guid, 30, 0);
    let other = message("3dcd86ac-0000-0000-0000-000000000000", 30, 0);
    let wrong = "/webhook/AAAAAAAAAAAAAAAAAAAAAA";
    let proper = request("POST", &place.path, &event);
    Target {
        address: place.address,
        refused: vec![
            request("POST", wrong, &event),
            request("POST", wrong, &event).replace("localhost", "evil.example"),
            request("POST", &place.path, &other),
            request("DELETE", &place.path, &event),
            request("POST", &place.path, &event[1..]),
            proper.replace("application/json", "text/plain"),
        ],
        proper,
        idle,
        patience: Some(PATIENCE),
    }
}

fn read(path: &Path) -> Seen {
    std::fs::File::open(path).map_or_else(|_| Seen::default(), |file| count(BufReader::new(file)))
}

fn count(lines: impl BufRead) -> Seen {
    let mut seen = Seen::default();
    for line in lines.lines().map_while(Result::ok) {
        if !seen.take_line(&line, r#""id":""#) {
            println!("no message: {line}");
        }
    }
    seen
}
