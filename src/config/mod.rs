//! Configuration: the file, its layers, and the resolved settings.

mod document;
pub mod edit;
pub mod file;
pub mod key;
pub mod layers;
pub mod permissions;
#[cfg(any(test, fuzzing))]
pub mod properties;
pub mod setting_name;
pub mod settings;

pub use file::Location;
pub use key::{Key, check_alias_name, join_alias_targets, split_alias_targets};
pub use layers::{Flags, Layers, Source};
pub use setting_name::{Leaf, SettingName};
pub use settings::Settings;
