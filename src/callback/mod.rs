//! Callbacks: the listener that receives them, and the parser of their content.

pub mod address;
mod connections;
pub mod event;
mod kind;
pub mod listener;
pub mod message;
pub mod policy;
#[cfg(any(test, fuzzing))]
pub mod properties;
pub mod queue;
pub mod simulate;
mod token;

pub use event::Event;
pub use kind::NotifyType;
pub use listener::Listener;
pub use token::Token;
