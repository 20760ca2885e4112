//! Arguments of pictures, files, voice messages, videos and links.

use std::net::SocketAddr;
use std::sync::Arc;

use url::Url;

use crate::api::media::Link;
use crate::api::request::Effect;
use crate::api::{Api, ConnectionSettings, Transport};
use crate::base_url::BaseUrl;
use crate::context::Context;
use crate::delivery::{Content, ConversionService, Gateway, Uploader};
use crate::error::Error;
use crate::listener::address::{parse_listen_address, parse_public_url};
use crate::media::file_server::{FileServer, ServerOptions};
use crate::media::{Media, MediaKind, MediaSource, check_name};
use crate::text::{Text, text};

/// What is sent instead of a text, or after it.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Pictures, files and links")]
#[group(id = "media")]
pub struct MediaArgs {
    /// Send a picture: a file of this machine, or a URL that the API server fetches
    #[arg(long, value_name = "FILE|URL", value_parser = MediaSource::parse,
          conflicts_with_all = ["attach", "video", "voice", "on_server", "link"])]
    image: Option<MediaSource>,

    /// Send a file, up to 100 MB
    #[arg(long, value_name = "FILE|URL", value_parser = MediaSource::parse,
          conflicts_with_all = ["video", "voice", "on_server", "link"])]
    attach: Option<MediaSource>,

    /// Send a video
    #[arg(long, value_name = "FILE|URL", value_parser = MediaSource::parse,
          conflicts_with_all = ["voice", "on_server", "link"])]
    video: Option<MediaSource>,

    /// Send a voice message: SILK or AMR, with --duration
    #[arg(long, value_name = "FILE|URL", value_parser = MediaSource::parse, requires = "duration",
          conflicts_with_all = ["on_server", "link"])]
    voice: Option<MediaSource>,

    /// Send a file that is on the API server's own disk, see --as
    #[arg(long, value_name = "PATH", conflicts_with = "link")]
    on_server: Option<String>,

    /// What the file of --on-server is sent as: image, attach, video or voice [default: attach]
    #[arg(long = "as", value_name = "KIND", value_parser = parse_kind, requires = "on_server")]
    kind: Option<MediaKind>,

    /// Send a link, see --title
    #[arg(long, value_name = "URL", value_parser = parse_link)]
    link: Option<Url>,

    /// Heading of the link [default: the URL]
    #[arg(long, value_name = "TEXT", requires = "link")]
    title: Option<String>,

    /// Text below the heading of the link
    #[arg(
        long,
        value_name = "TEXT",
        requires = "link",
        default_value = "",
        hide_default_value = true
    )]
    description: String,

    /// URL of the link's picture
    #[arg(long, value_name = "URL", value_parser = parse_link, requires = "link")]
    thumbnail: Option<Url>,

    /// Duration of a voice message or video in whole seconds
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    duration: Option<u32>,

    /// Name of the file for the receivers [default: its own]
    #[arg(long, value_name = "NAME", value_parser = check_name, conflicts_with_all = ["link", "batch"])]
    name: Option<String>,
}

/// How files of this machine reach the API server.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Pictures, files and links")]
pub struct UploadArgs {
    /// Address on which a file is served until the API server has fetched it [default: loopback for a
    /// server on this machine, else the local address that routes to it; any free port]
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_listen_address)]
    listen: Option<SocketAddr>,

    /// URL under which the API server reaches that address, behind a proxy or in a container; token and
    /// name are appended
    #[arg(long, value_name = "URL", value_parser = parse_public_url)]
    file_url: Option<Url>,

    /// Send a file as it is: without checks of its size, its content, and the server's copy
    #[arg(long)]
    pub no_check: bool,
}

impl MediaArgs {
    /// The content given with the flags, if there is one; a file is checked.
    ///
    /// # Errors
    /// A usage error when it cannot be sent.
    pub fn content(&self, no_check: bool) -> Result<Option<Content>, Error> {
        if let Some(url) = &self.link {
            let title = self.title.clone().filter(|title| !title.trim().is_empty());
            return Ok(Some(Content::Link(Link {
                title: title.unwrap_or_else(|| url.to_string()),
                description: self.description.clone(),
                url: url.to_string(),
                thumbnail: self
                    .thumbnail
                    .as_ref()
                    .map_or_else(String::new, Url::to_string),
            })));
        }
        let Some((kind, source)) = self.source() else {
            return match self.duration.is_some() || self.name.is_some() {
                true => Err(Error::usage(text!(
                    "--duration and --name belong to a file; give one with --attach, --video or --voice"
                ))),
                false => Ok(None),
            };
        };
        let media = Media {
            kind,
            source,
            name: self.name.clone(),
            duration: self.duration,
            is_checked: !no_check,
        };
        media.check().map_err(Error::usage)?;
        Ok(Some(Content::Media(Arc::new(media))))
    }

    fn source(&self) -> Option<(MediaKind, MediaSource)> {
        let named = [
            (MediaKind::Image, &self.image),
            (MediaKind::File, &self.attach),
            (MediaKind::Video, &self.video),
            (MediaKind::Voice, &self.voice),
        ];
        let named = named
            .into_iter()
            .find_map(|(kind, source)| Some((kind, source.clone()?)));
        named.or_else(|| {
            let source = MediaSource::OnServer(self.on_server.clone()?);
            Some((self.kind.unwrap_or(MediaKind::File), source))
        })
    }
}

impl UploadArgs {
    /// The uploader for files.
    ///
    /// # Errors
    /// As [`Settings::resolve`](crate::config::Settings::resolve).
    pub fn uploader(&self, context: &Context) -> Result<Arc<Uploader>, Error> {
        let settings = context.settings()?;
        let gateway = match (settings.gateway(), &settings.cdn_url) {
            (None, _) => Gateway::None,
            (Some(_), None) => Gateway::UrlOnly,
            (Some(_), Some(url)) => {
                Gateway::Conversion(ConversionService::new(conversion_api(context, url)?))
            }
        };
        let fetched_by = match (&gateway, &settings.cdn_url) {
            (Gateway::Conversion(_), Some(url)) => url,
            _ => &settings.base_url,
        };
        let files = FileServer::new(ServerOptions {
            listen: self.listen,
            public_url: self.file_url.clone(),
            fetched_by: fetched_by.endpoint("/"),
        });
        Ok(Arc::new(Uploader::new(
            files,
            gateway,
            context.output.clone(),
        )))
    }
}

/// The client of the conversion service: with the same trust and proxy, but without the credentials and headers
/// for the API server.
fn conversion_api(context: &Context, url: &BaseUrl) -> Result<Api, Error> {
    let settings = context.settings()?;
    let connection = ConnectionSettings {
        headers: Vec::new(),
        gateway: None,
        base_url_source: None,
        proxy: context.env().proxy_for(url).map_err(Error::config)?,
        ..settings.connection.clone()
    };
    let deadline = context.deadline()?;
    let transport = Transport::new(
        url.clone(),
        &connection,
        deadline.timeout(),
        context.tracer(),
    )
    .map_err(|e| e.into_error(Effect::Change))?;
    Ok(Api::new(transport, settings.retries, deadline))
}

/// The names of `--as` and of the fields of a batch.
pub fn parse_kind(name: &str) -> Result<MediaKind, Text> {
    match name {
        "image" => Ok(MediaKind::Image),
        "attach" | "file" => Ok(MediaKind::File),
        "video" => Ok(MediaKind::Video),
        "voice" => Ok(MediaKind::Voice),
        _ => Err(text!("must be image, attach, video or voice")),
    }
}

/// Parses the URL of a link.
pub fn parse_link(text: &str) -> Result<Url, Text> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(text!("must be an http:// or https:// URL")),
    }
}
