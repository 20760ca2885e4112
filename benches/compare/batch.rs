//! `qiwei send --batch`: 10,000 messages in one process.

use std::process::Command;
use std::time::Instant;

use super::common::http::Connection;
use super::common::{mebibytes, qiwei, sandbox};
use super::process::{is_installed, run_once};
use super::report::Report;

const LINES: usize = 10_000;
/// The curl loop sends fewer messages; its rate is compared.
const CURL_MESSAGES: usize = 500;

pub fn measure(report: &mut Report) {
    let server = sandbox(|_| {});
    let guid = &server.guids()[0];
    let folder = tempfile::tempdir().unwrap();
    let write_batch = |lines: usize| {
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
        run_once(command.arg(write_batch(lines)))
    };
    let (small, large) = (run(LINES / 10), run(LINES));
    let batch_rate = LINES as f64 / large.wall_time.as_secs_f64();

    if is_installed("curl") {
        let body =
            format!(r#"{{"guid":"{guid}","conversation_id":"S:788123456789","content":"hello"}}"#);
        let url = format!("{}/msg/send_text", server.base_url());
        let script = format!(
            "i=0; while [ $i -lt {CURL_MESSAGES} ]; do curl -s -H 'Content-Type: application/json' -d '{body}' {url} >/dev/null; i=$((i+1)); done"
        );
        let curl = run_once(Command::new("sh").args(["-c", &script]));
        let curl_rate = CURL_MESSAGES as f64 / curl.wall_time.as_secs_f64();
        report.higher_is_better(
            "batch, messages per second / curl loop",
            batch_rate,
            curl_rate,
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
        let status = connection.request("POST", "/msg/send_text", &body);
        assert_eq!(status.unwrap(), 200);
    }
    let bare_rate = LINES as f64 / start.elapsed().as_secs_f64();
    report.higher_is_better(
        "batch, messages per second / bare keep-alive connection",
        batch_rate,
        bare_rate,
        "/s",
        0.5,
    );
    report.lower_is_better(
        "batch, memory for 10,000 lines / for 1,000",
        mebibytes(large.memory),
        mebibytes(small.memory),
        "MiB",
        1.1,
    );
}
