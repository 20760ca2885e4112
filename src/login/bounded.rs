//! Short answers from outside: a file or a command that goes on for ever must not fill the memory.

use std::io::{self, Read};

/// Far more than a verification code and whatever blanks are around it.
const AT_MOST: u64 = 4096;

/// Reads text to its end. What is longer than any code comes back cut, and is no code.
///
/// # Errors
/// The system's, and when it is not UTF-8.
pub(super) fn read(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(AT_MOST).read_to_string(&mut text)?;
    Ok(text)
}
