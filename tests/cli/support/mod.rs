//! What the tests stand on: the program in a clean environment, the sandbox, and raw sockets.

pub mod background;
pub mod callbacks;
pub mod client;
mod home;
pub mod keepalive;
mod live;
pub mod memory;
mod qiwei;
pub mod raw;
pub mod script;
pub mod sends;
mod server;
pub mod terminal;

pub use home::Home;
pub use live::Live;
pub use qiwei::{Finished, Qiwei};
pub use server::{DIALECTS, GROUP, PERSON, requests, sandbox, sandbox_apart, sandbox_with};

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

/// Longer than any run takes that does not hang, however busy the machine is.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Checks the rows of a table, several at a time: most of them only wait.
pub fn check_all<T: Sync>(rows: &[T], check: impl Fn(&T) + Sync) {
    const AT_ONCE: usize = 8;
    let rows = Mutex::new(rows.iter());
    let next = || rows.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(row) = next() {
                    check(row);
                }
            });
        }
    });
}
