//! Property checks of configuration files and their changes, for fuzz targets and tests.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "property checks fail by panicking"
)]

use std::collections::BTreeMap;
use std::path::Path;

use super::document::{with, without};
use super::file::{ConfigFile, Section};
use super::key::{Key, parse_bool};
use super::setting_name::{Leaf, SettingName};

/// Checks a change: setting name, new value, and the value required for removal, one per line; then the
/// file.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut lines = text.splitn(4, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let (name, value, only_if, file) = (next(), next(), next(), next());
    check_value(value);
    let read = parse(file);
    if let Ok(name) = name.parse::<SettingName>() {
        assert_eq!(name.to_string().parse(), Ok(name.clone()));
        if let Some(before) = &read
            && name.check(value).is_ok()
        {
            check_set(file, before, &name, value);
            check_unset(file, before, &name, only_if);
        }
    }
}

/// All settings of the file by full name; `None` for an invalid file.
fn parse(text: &str) -> Option<BTreeMap<String, String>> {
    let file = match ConfigFile::parse(Path::new("c.toml"), text) {
        Ok(file) => file,
        Err(error) => {
            assert_eq!(error.exit, 3);
            assert!(error.message.english().starts_with("c.toml:"), "{error:?}");
            return None;
        }
    };
    let mut all = BTreeMap::new();
    add(&mut all, "", &file.top);
    for (profile, section) in &file.profiles {
        add(&mut all, &format!("profiles.{profile}."), section);
    }
    Some(all)
}

fn add(all: &mut BTreeMap<String, String>, prefix: &str, section: &Section) {
    let keys = Key::ALL
        .into_iter()
        .filter_map(|key| Some((key.name().to_owned(), section.get(key)?.to_owned())));
    let headers = section
        .headers
        .iter()
        .map(|(name, value)| (format!("headers.{name}"), value.reveal().to_owned()));
    let aliases = section
        .aliases
        .iter()
        .map(|(name, value)| (format!("aliases.{name}"), value.clone()));
    all.extend(
        keys.chain(headers)
            .chain(aliases)
            .map(|(name, value)| (format!("{prefix}{name}"), value)),
    );
    all.extend(
        section
            .unknown
            .iter()
            .map(|name| (format!("unknown {name}"), String::new())),
    );
}

fn check_set(file: &str, before: &BTreeMap<String, String>, name: &SettingName, value: &str) {
    let path = Path::new("c.toml");
    let Ok(after) = with(path, file, name, value) else {
        return;
    };
    let mut expected = before.clone();
    expected.insert(name.to_string(), as_read(name, value));
    assert_eq!(parse(&after).as_ref(), Some(&expected), "{after:?}");
    assert_eq!(
        with(path, &after, name, value).ok().as_deref(),
        Some(after.as_str())
    );
    let crlf = |text: &str| text.matches("\r\n").count() == text.matches('\n').count();
    let has_ends = file.contains('\n') && after.contains('\n');
    assert!(!has_ends || crlf(file) == crlf(&after), "{after:?}");
    for comment in lost_comments(file, &after) {
        check_lost_comment(file, name, &comment, false);
    }
    // Comments beside values are kept, unless the value changes.
    let marks = |text: &str| text.matches(" #").count();
    let gone = before.get(&name.to_string()).map_or(0, |old| marks(old));
    assert!(marks(&after) + gone >= marks(file), "{after:?}");
    let without = without(path, &after, name, Some(value)).expect("a configuration");
    if let Some(without) = without {
        expected.remove(&name.to_string());
        assert_eq!(parse(&without), Some(expected), "{without:?}");
    }
}

fn check_unset(file: &str, before: &BTreeMap<String, String>, name: &SettingName, only_if: &str) {
    let only_if = (!only_if.is_empty()).then_some(only_if);
    let after = match without(Path::new("c.toml"), file, name, only_if) {
        Ok(after) => after,
        Err(error) => {
            // Some numbers are valid only as strings.
            assert!(error.message.english().starts_with("c.toml:"), "{error:?}");
            return;
        }
    };
    let current = before.get(&name.to_string());
    assert!(after.is_some() == current.is_some() || only_if.is_some());
    if let Some(after) = after {
        let mut expected = before.clone();
        expected.remove(&name.to_string());
        assert_eq!(parse(&after), Some(expected), "{after:?}");
        for comment in lost_comments(file, &after) {
            check_lost_comment(file, name, &comment, true);
        }
    }
}

/// Numbers and booleans are normalised.
fn as_read(name: &SettingName, value: &str) -> String {
    match &name.leaf {
        Leaf::Key(Key::Retries | Key::LedgerDays) => value
            .parse::<i64>()
            .map_or_else(|_| value.to_owned(), |number| number.to_string()),
        Leaf::Key(Key::Insecure) => {
            parse_bool(value).map_or_else(|_| value.to_owned(), |truth| truth.to_string())
        }
        _ => value.to_owned(),
    }
}

/// Comment lines that are missing afterwards.
fn lost_comments(before: &str, after: &str) -> Vec<String> {
    let comments = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.trim().to_owned());
        lines.filter(|line| line.starts_with('#')).collect()
    };
    let mut left = comments(after);
    let mut lost = Vec::new();
    for comment in comments(before) {
        match left.iter().position(|other| *other == comment) {
            Some(place) => drop(left.remove(place)),
            None => lost.push(comment),
        }
    }
    lost
}

/// Only comments directly above a removed key may be missing.
fn check_lost_comment(file: &str, name: &SettingName, comment: &str, with_the_key: bool) {
    // Text that looks like a comment there may be part of a value.
    let has_long_values = ["'''", "\"\"\"", "{", "["]
        .iter()
        .any(|mark| file.contains(mark));
    let lines: Vec<&str> = file.lines().map(str::trim).collect();
    let is_above = lines
        .split(|line| !line.starts_with('#'))
        .any(|block| block.contains(&comment));
    let is_key = |line: &&str| line.contains(name.leaf_key()) || line.contains('\\');
    let has_key_below = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| **line == comment)
        .any(|(at, _)| {
            lines
                .iter()
                .skip(at)
                .find(|line| !line.starts_with('#'))
                .is_some_and(is_key)
        });
    let is_fine = with_the_key && is_above && has_key_below;
    assert!(has_long_values || is_fine, "lost {comment:?} of {file:?}");
}

/// Passwords never appear in errors.
fn check_value(value: &str) {
    const PASSWORD: &str = "hunter2-hunter2";
    for key in [Key::BaseUrl, Key::NotifyUrl] {
        let Ok(url) = url::Url::parse(value) else {
            continue;
        };
        let mut without = url.clone();
        if without.set_password(None).is_err() || without.as_str().contains(PASSWORD) {
            continue;
        }
        let mut with = url;
        let _ = with.set_password(Some(PASSWORD));
        assert!(!key.redact(with.as_str()).contains(PASSWORD), "{with}");
        if let Err(why) = key.check(with.as_str()) {
            assert!(!why.english().contains(PASSWORD), "{why:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::token_sequences::token_sequences;

    const WORDS: &[&str] = &[
        "# header\n\n",
        "# about it\n",
        "guid = \"a\"\n",
        "guid = 'b' # beside it\n",
        "pace = '20/min'\r\n",
        "frob = [1, 2] # mine\n",
        "retries = 3\n",
        "insecure = true\n",
        "[headers] # secret\n",
        "X-Token = \"t\"\n",
        "[aliases]\n",
        "ops = \"R:1\"\n",
        "aliases.ops = 'R:2'\n",
        "aliases = { ops = 'R:3', b = 'S:4' }\n",
        "[profiles.prod]\n",
        "[profiles.prod.aliases]\n",
        "profiles = { prod = { guid = 'x' } }\n",
        "profiles.prod.guid = 'y'\n",
        "[frob]\n",
        "[[frobs]]\n",
        "x = '''\n# text'''\n",
        "\n",
        "\r\n",
        "  ",
        "guid = ",
    ];

    const NAMES: &str =
        "(profiles\\.prod\\.)?(guid|pace|retries|insecure|aliases\\.ops|headers\\.X)";

    /// A section with some settings in any order and comments above and beside them.
    fn section() -> impl Strategy<Value = String> {
        const SETTINGS: [&str; 6] = [
            "guid = \"a\"",
            "pace = '20/min'",
            "retries = 3",
            "insecure = true",
            "frob = [1, 2]",
            "frobs = { x = '#' }",
        ];
        let above =
            prop::sample::select(&["", "\n", "# far\n\n", "# near\n", "# far\n\n# near\n"][..]);
        let beside = prop::sample::select(&["", " # beside"][..]);
        let settings = prop::sample::subsequence(&SETTINGS[..], 0..=6).prop_shuffle();
        let decor = proptest::collection::vec((above, beside), 6);
        (settings, decor).prop_map(|(settings, decor)| {
            let lines = settings.iter().zip(decor);
            lines
                .map(|(line, (above, beside))| format!("{above}{line}{beside}\n"))
                .collect()
        })
    }

    fn files() -> impl Strategy<Value = String> {
        let tables = [
            "\n[aliases] # who\n# near\nops = 'R:1' # beside\n",
            "\n# far\n\n[headers]\nX = 't'\n",
            "[profiles.prod]\n",
        ];
        let tables = prop::sample::subsequence(tables.to_vec(), 0..=3).prop_shuffle();
        (section(), tables, section(), any::<bool>()).prop_map(|(top, tables, last, crlf)| {
            let has_profile = tables.last().is_some_and(|table| table.contains("prod"));
            let text = top + &tables.concat() + if has_profile { &last } else { "" };
            if crlf {
                text.replace('\n', "\r\n")
            } else {
                text
            }
        })
    }

    proptest! {
        #[test]
        fn config_edits_keep_other_settings(name in NAMES, only_if in "|a", file in files()) {
            let value = match name.rsplit('.').next() {
                Some("retries") => "7",
                Some("pace") => "2/s",
                Some("insecure") => "no",
                Some("ops") => "R:2",
                _ => "b",
            };
            prop_assert!(parse(&file).is_some(), "{file}");
            config(format!("{name}\n{value}\n{only_if}\n{file}").as_bytes());
        }
        #[test]
        fn config_edits_keep_other_settings_in_any_file(
            name in "guid|pace|retries|insecure|base_url|(profiles\\.prod\\.)?(aliases\\.ops|headers\\.X-Token|guid)",
            value in "20/min|7|yes|R:1|a|https?://u@h/[a-z?=]{0,4}",
            only_if in "|a|x",
            file in token_sequences(WORDS),
        ) {
            let head = format!("{name}\n{value}\n{only_if}\n");
            config(&[head.into_bytes(), file].concat());
        }
    }
}
