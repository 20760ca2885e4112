//! Other clients of the sandbox: all commands of `qiwei`, admin requests, injected faults, and the
//! requests of misbehaving clients.

use std::net::SocketAddr;
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;

use crate::common::http::{Connection, format_request};
use crate::common::qiwei;
use crate::misbehaving_clients::Target;
use crate::timing::{Period, Ticker};

/// Together with all other clients about a thousand, a few less than the sandbox serves.
const IDLE_CONNECTIONS: usize = 950;
const ROUNDS_PER_SECOND: f64 = 0.5;
const FAULTS_PER_SECOND: f64 = 0.5;
const FAULTS: &[&str] = &[
    "reset",
    "drop-after",
    "http=500",
    "html",
    "garbled",
    "truncated",
    "drip=5ms",
    "hang",
    "huge",
];

/// Results of the commands that were run.
#[derive(Default)]
pub struct CommandCounts {
    pub total: u64,
    pub failed: u64,
    pub logins: u64,
}

/// Creates an instance, logs in, sends, logs out and removes the instance, again and again.
pub fn run_all_commands(server: SocketAddr, period: &Period) -> CommandCounts {
    let mut runner = CommandRunner {
        base_url: format!("http://{server}"),
        home: tempfile::tempdir().unwrap(),
        counts: CommandCounts::default(),
    };
    let mut ticker = Ticker::new(ROUNDS_PER_SECOND);
    while ticker.wait(period) {
        runner.run_round();
    }
    runner.counts
}

struct CommandRunner {
    base_url: String,
    home: TempDir,
    counts: CommandCounts,
}

impl CommandRunner {
    fn run_round(&mut self) {
        let created = self.run(&["--json", "instance", "create", "--no-use"]);
        let created: serde_json::Value =
            serde_json::from_slice(&created.stdout).unwrap_or_default();
        let Some(guid) = created["guid"].as_str() else {
            return;
        };
        let login = ["--guid", guid, "login", "--qr", "none", "--poll", "1s"];
        self.counts.logins += u64::from(self.run(&login).status.success());
        for args in [
            ["--guid", guid, "sessions"].as_slice(),
            &["--guid", guid, "send", "S:788123456789", "hello"],
            &["--guid", guid, "status", "--wait", "online"],
            &["--guid", guid, "logout"],
            &["instance", "rm", "--yes", guid],
        ] {
            self.run(args);
        }
    }

    fn run(&mut self, args: &[&str]) -> Output {
        let output = qiwei()
            .env("HOME", self.home.path())
            .args(["--base-url", &self.base_url])
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        self.counts.total += 1;
        if !output.status.success() {
            self.counts.failed += 1;
            let error = String::from_utf8_lossy(&output.stderr);
            println!("qiwei {args:?}: {}: {error}", output.status);
        }
        output
    }
}

/// Reads everything that the sandbox keeps, as from a browser.
pub fn read_admin_endpoints(server: SocketAddr, period: &Period, reads: &AtomicU64) {
    let endpoints = ["state", "requests", "deliveries", "callbacks", "faults"];
    for endpoint in endpoints.iter().cycle() {
        if !period.sleep(period.interval(60)) {
            return;
        }
        let path = format!("/_sandbox/{endpoint}");
        match Connection::open(server).and_then(|mut c| c.request("GET", &path, "")) {
            Ok(200) => drop(reads.fetch_add(1, Ordering::SeqCst)),
            other => println!("{path}: {other:?}"),
        }
    }
}

/// Injects faults and runs commands that meet them. Their results do not matter, only that they end.
pub fn inject_faults(server: SocketAddr, period: &Period) {
    let mut ticker = Ticker::new(FAULTS_PER_SECOND);
    for fault in FAULTS.iter().cycle() {
        if !ticker.wait(period) {
            return;
        }
        // An endpoint that none of the counted commands uses.
        let body = format!(r#"{{"fault":"{fault}@/client/all_clients*2"}}"#);
        let status =
            Connection::open(server).and_then(|mut c| c.request("POST", "/_sandbox/faults", &body));
        if !matches!(status, Ok(200)) {
            println!("fault {fault}: {status:?}");
        }
        for _ in 0..2 {
            let _ = qiwei()
                .args(["--base-url", &format!("http://{server}")])
                .args(["--timeout", "2s", "-q", "instance", "ls"])
                .stdin(Stdio::null())
                .output();
        }
    }
}

/// Returns the sandbox as a target for misbehaving clients.
pub fn misbehaving_target(address: SocketAddr, guid: &str) -> Target {
    let body =
        format!(r#"{{"guid":"{guid}","conversation_id":"S:788123456789","content":"never"}}"#);
    let valid = format_request("POST", "/msg/send_text", &body);
    let state = format_request("GET", "/_sandbox/state", "");
    Target {
        address,
        invalid: vec![
            format_request("POST", "/nowhere", &body),
            format_request("GET", "/msg/send_text", ""),
            format_request("POST", "/msg/send_text", &body[1..]),
            format_request("POST", "/_sandbox/state", ""),
            state.replace("localhost", "evil.example"),
            state.replace("Host:", "Origin: http://evil.example\r\nHost:"),
        ],
        valid,
        idle_connections: IDLE_CONNECTIONS,
        stall_limit: None,
    }
}
