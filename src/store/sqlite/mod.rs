//! The state in a SQLite file of this machine, and key locks in files beside it.

mod ledger;
mod schema;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::NamedTempFile;

use super::backend::KeyLock;
use super::ledger::Entry;
use crate::error::Error;
use crate::files;
use crate::text::text;
use crate::time::Deadline;

/// How long to wait for another writing process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause before a retry where SQLite does not wait itself.
const BUSY_RETRY_DELAY: Duration = Duration::from_millis(5);

/// An open file.
pub(super) struct Sqlite {
    db: Connection,
    path: PathBuf,
}

impl Sqlite {
    /// Opens the file at `path`, creating or migrating it as needed.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let path = &make_private(path).map_err(|e| unusable(path, &e))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags).map_err(|e| failed(path, &e))?;
        let store = Self {
            db,
            path: path.to_owned(),
        };
        store.prepare().map_err(|e| store.failed(&e))?;
        store.migrate()?;
        Ok(store)
    }

    fn prepare(&self) -> rusqlite::Result<()> {
        self.db.busy_timeout(BUSY_TIMEOUT)?;
        self.write_ahead()?;
        // Synced at every commit, to survive a power failure.
        self.db.pragma_update(None, "synchronous", "full")
    }

    /// Enables write-ahead logging. Processes creating the file at once conflict, and here SQLite fails
    /// instead of waiting.
    fn write_ahead(&self) -> rusqlite::Result<()> {
        let deadline = Deadline::after(BUSY_TIMEOUT);
        loop {
            match self.db.pragma_update(None, "journal_mode", "wal") {
                Err(error) if is_busy(&error) && !deadline.is_over() => {
                    thread::sleep(BUSY_RETRY_DELAY)
                }
                other => return other,
            }
        }
    }

    fn migrate(&self) -> Result<(), Error> {
        let version = schema::migrate(&self.db).map_err(|e| self.failed(&e))?;
        if version > schema::CURRENT {
            return Err(Error::config(text!(
                "{path} was made by a newer qiwei (schema {version}, this one knows {schema})",
                path = self.path.display(),
                version,
                schema = schema::CURRENT
            ))
            .hint(text!(
                "use the newer qiwei, or another directory with QIWEI_STATE_DIR"
            )));
        }
        Ok(())
    }

    /// Locks a key with a file that is removed with the lock.
    fn lock(&self, entry: &Entry, wait_budget: Duration) -> Result<Option<KeyLock>, Error> {
        let folder = files::folder_of(&self.path).join("keys");
        let mut hasher = DefaultHasher::new();
        (&entry.server, &entry.guid, &entry.key).hash(&mut hasher);
        let path = folder.join(format!("{:016x}.lock", hasher.finish()));
        files::create_private_folder(&folder)
            .and_then(|()| files::lock_removed_on_drop(&path, wait_budget))
            .map(|lock| lock.map(KeyLock::File))
            .map_err(|e| {
                Error::config(text!(
                    "cannot use the lock {path}: {error}",
                    path = path.display(),
                    error = e
                ))
                .hint(text!("set another directory with QIWEI_STATE_DIR"))
            })
    }

    fn failed(&self, error: &rusqlite::Error) -> Error {
        failed(&self.path, error)
    }
}

/// SQLite reports a descriptor shortage only as a file that cannot be opened.
fn failed(path: &Path, error: &rusqlite::Error) -> Error {
    let is_about_files = matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure)
    );
    if is_about_files && let Err(shortage) = files::check_free_descriptors() {
        return unusable(path, &shortage);
    }
    unusable(path, error)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// Creates the file with private permissions before SQLite creates it with others. SQLite's companion
/// files inherit them.
///
/// An existing file is not opened: closing it would release every POSIX lock this process holds on it
/// through SQLite (they belong to process and file), and another process could overwrite what other
/// threads of this one are writing.
///
/// Returns the path of the file itself, symbolic links followed.
fn make_private(path: &Path) -> io::Result<PathBuf> {
    let path = files::target::writable(path)?.path;
    let folder = files::folder_of(&path);
    files::create_private_folder(&folder)?;
    for beside in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(beside);
        files::ownership::check_named(Path::new(&name))?;
    }
    if path.exists() {
        return Ok(path);
    }
    let empty = NamedTempFile::new_in(&folder)
        .map_err(files::of_system)?
        .into_temp_path();
    match empty.persist_noclobber(&path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(path),
    }
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::config(text!(
        "cannot use the database {path}: {error}",
        path = path.display(),
        error
    ))
    .hint(text!(
        "nothing was sent; free some space, make the file writable, move it away if it is \
         damaged, or set another directory with QIWEI_STATE_DIR"
    ))
}
