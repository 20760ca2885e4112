//! Access of other users to the configuration file.

use std::path::Path;

/// What other users can do with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileExposure {
    /// Change it, and so redirect messages and credentials.
    Writable,
    /// Read the secrets in it.
    Readable,
}

/// What other users can do with the file at `path`. `secrets` is called only when it matters, because
/// every run checks this.
#[cfg(unix)]
pub fn of(path: &Path, secrets: impl FnOnce() -> bool) -> Option<FileExposure> {
    use std::os::unix::fs::MetadataExt;

    let found = std::fs::metadata(path).ok().filter(|file| file.is_file())?;
    let file = File {
        mode: found.mode(),
        is_ours: found.uid() == rustix::process::geteuid().as_raw(),
    };
    let mode = |folder: &Path| std::fs::metadata(folder).map_or(0, |found| found.mode());
    file.exposure(secrets, || {
        let path = std::fs::canonicalize(path).unwrap_or_default();
        path.ancestors().skip(1).map(mode).collect()
    })
}

/// Other platforms have no mode bits.
#[cfg(not(unix))]
pub fn of(_path: &Path, _secrets: impl FnOnce() -> bool) -> Option<FileExposure> {
    None
}

/// The file's own properties that decide.
#[cfg(unix)]
#[derive(Clone, Copy, Debug)]
struct File {
    mode: u32,
    is_ours: bool,
}

#[cfg(unix)]
impl File {
    /// A file in a folder that others cannot enter is safe, whatever its own mode.
    fn exposure(
        self,
        secrets: impl FnOnce() -> bool,
        folders: impl FnOnce() -> Vec<u32>,
    ) -> Option<FileExposure> {
        const ENTER: u32 = 0o1;
        const WRITE: u32 = 0o2;
        const READ: u32 = 0o4;
        let exposure = if self.mode & WRITE != 0 {
            FileExposure::Writable
        } else if self.mode & READ != 0 && self.is_ours && secrets() {
            // The owner can make it private; a file of root is left as it is.
            FileExposure::Readable
        } else {
            return None;
        };
        let is_reachable = folders().into_iter().all(|mode| mode & ENTER != 0);
        is_reachable.then_some(exposure)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn reports_file_accessible_to_others() {
        let readable = Some(FileExposure::Readable);
        let writable = Some(FileExposure::Writable);
        for (folders, mode, is_ours, secrets, expected) in [
            ([0o755, 0o755], 0o600, true, true, None),
            ([0o755, 0o755], 0o640, true, true, None),
            ([0o755, 0o755], 0o644, true, false, None),
            ([0o755, 0o755], 0o644, true, true, readable),
            ([0o755, 0o755], 0o644, false, true, None),
            ([0o755, 0o755], 0o666, true, false, writable),
            ([0o711, 0o1777], 0o666, false, true, writable),
            ([0o700, 0o755], 0o666, true, true, None),
            ([0o755, 0o750], 0o644, true, true, None),
        ] {
            let file = File { mode, is_ours };
            let exposure = file.exposure(|| secrets, || folders.to_vec());
            assert_eq!(exposure, expected, "{file:?} in {folders:?}, {secrets}");
        }
    }

    #[test]
    fn missing_file_is_not_exposed() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(of(&folder.path().join("missing"), || true), None);
        assert_eq!(of(folder.path(), || true), None);
    }
}
