//! 10,000 messages in one batch.

use std::process::Command;
use std::time::Instant;

use super::common::http::Connection;
use super::common::machine::mebibytes;
use super::common::program::{qiwei, sandbox};
use super::report::Report;
use super::run::{is_installed, once};

const LINES: usize = 10_000;
/// A loop over curl is measured with fewer and scaled.
const CURLS: usize = 500;

pub fn measure(report: &mut Report) {
    let server = sandbox(|_| {});
    let guid = &server.guids()[0];
    let folder = tempfile::tempdir().unwrap();
    let file = |lines: usize| {
        let path = folder.path().join(format!("{lines}.ndjson"));
        let text: String = (0..lines)
            .map(|n| format!("{{\"to\":\"S:788123456789\",\"text\":\"message {n}\"}}\n"))
            .collect();
        std::fs::write(&path, text).unwrap();
        path
    };
    let run = |lines: usize| {
        let mut command = qiwei();
        command.args([
            "--base-url",
            &server.base_url(),
            "--guid",
            guid,
            "send",
            "--batch",
        ]);
        once(command.arg(file(lines)))
    };
    let (small, large) = (run(LINES / 10), run(LINES));
    let ours = LINES as f64 / large.wall.as_secs_f64();

    if is_installed("curl") {
        let body =
            format!(r#"{{"guid":"{guid}","conversation_id":"S:788123456789","content":"hello"}}"#);
        let url = format!("{}/msg/send_text", server.base_url());
        let script = format!(
            "i=0; while [ $i -lt {CURLS} ]; do curl -s -H 'Content-Type: application/json' -d '{body}' {url} >/dev/null; i=$((i+1)); done"
        );
        let curl = once(Command::new("sh").args(["-c", &script]));
        let curls = CURLS as f64 / curl.wall.as_secs_f64();
        report.more(
            "batch, messages a second / curl loop",
            ours,
            curls,
            "/s",
            15.0,
        );
    }

    let mut connection = Connection::open(server.addr()).unwrap();
    let start = Instant::now();
    for n in 0..LINES {
        let body = format!(
            r#"{{"guid":"{guid}","conversation_id":"S:788123456789","content":"message {n}"}}"#
        );
        let status = connection.ask("POST", "/msg/send_text", &body);
        assert_eq!(status.unwrap(), 200);
    }
    let bare = LINES as f64 / start.elapsed().as_secs_f64();
    report.more(
        "batch, messages a second / bare keep-alive",
        ours,
        bare,
        "/s",
        0.5,
    );
    report.less(
        "batch, memory of 10,000 lines / of 1,000",
        mebibytes(large.memory),
        mebibytes(small.memory),
        "MiB",
        1.1,
    );
}
