//! A running program, and what the system says about it.

use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Ticks a second under /proc, whatever the kernel itself counts in.
const TICKS: f64 = 100.0;

/// What a program uses at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// Bytes of memory in use.
    pub memory: u64,
    pub descriptors: u64,
    pub threads: u64,
    /// Seconds of CPU so far.
    pub cpu: f64,
}

/// Looks at a process; none when it has gone.
pub fn look(pid: u32) -> Option<Use> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything; what follows it is regular.
    let mut ticks = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut seconds = || Some(ticks.next()?.parse::<f64>().ok()? / TICKS);
    Some(Use {
        memory: field("VmRSS:")? * 1024,
        descriptors: std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count() as u64,
        threads: field("Threads:")?,
        cpu: seconds()? + seconds()?,
    })
}

/// A program that does not outlive this one's failure.
pub struct Guarded(pub Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        // Does nothing to one that has been waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Ends a program in order and says how it took that.
pub fn end(child: &mut Child) -> String {
    const PATIENCE: Duration = Duration::from_secs(20);
    let _ = kill_process(Pid::from_child(child), Signal::TERM);
    let asked = Instant::now();
    while asked.elapsed() < PATIENCE {
        if let Ok(Some(status)) = child.try_wait() {
            return match status.code() {
                Some(143) => "143, as it should".into(),
                _ => format!("NOT IN ORDER: {status}"),
            };
        }
        thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    let _ = child.wait();
    "NOT AT ALL: killed".into()
}
