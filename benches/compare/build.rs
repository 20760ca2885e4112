//! Size, dependencies and compile time of the release binary.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Instant;

use super::common::mebibytes;
use super::report::Report;

/// Also compiles everything from scratch if `with_build` is set.
pub fn measure(report: &mut Report, with_build: bool) {
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_qiwei"))
        .unwrap()
        .len();
    report.value(
        "size of the binary",
        format!("{:.2} MiB", mebibytes(size)),
        "≤ 5 MiB",
    );
    report.value(
        "crates in the binary, including qiwei",
        count_crates().to_string(),
        "–",
    );
    if with_build {
        report.value(
            "release build from scratch",
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

fn count_crates() -> usize {
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
