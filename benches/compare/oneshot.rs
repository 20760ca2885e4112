//! One message, one process: the send of a cron job.

use std::process::Command;

use super::common::machine::mebibytes;
use super::common::program::{qiwei, sandbox};
use super::report::Measure::{Cpu, Memory, Wall};
use super::report::Report;
use super::run::{in_turn, is_installed};

const ROUNDS: usize = 40;

pub fn measure(report: &mut Report) {
    let server = sandbox(|_| {});
    let guid = &server.guids()[0];
    let body =
        format!(r#"{{"guid":"{guid}","conversation_id":"S:788123456789","content":"hello"}}"#);

    let mut ours = qiwei();
    ours.args([
        "--base-url",
        &server.base_url(),
        "--guid",
        guid,
        "send",
        "S:788123456789",
        "hello",
    ]);
    let mut floor = Command::new(std::env::current_exe().unwrap());
    floor.args(["--floor", &server.addr().to_string(), &body]);
    let mut client = Command::new(std::env::current_exe().unwrap());
    client.args(["--reqwest", &server.addr().to_string(), &body]);
    let mut commands = vec![ours, floor, client];
    if is_installed("curl") {
        let mut curl = Command::new("curl");
        let url = format!("{}/msg/send_text", server.base_url());
        curl.args([
            "-s",
            "-H",
            "Content-Type: application/json",
            "-d",
            &body,
            &url,
        ]);
        commands.push(curl);
    }
    let costs = in_turn(ROUNDS, &mut commands);
    let [ours, socket, client] = [0, 1, 2].map(|place| &costs[place]);
    if let Some(curl) = costs.get(3) {
        for (measure, aim) in [(Wall, 0.35), (Cpu, 0.30), (Memory, 0.5)] {
            report.costs(("send", ours), ("curl", curl), measure, Some(aim));
        }
    }
    report.costs(("send", ours), ("bare socket", socket), Wall, Some(1.6));
    let bare = "bare HTTP client of the same library";
    report.costs(("send", ours), (bare, client), Wall, None);
    report.costs(("send", ours), (bare, client), Cpu, None);
    if let Some(curl) = costs.get(3) {
        report.costs((bare, client), ("curl", curl), Cpu, None);
    }
    report.costs((bare, client), ("bare socket", socket), Wall, None);

    let mut version = qiwei();
    version.arg("--version");
    let mut help = qiwei();
    help.arg("--help");
    let costs = in_turn(ROUNDS, &mut [version, help, Command::new("true")]);
    let [version, help, nothing] = [0, 1, 2].map(|place| &costs[place]);
    report.costs(("--version", version), ("true", nothing), Wall, Some(3.0));
    report.costs(("--help", help), ("true", nothing), Wall, Some(3.0));
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_qiwei"))
        .unwrap()
        .len();
    report.figure(
        "size of the binary",
        format!("{:.2} MiB", mebibytes(size)),
        "≤ 5 MiB",
    );
}
