//! Code shared by the benchmarks: the measured program, a sandbox, and the header of a report.

pub mod http;
pub mod listen;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::Arc;

use qiwei::sandbox::{Sandbox, Scenario};

/// Returns a command that runs the release binary with an empty environment.
pub fn qiwei() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qiwei"));
    // Not even root can create this directory.
    command.env_clear().env("HOME", "/proc/home");
    // With a single arena, memory that glibc's allocator retains cannot be mistaken for a leak.
    const MAX_ARENAS: &str = "MALLOC_ARENA_MAX";
    if let Some(count) = std::env::var_os(MAX_ARENAS) {
        command.env(MAX_ARENAS, count);
    }
    command
}

/// Starts a sandbox in this process.
pub fn sandbox(configure: impl FnOnce(&mut Scenario)) -> Sandbox {
    let mut scenario = Scenario::default();
    configure(&mut scenario);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Sandbox::start(address, scenario, Arc::new(|_| {})).unwrap()
}

/// Returns the date of the measurement.
pub fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// Returns the processor and the number of cores of this machine.
pub fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |name| {
            name.trim_matches([':', '\t', ' '])
        });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{name} · {cores} cores")
}

/// Converts bytes to MiB.
pub fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
