//! Files that are sent: what they are, checks, and serving them to the API server.

mod check;
pub mod file_server;
mod local_file;
#[cfg(any(test, fuzzing))]
pub mod properties;
mod range;

use std::path::PathBuf;
use std::sync::Arc;

use url::Url;

use crate::api::media::FileDetails;
pub use crate::api::media::MediaKind;
use crate::base_url::decoded;
use crate::text::{Text, text};
pub use check::shown_size;
pub use local_file::LocalFile;

/// Largest file in bytes that is uploaded the usual way; a larger one goes the big way, as a file only.
pub const SMALL_FILE_CAP: u64 = 20 * 1024 * 1024;

/// Name of a file whose source has none.
const UNNAMED: &str = "file";

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaSource {
    /// On this machine.
    Local(PathBuf),
    /// At a URL that the server fetches itself.
    Url(Url),
    /// On the server's own disk.
    OnServer(String),
}

impl MediaSource {
    /// Reads the value of `--image` and its siblings: a path, or an http or https URL.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, Text> {
        let scheme = text
            .split_once("://")
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("http" | "https") => {
                let url = Url::parse(text).map_err(|e| text!("not a URL: {error}", error = e))?;
                Ok(Self::Url(url))
            }
            _ if text.is_empty() => Err(text!("the path is empty")),
            _ if text == "-" => Err(text!(
                "standard input cannot be sent as a file; write it to a file first"
            )),
            _ => Ok(Self::Local(text.into())),
        }
    }
}

/// A file to be sent.
#[derive(Clone, Debug)]
pub struct Media {
    /// What it is sent as.
    pub kind: MediaKind,
    /// Where it is.
    pub source: MediaSource,
    /// The name that the receiver sees, instead of the file's own.
    pub name: Option<String>,
    /// Duration in whole seconds.
    pub duration: Option<u32>,
    /// Whether size and content are checked.
    pub is_checked: bool,
}

/// A file that is ready to be uploaded.
#[derive(Clone, Debug)]
pub struct OpenedMedia {
    /// The name that the receiver sees.
    pub name: String,
    /// The open file, if it is on this machine.
    pub local: Option<Arc<LocalFile>>,
    /// Width and height in pixels, if it is an image that can be read.
    pub dimensions: Option<(u32, u32)>,
}

impl Media {
    /// Checks what can be checked without reading the whole file.
    ///
    /// # Errors
    /// What is wrong, and what helps.
    pub fn check(&self) -> Result<(), Text> {
        if self.kind == MediaKind::Voice && self.duration.is_none() {
            return Err(text!(
                "a voice message needs its duration in whole seconds: --duration S"
            ));
        }
        match &self.source {
            MediaSource::Local(path) => {
                let file = local_file::open(path)?;
                check::check(self, &file).map(drop)
            }
            MediaSource::Url(_) | MediaSource::OnServer(_) => Ok(()),
        }
    }

    /// Opens the file, checks it, and reads it once for its hashes.
    ///
    /// # Errors
    /// As [`Media::check`].
    pub fn open(&self) -> Result<OpenedMedia, Text> {
        self.check()?;
        let name = self.name();
        let MediaSource::Local(path) = &self.source else {
            return Ok(OpenedMedia {
                name,
                local: None,
                dimensions: None,
            });
        };
        let file = local_file::open(path)?;
        let dimensions = check::check(self, &file)?;
        let local = LocalFile::read(file)?;
        Ok(OpenedMedia {
            name,
            local: Some(Arc::new(local)),
            dimensions,
        })
    }

    /// What a message says about it.
    pub fn details<'a>(&self, opened: &'a OpenedMedia) -> FileDetails<'a> {
        FileDetails {
            kind: self.kind,
            name: &opened.name,
            dimensions: opened.dimensions,
            duration: self.duration,
        }
    }

    /// The name that the receiver sees.
    pub fn name(&self) -> String {
        let own = match (&self.name, &self.source) {
            (Some(name), _) => name.clone(),
            (None, MediaSource::Local(path)) => path
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            (None, MediaSource::Url(url)) => {
                let last = url.path_segments().and_then(|mut parts| parts.next_back());
                decoded(last.unwrap_or_default())
            }
            (None, MediaSource::OnServer(path)) => {
                let last = path.rsplit(['/', '\\']).next();
                last.unwrap_or_default().to_owned()
            }
        };
        let own: String = own.chars().filter(|c| !c.is_control()).collect();
        match own.trim() {
            "" => UNNAMED.to_owned(),
            name => name.to_owned(),
        }
    }

    /// The parts that identify it, for the digest in ledgers and journals: its bytes, or where they are.
    pub fn identity(&self, opened: &OpenedMedia) -> Vec<String> {
        let bytes = match (&opened.local, &self.source) {
            (Some(local), _) => format!("sha256:{}", local.sha256),
            (None, MediaSource::Url(url)) => format!("url:{url}"),
            (None, MediaSource::OnServer(path)) => format!("path:{path}"),
            // A local file is open.
            (None, MediaSource::Local(_)) => String::new(),
        };
        let name = match self.kind.shows_name() {
            true => opened.name.clone(),
            false => String::new(),
        };
        let duration = self.duration.map_or_else(String::new, |s| s.to_string());
        vec![self.kind.name().to_owned(), bytes, name, duration]
    }
}

/// Checks a name that the receiver sees.
///
/// # Errors
/// Describes a valid name.
pub fn check_name(name: &str) -> Result<String, Text> {
    let fits = !name.trim().is_empty()
        && name.chars().count() <= 200
        && !name
            .chars()
            .any(|c| c.is_control() || matches!(c, '/' | '\\'));
    match fits {
        true => Ok(name.to_owned()),
        false => Err(text!(
            "must be a file name of at most 200 characters, without / and \\"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(source: &str) -> Media {
        Media {
            kind: MediaKind::File,
            source: MediaSource::parse(source).unwrap(),
            name: None,
            duration: None,
            is_checked: true,
        }
    }

    #[test]
    fn names_come_from_path_or_url() {
        for (source, name) in [
            ("a/报告 1.pdf", "报告 1.pdf"),
            ("https://h/x/%E6%8A%A5%20a+b.pdf?k=1", "报 a+b.pdf"),
            ("https://h/", "file"),
            ("https://h", "file"),
        ] {
            assert_eq!(media(source).name(), name, "{source}");
        }
        let on_server = Media {
            source: MediaSource::OnServer(r"C:\data\a.pdf".into()),
            ..media("x")
        };
        assert_eq!(on_server.name(), "a.pdf");
    }

    #[test]
    fn distinguishes_paths_and_urls() {
        for (text, is_url) in [("a.pdf", false), ("HTTP://h/a", true), ("ftp://h/a", false)] {
            let source = MediaSource::parse(text).unwrap();
            assert_eq!(matches!(source, MediaSource::Url(_)), is_url, "{text}");
        }
        for text in ["", "-", "http://"] {
            assert!(MediaSource::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_have_no_separators() {
        for (name, fits) in [
            ("a.pdf", true),
            ("报告", true),
            ("", false),
            (" ", false),
            ("a/b", false),
            ("a\nb", false),
        ] {
            assert_eq!(check_name(name).is_ok(), fits, "{name:?}");
        }
    }
}
