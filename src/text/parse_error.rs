//! Texts on their way through the command-line parser.

use std::error::Error;
use std::fmt;

use super::Text;

/// A text as the parser carries it: an error that speaks English, and can be unpacked again.
#[derive(Debug)]
pub struct ParseError(pub Text);

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.english())
    }
}

impl Error for ParseError {}

/// So that functions which say why in a [`Text`] can be value parsers.
impl From<Text> for Box<dyn Error + Send + Sync> {
    fn from(text: Text) -> Self {
        Box::new(ParseError(text))
    }
}
