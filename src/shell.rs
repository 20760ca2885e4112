//! Words of a command line for a POSIX shell, in hints that can be pasted.

use std::borrow::Cow;

/// The word, in single quotes if the shell would change it.
pub fn quote(word: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:,=+@%".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.into(),
        false => format!("'{}'", word.replace('\'', r"'\''")).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_a_shell_would_change() {
        for (word, quoted) in [
            ("R:1012345678901", "R:1012345678901"),
            ("--key=a/b", "--key=a/b"),
            ("项目讨论群", "项目讨论群"),
            ("hello world", "'hello world'"),
            ("it's", r"'it'\''s'"),
            ("$(rm -rf x)", "'$(rm -rf x)'"),
            ("a\nb", "'a\nb'"),
            ("", "''"),
            ("{at}", "'{at}'"),
        ] {
            assert_eq!(quote(word), quoted);
        }
    }
}
