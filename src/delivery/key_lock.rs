//! The lock on an idempotency key, held by one process at a time.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::Duration;

use crate::error::{Error, Kind, Outcome};
use crate::files::{self, Transient};
use crate::store::Entry;
use crate::text::text;

/// Locks the key until the returned value is dropped. The lock ends with its process, so a successful
/// lock proves that a process that left the key in flight is dead.
///
/// # Errors
/// A configuration error when the state folder cannot be used; `busy` when another process still holds
/// the key after `wait_budget`.
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
            .hint(text!("set another directory with QIWEI_STATE_DIR"))
        })?;
    lock.ok_or_else(|| {
        Error::new(
            Kind::Busy,
            text!(
                "another process is sending with key {key}",
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
