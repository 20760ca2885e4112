//! What the programs under `benches/` share.

pub mod http;
pub mod listen;
pub mod machine;
pub mod program;
