//! Comparison of names.

use unicode_normalization::UnicodeNormalization;

/// A name in the form in which names are compared: NFC, without white space at both ends.
///
/// So composed and combining characters are equal, and U+3000 at an end is ignored. Everything else counts:
/// case, full-width and half-width forms, and invisible characters inside the name. Two names that only
/// look equal are different, and a message goes only to the one that was written.
pub fn normalise(name: &str) -> String {
    name.trim().nfc().collect::<String>().trim().to_owned()
}

/// Whether `name` is similar enough to `wanted` to be suggested: equal or contained without regard to case,
/// width and invisible characters, or with few different letters.
pub fn is_similar(name: &str, wanted: &str) -> bool {
    let (name, wanted) = (simplified(name), simplified(wanted));
    if name.is_empty() || wanted.is_empty() {
        return false;
    }
    name.contains(&wanted)
        || (wanted.contains(&name) && name.chars().count() > 1)
        || strsim::normalized_damerau_levenshtein(&name, &wanted) >= 0.6
}

/// The name in compatibility form and lower case, without spaces and invisible characters.
fn simplified(name: &str) -> String {
    let visible = |c: &char| !c.is_whitespace() && !c.is_control() && !is_invisible(*c);
    let lower = name.nfkc().flat_map(char::to_lowercase);
    lower.filter(visible).collect()
}

/// Zero-width characters, marks of direction, and variation selectors.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn composed_and_combining_characters_are_equal() {
        for (a, b, is_equal) in [
            ("Caf\u{e9}", "Cafe\u{301}", true),
            ("  群 ", "群", true),
            ("\u{3000}群\u{3000}", "群", true),
            ("한", "\u{1112}\u{1161}\u{11ab}", true),
            ("ops", "OPS", false),
            ("ops", "ｏｐｓ", false),
            ("ops", "o\u{200b}ps", false),
            ("ops", "ops\u{200b}", false),
            ("项目 群", "项目群", false),
            ("🚀 发布群", "🚀 发布群", true),
        ] {
            assert_eq!(normalise(a) == normalise(b), is_equal, "{a:?} {b:?}");
        }
    }

    #[test]
    fn suggests_names_that_look_alike() {
        for (name, wanted, similar) in [
            ("项目讨论群", "项目讨论", true),
            ("项目讨论群", "项目讨伦群", true),
            ("ｏｐｓ", "OPS", true),
            ("o\u{200b}ps", "ops", true),
            ("运维值班群", "张三", false),
            ("", "x", false),
            ("x", "", false),
        ] {
            assert_eq!(is_similar(name, wanted), similar, "{name:?} {wanted:?}");
        }
    }

    proptest! {
        #[test]
        fn normalising_again_changes_nothing(name in "\\PC{0,12}|[ \u{3000}a\u{301}\u{200b}]{0,6}") {
            let once = normalise(&name);
            prop_assert_eq!(normalise(&once), once.clone());
            prop_assert_eq!(once.trim(), once.as_str());
        }
    }
}
