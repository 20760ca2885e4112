//! Configuration: the file, its layers, and the settings that come out of them.

mod document;
pub mod edit;
pub mod exposure;
pub mod file;
pub mod key;
pub mod layers;
pub mod name;
#[cfg(any(test, fuzzing))]
pub mod oracle;
pub mod settings;

pub use file::Location;
pub use key::Key;
pub use layers::{Flags, Layers, Source};
pub use name::SettingName;
pub use settings::Settings;
