//! Compares the release binary with what users have now: `cargo bench --bench compare`.
//!
//! Runs it against its own sandbox next to curl, a bare socket, a minimal Flask webhook and a bare
//! tiny_http loop, prints the ratios and writes them to `benches/RESULTS.md`. Programs that are not
//! installed are left out. These are not tests: no figure passes or fails.

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
mod instance_ls;
mod login;
mod process;
mod report;
mod send;
mod shared_state;
// The PostgreSQL server of the tests.
#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../../tests/cli/support/postgres.rs"]
mod postgres;
// The TLS server of the tests.
#[path = "../../tests/cli/support/request.rs"]
mod request;
#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../../tests/cli/support/tls.rs"]
mod tls;

use report::Report;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // This program also starts itself, as a helper process and as the minimal clients.
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--measure", rounds, commands] => return process::run_helper(rounds, commands),
        ["--bare-socket", address, body] => return send::send_with_bare_socket(address, body),
        ["--bare-client", address, body] => return send::send_with_bare_client(address, body),
        _ => {}
    }
    let mut report = Report::new();
    send::measure(&mut report);
    send::measure_gateway(&mut report);
    send::measure_https(&mut report);
    shared_state::measure(&mut report);
    instance_ls::measure(&mut report);
    batch::measure(&mut report);
    callbacks::measure(&mut report);
    login::measure(&mut report);
    build::measure(&mut report, args.iter().any(|arg| arg == "--build"));
    report.write();
}
