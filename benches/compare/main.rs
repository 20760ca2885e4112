//! Side by side with what users have now: `cargo bench`.
//!
//! Runs the release binary against its own sandbox next to curl, a bare socket, a minimal Flask
//! webhook and a bare tiny_http loop, prints the ratios and writes them to `benches/RESULTS.md`.
//! Programs that are not installed are left out. Nothing here is a test: no number passes or fails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::exit
)]

#[path = "../common/mod.rs"]
mod common;

mod batch;
mod callbacks;
mod floor;
mod lookups;
mod oneshot;
mod report;
mod run;

use report::Report;

fn main() {
    // The floor of a one-shot send is this very program, started in its other role.
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("--floor") {
        return floor::send(&args.next().unwrap(), &args.next().unwrap());
    }
    let mut report = Report::new();
    oneshot::measure(&mut report);
    lookups::measure(&mut report);
    batch::measure(&mut report);
    callbacks::measure(&mut report);
    report.finish();
}
