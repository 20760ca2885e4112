//! What the fuzz targets in `fuzz/` call: one function a target, bytes in, a panic when something
//! does not hold. Built only by cargo-fuzz; the same functions run in the unit tests, on inputs of
//! proptest.

pub use crate::api::oracle::answer;
pub use crate::callback::oracle::callback;
pub use crate::commands::batch_line;
pub use crate::config::oracle::config;
pub use crate::conversation::oracle::{address, mention};
pub use crate::http::oracle::http;
pub use crate::output::oracle::terminal;
pub use crate::pace::oracle::time;
pub use crate::redact::oracle::redact;
pub use crate::sandbox::oracle::{sandbox, sandbox_spec};
