//! A file on this machine, opened once: what is hashed is what is served, also when its name is given to another
//! file meanwhile.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::text::{Text, text};

/// Bytes read at once.
const PIECE: usize = 128 * 1024;

/// An open regular file.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) file: File,
    pub(super) path: PathBuf,
    pub(super) size: u64,
    modified: Option<SystemTime>,
}

/// An open file with its hashes.
#[derive(Debug)]
pub struct LocalFile {
    open: OpenFile,
    /// In lower-case hexadecimal digits.
    pub sha256: String,
    /// In lower-case hexadecimal digits.
    pub md5: String,
}

/// Opens a file that is regular, readable and not empty.
///
/// # Errors
/// What is wrong, and what helps.
pub(super) fn open(path: &Path) -> Result<OpenFile, Text> {
    let shown = path.display();
    let file = without_waiting(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => text!("there is no file {path}", path = shown),
        _ => text!("cannot read {path}: {error}", path = shown, error),
    })?;
    let meta = file
        .metadata()
        .map_err(|error| text!("cannot read {path}: {error}", path = shown, error))?;
    if meta.is_dir() {
        return Err(text!(
            "{path} is a directory; pack it into one file first, for example with zip",
            path = shown
        ));
    }
    if !meta.is_file() {
        return Err(text!(
            "{path} is not a regular file; write its content to a file first",
            path = shown
        ));
    }
    if meta.len() == 0 {
        return Err(text!(
            "{path} is empty; empty files are not sent",
            path = shown
        ));
    }
    Ok(OpenFile {
        path: path.to_owned(),
        size: meta.len(),
        modified: modified(&meta),
        file,
    })
}

/// Opens without waiting for the other end of a pipe.
fn without_waiting(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    options.open(path)
}

fn modified(meta: &Metadata) -> Option<SystemTime> {
    meta.modified().ok()
}

impl OpenFile {
    /// Reads from a position, without moving the position that all readers share.
    ///
    /// # Errors
    /// Those of the system.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        #[cfg(unix)]
        return std::os::unix::fs::FileExt::read_at(&self.file, buffer, offset);
        #[cfg(windows)]
        return std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset);
    }

    /// Whether size and time of modification are those of the beginning.
    fn is_unchanged(&self) -> bool {
        self.file
            .metadata()
            .is_ok_and(|meta| meta.len() == self.size && modified(&meta) == self.modified)
    }
}

impl LocalFile {
    /// Reads the whole file for its hashes.
    ///
    /// # Errors
    /// When it cannot be read, or changes meanwhile.
    pub(super) fn read(open: OpenFile) -> Result<Self, Text> {
        let (mut sha256, mut md5) = (Sha256::new(), Md5::new());
        let mut piece = vec![0; PIECE];
        let mut offset = 0;
        loop {
            let read = open.read_at(&mut piece, offset).map_err(|error| {
                text!(
                    "cannot read {path}: {error}",
                    path = open.path.display(),
                    error
                )
            })?;
            let bytes = piece.get(..read).unwrap_or_default();
            if bytes.is_empty() {
                break;
            }
            sha256.update(bytes);
            md5.update(bytes);
            offset += bytes.len() as u64;
        }
        if offset != open.size || !open.is_unchanged() {
            return Err(changed(&open.path));
        }
        Ok(Self {
            sha256: hex(&sha256.finalize()),
            md5: hex(&md5.finalize()),
            open,
        })
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.open.size
    }

    /// Reads from a position.
    ///
    /// # Errors
    /// Those of the system.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.open.read_at(buffer, offset)
    }

    /// Whether it is still the file that was hashed.
    pub fn is_unchanged(&self) -> bool {
        self.open.is_unchanged()
    }

    /// Checks that it is still the file that was hashed.
    ///
    /// # Errors
    /// That it has changed.
    pub fn check_unchanged(&self) -> Result<(), Text> {
        match self.is_unchanged() {
            true => Ok(()),
            false => Err(changed(&self.open.path)),
        }
    }
}

fn changed(path: &Path) -> Text {
    text!(
        "{path} was changed while it was sent; send it when it is complete",
        path = path.display()
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_what_was_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abc").unwrap();
        let opened = open(&path).unwrap();
        let other = folder.path().join("b");
        std::fs::write(&other, "other content").unwrap();
        std::fs::rename(&other, &path).unwrap();
        let file = LocalFile::read(opened).unwrap();
        assert_eq!(file.md5, "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(
            file.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(file.is_unchanged());
    }

    #[test]
    fn notices_changed_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abc").unwrap();
        let file = LocalFile::read(open(&path).unwrap()).unwrap();
        std::fs::write(&path, "ab").unwrap();
        assert!(!file.is_unchanged());
        let shorter = OpenFile {
            size: 10,
            ..open(&path).unwrap()
        };
        assert!(LocalFile::read(shorter).is_err());
    }

    #[test]
    fn refuses_what_is_no_file_with_content() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty");
        std::fs::write(&empty, "").unwrap();
        for (path, part) in [
            (folder.path().join("none"), "there is no file"),
            (folder.path().to_owned(), "is a directory"),
            (empty, "is empty"),
            #[cfg(unix)]
            ("/dev/null".into(), "not a regular file"),
        ] {
            let why = open(&path).unwrap_err();
            assert!(why.contains(part), "{why:?}");
        }
    }
}
