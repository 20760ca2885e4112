//! Shell scripts, run against a sandbox the way the README tells users to.

use std::process::Command;

use super::{Finished, Qiwei};

/// Runs `script` with `sh -e` in an empty home folder, under `qiwei sandbox FLAGS --`.
pub fn in_sandbox(flags: &[&str], script: &str) -> Finished {
    let mut args = vec!["sandbox"];
    args.extend(flags);
    let script = format!("cd \"$HOME\"\n{script}");
    args.extend(["--", "sh", "-ec", &script]);
    Qiwei::new(args)
        .env("PATH", std::env::var_os("PATH").unwrap())
        .run()
}

/// Whether a program that some scripts need is installed; the Rust toolchain does not include it.
pub fn is_installed(program: &str) -> bool {
    let probe = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output();
    probe.is_ok_and(|output| output.status.success())
}
