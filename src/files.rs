//! Private files: created 0600, replaced atomically, locked between processes.

pub mod ownership;
pub mod target;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::time::Deadline;
use target::WriteTarget;

const LOCK_POLL: Duration = Duration::from_millis(10);

/// The folder of a file.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Creates a folder and its parents, accessible only to the owner.
///
/// # Errors
/// I/O errors.
pub fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Replaces a file atomically: writes a temporary file beside it, syncs it, and renames it. Readers see
/// the old or the new content, even after a power failure. A new file is 0600; an existing one keeps
/// owner, group and mode. Symbolic links are followed.
///
/// # Errors
/// I/O errors, and those of [`target::writable`]; the old file is then unchanged.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = target::writable(path)?;
    let folder = folder_of(&target.path);
    let file = write_temporary(&target, bytes)?;
    file.persist(&target.path).map_err(|e| e.error)?;
    // The rename is durable once the folder is synced; not every system can sync one.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Checks that [`replace`] could write that many bytes more now: permissions, space, limits. Leaves no
/// file.
///
/// # Errors
/// As [`replace`].
pub fn check_replaceable(path: &Path, more: usize) -> io::Result<()> {
    let target = target::writable(path)?;
    let size = usize::try_from(target.size()).unwrap_or(0) + more;
    write_temporary(&target, &vec![b'\n'; size]).map(drop)
}

/// A synced temporary file with these bytes beside the target; removed when dropped.
fn write_temporary(target: &WriteTarget, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let write = || {
        let mut file = NamedTempFile::new_in(folder_of(&target.path))?;
        file.write_all(bytes)?;
        target.pass_on_access(file.as_file())?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().map_err(of_system)
}

/// Creates or truncates a file that grows from then on; a new one is 0600.
///
/// # Errors
/// I/O errors, and those of [`target::writable`].
pub fn create(path: &Path) -> io::Result<File> {
    let target = target::writable(path)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(target.path)
}

/// Most files that SQLite opens beside a database.
const SQLITE_EXTRA_FILES: usize = 4;

/// Checks that SQLite can open its files.
///
/// # Errors
/// The system's error when it has no free descriptor.
pub fn check_free_descriptors() -> io::Result<()> {
    let null = if cfg!(windows) { "NUL" } else { "/dev/null" };
    let opened: io::Result<Vec<File>> = (0..SQLITE_EXTRA_FILES).map(|_| File::open(null)).collect();
    opened.map(drop)
}

/// The system's own error, without the name of the temporary file.
pub fn of_system(error: io::Error) -> io::Error {
    // tempfile keeps the original error only as text: its `source` is that of the inner one.
    let words = error.to_string();
    let code = words
        .split_once(" (os error ")
        .and_then(|(_, rest)| rest.split_once(") at path "))
        .and_then(|(code, _)| code.parse().ok());
    code.map_or(error, io::Error::from_raw_os_error)
}

/// A lock whose file is removed with it.
#[derive(Debug)]
pub struct SelfRemovingLock {
    path: PathBuf,
    // Kept open for its lock.
    _file: File,
}

impl Drop for SelfRemovingLock {
    fn drop(&mut self) {
        // Removed while locked, so no other process is using it.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Like [`lock`], but the file is removed when the lock is dropped.
///
/// # Errors
/// I/O errors.
pub fn lock_removed_on_drop(
    path: &Path,
    timeout: Duration,
) -> io::Result<Option<SelfRemovingLock>> {
    let deadline = Deadline::after(timeout);
    loop {
        let Some(file) = lock(path, deadline.remaining())? else {
            return Ok(None);
        };
        // The previous holder may have removed the file that was waited for.
        if is_at(&file, path) {
            return Ok(Some(SelfRemovingLock {
                path: path.to_owned(),
                _file: file,
            }));
        }
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(held), Ok(there)) => held.ino() == there.ino() && held.dev() == there.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

/// Opens or creates a lock file. Its folder may be writable by others, so links are not followed, files
/// of other users are refused, and opening a FIFO does not block.
fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options
            .mode(0o600)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    ownership::check_open(&file, path)?;
    Ok(file)
}

/// Locks a file, creating it if needed; `None` when another process holds the lock for longer than
/// `timeout`. The lock ends with the file handle.
///
/// # Errors
/// I/O errors.
pub fn lock(path: &Path, timeout: Duration) -> io::Result<Option<File>> {
    let file = open_lock(path)?;
    let deadline = Deadline::after(timeout);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if deadline.is_over() => return Ok(None),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_POLL),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_hide_temporary_file_names() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = folder.path().join("gone/file");
        for error in [
            replace(&nowhere, b"x").unwrap_err(),
            check_replaceable(&nowhere, 1).unwrap_err(),
        ] {
            let plain = std::fs::read(&nowhere).unwrap_err();
            assert_eq!(error.to_string(), plain.to_string());
        }
    }

    #[test]
    fn check_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        check_replaceable(&folder.path().join("file"), 1000).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
