//! Changing the configuration file: comments and unknown keys stay, two processes lose nothing.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;
use toml_edit::{DocumentMut, Item, Table, TableLike, Value, value};

use super::file::{ConfigFile, unreadable};
use super::name::{Leaf, SettingName};
use crate::config::key::Key;
use crate::error::{Error, Kind, Outcome};
use crate::time::Deadline;

/// How long to wait for another process that is writing the same file.
const LOCK_WAIT: Duration = Duration::from_secs(10);
const LOCK_POLL: Duration = Duration::from_millis(10);

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
                removed = table.remove(name.leaf_key()).is_some();
            }
        }
        Ok(())
    })?;
    Ok(removed)
}

fn typed(leaf: &Leaf, text: &str) -> Value {
    match leaf {
        Leaf::Key(Key::Retries) => text
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
            .ok_or_else(|| Error::config(format!("{part} is not a table in the config")))?;
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

/// Reads, changes and replaces the file under a lock. A file that cannot be parsed is left alone.
fn edit(
    path: &Path,
    change: impl FnOnce(&mut DocumentMut) -> Result<(), Error>,
) -> Result<(), Error> {
    // A dotfile manager's symlink is followed, not replaced.
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = folder_of(path);
    create_private_folder(&folder).map_err(|e| unwritable(path, &e))?;
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
            return Err(ConfigFile::parse(path, &before)
                .err()
                .unwrap_or_else(|| Error::config(format!("{} is broken", path.display()))));
        }
    };
    change(&mut document)?;
    let after = document.to_string();
    if after == before {
        return Ok(());
    }
    replace(path, &folder, after.as_bytes()).map_err(|e| unwritable(path, &e))
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A temporary file beside the old one, 0600, written through, then renamed over it: a reader
/// sees the old text or the new one, also after a power cut.
fn replace(path: &Path, folder: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    // The rename itself is durable once the folder is; not every system can sync one.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Waits for the lock beside the file. It goes away with the process that holds it.
fn lock(path: &Path) -> Result<File, Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&name).map_err(|e| unwritable(path, &e))?;
    let deadline = Deadline::after(LOCK_WAIT);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if !deadline.is_over() => thread::sleep(LOCK_POLL),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::new(
                    Kind::Busy,
                    format!("another process holds the config {}", path.display()),
                )
                .outcome(Outcome::NotSent)
                .retryable());
            }
            Err(TryLockError::Error(e)) => return Err(unwritable(path, &e)),
        }
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::config(format!(
        "cannot write the config {}: {error}",
        path.display()
    ))
    .hint("name another file with --config or QIWEI_CONFIG, or make this one writable")
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
}
