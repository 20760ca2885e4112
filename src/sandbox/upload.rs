//! An upload in progress: the URL is fetched while no lock is held, so that other requests are answered.

use super::endpoint::cloud;
use super::endpoint_result::EndpointResult;
use super::fault::Fault;
use super::fetch::{self, FetchMode, FetchedFile};
use super::files::UploadKind;
use super::http_response::HttpResponse;
use super::simulator::{HandledRequest, ReceivedRequest, Simulator};
use jiff::Timestamp;
use std::io;

/// What an upload has to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FetchJob {
    pub(super) url: String,
    pub(super) kind: UploadKind,
    pub(super) mode: FetchMode,
    pub(super) at: Timestamp,
    /// The upload is refused although something was fetched.
    pub(super) fails_after: bool,
    /// Whether the answer has the key.
    pub(super) has_aes_key: bool,
}

/// An upload whose URL has not been fetched yet.
#[derive(Debug)]
pub(super) struct PendingUpload {
    pub(super) received: ReceivedRequest,
    pub(super) fault: Option<Fault>,
    /// The answer of a fault, which replaces that of the upload.
    pub(super) replacement: Option<HttpResponse>,
    pub(super) job: FetchJob,
}

impl PendingUpload {
    /// Fetches the URL; takes long.
    pub(super) fn fetch(&self) -> Result<FetchedFile, String> {
        fetch::fetch(&self.job.url, self.job.mode)
    }
}

/// The hashes and the content of a file on this machine.
pub(super) fn hashed_file(path: &str) -> io::Result<FetchedFile> {
    fetch::read(std::fs::File::open(path)?)
}

impl Simulator {
    /// Stores the fetched file and answers the upload.
    pub(super) fn finish_upload(
        &mut self,
        pending: PendingUpload,
        fetched: Result<FetchedFile, String>,
    ) -> HandledRequest {
        let result: EndpointResult = match fetched {
            Ok(file) => cloud::stored(&mut self.state, &pending.job, file),
            Err(why) => Err(cloud::unreachable(&why)),
        };
        let rendered = self.state.rendered(result);
        let answer = match pending.replacement {
            Some(replacement) => HttpResponse {
                note: rendered.note,
                ..replacement
            },
            None => rendered,
        };
        self.plan_with_fault(pending.received, answer, pending.fault.as_ref())
    }
}
