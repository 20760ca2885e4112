//! The program measured, and a server for it.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::Arc;

use qiwei::sandbox::{Sandbox, Scenario};

const ARENAS: &str = "MALLOC_ARENA_MAX";

/// The release binary.
pub fn qiwei() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qiwei"));
    // A home that even root cannot make.
    command.env_clear().env("HOME", "/proc/home");
    // With one arena, what the C library's allocator holds back is told from what grows.
    if let Some(arenas) = std::env::var_os(ARENAS) {
        command.env(ARENAS, arenas);
    }
    command
}

/// A sandbox in this process.
pub fn sandbox(change: impl FnOnce(&mut Scenario)) -> Sandbox {
    let mut scenario = Scenario::default();
    change(&mut scenario);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Sandbox::start(address, scenario, Arc::new(|_| {})).unwrap()
}
