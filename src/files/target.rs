//! What may be written at a path, and whose file it then is.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::{folder_of, ownership};

/// Symbolic links that are followed, as many as Linux follows.
const MAX_LINKS: usize = 40;

/// The place of a file to write.
#[derive(Debug)]
pub struct WriteTarget {
    /// The file itself, symbolic links followed; it may be missing.
    pub path: PathBuf,
    existing: Option<Metadata>,
}

/// Decides where a file named `path` is written: a regular file or a missing one, also the missing
/// target of a symbolic link. Devices, pipes and folders are refused, because replacing one would
/// destroy it. So are files and links that another user may have placed in a shared folder.
///
/// # Errors
/// I/O errors, and those of what is refused.
pub fn writable(path: &Path) -> io::Result<WriteTarget> {
    // First as a whole: the links below /proc lead to files that have no path.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(not_regular());
    }
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let existing = match std::fs::symlink_metadata(&path) {
            Ok(found) => found,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Ok(WriteTarget {
                    path,
                    existing: None,
                });
            }
            Err(e) => return Err(e),
        };
        ownership::check_placed(&existing, &path)?;
        if existing.is_symlink() {
            path = folder_of(&path).join(std::fs::read_link(&path)?);
        } else if existing.is_file() {
            return Ok(WriteTarget {
                path,
                existing: Some(existing),
            });
        } else {
            return Err(not_regular());
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

pub(super) fn not_regular() -> io::Error {
    io::Error::other("not a regular file")
}

impl WriteTarget {
    /// The size of the existing file in bytes; 0 for a missing one.
    pub fn size(&self) -> u64 {
        self.existing.as_ref().map_or(0, Metadata::len)
    }

    /// Gives `file`, which will replace the existing one, the same owner, group and mode: a service must
    /// still be able to read its configuration after an administrator changed it.
    ///
    /// # Errors
    /// When they cannot be kept.
    #[cfg(unix)]
    pub(super) fn pass_on_access(&self, file: &File) -> io::Result<()> {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

        let Some(existing) = &self.existing else {
            return Ok(());
        };
        let new = file.metadata()?;
        let changed = |old, new| (old != new).then_some(old);
        let owner = changed(existing.uid(), new.uid());
        let group = changed(existing.gid(), new.gid());
        if owner.is_some() || group.is_some() {
            fchown(file, owner, group)
                .map_err(|_| io::Error::other("its owner and group could not be kept"))?;
        }
        file.set_permissions(std::fs::Permissions::from_mode(existing.mode() & 0o7777))
    }

    #[cfg(not(unix))]
    pub(super) fn pass_on_access(&self, _file: &File) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn accepts_regular_and_missing_files_through_links() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name| folder.path().join(name);
        std::fs::write(place("plain"), "123").unwrap();
        std::fs::create_dir(place("folder")).unwrap();
        for (name, target) in [
            ("link", "plain"),
            ("relative", "folder/new"),
            ("chain", "relative"),
            ("astray", "folder"),
            ("circle", "circle"),
            ("device", "/dev/null"),
        ] {
            symlink(target, place(name)).unwrap();
        }
        for (name, expected) in [
            ("plain", Some(("plain", 3))),
            ("missing", Some(("missing", 0))),
            ("link", Some(("plain", 3))),
            ("relative", Some(("folder/new", 0))),
            ("chain", Some(("folder/new", 0))),
            ("folder", None),
            ("astray", None),
            ("circle", None),
            ("device", None),
        ] {
            let found = writable(&place(name)).map(|target| (target.path.clone(), target.size()));
            let expected = expected.map(|(path, size)| (place(path), size));
            assert_eq!(found.ok(), expected, "{name}");
        }
        assert!(writable(Path::new("/dev/null")).is_err());
    }
}
