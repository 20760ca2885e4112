//! Sanitises text from outside for a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with every character that could move the cursor, change colors or reorder text written as
/// `\\u{…}`. Line feeds are kept.
pub fn for_terminal(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_harmful(c) {
            // Writing to a String cannot fail.
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// The same for serialised JSON, using JSON's own escapes.
pub fn json_for_terminal(json: &str) -> Cow<'_, str> {
    if !json.chars().any(is_harmful) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_harmful(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Whether a character is a control or bidi character; see "Trojan Source" (CVE-2021-42574).
fn is_harmful(c: char) -> bool {
    let hidden = matches!(c,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    hidden || (c.is_control() && c != '\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_control_and_bidi_characters() {
        let cases = [
            ("plain 中文\n", "plain 中文\n"),
            ("\x1b[2J", "\\u{1b}[2J"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\rb\u{9b}", "a\\u{d}b\\u{9b}"),
        ];
        for (text, safe) in cases {
            assert_eq!(for_terminal(text), safe);
        }
    }

    proptest! {
        #[test]
        fn escaped_json_keeps_its_value(text in any::<String>()) {
            let json = serde_json::to_string(&text).unwrap();
            let safe = json_for_terminal(&json);
            prop_assert!(!safe.chars().any(is_harmful));
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        }
    }
}
