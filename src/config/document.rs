//! Edits the text of a configuration file. Pure.

use std::ops::Range;
use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, TableLike, TomlError, Value, value};

use super::file::{ConfigFile, wrong_at};
use super::key::{self, Key};
use super::setting_name::{Leaf, SettingName};
use crate::error::Error;
use crate::text::{Text, text};

/// The text with one setting set; comments, order and unknown keys are kept.
///
/// # Errors
/// A configuration error when the text of `path` is invalid, or has another value where the setting's
/// table belongs.
pub(super) fn with(
    path: &Path,
    before: &str,
    name: &SettingName,
    text: &str,
) -> Result<String, Error> {
    let mut document = parse(path, before)?;
    let table = descend(&mut document, &name.table_path())?;
    put(table, name.leaf_key(), typed(&name.leaf, text));
    Ok(written(&document, before))
}

/// The text without one setting, if it is set, and equals `only_if` when that is given.
///
/// # Errors
/// A configuration error when the text of `path` is invalid.
pub(super) fn without(
    path: &Path,
    before: &str,
    name: &SettingName,
    only_if: Option<&str>,
) -> Result<Option<String>, Error> {
    let mut document = parse(path, before)?;
    let Some(table) = find(document.as_table_mut(), &name.table_path()) else {
        return Ok(None);
    };
    let current = table.get(name.leaf_key());
    if current.is_none() || only_if.is_some() && only_if != current.and_then(Item::as_str) {
        return Ok(None);
    }
    let comment = comment_lines(table, name.leaf_key());
    match lines_of(before, name) {
        Some(lines) => Ok(Some(cut(before, lines, comment))),
        None => {
            table.remove(name.leaf_key());
            Ok(Some(written(&document, before)))
        }
    }
}

/// Checks that the text of `path` can be edited.
///
/// # Errors
/// A configuration error when it is invalid.
pub(super) fn check(path: &Path, text: &str) -> Result<(), Error> {
    parse(path, text).map(drop)
}

fn parse(path: &Path, text: &str) -> Result<DocumentMut, Error> {
    text.parse().map_err(|e: TomlError| {
        // The reader reports errors in terms of settings, but checks only known ones.
        let known = ConfigFile::parse(path, text).err();
        let at = e.span().unwrap_or_default().start;
        known.unwrap_or_else(|| wrong_at(path, text, at, Text::verbatim(e.message())))
    })
}

/// The document with the original line endings; the library writes line feeds.
fn written(document: &DocumentMut, before: &str) -> String {
    let after = document.to_string();
    let ends = before.matches('\n').count();
    if ends > 0 && before.matches("\r\n").count() == ends {
        after.replace("\r\n", "\n").replace('\n', "\r\n")
    } else {
        after
    }
}

fn typed(leaf: &Leaf, text: &str) -> Value {
    match leaf {
        Leaf::Key(Key::Retries | Key::LedgerDays) => text
            .parse::<i64>()
            .map_or_else(|_| text.into(), Value::from),
        Leaf::Key(Key::Insecure) => key::parse_bool(text).map_or_else(|_| text.into(), Value::from),
        Leaf::Alias(_) if text.contains(key::ALIAS_SEPARATOR) => {
            Value::Array(key::split_alias_targets(text).collect())
        }
        _ => text.into(),
    }
}

/// Replaces a value and keeps the comment after it.
fn put(table: &mut dyn TableLike, key: &str, mut new: Value) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        None => {
            table.insert(key, value(new));
        }
    }
}

/// The table at `path`, created if missing.
fn descend<'d>(
    document: &'d mut DocumentMut,
    path: &[&str],
) -> Result<&'d mut dyn TableLike, Error> {
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for (depth, part) in path.iter().enumerate() {
        let is_last = depth + 1 == path.len();
        let item = table.entry(part).or_insert_with(|| {
            let mut new = Table::new();
            // [profiles.prod] needs no [profiles] above it.
            new.set_implicit(!is_last);
            Item::Table(new)
        });
        table = item
            .as_table_like_mut()
            .ok_or_else(|| Error::config(text!("{part} is not a table in the config", part)))?;
    }
    Ok(table)
}

fn find<'t>(table: &'t mut dyn TableLike, path: &[&str]) -> Option<&'t mut dyn TableLike> {
    let mut table = table;
    for part in path {
        table = table.get_mut(part)?.as_table_like_mut()?;
    }
    Some(table)
}

/// Number of comment lines directly above a key. Those above an empty line do not belong to it.
fn comment_lines(table: &dyn TableLike, key: &str) -> usize {
    let key = table.key(key);
    let above = key.and_then(|key| key.leaf_decor().prefix()?.as_str());
    // After the last line feed comes the key's own line.
    let lines = above.and_then(|above| above.rsplit_once('\n'));
    lines.map_or(0, |(lines, _)| {
        let about = |line: &&str| line.trim_start().starts_with('#');
        lines.split('\n').rev().take_while(about).count()
    })
}

/// The bytes from a setting's name to the end of its value; `None` inside an inline table.
fn lines_of(text: &str, name: &SettingName) -> Option<Range<usize>> {
    let document = toml_edit::Document::parse(text).ok()?;
    let mut table: &Table = document.as_table();
    for part in name.table_path() {
        table = table.get(part)?.as_table()?;
    }
    let (key, item) = table.get_key_value(name.leaf_key())?;
    let value = item.as_value()?;
    Some(key.span()?.start..value.span()?.end)
}

/// The text without the lines of `range` and the `comment` lines above them.
fn cut(text: &str, range: Range<usize>, comment: usize) -> String {
    let (Some(before), Some(after)) = (text.get(..range.start), text.get(range.end..)) else {
        return text.to_owned();
    };
    let mut above: Vec<&str> = before.split_inclusive('\n').collect();
    // The key's own line, unless it starts with the key.
    if above.last().is_some_and(|line| !line.ends_with('\n')) {
        above.pop();
    }
    above.truncate(above.len().saturating_sub(comment));
    let mut below = after.split_once('\n').map_or("", |(_, below)| below);
    // Two adjacent empty lines become one.
    if above.last().is_none_or(|line| line.trim().is_empty())
        && let Some((line, rest)) = below.split_once('\n')
        && line.trim().is_empty()
    {
        below = rest;
    }
    above.concat() + below
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(before: &str, name: &str, text: &str) -> String {
        with(Path::new("c.toml"), before, &name.parse().unwrap(), text).unwrap()
    }

    fn unset(before: &str, name: &str, only_if: Option<&str>) -> Option<String> {
        without(Path::new("c.toml"), before, &name.parse().unwrap(), only_if).unwrap()
    }

    #[test]
    fn keeps_comments_order_and_unknown_keys() {
        let before =
            "# mine\nguid = \"a\" # the old one\nfrob = [1, 2]\n\n[headers] # secret\nX = \"1\"\n";
        assert_eq!(set(before, "guid", "b"), before.replace("\"a\"", "\"b\""));
        let with_alias = set(before, "aliases.ops", "R:1");
        assert!(with_alias.starts_with(before));
        assert!(with_alias.contains("[aliases]\nops = \"R:1\""));
        let crlf = before.replace('\n', "\r\n");
        let edited = crlf.replace("\"a\"", "\"b\"");
        assert_eq!(set(&crlf, "guid", "b"), edited);
    }

    #[test]
    fn syntax_errors_have_line_numbers() {
        let before = "guid = 'a'\nfrob = 1e999\n";
        let error = with(Path::new("c.toml"), before, &"guid".parse().unwrap(), "b").unwrap_err();
        let message = error.message.english();
        assert!(message.starts_with("c.toml:2: "), "{message}");
    }

    #[test]
    fn creates_profiles_and_typed_values() {
        let cases = [
            (
                "",
                "profiles.prod.guid",
                "g",
                "[profiles.prod]\nguid = \"g\"\n",
            ),
            ("", "retries", "3", "retries = 3\n"),
            ("", "insecure", "yes", "insecure = true\n"),
            (
                "profiles = { a = { guid = \"x\" } }\n",
                "profiles.a.guid",
                "y",
                "profiles = { a = { guid = \"y\" } }\n",
            ),
        ];
        for (before, name, text, after) in cases {
            assert_eq!(set(before, name, text), after);
        }
    }

    #[test]
    fn unset_removes_only_named_setting() {
        let before = "guid = \"a\"\nx = 1\n";
        assert_eq!(unset(before, "guid", Some("b")), None);
        assert_eq!(unset(before, "pace", None), None);
        for only_if in [Some("a"), None] {
            assert_eq!(unset(before, "guid", only_if).as_deref(), Some("x = 1\n"));
        }
        let braces = "aliases = { a = \"R:1\", b = \"R:2\" } # mine\n";
        assert_eq!(
            unset(braces, "aliases.b", None).as_deref(),
            Some("aliases = { a = \"R:1\"} # mine\n")
        );
    }

    #[test]
    fn unset_removes_only_comment_of_key() {
        let cases = [
            (
                "# header\n\n# mine\nguid = \"a\" # old\nx = 1\n",
                "# header\n\nx = 1\n",
            ),
            (
                "# header\n\nguid = \"a\"\n\n# about x\nx = 1\n",
                "# header\n\n# about x\nx = 1\n",
            ),
            ("x = 1\n# about the guid\nguid = \"a\"\n", "x = 1\n"),
            // Nothing follows that could take over the header.
            ("# header\n\nguid = \"a\"\n", "# header\n\n"),
            (
                "# header\n\nguid = \"a\"\n\n[headers]\nX = \"1\"\n",
                "# header\n\n[headers]\nX = \"1\"\n",
            ),
            (
                "# header\r\n\r\n# mine\r\nguid = \"a\"\r\nx = 1\r\n",
                "# header\r\n\r\nx = 1\r\n",
            ),
            ("x = '''\n# text'''\nguid = \"a\"", "x = '''\n# text'''\n"),
        ];
        for (before, after) in cases {
            assert_eq!(unset(before, "guid", None).as_deref(), Some(after));
        }
    }
}
