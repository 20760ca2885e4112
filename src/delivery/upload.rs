//! Uploads the file of a message. An upload may be repeated, because nobody sees a file before it is sent; so
//! every failure of an upload means that the message was not sent.

use std::sync::Arc;

use super::conversion::ConversionService;
use crate::api::media::{
    self, ExpectedFile, FileLocation, MediaKind, OTHER_IMAGE_TYPE, STALE_CDN_RULES, UploadType,
    UploadedFile,
};
use crate::api::request::{Effect, Request};
use crate::api::{Api, CallError};
use crate::error::{Error, Kind, Outcome};
use crate::guid::Guid;
use crate::instances;
use crate::media::file_server::{Fetched, FileServer, ServedFile};
use crate::media::{LocalFile, Media, MediaSource, OpenedMedia, SMALL_FILE_CAP, shown_size};
use crate::output::Output;
use crate::text::{Text, text};

/// Uploads files.
pub struct Uploader {
    files: FileServer,
    gateway: Gateway,
    output: Output,
}

/// How files get past the hosted gateway.
pub enum Gateway {
    /// There is none: the API server takes uploads itself.
    None,
    /// The operator's service uploads them.
    Conversion(ConversionService),
    /// There is no such service: only what the gateway itself can fetch can be uploaded.
    UrlOnly,
}

impl Uploader {
    /// An uploader that serves files of this machine with `files`.
    pub fn new(files: FileServer, gateway: Gateway, output: Output) -> Self {
        Self {
            files,
            gateway,
            output,
        }
    }

    /// Uploads an opened file.
    ///
    /// # Errors
    /// Always with the outcome `not_sent`; the message says what the server has fetched.
    pub fn upload(
        &self,
        api: &Api,
        guid: &Guid,
        media: &Media,
        opened: &OpenedMedia,
    ) -> Result<UploadedFile, Error> {
        self.check(media, opened)?;
        let served = match &opened.local {
            Some(local) => Some(self.serve(local, &opened.name)?),
            None => None,
        };
        let from = location(media, served.as_ref());
        let local = opened.local.as_deref().filter(|_| media.is_checked);
        let expected = local.map(|local| ExpectedFile {
            size: local.size(),
            md5: &local.md5,
        });
        let first_type = usual_type(media.kind, opened);
        let result = with_remedies(api, guid, media.kind, first_type, |upload_type| {
            self.call(api, guid, upload_type, from, expected)
        });
        let seen = Seen::of(opened, served.as_ref());
        // Nobody needs it any more.
        drop(served);
        if let Some(local) = &opened.local {
            local.check_unchanged().map_err(Error::usage)?;
        }
        result.map_err(|error| not_uploaded(api, guid, media, error, &seen))
    }

    fn call(
        &self,
        api: &Api,
        guid: &Guid,
        upload_type: UploadType,
        from: FileLocation<'_>,
        expected: Option<ExpectedFile<'_>>,
    ) -> Result<UploadedFile, CallError> {
        match (&self.gateway, from) {
            (Gateway::Conversion(service), FileLocation::Url(url)) => {
                service.upload(api, guid, upload_type, url, expected)
            }
            _ => {
                let request = media::upload(guid, upload_type, from);
                api.upload(&request, upload_type, expected)
            }
        }
    }

    /// The upload that would be made, for a dry run.
    ///
    /// # Errors
    /// A usage error when the server could not reach the file.
    pub fn planned(
        &self,
        guid: &Guid,
        media: &Media,
        opened: &OpenedMedia,
    ) -> Result<Request, Error> {
        self.check(media, opened)?;
        let url = match &media.source {
            MediaSource::Local(_) => self
                .files
                .planned_url(&opened.name)
                .map_err(|why| Error::usage(why).hint(reach_hint()))?,
            MediaSource::Url(url) => url.to_string(),
            MediaSource::OnServer(_) => String::new(),
        };
        let from = match &media.source {
            MediaSource::OnServer(path) => FileLocation::Path(path),
            MediaSource::Local(_) | MediaSource::Url(_) => FileLocation::Url(&url),
        };
        Ok(media::upload(guid, usual_type(media.kind, opened), from))
    }

    /// Checks that there is a way for the file, before anything is requested.
    fn check(&self, media: &Media, opened: &OpenedMedia) -> Result<(), Error> {
        let is_url = matches!(media.source, MediaSource::Url(_));
        match &self.gateway {
            Gateway::UrlOnly if !is_url => Err(Error::config(text!(
                "through the gateway a file of this machine needs the operator's conversion service, which is not set"
            ))
            .hint(text!(
                "set it with `qiwei config set cdn_url URL`, or give a URL that the gateway can fetch"
            ))),
            Gateway::Conversion(_) if matches!(media.source, MediaSource::OnServer(_)) => {
                Err(Error::usage(text!(
                    "--on-server needs a private server: there are no files of yours behind the gateway"
                )))
            }
            Gateway::Conversion(_) if usual_type(media.kind, opened) == UploadType::Big => {
                let limit = shown_size(SMALL_FILE_CAP);
                Err(Error::usage(text!(
                    "files over {limit} cannot be sent through the gateway",
                    limit
                ))
                .hint(text!("send a link to the file with --link")))
            }
            Gateway::None | Gateway::Conversion(_) | Gateway::UrlOnly => Ok(()),
        }
    }

    fn serve(&self, local: &Arc<LocalFile>, name: &str) -> Result<ServedFile, Error> {
        let served = self
            .files
            .serve(local.clone(), name)
            .map_err(|why| Error::usage(why).hint(reach_hint()))?;
        if self.output.verbosity() > 0 {
            // The log of requests must not show it while it is valid.
            self.output.hide(served.token());
        }
        self.output.note(&text!(
            "serving {name} ({size}) at {address} until the API server has fetched it",
            name,
            size = shown_size(local.size()),
            address = &served.address
        ));
        Ok(served)
    }
}

fn location<'a>(media: &'a Media, served: Option<&'a ServedFile>) -> FileLocation<'a> {
    match (served, &media.source) {
        (Some(served), _) => FileLocation::Url(&served.url),
        (None, MediaSource::Url(url)) => FileLocation::Url(url.as_str()),
        (None, MediaSource::OnServer(path)) => FileLocation::Path(path),
        // A file of this machine is served.
        (None, MediaSource::Local(_)) => FileLocation::Url(""),
    }
}

fn usual_type(kind: MediaKind, opened: &OpenedMedia) -> UploadType {
    match &opened.local {
        Some(local) if local.size() > SMALL_FILE_CAP => UploadType::Big,
        _ => UploadType::small(kind),
    }
}

/// Makes the upload, and again after the two refusals that are documented to need it.
fn with_remedies(
    api: &Api,
    guid: &Guid,
    kind: MediaKind,
    upload_type: UploadType,
    upload: impl Fn(UploadType) -> Result<UploadedFile, CallError>,
) -> Result<UploadedFile, CallError> {
    let code = |result: &Result<_, CallError>| match result {
        Err(CallError::Refused(refusal)) => refusal.code,
        _ => None,
    };
    let mut result = upload(upload_type);
    if code(&result) == Some(STALE_CDN_RULES) {
        api.apply(&media::update_cdn_rule(guid))?;
        result = upload(upload_type);
    }
    let is_other_type = code(&result).is_some_and(|code| OTHER_IMAGE_TYPE.contains(&code));
    match kind == MediaKind::Image && is_other_type {
        true => upload(UploadType::hd_image()),
        false => result,
    }
}

/// What is known about the fetch of a file of this machine.
struct Seen {
    size: Option<u64>,
    fetched: Option<Fetched>,
    address: Option<String>,
}

impl Seen {
    fn of(opened: &OpenedMedia, served: Option<&ServedFile>) -> Self {
        Self {
            size: opened.local.as_ref().map(|local| local.size()),
            fetched: served.map(ServedFile::fetched),
            address: served.map(|served| served.address.clone()),
        }
    }

    /// Whether the server has certainly not reached this machine.
    fn is_unfetched(&self) -> bool {
        self.fetched.is_some_and(|fetched| fetched.requests == 0)
    }

    fn words(&self) -> Option<Text> {
        let (size, fetched) = (self.size?, self.fetched?);
        Some(match fetched.requests {
            0 => text!(
                "the server has not fetched the file from {address}",
                address = self.address.clone().unwrap_or_default()
            ),
            _ if fetched.bytes < size => text!(
                "the server has fetched at most {bytes} of its {size} bytes",
                bytes = fetched.bytes,
                size
            ),
            _ => text!("the server has fetched all {size} bytes", size),
        })
    }
}

fn not_uploaded(api: &Api, guid: &Guid, media: &Media, error: CallError, seen: &Seen) -> Error {
    let is_refused = matches!(error, CallError::Refused(_));
    let may_repeat = error.may_retry(Effect::Read);
    let mut error = instances::explain_failure(api, guid, error, Effect::Read);
    let message = error.message.clone();
    error.message = match seen.words() {
        Some(seen) => text!(
            "the file was not uploaded: {message}; {seen}",
            message,
            seen
        ),
        None => text!("the file was not uploaded: {message}", message),
    };
    if seen.is_unfetched() && matches!(error.kind, Kind::Rejected | Kind::Unreachable) {
        error = error.hint(reach_hint());
    } else if error.hint.is_none() && is_refused {
        error.hint = match &media.source {
            MediaSource::Url(_) => Some(text!(
                "the API server fetches the URL itself: check that it can reach it"
            )),
            MediaSource::OnServer(_) => Some(text!(
                "the path is one on the API server's own disk, not on this machine"
            )),
            MediaSource::Local(_) => None,
        };
    }
    if seen.fetched.is_some_and(|fetched| fetched.requests > 0)
        && error.hint.is_none()
        && may_repeat
    {
        error = error.hint(text!(
            "run this again; if the server always reports this about a file it has fetched, --no-check sends its copy"
        ));
    }
    error.retryable |= may_repeat;
    error.outcome(Outcome::NotSent)
}

fn reach_hint() -> Text {
    text!(
        "name an address that the API server reaches with --listen ADDR:PORT, or the public URL of this machine with --file-url URL"
    )
}
