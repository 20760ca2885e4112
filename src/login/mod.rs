//! Logging in: the state of a login, the sources of its events, and the QR code display.

pub mod event;
pub mod qr_display;
pub mod state_machine;
pub mod verification_code;

pub use state_machine::{LoginStateMachine, Step};
