//! Ownership checks of this program's files. In a folder writable by others, another user may have
//! placed a file where ours belongs: they could read what we write and forge what we read.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

/// Checks an opened file.
///
/// # Errors
/// When it is not a regular file or belongs to another user.
pub fn check_open(file: &File, path: &Path) -> io::Result<()> {
    check(&file.metadata()?, path)
}

/// Checks a file before it is opened by name; a missing one is fine.
///
/// # Errors
/// As [`check_open`], and for a symbolic link of another user.
pub fn check_named(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() && belongs_to_us(&found, path)? => {
            let real = std::fs::canonicalize(path)?;
            check(&std::fs::metadata(&real)?, &real)
        }
        Ok(found) => check(&found, path),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e),
    }
}

/// Checks who may have placed a file or link: one of another user is fine where not everyone can create
/// files, such as a service's configuration in a folder of root.
///
/// # Errors
/// When another user may have placed it.
pub(super) fn check_placed(found: &Metadata, path: &Path) -> io::Result<()> {
    match belongs_to_us(found, path)? || !is_shared(path)? {
        true => Ok(()),
        false => Err(foreign()),
    }
}

fn foreign() -> io::Error {
    io::Error::other("the file belongs to another user")
}

/// Whether everyone can create files in the folder of `path`.
#[cfg(unix)]
fn is_shared(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let folder = std::fs::metadata(super::folder_of(path))?;
    Ok(folder.mode() & 0o002 != 0)
}

#[cfg(not(unix))]
fn is_shared(_path: &Path) -> io::Result<bool> {
    Ok(false)
}

fn check(found: &Metadata, path: &Path) -> io::Result<()> {
    if !found.is_file() {
        return Err(super::target::not_regular());
    }
    match belongs_to_us(found, path)? {
        true => Ok(()),
        false => Err(foreign()),
    }
}

#[cfg(unix)]
fn belongs_to_us(found: &Metadata, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let folder = std::fs::metadata(super::folder_of(path))?;
    let us = rustix::process::geteuid().as_raw();
    Ok(is_trusted_owner(found.uid(), us, folder.uid()))
}

#[cfg(not(unix))]
fn belongs_to_us(_found: &Metadata, _path: &Path) -> io::Result<bool> {
    Ok(true)
}

/// Accepts our own files, root's, and those of the folder's owner, who could replace anything in it
/// anyway.
#[cfg(unix)]
fn is_trusted_owner(owner: u32, us: u32, folder: u32) -> bool {
    owner == us || owner == 0 || owner == folder
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn rejects_files_of_other_users() {
        let [us, root, stranger, other] = [1000, 0, 1001, 1002];
        for (owner, us, folder, trusted) in [
            (us, us, us, true),
            (us, us, root, true),
            (root, us, root, true),
            // A folder of another user that is lent to us.
            (other, root, other, true),
            // A file placed in a shared folder such as /tmp.
            (stranger, us, root, false),
            (stranger, root, root, false),
            (stranger, us, us, false),
            (stranger, us, other, false),
        ] {
            assert_eq!(
                is_trusted_owner(owner, us, folder),
                trusted,
                "a file of {owner} in a folder of {folder}, for {us}"
            );
        }
    }

    #[test]
    fn accepts_only_regular_files() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name| folder.path().join(name);
        std::fs::write(place("plain"), "").unwrap();
        std::fs::create_dir(place("folder")).unwrap();
        std::os::unix::fs::symlink(place("plain"), place("link")).unwrap();
        std::os::unix::fs::symlink(place("folder"), place("astray")).unwrap();
        for (name, taken) in [
            ("plain", true),
            ("missing", true),
            ("link", true),
            ("folder", false),
            ("astray", false),
        ] {
            assert_eq!(check_named(&place(name)).is_ok(), taken, "{name}");
        }
    }
}
