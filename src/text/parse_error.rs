//! Passes texts through the command-line parser.

use std::error::Error;
use std::fmt;

use super::Text;

/// A text as a parser error; it prints English and can be unwrapped again.
#[derive(Debug)]
pub struct ParseError(pub Text);

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.english())
    }
}

impl Error for ParseError {}

/// Lets functions that return a [`Text`] as error be value parsers.
impl From<Text> for Box<dyn Error + Send + Sync> {
    fn from(text: Text) -> Self {
        Box::new(ParseError(text))
    }
}
