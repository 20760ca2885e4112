//! `qiwei api`: calls any endpoint and prints the response unchanged.

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;

use super::{CommandResult, Run, dry_run, success};
use crate::api::request::{Effect, Request};
use crate::context::Context;
use crate::error::Error;
use crate::input;
use crate::instances;
use crate::text::{Text, text};

/// Arguments of `qiwei api`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "qiwei api [OPTIONS] <METHOD> <PATH>",
    after_help = "The response is printed unchanged. Exit status: 0 if its business code is 0 or it has none, else 1."
)]
pub struct Args {
    /// HTTP method; the protocol's endpoints use POST
    #[arg(value_name = "METHOD")]
    pub method: String,

    /// Path of the endpoint, below the base URL
    // Missing if the method was left out, for which the parser has no hint.
    #[arg(value_name = "PATH")]
    pub path: Option<String>,

    /// JSON body: itself, @FILE, or `-` for standard input [default for POST: {}]
    #[arg(short, long, value_name = "JSON")]
    pub data: Option<OsString>,

    /// Add the guid of the chosen instance to the body
    #[arg(long)]
    pub with_guid: bool,

    /// Print the request instead of sending it
    #[arg(long)]
    pub dry_run: bool,
}

impl Run for Args {
    fn run(self, context: &Context) -> CommandResult {
        self.call(context).map(success)
    }
}

impl Args {
    fn call(self, context: &Context) -> Result<(), Error> {
        let dry = self.dry_run;
        let request = self.request(context)?;
        if dry {
            return dry_run::show(context, &request);
        }
        let effect = request.effect;
        let reply = context
            .api()?
            .raw(&request)
            .map_err(|e| e.into_error(effect))?;
        context.output.bytes(&reply.body)?;
        // Only the business code decides; a body without an envelope is not an error here.
        match context.api()?.interpret(&request, &reply) {
            Err(error) if !(200..300).contains(&reply.status) || is_refusal(&error) => {
                Err(error.into_error(effect))
            }
            _ => Ok(()),
        }
    }

    fn request(self, context: &Context) -> Result<Request, Error> {
        let method = method(&self.method)?;
        if context.settings()?.gateway().is_some() && method != "POST" {
            return Err(
                Error::usage(text!("the gateway takes only POST, not {method}", method)).hint(
                    text!("the protocol's endpoints use POST: `qiwei api POST PATH -d JSON`"),
                ),
            );
        }
        let path = path(self.path.as_deref().unwrap_or_default())?;
        let given = match self.data {
            None => None,
            Some(data) => Some(body(context, &data)?),
        };
        let body = match given {
            None if method == "GET" || method == "HEAD" => None,
            None => Some(b"{}".to_vec()),
            some => some,
        };
        let body = if self.with_guid {
            Some(with_guid(context, body)?)
        } else {
            body
        };
        Ok(Request {
            // The endpoint is unknown, so the call is treated as a change.
            effect: if method == "GET" || method == "HEAD" {
                Effect::Read
            } else {
                Effect::Change
            },
            method: method.into(),
            path: path.into(),
            body,
        })
    }
}

fn is_refusal(error: &crate::api::CallError) -> bool {
    matches!(error, crate::api::CallError::Refused(_))
}

fn method(text: &str) -> Result<String, Error> {
    let method = text.to_ascii_uppercase();
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    if known.contains(&method.as_str()) {
        return Ok(method);
    }
    let error = Error::usage(text!(
        "{text} is not an HTTP method",
        text = format!("{text:?}")
    ));
    Err(if text.starts_with('/') {
        error.hint(text!(
            "the method comes first: `qiwei api POST {text}`",
            text
        ))
    } else {
        error.hint(text!(
            "the protocol's endpoints use POST: `qiwei api POST PATH -d JSON`"
        ))
    })
}

fn path(text: &str) -> Result<String, Error> {
    if text.is_empty() {
        return Err(Error::usage(text!("no path given"))
            .hint(text!("`qiwei api POST /client/all_clients`, for example")));
    }
    if text.contains("://") {
        return Err(Error::usage(text!("must be a path, not a URL")).hint(text!(
            "give the server with --base-url and only the path here"
        )));
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Error::usage(text!("a path must not contain spaces")));
    }
    Ok(if text.starts_with('/') {
        text.to_owned()
    } else {
        format!("/{text}")
    })
}

fn body(context: &Context, data: &OsString) -> Result<Vec<u8>, Error> {
    let (bytes, what) = match data.to_str() {
        Some("-") => (context.read_stdin()?, text!("standard input")),
        Some(text) => match text.strip_prefix('@') {
            Some(file) => (input::file_bytes(Path::new(file))?, Text::verbatim(file)),
            None => (text.as_bytes().to_vec(), Text::verbatim("-d")),
        },
        None => return Err(Error::usage(text!("-d is not UTF-8 text"))),
    };
    match serde_json::from_slice::<Value>(&bytes) {
        Ok(_) => Ok(bytes),
        Err(e) => Err(
            Error::usage(text!("{what} is not JSON: {error}", what, error = e))
                .hint(text!("quote it for the shell: -d '{\"guid\":\"…\"}'")),
        ),
    }
}

fn with_guid(context: &Context, body: Option<Vec<u8>>) -> Result<Vec<u8>, Error> {
    let bytes = body.unwrap_or_else(|| b"{}".to_vec());
    let Ok(Value::Object(mut object)) = serde_json::from_slice(&bytes) else {
        return Err(Error::usage(text!(
            "--with-guid needs a body that is a JSON object"
        )));
    };
    let guid = instances::choose(context, Effect::Change)?;
    object.insert("guid".to_owned(), guid.as_str().into());
    Ok(Value::Object(object).to_string().into_bytes())
}
