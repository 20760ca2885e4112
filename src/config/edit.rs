//! Changing the configuration file: comments and unknown keys stay, two processes lose nothing.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use toml_edit::{DocumentMut, Item, Table, TableLike, Value, value};

use super::file::{ConfigFile, unreadable};
use super::name::{Leaf, SettingName};
use crate::config::key::Key;
use crate::error::{Error, Kind, Outcome};
use crate::files;
use crate::text::text;

/// How long to wait for another process that is writing the same file.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// More bytes than one more setting takes.
const A_SETTING: usize = 512;

/// Sets one setting.
///
/// # Errors
/// A configuration error when the file is broken or cannot be written; `busy` when another
/// process holds it for 10 s.
pub fn set(path: &Path, name: &SettingName, text: &str) -> Result<(), Error> {
    edit(path, |document| {
        let table = descend(document, &name.table_path())?;
        put(table, name.leaf_key(), typed(&name.leaf, text));
        Ok(())
    })
}

/// Removes one setting, if it equals `only_if` where that is given. Says whether it was there.
///
/// # Errors
/// As [`set`].
pub fn unset(path: &Path, name: &SettingName, only_if: Option<&str>) -> Result<bool, Error> {
    let mut removed = false;
    edit(path, |document| {
        if let Some(table) = find(document.as_table_mut(), &name.table_path()) {
            let current = table.get(name.leaf_key()).and_then(Item::as_str);
            if only_if.is_none() || only_if == current {
                removed = remove(table, name.leaf_key());
            }
        }
        Ok(())
    })?;
    Ok(removed)
}

fn typed(leaf: &Leaf, text: &str) -> Value {
    match leaf {
        Leaf::Key(Key::Retries | Key::LedgerDays) => text
            .parse::<i64>()
            .map_or_else(|_| text.into(), Value::from),
        Leaf::Key(Key::Insecure) => {
            super::key::parse_bool(text).map_or_else(|_| text.into(), Value::from)
        }
        _ => text.into(),
    }
}

/// Puts a value in the place of another and keeps the comment that stood beside it.
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

/// Removes a key and the comment right above it. What stands further up, behind an empty line,
/// is not about the key and goes to its neighbour.
fn remove(table: &mut dyn TableLike, key: &str) -> bool {
    let above = table
        .key(key)
        .and_then(|key| key.leaf_decor().prefix()?.as_str().map(str::to_owned))
        .unwrap_or_default();
    let next = table
        .iter()
        .skip_while(|(name, _)| *name != key)
        .nth(1)
        .map(|(name, _)| name.to_owned());
    if let Some((kept, _)) = above.rsplit_once("\n\n")
        && let Some(mut next) = next.and_then(|next| table.key_mut(&next))
    {
        let own = next
            .leaf_decor()
            .prefix()
            .and_then(|p| p.as_str())
            .unwrap_or_default();
        let prefix = format!("{kept}\n\n{}", own.trim_start_matches('\n'));
        next.leaf_decor_mut().set_prefix(prefix);
    }
    table.remove(key).is_some()
}

/// The table at `path`, made where it is missing.
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

/// Makes sure that the file could be changed now, and changes nothing.
///
/// # Errors
/// As [`set`].
pub fn check_writable(path: &Path) -> Result<(), Error> {
    edit(path, |_| Ok(()))?;
    // The new file would be made beside the old one, and take a little more space.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let present = std::fs::metadata(&path).map_or(0, |file| file.len());
    let size = usize::try_from(present).unwrap_or(0) + A_SETTING;
    files::check_replaceable(&path, size).map_err(|e| unwritable(&path, &e))
}

/// Reads, changes and replaces the file under a lock. A file that cannot be parsed is left alone.
fn edit(
    path: &Path,
    change: impl FnOnce(&mut DocumentMut) -> Result<(), Error>,
) -> Result<(), Error> {
    // A dotfile manager's symlink is followed, not replaced.
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    files::create_private_folder(&files::folder_of(path)).map_err(|e| unwritable(path, &e))?;
    let _lock = lock(path)?;
    let before = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(unreadable(path, &e)),
    };
    let mut document: DocumentMut = match before.parse() {
        Ok(document) => document,
        // The reader's message has the line; it cannot accept what this parser refuses.
        Err(_) => {
            return Err(ConfigFile::parse(path, &before).err().unwrap_or_else(|| {
                Error::config(text!("{path} is broken", path = path.display()))
            }));
        }
    };
    change(&mut document)?;
    let after = document.to_string();
    if after == before {
        return Ok(());
    }
    files::replace(path, after.as_bytes()).map_err(|e| unwritable(path, &e))
}

/// Waits for the lock beside the file.
fn lock(path: &Path) -> Result<File, Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock = files::lock(Path::new(&name), LOCK_WAIT).map_err(|e| unwritable(path, &e))?;
    lock.ok_or_else(|| {
        Error::new(
            Kind::Busy,
            text!(
                "another process holds the config {path}",
                path = path.display()
            ),
        )
        .outcome(Outcome::NotSent)
        .retryable()
    })
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::config(text!(
        "cannot write the config {path}: {error}",
        path = path.display(),
        error
    ))
    .hint(text!(
        "name another file with --config or QIWEI_CONFIG, or make this one writable"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(before: &str, name: &str, text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, before).unwrap();
        set(&path, &name.parse().unwrap(), text).unwrap();
        std::fs::read_to_string(&path).unwrap()
    }

    #[test]
    fn keeps_comments_order_and_unknown_keys() {
        let before =
            "# mine\nguid = \"a\" # the old one\nfrob = [1, 2]\n\n[headers] # secret\nX = \"1\"\n";
        assert_eq!(
            edited(before, "guid", "b"),
            before.replace("\"a\"", "\"b\"")
        );
        let with_alias = edited(before, "aliases.ops", "R:1");
        assert!(with_alias.starts_with(before));
        assert!(with_alias.contains("[aliases]\nops = \"R:1\""));
    }

    #[test]
    fn makes_profiles_and_typed_values() {
        assert_eq!(
            edited("", "profiles.prod.guid", "g"),
            "[profiles.prod]\nguid = \"g\"\n"
        );
        assert_eq!(edited("", "retries", "3"), "retries = 3\n");
        assert_eq!(edited("", "insecure", "yes"), "insecure = true\n");
        assert_eq!(
            edited(
                "profiles = { a = { guid = \"x\" } }\n",
                "profiles.a.guid",
                "y"
            ),
            "profiles = { a = { guid = \"y\" } }\n"
        );
    }

    #[test]
    fn unset_removes_only_what_it_should() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, "guid = \"a\"\nx = 1\n").unwrap();
        let name: SettingName = "guid".parse().unwrap();
        assert!(!unset(&path, &name, Some("b")).unwrap());
        assert!(unset(&path, &name, Some("a")).unwrap());
        assert!(!unset(&path, &name, None).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "x = 1\n");
    }

    #[test]
    fn unset_takes_only_the_comment_that_belongs_to_the_key() {
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
        ];
        for (before, after) in cases {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("c.toml");
            std::fs::write(&path, before).unwrap();
            unset(&path, &"guid".parse().unwrap(), None).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), after);
        }
    }
}
