//! What the fuzz targets in `fuzz/` call: one function a target, bytes in, a panic when something
//! does not hold. Built only by cargo-fuzz; the same functions run in the unit tests, on inputs of
//! proptest.

pub use crate::api::properties::answer;
pub use crate::callback::properties::callback;
pub use crate::commands::batch_line;
pub use crate::config::properties::config;
pub use crate::conversation::properties::{address, mention};
pub use crate::http::properties::http;
pub use crate::output::properties::terminal;
pub use crate::pace::properties::time;
pub use crate::redact::properties::redact;
pub use crate::sandbox::properties::{sandbox, sandbox_spec};
