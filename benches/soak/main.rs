//! Hours of work among clients and servers that misbehave: `cargo bench --bench soak -- --for 1h`.
//!
//! Starts the release binary (`listen`, `status --watch`, `sandbox`), gives it steady work and, at
//! the same time, everything a bad peer can do, and looks at its memory, descriptors and threads
//! from outside. Whatever has to come out exactly once is counted. With `--for` the result goes to
//! `benches/SOAK.md`; without, every part takes ten seconds and only prints, which shows that it
//! works and says nothing about growth: everything is still warming up.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::exit
)]

#[path = "../common/mod.rs"]
mod common;

mod listen;
mod million;
mod misbehave;
mod options;
mod pace;
mod port;
mod process;
mod receiver;
mod report;
mod sandbox;
mod series;
mod tally;
mod user;
mod watch;

use std::thread;

use options::{Options, Part};
use pace::Span;
use report::Report;

fn main() {
    let options = Options::read(std::env::args().skip(1));
    let report = Report::default();
    if options.has(Part::Million) {
        million::run(options.callbacks, &report);
    }
    let span = &Span::starting_now(options.time);
    thread::scope(|scope| {
        if options.has(Part::Listen) {
            scope.spawn(|| listen::run(options.rate, span, &report));
        }
        if options.has(Part::Exec) {
            scope.spawn(|| listen::run_with_commands(span, &report));
        }
        if options.has(Part::Watch) {
            scope.spawn(|| watch::run(span, &report));
        }
        if options.has(Part::Sandbox) {
            scope.spawn(|| sandbox::run(options.rate / 8.0, span, &report));
        }
    });
    report.finish(&options);
}
