//! Values for placeholders of a template.

use std::fmt::Display;

use super::Text;

/// A value for a placeholder: another text, or anything printable.
pub trait Argument {
    /// The value as a text.
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

// System errors are translated too. Text deliberately has no Display: formatting would lose the
// language.
impl<T: Display> Argument for T {
    fn to_text(&self) -> Text {
        Text::of_system(self.to_string())
    }
}
