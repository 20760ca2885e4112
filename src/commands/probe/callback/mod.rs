//! `qiwei probe callback`: tests whether callbacks arrive.

mod check;
mod round_trip;
mod webhook;

use std::process::ExitCode;

use url::Url;

use crate::callback::simulate::Simulated;
use crate::commands::CommandResult;
use crate::commands::callback_listener::{self, CallbackArgs};
use crate::context::Context;
use crate::error::Error;
use crate::instances;
use crate::listener::address::parse_public_url;
use crate::text::{Text, text};
use webhook::Webhook;

/// Arguments of `qiwei probe callback`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without URL, checks a `qiwei listen` or `login` running for the instance; if none is running, starts a listener and waits for a callback of the server. With --simulate the events are posted there."
)]
pub struct Args {
    /// Webhook to check or to post to
    #[arg(value_name = "URL", value_parser = parse_any_url)]
    url: Option<Url>,

    /// Post this event: not-scanned, scanned, success, failed, refused, wechat-…, code, login,
    /// logout, message, own-message, batch, or all; may be repeated
    #[arg(long, value_name = "EVENT", value_delimiter = ',')]
    simulate: Vec<String>,

    #[command(flatten)]
    callbacks: CallbackArgs,
}

/// Parses a webhook URL; unlike ours it may have a query.
fn parse_any_url(text: &str) -> Result<Url, Text> {
    let bare = text.split(['?', '#']).next().unwrap_or_default();
    parse_public_url(bare)?;
    Url::parse(text).map_err(|e| text!("not a URL: {error}", error = e))
}

impl Args {
    /// Checks a webhook, posts events to it, or makes a round trip through the server.
    pub fn run(self, context: &Context) -> CommandResult {
        let events = events(&self.simulate)?;
        let url = match self.url {
            Some(url) => Some(url),
            None => running_listener(context)?,
        };
        match url {
            Some(url) => {
                let webhook = Webhook::new(context, &url)?;
                let checks = if events.is_empty() {
                    webhook.run_checks()
                } else {
                    webhook.post(context, &events)?
                };
                check::report(context, checks).map(|()| ExitCode::SUCCESS)
            }
            None if events.is_empty() => round_trip::run(context, &self.callbacks),
            None => Err(Error::usage(text!(
                "no listener is running for this instance"
            ))
            .hint(text!(
                "give a webhook: `qiwei probe callback URL --simulate …`, or start `qiwei listen`"
            ))),
        }
    }
}

fn events(names: &[String]) -> Result<Vec<Simulated>, Error> {
    let mut events = Vec::new();
    for name in names {
        match name.as_str() {
            "all" => events.extend(Simulated::all()),
            name => events.push(
                name.parse()
                    .map_err(|why| Error::usage(text!("--simulate {name}: {why}", name, why)))?,
            ),
        }
    }
    Ok(events)
}

fn running_listener(context: &Context) -> Result<Option<Url>, Error> {
    let guid = instances::named_or_only(context)?;
    Ok(callback_listener::running_listener_url(context, &guid)?
        .and_then(|url| Url::parse(&url).ok()))
}
