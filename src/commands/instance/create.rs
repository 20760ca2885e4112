//! `qiwei instance create`: creates an instance.

use serde::Serialize;
use url::Url;

use crate::api::request::{self, Effect, NewClient};
use crate::base_url::redacted;
use crate::commands::dry_run;
use crate::config::Source;
use crate::context::Context;
use crate::error::{Error, Outcome};
use crate::guid::Guid;
use crate::instances::{self, Instance};
use crate::output::table::Table;
use crate::text::{Text, text};

/// Client versions of the vendor's changelog.
const CLIENT_TYPES: [(u32, &str); 22] = [
    (241, "Windows 4.1.2"),
    (242, "iPad 4.1.2"),
    (243, "Windows 4.1.10"),
    (244, "Mac 4.1.2"),
    (245, "Mac 4.1.16"),
    (246, "iPad 4.1.16"),
    (247, "iPad 4.1.22"),
    (248, "Mac 4.1.22"),
    (249, "iPad 4.1.26"),
    (250, "Mac 4.1.26"),
    (251, "iPad 4.1.27"),
    (252, "Mac 4.1.27"),
    (253, "iPad 4.1.28"),
    (254, "Mac 4.1.28"),
    (255, "iPad 4.1.30"),
    (256, "Mac 4.1.30"),
    (257, "iPad 4.1.31"),
    (258, "Mac 4.1.31"),
    (259, "iPad 4.1.32"),
    (260, "Mac 4.1.32"),
    (261, "iPad 4.1.36"),
    (262, "Mac 4.1.36"),
];

/// The known client versions and their names.
pub fn client_types() -> impl Iterator<Item = (u32, &'static str)> {
    CLIENT_TYPES.into_iter()
}

/// Schemes of proxies that servers support (wire protocol).
const PROXY_SCHEMES: [&str; 4] = ["http", "https", "socks4", "socks5"];

/// Arguments of `qiwei instance create`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Client version; `list` shows the known ones
    ///
    /// 241 Windows 4.1.2, 242 iPad 4.1.2, 243 Windows 4.1.10, 244 Mac 4.1.2, 245 Mac 4.1.16,
    /// 246 iPad 4.1.16, 247 iPad 4.1.22, 248 Mac 4.1.22, 249 iPad 4.1.26, 250 Mac 4.1.26, 251 iPad 4.1.27,
    /// 252 Mac 4.1.27, 253 iPad 4.1.28, 254 Mac 4.1.28, 255 iPad 4.1.30, 256 Mac 4.1.30, 257 iPad 4.1.31,
    /// 258 Mac 4.1.31, 259 iPad 4.1.32, 260 Mac 4.1.32, 261 iPad 4.1.36, 262 Mac 4.1.36
    #[arg(long, value_name = "N", default_value = "262", value_parser = client_type)]
    client_type: ClientType,

    /// Proxy of the instance: an http, socks4 or socks5 URL
    // Checked later: the parser would print a wrong value with its password.
    #[arg(
        long,
        value_name = "URL",
        default_value = "",
        hide_default_value = true
    )]
    proxy: String,

    /// Id of the local proxy (bridge) of the instance
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    bridge: String,

    /// Do not start it
    #[arg(long)]
    no_start: bool,

    /// Make it the current instance even if the current one is online
    #[arg(long = "use", conflicts_with = "no_use")]
    make_current: bool,

    /// Do not make it the current instance
    #[arg(long)]
    no_use: bool,

    /// Print the request instead of sending it
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, Debug)]
enum ClientType {
    Number(u32),
    List,
}

fn client_type(text: &str) -> Result<ClientType, Text> {
    match text {
        "list" => Ok(ClientType::List),
        _ => text
            .parse()
            .map(ClientType::Number)
            .map_err(|_| text!("must be a number; `--client-type list` shows the known ones")),
    }
}

/// Checks a proxy URL, and hides its password in all output of this run.
fn check_proxy(context: &Context, proxy: &str) -> Result<(), Error> {
    if proxy.is_empty() {
        return Ok(());
    }
    let url = Url::parse(proxy).ok().filter(Url::has_host);
    if let Some(password) = url.as_ref().and_then(Url::password) {
        context.output.hide(password);
        context.output.hide(proxy);
    }
    match url {
        Some(url) if PROXY_SCHEMES.contains(&url.scheme()) => Ok(()),
        Some(url) => Err(Error::usage(text!(
            "--proxy {proxy}: must be an http://, socks4:// or socks5:// URL",
            proxy = redacted(&url)
        ))),
        None => Err(Error::usage(text!(
            "--proxy: must be an http://, socks4:// or socks5:// URL"
        ))),
    }
}

#[derive(Serialize)]
struct Created<'a> {
    guid: &'a Guid,
    client_type: u32,
    current: bool,
}

impl Args {
    /// Creates the instance.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let ClientType::Number(client_type) = self.client_type else {
            return list(context);
        };
        check_proxy(context, &self.proxy)?;
        let request = request::create_client(&NewClient {
            client_type,
            proxy: self.proxy,
            bridge: self.bridge,
            auto_start: !self.no_start,
        });
        if self.dry_run {
            return dry_run::show(context, &request);
        }
        let previous = match context.configured_guid()?.cloned() {
            Some((guid, Source::Config | Source::Profile)) => Some(guid),
            _ => None,
        };
        let is_kept = self.no_use
            || (!self.make_current
                && match &previous {
                    Some(guid) => instances::look_up(context.api()?, vec![guid.clone()])
                        .iter()
                        .any(Instance::may_be_online),
                    None => false,
                });
        if !is_kept {
            context.check_can_save()?;
        }
        let guid = context
            .api()?
            .create_client(&request)
            .map_err(|e| e.into_error(Effect::Change))?;
        // From here on the guid must be printed in any case.
        let saved = match is_kept {
            true => None,
            false => Some(context.save_guid(&guid)),
        };
        match (&previous, &saved) {
            (Some(previous), None) => context.output.note(&text!(
                "the current instance is still {previous}; select the new one with `qiwei instance use {guid}`",
                previous = previous.short(),
                guid = &guid
            )),
            (Some(previous), Some(Ok(()))) => context.output.note(&text!(
                "the current instance is now {guid}; it was {previous}",
                guid = guid.short(),
                previous
            )),
            _ => {}
        }
        let view = Created {
            guid: &guid,
            client_type,
            current: matches!(saved, Some(Ok(()))),
        };
        let printed = context
            .output
            .result(&view, |view| Text::verbatim(view.guid.as_str()))
            .map_err(|e| e.with_completed_change(&text!("{guid} was created", guid = &guid)));
        let saved = saved.unwrap_or(Ok(())).map_err(|e| {
            let message = text!(
                "{guid} was created, but not made current: {message}",
                guid,
                message = e.message
            );
            Error { message, ..e }.outcome(Outcome::Accepted)
        });
        saved.and(printed)
    }
}

#[derive(Serialize)]
struct KnownType {
    client_type: u32,
    name: &'static str,
}

fn list(context: &Context) -> Result<(), Error> {
    let known: Vec<KnownType> = CLIENT_TYPES
        .iter()
        .map(|(client_type, name)| KnownType {
            client_type: *client_type,
            name,
        })
        .collect();
    context.output.result(&known, |known| {
        let rows = known
            .iter()
            .map(|known| [known.client_type.to_string().into(), known.name.into()]);
        Table::new([text!("CLIENT TYPE"), text!("NAME")], rows)
    })
}
