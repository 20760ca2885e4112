//! The program measured, and a server for it.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::Arc;

use qiwei::sandbox::{Sandbox, Scenario};

/// The release binary, at home in the build folder.
pub fn qiwei() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qiwei"));
    command.env_clear().env("HOME", env!("CARGO_TARGET_TMPDIR"));
    command
}

/// A sandbox in this process.
pub fn sandbox(change: impl FnOnce(&mut Scenario)) -> Sandbox {
    let mut scenario = Scenario::default();
    change(&mut scenario);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Sandbox::start(address, scenario, Arc::new(|_| {})).unwrap()
}
