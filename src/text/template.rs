//! Templates: `{name}` is a placeholder; other braces are literal.

use super::Text;
use std::fmt::Display;

/// Writes `template` to `to`. `put` writes the value of a placeholder, or returns false for an unknown
/// one.
pub(super) fn fill(template: &str, to: &mut String, put: impl Fn(&str, &mut String) -> bool) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        to.push_str(before);
        rest = after;
        match after.split_once('}') {
            Some((name, behind)) if is_name(name) && put(name, to) => rest = behind,
            _ => to.push('{'),
        }
    }
    to.push_str(rest);
}

/// The names of the placeholders, in order.
#[cfg(test)]
pub(super) fn places(template: &str) -> Vec<&str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'))
        .map(|(name, _)| name)
        .filter(|name| is_name(name))
        .collect()
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_name_byte)
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte == b'_'
}

/// Whether `names` are the placeholders of `template`. Evaluated at compile time, hence the plain loops;
/// an index out of range would be a compile error.
#[expect(clippy::indexing_slicing, reason = "evaluated at compile time only")]
pub(crate) const fn fits(template: &str, names: &[&str]) -> bool {
    let bytes = template.as_bytes();
    let mut seen = [false; 16];
    let mut at = 0;
    while at < bytes.len() {
        let start = at + 1;
        at += 1;
        if bytes[start - 1] != b'{' {
            continue;
        }
        let mut end = start;
        while end < bytes.len() && is_name_byte(bytes[end]) {
            end += 1;
        }
        if end == start || end == bytes.len() || bytes[end] != b'}' {
            continue;
        }
        let mut number = 0;
        while number < names.len() && !is_at(bytes, start, end, names[number].as_bytes()) {
            number += 1;
        }
        if number == names.len() {
            return false;
        }
        seen[number] = true;
        at = end;
    }
    let mut number = 0;
    while number < names.len() {
        if !seen[number] {
            return false;
        }
        number += 1;
    }
    true
}

#[expect(clippy::indexing_slicing, reason = "evaluated at compile time only")]
const fn is_at(bytes: &[u8], start: usize, end: usize, name: &[u8]) -> bool {
    if end - start != name.len() {
        return false;
    }
    let mut at = 0;
    while at < name.len() {
        if bytes[start + at] != name[at] {
            return false;
        }
        at += 1;
    }
    true
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_placeholders() {
        let cases: [(&str, &[&str]); 5] = [
            ("plain", &[]),
            ("{a} and {b_c}", &["a", "b_c"]),
            ("{$@} {} {\"to\":…} {A} {1}", &[]),
            ("{a", &[]),
            ("{{a}}", &["a"]),
        ];
        for (template, expected) in cases {
            assert_eq!(places(template), expected, "{template}");
            assert!(fits(template, expected), "{template}");
            assert!(!fits(template, &["other"]), "{template}");
        }
        assert!(!fits("{a}", &[]));
        assert!(!fits("{a}", &["a", "b"]));
    }

    #[test]
    fn fills_placeholders_and_keeps_other_braces() {
        let mut text = String::new();
        fill("{$@} {a}{b} {", &mut text, |name, to| {
            let known = name == "a";
            to.push_str(if known { "1" } else { "" });
            known
        });
        assert_eq!(text, "{$@} 1{b} {");
    }
}
