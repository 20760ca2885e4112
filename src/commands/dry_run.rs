//! `--dry-run`: prints the exact requests, redacted, without sending them.

use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use crate::api::gateway;
use crate::api::request::Request;
use crate::base_url::redacted;
use crate::config::Settings;
use crate::context::Context;
use crate::error::Error;
use crate::secret::REDACTED;
use crate::text::{Text, text};

/// A request as it would be sent.
#[derive(Serialize)]
struct Planned<'a> {
    method: &'a str,
    url: String,
    headers: Vec<(&'a str, &'a str)>,
    body: Option<Box<RawValue>>,
}

/// Prints one request.
///
/// # Errors
/// When stdout cannot be written.
pub fn show(context: &Context, request: &Request) -> Result<(), Error> {
    let planned = plan(context.settings()?, request);
    context.output.note(&text!("dry run: nothing was sent"));
    context.output.result(&planned, |planned| {
        let mut text = String::new();
        render(&mut text, planned);
        Text::lines(text.trim_end_matches('\n'))
    })
}

/// Prints requests in order.
///
/// # Errors
/// When stdout cannot be written.
pub fn show_all(context: &Context, requests: &[Request]) -> Result<(), Error> {
    let settings = context.settings()?;
    let planned: Vec<Planned<'_>> = requests
        .iter()
        .map(|request| plan(settings, request))
        .collect();
    context.output.note(&text!("dry run: nothing was sent"));
    context.output.result(&planned, |planned| {
        let mut text = String::new();
        planned
            .iter()
            .for_each(|request| render(&mut text, request));
        Text::lines(text.trim_end_matches('\n'))
    })
}

/// Prints the requests of several messages: a JSON line for each, or a text.
///
/// # Errors
/// When stdout cannot be written.
pub fn show_each(context: &Context, requests: impl Iterator<Item = Request>) -> Result<(), Error> {
    context.output.note(&text!("dry run: nothing was sent"));
    for request in requests {
        let planned = plan(context.settings()?, &request);
        context.output.result(&planned, |planned| {
            let mut text = String::new();
            render(&mut text, planned);
            Text::lines(text.trim_end_matches('\n'))
        })?;
    }
    Ok(())
}

/// Prints one of many requests as a JSON line.
///
/// # Errors
/// When stdout cannot be written.
pub fn show_line(context: &Context, request: &Request) -> Result<(), Error> {
    context.output.json(&plan(context.settings()?, request))
}

fn plan<'a>(settings: &'a Settings, request: &'a Request) -> Planned<'a> {
    let (path, body) = match settings.gateway() {
        None => (request.path.as_ref(), request.body.clone()),
        Some(gateway) => (gateway::PATH, gateway.wrap_redacted(request).ok()),
    };
    let url = settings.base_url.endpoint(path);
    let mut headers = Vec::new();
    if body.is_some() {
        headers.push(("content-type", "application/json"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        headers.push(("authorization", REDACTED));
    }
    for (name, _) in &settings.connection.headers {
        headers.push((name, REDACTED));
    }
    Planned {
        method: &request.method,
        url: redacted(&url),
        headers,
        body: body.as_deref().and_then(shown_body),
    }
}

/// The body unchanged, except for the password of a proxy URL.
fn shown_body(body: &[u8]) -> Option<Box<RawValue>> {
    let exact: &RawValue = serde_json::from_slice(body).ok()?;
    let mut value: Value = serde_json::from_slice(body).ok()?;
    let proxy = ["/proxy", "/data/proxy"]
        .into_iter()
        .find_map(|place| Some((place, Url::parse(value.pointer(place)?.as_str()?).ok()?)));
    match proxy.filter(|(_, url)| !url.username().is_empty() || url.password().is_some()) {
        None => Some(exact.to_owned()),
        Some((place, url)) => {
            *value.pointer_mut(place)? = redacted(&url).into();
            serde_json::value::to_raw_value(&value).ok()
        }
    }
}

fn render(text: &mut String, request: &Planned<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{} {}", request.method, request.url);
    for (name, value) in &request.headers {
        let _ = writeln!(text, "{name}: {value}");
    }
    let body = request.body.as_ref().map_or("", |body| body.get());
    let _ = writeln!(text, "\n{body}");
}
