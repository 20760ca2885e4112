//! Runs the program in the background and reads its lines as they arrive.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{Finished, Qiwei};

/// Longer than any test takes on a busy machine; reaching it means that the program hangs.
pub const HANG_TIMEOUT: Duration = Duration::from_secs(60);
/// Poll interval where no notification is possible.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// A running program, killed when dropped.
pub struct BackgroundChild {
    child: Child,
    stdout: Option<ChildStdout>,
    pub out: Lines,
    pub err: Lines,
    /// Keeps the home folder alive.
    qiwei: Qiwei,
    started: Instant,
}

/// The lines of one stream so far.
#[derive(Clone, Default)]
pub struct Lines(Arc<(Mutex<Progress>, Condvar)>);

#[derive(Default)]
struct Progress {
    lines: Vec<String>,
    ended: bool,
}

impl BackgroundChild {
    /// Starts the program and reads both streams.
    pub fn start(qiwei: Qiwei) -> Self {
        let mut running = Self::start_unread(qiwei);
        running.read();
        running
    }

    /// Starts the program; stdout is not read before [`BackgroundChild::read`].
    pub fn start_unread(mut qiwei: Qiwei) -> Self {
        let mut child = qiwei.spawn();
        let err = Lines::default();
        err.follow(child.stderr.take().unwrap());
        Self {
            stdout: child.stdout.take(),
            child,
            out: Lines::default(),
            err,
            qiwei,
            started: Instant::now(),
        }
    }

    /// Starts to read stdout.
    pub fn read(&mut self) {
        self.out.follow(self.stdout.take().unwrap());
    }

    /// Closes the read end of an unread stdout.
    pub fn close_stdout(&mut self) {
        drop(self.stdout.take().unwrap());
    }

    /// Waits for the first event of this name on stdout.
    #[track_caller]
    pub fn event(&self, name: &str) -> Value {
        let of_that_name = |line: &str| parse(line)["event"] == name;
        parse(&self.out.wait_for(name, of_that_name))
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The home folder, to share with a second run.
    pub fn home(&self) -> &std::path::Path {
        self.qiwei.home()
    }

    pub fn config_path(&self) -> std::path::PathBuf {
        self.qiwei.config_path()
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for the program to end.
    #[track_caller]
    pub fn finish(&mut self) -> Finished {
        let end = Instant::now() + HANG_TIMEOUT;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                Instant::now() < end,
                "still runs; stdout {:?} stderr {:?}",
                self.out.all(),
                self.err.all()
            );
            thread::sleep(POLL_INTERVAL);
        };
        Finished {
            code: status.code().expect("ended by a signal"),
            stdout: self.out.text(),
            stderr: self.err.text(),
            took: self.started.elapsed(),
        }
    }
}

impl Drop for BackgroundChild {
    fn drop(&mut self) {
        // It has usually ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Lines {
    fn follow(&self, stream: impl Read + Send + 'static) {
        let lines = self.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                lines.lock().lines.push(line.unwrap());
                lines.0.1.notify_all();
            }
            lines.lock().ended = true;
            lines.0.1.notify_all();
        });
    }

    /// Every line so far.
    pub fn all(&self) -> Vec<String> {
        self.lock().lines.clone()
    }

    /// Waits for the first line that satisfies `fits`; `what` describes it in the failure message.
    #[track_caller]
    pub fn wait_for(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        self.wait(what, |lines| lines.iter().find(|line| fits(line)).cloned())
    }

    /// Waits for the first `count` lines.
    #[track_caller]
    pub fn wait_for_count(&self, count: usize) -> Vec<String> {
        self.wait(&format!("{count} lines"), |lines| {
            lines.get(..count).map(<[String]>::to_vec)
        })
    }

    #[track_caller]
    fn wait<T>(&self, what: &str, find: impl Fn(&[String]) -> Option<T>) -> T {
        let end = Instant::now() + HANG_TIMEOUT;
        let mut read = self.lock();
        loop {
            if let Some(found) = find(&read.lines) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !read.ended && !left.is_zero(),
                "no {what} among {:#?}",
                read.lines
            );
            read = self.0.1.wait_timeout(read, left).unwrap().0;
        }
    }

    /// Waits for the end of the stream and returns its text.
    fn text(&self) -> String {
        let end = Instant::now() + HANG_TIMEOUT;
        let mut read = self.lock();
        // A stream that is not read never ends.
        while !read.ended && Arc::strong_count(&self.0) > 1 && Instant::now() < end {
            read = self.0.1.wait_timeout(read, POLL_INTERVAL).unwrap().0;
        }
        read.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.0.lock().unwrap()
    }
}

/// A line as JSON; null when it is not JSON.
pub fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_default()
}

/// Polls `ready` until it returns a value.
#[track_caller]
pub fn eventually<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + HANG_TIMEOUT;
    loop {
        if let Some(found) = ready() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        thread::sleep(POLL_INTERVAL);
    }
}

/// Runs the program to its end; panics after [`HANG_TIMEOUT`].
#[track_caller]
pub fn end(qiwei: Qiwei) -> Finished {
    BackgroundChild::start(qiwei).finish()
}
