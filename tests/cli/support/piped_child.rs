//! A running program with piped output.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, ChildStdout};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use super::{CHILD_TIMEOUT, Finished, Home};

/// A running program, killed when dropped.
pub struct PipedChild {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    stderr: Option<BufReader<ChildStderr>>,
    started: Instant,
    /// Keeps the home folder alive.
    _home: Home,
    _watchdog: Sender<()>,
}

impl PipedChild {
    pub fn new(mut child: Child, home: Home) -> Self {
        Self {
            stdout: child.stdout.take().map(BufReader::new),
            stderr: child.stderr.take().map(BufReader::new),
            started: Instant::now(),
            _home: home,
            _watchdog: watchdog(Pid::from_child(&child)),
            child,
        }
    }

    /// Waits for the next line of stdout, returned without its line feed.
    pub fn stdout_line(&mut self) -> String {
        next_line(self.stdout.as_mut().unwrap())
    }

    /// Waits for the next line of stderr, returned without its line feed.
    pub fn stderr_line(&mut self) -> String {
        next_line(self.stderr.as_mut().unwrap())
    }

    /// Waits until the program handles this signal: a send handles SIGHUP a moment after it has started.
    #[cfg(target_os = "linux")]
    pub fn wait_for_handler(&self, signal: Signal) {
        let path = format!("/proc/{}/status", self.child.id());
        super::background::eventually("the handler", || {
            let status = std::fs::read_to_string(&path).unwrap();
            let caught = status.lines().find_map(|l| l.strip_prefix("SigCgt:"))?;
            let mask = u64::from_str_radix(caught.trim(), 16).ok()?;
            (mask & (1 << (signal.as_raw() - 1)) != 0).then_some(())
        });
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the program to end. Lines that were already read are not in the result.
    pub fn end(mut self) -> Finished {
        let stdout = drain(self.stdout.take());
        let stderr = drain(self.stderr.take());
        let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
        let status = self.child.wait().unwrap();
        let took = self.started.elapsed();
        let code = status
            .code()
            .unwrap_or_else(|| panic!("{status} after {took:?}: {stdout}{stderr}"));
        Finished {
            code,
            stdout,
            stderr,
            took,
        }
    }
}

impl Drop for PipedChild {
    fn drop(&mut self) {
        // Does nothing to a child that has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn next_line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    assert!(line.ends_with('\n'), "ended after {line:?}");
    line.trim_end_matches('\n').to_owned()
}

fn drain(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            stream.read_to_end(&mut bytes).unwrap();
        }
        // A raw API call prints the server's bytes, which may not be UTF-8.
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Kills a program that hangs, so that its test fails. Ends when the returned sender is dropped.
fn watchdog(pid: Pid) -> Sender<()> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        if receiver.recv_timeout(CHILD_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
            let _ = kill_process(pid, Signal::KILL);
        }
    });
    sender
}
