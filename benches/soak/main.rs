//! Long-running test with misbehaving clients and servers: `cargo bench --bench soak -- --for 1h`.
//!
//! Starts the release binary (`listen`, `status --watch`, `sandbox`) under a steady load while
//! misbehaving clients and servers do everything they can, samples its memory, descriptors and
//! threads, and checks that every message comes out exactly once. With `--for` the result is written
//! to `benches/SOAK.md`. Without it every part runs for ten seconds and only prints: enough to see
//! that it works, too short to see growth, because everything is still warming up.

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

mod delivery_check;
mod listen;
mod misbehaving_clients;
mod options;
mod process;
mod report;
mod sandbox;
mod status_watch;
mod timing;
mod usage;

use std::thread;

use options::{Options, Part};
use report::Report;
use timing::Period;

fn main() {
    let options = Options::parse(std::env::args().skip(1));
    let report = Report::default();
    if options.includes(Part::FullSpeed) {
        listen::run_at_full_speed(options.callbacks, &report);
    }
    let period = &Period::start(options.duration);
    thread::scope(|scope| {
        if options.includes(Part::Listen) {
            scope.spawn(|| listen::run(options.rate, period, &report));
        }
        if options.includes(Part::Exec) {
            scope.spawn(|| listen::run_with_exec(period, &report));
        }
        if options.includes(Part::Watch) {
            scope.spawn(|| status_watch::run(period, &report));
        }
        if options.includes(Part::Sandbox) {
            scope.spawn(|| sandbox::run(options.rate / 8.0, period, &report));
        }
    });
    report.finish(&options);
}
