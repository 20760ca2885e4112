//! What the tests stand on: the program in a clean environment, the sandbox, and raw sockets.

pub mod background;
pub mod callbacks;
pub mod client;
mod qiwei;
pub mod raw;
mod server;

pub use qiwei::{Finished, Qiwei};
pub use server::{GROUP, PERSON, sandbox, sandbox_with};
