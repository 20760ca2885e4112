//! Test helpers: the program in a clean environment, the sandbox, and raw sockets.

pub mod background;
pub mod client;
pub mod counting_server;
pub mod cutting_proxy;
pub mod gateway;
mod home;
pub mod login;
pub mod memory;
mod piped_child;
pub mod postgres;
mod qiwei;
pub mod raw;
pub mod request;
pub mod script;
mod server;
pub mod state;
pub mod terminal;
pub mod tls;

pub use home::Home;
pub use piped_child::PipedChild;
pub use qiwei::{Finished, Qiwei};
pub use server::{
    DIALECTS, GROUP, PERSON, requests, sandbox, sandbox_on_own_address,
    sandbox_on_own_address_with, sandbox_with,
};

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

/// Longer than any run takes on a busy machine; reaching it means that the program hangs.
pub const CHILD_TIMEOUT: Duration = Duration::from_secs(60);

/// Checks the rows of a table in parallel, as most of them only wait.
pub fn check_all<T: Sync>(rows: &[T], check: impl Fn(&T) + Sync) {
    check_at_once(8, rows, check);
}

/// As [`check_all`], on `at_once` threads.
pub fn check_at_once<T: Sync>(at_once: usize, rows: &[T], check: impl Fn(&T) + Sync) {
    let rows = Mutex::new(rows.iter());
    let next = || rows.lock().unwrap().next();
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(row) = next() {
                    check(row);
                }
            });
        }
    });
}
