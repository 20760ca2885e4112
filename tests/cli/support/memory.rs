//! The peak memory of a run.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// The result of [`measure`].
pub struct Measured {
    pub code: Option<i32>,
    /// Number of lines on stdout.
    pub lines: u64,
    /// Peak resident memory in KiB.
    pub peak: u64,
}

/// Runs a program, counts its stdout lines and measures its peak memory.
pub fn measure(command: &mut Command) -> Measured {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let (ended, peak) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut lines = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::SeqCst) {
                // VmHWM never decreases, so the last reading is the peak.
                peak.fetch_max(high_water(&status).unwrap_or(0), Ordering::SeqCst);
                thread::sleep(Duration::from_millis(5));
            }
        });
        let mut buffer = [0; 65536];
        loop {
            let read = stdout.read(&mut buffer).unwrap();
            if read == 0 {
                break;
            }
            lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        ended.store(true, Ordering::SeqCst);
    });
    Measured {
        code: child.wait().unwrap().code(),
        lines,
        peak: peak.into_inner(),
    }
}

fn high_water(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
