//! What has to be compiled, and how long that takes from nothing.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Instant;

use super::report::Report;

pub fn measure(report: &mut Report, from_nothing: bool) {
    report.figure(
        "crates in the binary, ours included",
        crates().to_string(),
        "–",
    );
    if from_nothing {
        report.figure(
            "release build from nothing",
            format!("{:.0} s", build_seconds()),
            "–",
        );
    }
}

fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo
}

fn crates() -> usize {
    let tree = cargo()
        .args([
            "tree",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--no-dedupe",
        ])
        .output()
        .unwrap();
    let lines = String::from_utf8(tree.stdout).unwrap();
    let names: BTreeSet<&str> = lines
        .lines()
        .map(|line| line.split(" (").next().unwrap())
        .collect();
    names.len()
}

fn build_seconds() -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let status = cargo()
        .args(["build", "--release", "--quiet", "--target-dir"])
        .arg(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
    start.elapsed().as_secs_f64()
}
