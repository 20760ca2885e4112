//! Bounded reading of short texts: an endless file or command must not fill the memory.

use std::io::{self, Read};

/// Far more than a verification code with surrounding white space.
const AT_MOST: u64 = 4096;

/// Reads text to its end. Longer text is cut, and is then no valid code.
///
/// # Errors
/// I/O errors, and text that is not UTF-8.
pub(super) fn read(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(AT_MOST).read_to_string(&mut text)?;
    Ok(text)
}
