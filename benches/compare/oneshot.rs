//! One message, one process: the send of a cron job.

use std::process::Command;

use super::common::machine::mebibytes;
use super::common::program::{qiwei, sandbox};
use super::report::{Report, millis};
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
    let ours = costs[0];
    if let Some(curl) = costs.get(3) {
        report.less(
            "send, wall / curl",
            millis(ours.wall),
            millis(curl.wall),
            "ms",
            0.35,
        );
        report.less(
            "send, CPU / curl",
            millis(ours.cpu),
            millis(curl.cpu),
            "ms",
            0.30,
        );
        let memory = |bytes| mebibytes(bytes);
        report.less(
            "send, memory / curl",
            memory(ours.memory),
            memory(curl.memory),
            "MiB",
            0.5,
        );
    }
    report.less(
        "send, wall / bare socket",
        millis(ours.wall),
        millis(costs[1].wall),
        "ms",
        1.6,
    );
    report.beside(
        "send, wall / bare HTTP client of the same library",
        millis(ours.wall),
        millis(costs[2].wall),
        "ms",
    );
    report.beside(
        "send, CPU / bare HTTP client of the same library",
        millis(ours.cpu),
        millis(costs[2].cpu),
        "ms",
    );
    if let Some(curl) = costs.get(3) {
        report.beside(
            "a bare HTTP client's CPU / curl",
            millis(costs[2].cpu),
            millis(curl.cpu),
            "ms",
        );
    }
    report.beside(
        "a bare HTTP client's wall / bare socket",
        millis(costs[2].wall),
        millis(costs[1].wall),
        "ms",
    );

    let mut version = qiwei();
    version.arg("--version");
    let mut help = qiwei();
    help.arg("--help");
    let costs = in_turn(ROUNDS, &mut [version, help, Command::new("true")]);
    report.less(
        "--version, wall / true",
        millis(costs[0].wall),
        millis(costs[2].wall),
        "ms",
        3.0,
    );
    report.less(
        "--help, wall / true",
        millis(costs[1].wall),
        millis(costs[2].wall),
        "ms",
        3.0,
    );
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_qiwei"))
        .unwrap()
        .len();
    report.figure(
        "size of the binary",
        format!("{:.2} MiB", mebibytes(size)),
        "≤ 5 MiB",
    );
}
