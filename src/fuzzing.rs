//! Entry points of the fuzz targets in `fuzz/`: one function per target that panics when a property
//! does not hold. Built only by cargo-fuzz; unit tests call the same functions with proptest inputs.

pub use crate::api::gateway::properties::gateway;
pub use crate::api::properties::answer;
pub use crate::callback::properties::{callback, websocket};
pub use crate::commands::batch_line;
pub use crate::config::properties::config;
pub use crate::conversation::properties::{address, mention};
pub use crate::http::properties::http;
pub use crate::names::properties::names;
pub use crate::output::properties::terminal;
pub use crate::pace::properties::time;
pub use crate::redact::properties::redact;
pub use crate::sandbox::properties::{sandbox, sandbox_spec, sandbox_websocket};
pub use crate::store::properties::state_address;
