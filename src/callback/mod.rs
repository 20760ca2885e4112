//! Callbacks: the listener and the WebSocket client that receive them, and the parser of their content.

pub mod acknowledgement;
pub mod address;
mod connections;
pub mod event;
pub mod listener;
pub mod message;
pub mod policy;
#[cfg(any(test, fuzzing))]
pub mod properties;
pub mod queue;
pub mod simulate;
pub mod websocket;

pub use address::Token;
pub use event::Event;
pub use event::NotifyType;
pub use listener::Listener;
