//! Callbacks over WebSocket, as the hosted gateway offers them for clients without a public URL (wire
//! protocol; known from two public clients).
//!
//! The client authenticates for one instance; then it receives the instance's events and acknowledges
//! each. What it does not acknowledge is sent again after the next authentication.

mod handshake;
mod hub;
mod message;
mod peer;
mod session;

pub(super) use handshake::accept;
pub(super) use hub::{Hub, PushStatus, PushedEvent};
#[cfg(any(test, fuzzing))]
pub(super) use message::ClientMessage;
pub(super) use session::serve;

use super::fault::Kind;

/// The path of the WebSocket.
pub(super) const PATH: &str = "/ws/juwe";

/// Whether a fault of the path takes effect when the client authenticates; others change the handshake.
pub(super) fn takes_effect_at_authentication(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Reset
            | Kind::Drop
            | Kind::Hang
            | Kind::Empty
            | Kind::Garbled
            | Kind::Null
            | Kind::Object
            | Kind::Array
            | Kind::Code(_)
            | Kind::Busy
    )
}
