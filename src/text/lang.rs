//! The languages there are.

/// A language people read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// Chinese (简体中文)
    #[expect(dead_code, reason = "chosen once there is a catalogue")]
    Zh,
    /// English
    #[default]
    En,
}
