//! `listen` fed as fast as it takes.

use std::io::{BufRead, BufReader};
use std::thread;
use std::time::Duration;

use super::common::listen::{CONNECTIONS, listen, load};
use super::pace::Span;
use super::process;
use super::report::Report;
use super::series::Series;
use super::tally::Seen;

const NAME: &str = "listen, at full speed";

pub fn run(callbacks: u64, report: &Report) {
    let mut listening = listen(&[]);
    let lines = BufReader::new(listening.child.stdout.take().unwrap());
    let reader = thread::spawn(move || {
        let mut seen = Seen::default();
        for line in lines.lines().map_while(Result::ok) {
            seen.take_line(&line, r#""id":""#);
        }
        seen
    });
    let pid = listening.child.id();
    // Until the process has gone; looks are as frequent as if it took this long.
    let span = Span::starting_now(Duration::from_secs(callbacks / 20_000));
    let follower = thread::spawn(move || Series::follow(NAME, pid, &span));
    let rate = load(&listening.place, callbacks);
    let ended = process::end(&mut listening.child);
    let mut seen = reader.join().unwrap();
    for lane in 0..CONNECTIONS {
        seen.expect(lane, callbacks / CONNECTIONS);
    }
    report.course(&follower.join().unwrap());
    report.work(NAME, "callbacks a second", format!("{rate:.0}"));
    report.work(NAME, "callbacks told yes", callbacks);
    report.work(NAME, "events printed", seen.total);
    report.work(NAME, "lost", seen.lost);
    report.work(NAME, "doubled", seen.doubled);
    report.work(NAME, "ended with", ended);
}
