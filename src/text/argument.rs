//! What may stand in a place of a template.

use std::fmt::Display;

use super::Text;

/// Something a message tells of: another text, or whatever can be written out.
pub trait Argument {
    /// As a text.
    fn to_text(&self) -> Text;
}

impl Argument for Text {
    fn to_text(&self) -> Text {
        self.clone()
    }
}

impl Argument for &Text {
    fn to_text(&self) -> Text {
        (*self).clone()
    }
}

// Errors of the system come this way too, with words that can be translated.
// A Text has no Display on purpose: one that is formatted would have lost its language.
impl<T: Display> Argument for T {
    fn to_text(&self) -> Text {
        Text::of_system(self.to_string())
    }
}
