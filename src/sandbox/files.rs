//! The files that the simulated server has stored: uploaded by clients, or sent to accounts by others.

use super::fetch::FetchedFile;
use super::http_response::StreamedBody;
use super::record::time;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::VecDeque;
use std::fs::File;
use std::sync::Arc;

/// Most files kept; older ones are removed.
const KEPT_FILES: usize = 1000;
/// Most bytes of all files, which are temporary files.
const KEPT_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Largest file in bytes that is not uploaded the big way.
pub(super) const SMALL_FILE_CAP: u64 = 20 * 1024 * 1024;

/// The way a file was uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum UploadKind {
    /// With a key, and this `file_type`.
    Small(i64),
    /// Without a key.
    Big,
}

/// A stored file.
#[derive(Clone, Debug, Serialize)]
pub(super) struct StoredFile {
    #[serde(serialize_with = "time")]
    pub(super) at: Timestamp,
    pub(super) file_id: String,
    #[serde(skip)]
    pub(super) kind: UploadKind,
    pub(super) size: u64,
    pub(super) md5: String,
    pub(super) sha256: String,
    /// Where it came from.
    pub(super) url: String,
    #[serde(skip)]
    pub(super) aes_key: String,
    #[serde(skip)]
    content: Arc<File>,
}

impl StoredFile {
    /// The bytes.
    pub(super) fn body(&self) -> StreamedBody {
        StreamedBody::file(self.content.clone(), self.size)
    }
}

/// The stored files, the latest last.
#[derive(Debug, Default)]
pub(super) struct Files {
    stored: VecDeque<Arc<StoredFile>>,
    count: u64,
    /// Whether uploads are refused until the client has had the rules of the CDN updated.
    pub(super) has_stale_rules: bool,
}

impl Files {
    /// Stores a fetched file.
    pub(super) fn store(
        &mut self,
        at: Timestamp,
        kind: UploadKind,
        url: &str,
        fetched: FetchedFile,
    ) -> Arc<StoredFile> {
        self.count += 1;
        let number = self.count;
        let file = Arc::new(StoredFile {
            at,
            // Clients tell the two kinds by their beginning (wire protocol).
            file_id: match kind {
                UploadKind::Small(_) => format!("306802010204613059{number:012x}"),
                UploadKind::Big => format!("*1*{number:012x}"),
            },
            kind,
            size: fetched.size,
            aes_key: fetched.md5.chars().rev().collect(),
            md5: fetched.md5,
            sha256: fetched.sha256,
            url: url.into(),
            content: fetched.content,
        });
        self.stored.push_back(file.clone());
        while self.stored.len() > KEPT_FILES
            || self.stored.iter().map(|file| file.size).sum::<u64>() > KEPT_BYTES
        {
            self.stored.pop_front();
        }
        file
    }

    /// The file with this id.
    pub(super) fn find(&self, file_id: &str) -> Option<Arc<StoredFile>> {
        self.stored
            .iter()
            .find(|file| file.file_id == file_id)
            .cloned()
    }

    /// All files.
    pub(super) fn handles(&self) -> Vec<Arc<StoredFile>> {
        self.stored.iter().cloned().collect()
    }
}
