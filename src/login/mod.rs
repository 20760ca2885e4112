//! Logging an account in: the state of a login, where its news come from, and what is shown.

mod bounded;
pub mod code;
pub mod machine;
pub mod show;
pub mod watch;

pub use machine::{Machine, Step};
