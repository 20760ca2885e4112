//! Comparisons of a text's English form, for tests only.

use super::Text;

impl Text {
    /// Whether the English text contains this part.
    pub fn contains(&self, part: &str) -> bool {
        self.english().contains(part)
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.english() == *other
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::verbatim(text)
    }
}
