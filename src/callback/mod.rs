//! Callbacks: the listener that receives them, and what they say.

mod crowd;
pub mod door;
pub mod event;
pub mod inbox;
mod kind;
pub mod listener;
pub mod message;
#[cfg(any(test, fuzzing))]
pub mod oracle;
pub mod place;
pub mod simulate;
mod token;

pub use event::Event;
pub use kind::NotifyType;
pub use listener::Listener;
pub use token::Token;
