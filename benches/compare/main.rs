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
mod build;
mod callbacks;
mod floor;
mod https;
mod login;
mod lookups;
mod oneshot;
mod report;
// The tests' own server: what it takes to speak TLS is the same here.
#[path = "../../tests/cli/support/request.rs"]
mod request;
mod run;
#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../../tests/cli/support/tls.rs"]
mod tls;

use report::Report;

fn main() {
    // The floors of a one-shot send are this very program, started in another role.
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--costs", rounds, orders] => return run::print_costs(rounds, orders),
        ["--floor", address, body] => return floor::send(address, body),
        ["--reqwest", address, body] => return floor::send_with_the_http_client(address, body),
        _ => {}
    }
    let mut report = Report::new();
    oneshot::measure(&mut report);
    https::measure(&mut report);
    lookups::measure(&mut report);
    batch::measure(&mut report);
    callbacks::measure(&mut report);
    login::measure(&mut report);
    build::measure(&mut report, args.iter().any(|arg| arg == "--build"));
    report.finish();
}
