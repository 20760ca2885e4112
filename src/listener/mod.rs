//! HTTP servers of this program: for callbacks, and for files that the API server fetches.

pub mod address;
mod connections;
mod server;

pub use address::Token;
pub use server::Listener;
pub(crate) use server::{RunningListener, Service};
