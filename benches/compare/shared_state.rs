//! `qiwei send --key` with a local file and with a local PostgreSQL server, beside a plain `send`.

use std::process::{Command, Stdio};
use std::time::Instant;

use super::common::{qiwei, sandbox};
use super::postgres::Server;
use super::process::run_interleaved;
use super::report::Metric::WallTime;
use super::report::Report;

const ROUNDS: usize = 40;
const PROCESSES: usize = 16;
const LINES: usize = 100;

/// Measures both, if PostgreSQL is installed.
pub fn measure(report: &mut Report) {
    if option_env!("QIWEI_POSTGRES_BIN").is_none() {
        return;
    }
    let postgres = Server::start();
    let url = postgres.database().url();
    let server = sandbox(|_| {});
    let guid = server.guids()[0].clone();
    let folder = tempfile::tempdir().unwrap();
    let on = |mut command: Command, url: &str| {
        command
            .env("QIWEI_BASE_URL", server.base_url())
            .env("QIWEI_GUID", &guid)
            .env("QIWEI_STATE_DIR", folder.path())
            .env("QIWEI_STATE", url);
        command
    };
    // The shell makes a key for each round; it also starts the send that has none.
    let send = |key: &str, url: &str| {
        let mut shell = Command::new("sh");
        let script = format!("exec \"$0\" send S:788123456789 hello {key}");
        shell.args(["-c", &script]).arg(qiwei().get_program());
        on(shell, url)
    };
    let key = "--key $$-$(date +%N)";
    let mut commands = [send("", "local"), send(key, "local"), send(key, &url)];
    let usage = run_interleaved(ROUNDS, &mut commands);
    let plain = ("send", &usage[0]);
    for (name, usage, goal) in [
        ("send --key, local file", &usage[1], 1.7),
        ("send --key, local PostgreSQL", &usage[2], 4.0),
    ] {
        report.compare_usage((name, usage), plain, WallTime, Some(goal));
    }
    for (name, url) in [("local file", "local"), ("local PostgreSQL", &url)] {
        let start = Instant::now();
        let children: Vec<_> = (0..PROCESSES)
            .map(|process| {
                let line = |n| {
                    format!(
                        "{{\"to\":\"S:788123456789\",\"text\":\"x\",\"key\":\"{process} {n}\"}}\n"
                    )
                };
                let path = folder.path().join(format!("{process}.ndjson"));
                std::fs::write(&path, (0..LINES).map(line).collect::<String>()).unwrap();
                let mut command = on(qiwei(), url);
                command.args(["send", "--quiet", "--batch"]).arg(&path);
                command.stdout(Stdio::null()).spawn().unwrap()
            })
            .collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        let rate = (PROCESSES * LINES) as f64 / start.elapsed().as_secs_f64();
        let what = format!("keyed sends of {PROCESSES} processes, {name}");
        report.value(&what, format!("{rate:.0} per s"), "–");
    }
}
