//! Callbacks: the listener and the WebSocket client that receive them, and the parser of their content.

pub mod acknowledgement;
pub mod address;
pub mod event;
pub mod listener;
pub mod message;
pub mod policy;
#[cfg(any(test, fuzzing))]
pub mod properties;
pub mod queue;
pub mod simulate;
pub mod websocket;

pub use crate::listener::Listener;
pub use event::Event;
pub use event::NotifyType;
