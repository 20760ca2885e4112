//! Logging an account in: the state of a login, where its news come from, and what is shown.

mod bounded;
pub mod event;
pub mod qr_display;
pub mod state_machine;
pub mod verification_code;

pub use state_machine::{LoginStateMachine, Step};
