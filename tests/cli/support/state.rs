//! Helpers for the tests of keys, batches and pace.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use qiwei::sandbox::Sandbox;
use serde_json::Value;

use super::postgres::Database;
use super::{CHILD_TIMEOUT, Finished, Home, Qiwei};

/// A run for the sandbox's first instance, with its state in [`state_folder`].
pub fn with_state(server: &Sandbox, home: &Home, args: &[&str]) -> Qiwei {
    let guid = server.guids()[0].clone();
    Qiwei::on(&server.base_url(), args)
        .with_home(home)
        .env("QIWEI_STATE_DIR", state_folder(home))
        .env("QIWEI_GUID", guid)
}

/// A run that keeps its state in `database`, with a home folder of its own.
pub fn with_database(server: &Sandbox, database: &Database, args: &[&str]) -> Qiwei {
    with_state(server, &Home::new(), args).env("QIWEI_STATE", database.url())
}

/// The state folder of [`with_state`].
pub fn state_folder(home: &Home) -> PathBuf {
    home.path().join("state")
}

/// The state database of [`with_state`].
pub fn state_file(home: &Home) -> PathBuf {
    state_folder(home).join("state.sqlite3")
}

/// How many messages the server was asked to send.
pub fn sends(server: &Sandbox) -> usize {
    let is_send = |path: &str| path.starts_with("/msg/");
    server
        .exchanges()
        .iter()
        .filter(|e| is_send(&e.path))
        .count()
}

/// The texts the server delivered, in order.
pub fn texts(server: &Sandbox) -> Vec<String> {
    server.deliveries().into_iter().map(|d| d.content).collect()
}

/// stdout as one JSON object per line.
#[track_caller]
pub fn results(run: &Finished) -> Vec<Value> {
    results_in(&run.stdout)
}

/// As [`results`], for any text.
#[track_caller]
pub fn results_in(text: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    text.lines().map(parse).collect()
}

/// One field of every result.
pub fn field(results: &[Value], name: &str) -> Vec<Value> {
    results.iter().map(|result| result[name].clone()).collect()
}

/// Polls until `happened` returns true.
#[track_caller]
pub fn wait_until(what: &str, happened: impl Fn() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < CHILD_TIMEOUT, "never: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Every file and folder below a folder.
pub fn everything_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            found.push(path);
        }
    }
    found
}

/// Changes the state database with SQL.
pub fn change_state(home: &Home, sql: &str) {
    let db = rusqlite::Connection::open(state_file(home)).unwrap();
    db.busy_timeout(CHILD_TIMEOUT).unwrap();
    db.execute_batch(sql).unwrap();
}

/// A command like that of [`with_state`], for callers that start and end it themselves.
pub fn command(server: &Sandbox, home: &Home, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qiwei"));
    command
        .args(args)
        .args(["--base-url", &server.base_url(), "--guid"])
        .arg(&server.guids()[0])
        .env_clear()
        .env("HOME", home.path())
        .env("QIWEI_STATE_DIR", state_folder(home))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// `command` with each file limited to `blocks` blocks; larger writes fail as on a full disk.
pub fn on_a_full_disk(blocks: u32, command: &Command) -> Command {
    let mut limited = Command::new("sh");
    // Signal 25 is SIGXFSZ, which a full disk does not send.
    let script = format!("trap '' 25; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    limited.args(["-c", &script]);
    limited.arg(command.get_program()).args(command.get_args());
    limited.env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            limited.env(name, value);
        }
    }
    limited.stdin(Stdio::null());
    limited
}
