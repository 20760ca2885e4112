//! Lenient reading of JSON from outside: damaged strings, and numbers as strings.

use std::borrow::Cow;

use serde_json::Value;

/// What stands in place of a character that could not be read.
pub const REPLACEMENT: char = '\u{fffd}';

/// Reads an integer that may be a string.
pub fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Returns `body` as text that a strict JSON parser reads although single strings are damaged.
///
/// A byte order mark before the value is dropped. A cut UTF-8 sequence, a raw control character, an
/// unknown escape and a lone surrogate escape inside a string become [`REPLACEMENT`]. Damage outside
/// strings stays, so that a parser still refuses it. Text without damage is borrowed.
pub fn repair_strings(body: &[u8]) -> Cow<'_, str> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = String::from_utf8_lossy(body);
    match repaired(&text) {
        Some(repaired) => Cow::Owned(repaired),
        None => text,
    }
}

/// The text with its damaged strings repaired; `None` when there is nothing to repair.
fn repaired(text: &str) -> Option<String> {
    let mut result: Option<String> = None;
    let mut copied = 0;
    let mut position = 0;
    let mut in_string = false;
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(position) {
        let (length, is_damaged) = match byte {
            b'"' => {
                in_string = !in_string;
                (1, false)
            }
            b'\\' if in_string => escape(bytes.get(position..).unwrap_or_default()),
            0..0x20 if in_string => (1, true),
            _ => (1, false),
        };
        if is_damaged {
            let result = result.get_or_insert_with(|| String::with_capacity(text.len() + 16));
            result.push_str(text.get(copied..position).unwrap_or_default());
            result.push(REPLACEMENT);
            copied = position + length;
        }
        position += length;
    }
    let mut result = result?;
    result.push_str(text.get(copied..).unwrap_or_default());
    Some(result)
}

/// The length in bytes of the escape sequence that `rest` begins with, and whether it is damaged.
fn escape(rest: &[u8]) -> (usize, bool) {
    match rest.get(1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => (2, false),
        Some(b'u') => match code_unit(rest) {
            Some(0xd800..=0xdbff) => {
                let second = rest.get(6..).unwrap_or_default();
                match code_unit(second) {
                    Some(0xdc00..=0xdfff) => (12, false),
                    _ => (6, true),
                }
            }
            Some(0xdc00..=0xdfff) => (6, true),
            Some(_) => (6, false),
            None => (1, true),
        },
        // The character after the backslash stays: it may be one of several bytes.
        _ => (1, true),
    }
}

/// The code unit of a `\uXXXX` escape at the start of `bytes`.
fn code_unit(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| is_hex)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parse(body: &[u8]) -> Result<Value, serde_json::Error> {
        serde_json::from_str(&repair_strings(body))
    }

    #[test]
    fn replaces_damage_inside_strings_only() {
        let cases: [(&[u8], Value); 10] = [
            (b"\xef\xbb\xbf{\"a\":1}", json!({"a": 1})),
            (
                br#"{"a":"x\ud83d","b":2}"#,
                json!({"a": "x\u{fffd}", "b": 2}),
            ),
            (br#"["\udc00\ud83d\ude00"]"#, json!(["\u{fffd}\u{1f600}"])),
            (br#"["\ud83d\u0041"]"#, json!(["\u{fffd}A"])),
            (b"[\"a\x01\nb\"]", json!(["a\u{fffd}\u{fffd}b"])),
            (b"[\"\xe5\xbc\"]", json!(["\u{fffd}"])),
            (b"[\"\xe5\", 1]", json!(["\u{fffd}", 1])),
            (br#"["\x41"]"#, json!(["\u{fffd}x41"])),
            (br#"["\u12"]"#, json!(["\u{fffd}u12"])),
            ("[\"\\张\"]".as_bytes(), json!(["\u{fffd}张"])),
        ];
        for (body, expected) in cases {
            let shown = String::from_utf8_lossy(body);
            assert_eq!(parse(body).ok(), Some(expected), "{shown}");
        }
    }

    #[test]
    fn damage_outside_strings_stays_an_error() {
        for body in [
            &b"{\"a\":\x01}"[..],
            b"\xff[]",
            b"[1,\\u0041]",
            b"[\"a",
            b"[\"a\\\"",
        ] {
            assert!(parse(body).is_err(), "{}", String::from_utf8_lossy(body));
        }
    }

    proptest! {
        #[test]
        fn valid_json_is_left_alone(text in "\\PC{0,40}", number: i64) {
            let valid = json!({"text": text, "number": number, &text: [text]}).to_string();
            prop_assert!(matches!(repair_strings(valid.as_bytes()), Cow::Borrowed(kept) if kept == valid));
        }

        #[test]
        fn any_bytes_are_repaired_once(body in proptest::collection::vec(any::<u8>(), 0..80)) {
            let once = repair_strings(&body).into_owned();
            let again = repair_strings(once.as_bytes()).into_owned();
            prop_assert_eq!(again.trim_start_matches('\u{feff}'), once.trim_start_matches('\u{feff}'));
        }

        #[test]
        fn a_string_of_any_bytes_is_read(
            content in proptest::collection::vec(any::<u8>().prop_filter("ends the string", |b| *b != b'"' && *b != b'\\'), 0..40),
        ) {
            let body = [b"[\"", content.as_slice(), b"\",1]"].concat();
            let value = parse(&body);
            prop_assert!(matches!(&value, Ok(Value::Array(list)) if list.len() == 2), "{:?}", value);
        }
    }
}
