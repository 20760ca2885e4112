//! Runs the program on a pseudo-terminal with typed input.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Instant;

use pty_process::Size;
use pty_process::blocking::{Command, open};

use super::Qiwei;
use super::background::HANG_TIMEOUT;

/// A program and the terminal it runs on. Killed when dropped.
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<(Mutex<Screen>, Condvar)>,
    /// Keeps the home folder alive.
    _qiwei: Qiwei,
}

#[derive(Default)]
struct Screen {
    bytes: Vec<u8>,
    ended: bool,
}

/// The result of a run on a terminal.
#[derive(Debug)]
pub struct Seen {
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    /// Everything that was written to the terminal, without carriage returns.
    pub text: String,
    /// stdout, if it was a pipe.
    pub stdout: String,
}

impl Terminal {
    /// Starts the program with all three streams on an xterm of this width.
    pub fn start(qiwei: Qiwei, columns: u16) -> Self {
        Self::start_with(qiwei, columns, false)
    }

    /// As [`Terminal::start`], with stdout in a pipe.
    pub fn start_piped(qiwei: Qiwei, columns: u16) -> Self {
        Self::start_with(qiwei, columns, true)
    }

    fn start_with(qiwei: Qiwei, columns: u16, piped: bool) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(50, columns)).unwrap();
        let given = qiwei.command();
        let mut command = Command::new(given.get_program())
            .args(given.get_args())
            .env_clear()
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8");
        for (name, value) in given.get_envs() {
            if let Some(value) = value {
                command = command.env(name, value);
            }
        }
        if piped {
            command = command.stdout(Stdio::piped());
        }
        let child = command.spawn(pts).unwrap();
        let mut output = File::from(OwnedFd::from(pty));
        let keyboard = File::from(output.as_fd().try_clone_to_owned().unwrap());
        let screen = Arc::<(Mutex<Screen>, Condvar)>::default();
        let shown = screen.clone();
        thread::spawn(move || {
            let mut piece = [0; 4096];
            // Some systems report the end of the program as a read error.
            while let Ok(length @ 1..) = output.read(&mut piece) {
                let mut screen = shown.0.lock().unwrap();
                screen.bytes.extend_from_slice(&piece[..length]);
                shown.1.notify_all();
            }
            shown.0.lock().unwrap().ended = true;
            shown.1.notify_all();
        });
        Self {
            child,
            keyboard,
            screen,
            _qiwei: qiwei,
        }
    }

    /// Types these keys; `\n` ends a line, `\x03` is Ctrl-C.
    pub fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until `part` has been shown `times` times.
    #[track_caller]
    pub fn shows(&self, part: &str, times: usize) {
        let end = Instant::now() + HANG_TIMEOUT;
        let mut screen = self.screen.0.lock().unwrap();
        loop {
            let text = text(&screen.bytes);
            if text.matches(part).count() >= times {
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !screen.ended && !left.is_zero(),
                "no {part:?} for the {times}. time in {text}"
            );
            screen = self.screen.1.wait_timeout(screen, left).unwrap().0;
        }
    }

    /// Waits for the program to end.
    pub fn end(mut self) -> Seen {
        let mut stdout = String::new();
        if let Some(mut pipe) = self.child.stdout.take() {
            pipe.read_to_string(&mut stdout).unwrap();
        }
        let end = Instant::now() + HANG_TIMEOUT;
        let mut screen = self.screen.0.lock().unwrap();
        while !screen.ended {
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "still runs: {}", text(&screen.bytes));
            screen = self.screen.1.wait_timeout(screen, left).unwrap().0;
        }
        let text = text(&screen.bytes);
        drop(screen);
        Seen {
            code: self.child.wait().unwrap().code(),
            text,
            stdout,
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It has usually ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program on a terminal to its end.
pub fn on_terminal(qiwei: Qiwei, columns: u16) -> Seen {
    Terminal::start(qiwei, columns).end()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\r', "")
}

impl Seen {
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    #[track_caller]
    pub fn assert_output_contains(self, part: &str) -> Self {
        assert!(self.text.contains(part), "no {part:?} in {self:?}");
        self
    }
}
