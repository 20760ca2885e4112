//! A terminal of our own, and what a person would get to see on it.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::{Live, Qiwei};

/// A run whose standard streams are all one terminal.
pub struct OnTerminal {
    live: Live,
    screen: JoinHandle<String>,
}

impl OnTerminal {
    /// Starts it on a terminal that can show everything.
    pub fn start(qiwei: Qiwei) -> Self {
        let (master, slave) = open();
        let end = || slave.try_clone().unwrap();
        let live = qiwei
            .env("TERM", "xterm")
            .env("LANG", "C.UTF-8")
            .stdin_from(end())
            .stdout_to(end())
            .stderr_to(end())
            .start();
        // The last handles are then those of the program: its end is the end of the stream.
        drop(slave);
        Self {
            live,
            screen: thread::spawn(move || read(master)),
        }
    }

    /// Waits for its end: the exit code, and every byte it wrote, with plain line ends.
    pub fn end(self) -> (i32, String) {
        let run = self.live.end();
        (run.code, self.screen.join().unwrap().replace("\r\n", "\n"))
    }
}

fn open() -> (OwnedFd, OwnedFd) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let slave = rustix::fs::open(name, flags, Mode::empty()).unwrap();
    let size = Winsize {
        ws_row: 50,
        ws_col: 200,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&slave, size).unwrap();
    (master, slave)
}

fn read(master: OwnedFd) -> String {
    let mut screen = Vec::new();
    // Ends with an error on Linux, when nobody holds the other side any more.
    let _ = File::from(master).read_to_end(&mut screen);
    String::from_utf8_lossy(&screen).into_owned()
}
