//! The right to work on a key: one process at a time has it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::Duration;

use crate::error::{Error, Kind, Outcome};
use crate::files::{self, Transient};
use crate::store::Entry;
use crate::text::text;

/// Takes the key for as long as what is returned lives. The lock goes away with its holder, so one
/// that can be had proves that whoever left the key in flight is dead.
///
/// # Errors
/// A configuration error when the folder of the state cannot be used, `busy` when another process
/// still has the key after `patience`.
pub fn lock(state: &Path, entry: &Entry, wait_budget: Duration) -> Result<Transient, Error> {
    let folder = state.join("keys");
    let mut hasher = DefaultHasher::new();
    (&entry.server, &entry.guid, &entry.key).hash(&mut hasher);
    let path = folder.join(format!("{:016x}.lock", hasher.finish()));
    let lock = files::create_private_folder(&folder)
        .and_then(|()| files::lock_transient(&path, wait_budget))
        .map_err(|e| {
            Error::config(text!(
                "cannot use the lock {path}: {error}",
                path = path.display(),
                error = e
            ))
            .hint(text!("name another folder with QIWEI_STATE_DIR"))
        })?;
    lock.ok_or_else(|| {
        Error::new(
            Kind::Busy,
            text!(
                "another process is sending with key {key} right now",
                key = format!("{:?}", entry.key)
            ),
        )
        .hint(text!(
            "try again later, or wait longer with --max-wait and --timeout"
        ))
        .outcome(Outcome::NotSent)
        .retryable()
    })
}
