//! Edits the configuration file under a lock.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::document;
use super::file::unreadable;
use super::setting_name::SettingName;
use crate::error::{Error, Kind, Outcome};
use crate::files;
use crate::text::text;

/// Wait for another process that is editing the same file.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// Upper bound of the bytes added by one setting.
const MAX_SETTING_BYTES: usize = 512;

/// Sets one setting.
///
/// # Errors
/// A configuration error when the file is invalid or cannot be written; `busy` when another process
/// holds the lock for 10 s.
pub fn set(path: &Path, name: &SettingName, text: &str) -> Result<(), Error> {
    edit(path, |path, before| {
        document::with(path, before, name, text).map(Some)
    })
}

/// Removes one setting, if it equals `only_if` when that is given. Returns whether it was set.
///
/// # Errors
/// As [`set`].
pub fn unset(path: &Path, name: &SettingName, only_if: Option<&str>) -> Result<bool, Error> {
    let mut removed = false;
    edit(path, |path, before| {
        let after = document::without(path, before, name, only_if)?;
        removed = after.is_some();
        Ok(after)
    })?;
    Ok(removed)
}

/// Checks that the file could be edited now, without changing it.
///
/// # Errors
/// As [`set`].
pub fn check_writable(path: &Path) -> Result<(), Error> {
    edit(path, |path, text| {
        document::check(path, text).map(|()| None)
    })?;
    files::check_replaceable(path, MAX_SETTING_BYTES).map_err(|e| unwritable(path, &e))
}

/// Reads, changes and replaces the file under a lock. `change` gets the path and the text, and returns
/// the new text, or `None` to keep the old one.
fn edit(
    path: &Path,
    change: impl FnOnce(&Path, &str) -> Result<Option<String>, Error>,
) -> Result<(), Error> {
    let target = files::target::writable(path).map_err(|e| unwritable(path, &e))?;
    let path = target.path.as_path();
    files::create_private_folder(&files::folder_of(path)).map_err(|e| unwritable(path, &e))?;
    let _lock = lock(path)?;
    let before = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(unreadable(path, &e)),
    };
    match change(path, &before)? {
        Some(after) if after != before => {
            files::replace(path, after.as_bytes()).map_err(|e| unwritable(path, &e))
        }
        _ => Ok(()),
    }
}

/// Locks the file with a lock file beside it.
fn lock(path: &Path) -> Result<File, Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock = files::lock(Path::new(&name), LOCK_WAIT).map_err(|e| unwritable(path, &e))?;
    lock.ok_or_else(|| {
        Error::new(
            Kind::Busy,
            text!(
                "another process has locked the config {path}",
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
        "choose another file with --config or QIWEI_CONFIG, or make this one writable"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creates_changes_and_keeps_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        let name: SettingName = "guid".parse().unwrap();
        let text = || std::fs::read_to_string(&path).unwrap();
        set(&path, &name, "a").unwrap();
        assert_eq!(text(), "guid = \"a\"\n");
        check_writable(&path).unwrap();
        assert!(!unset(&path, &name, Some("b")).unwrap());
        assert!(unset(&path, &name, Some("a")).unwrap());
        assert!(!unset(&path, &name, None).unwrap());
        assert_eq!(text(), "");
        std::fs::write(&path, "guid = ").unwrap();
        assert!(set(&path, &name, "a").is_err() && check_writable(&path).is_err());
        assert_eq!(text(), "guid = ");
    }
}
