//! Sends requests to a webhook as the server does.

use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::check::Check;
use crate::api::request::{Effect, Request};
use crate::api::{Api, CallError, ConnectionSettings, Response, Transport};
use crate::callback::simulate::Simulated;
use crate::context::Context;
use crate::error::Error;
use crate::text::{Text, text};

/// The guid in simulated callbacks when none is known.
const SIMULATED_GUID: &str = "simulated";

/// A webhook and a connection to it. The headers and credentials for the API server are not sent there.
pub struct Webhook {
    api: Api,
    path: String,
}

impl Webhook {
    /// The webhook at `url`.
    pub fn new(context: &Context, url: &Url) -> Result<Self, Error> {
        let mut origin = url.clone();
        origin.set_path("");
        origin.set_query(None);
        origin.set_fragment(None);
        let base = origin.as_str().parse().map_err(Error::usage)?;
        let settings = context.settings()?;
        let connection = ConnectionSettings {
            headers: Vec::new(),
            gateway: None,
            ..settings.connection.clone()
        };
        let deadline = context.deadline()?;
        let transport = Transport::new(base, &connection, deadline.timeout(), context.tracer())
            .map_err(|e| e.into_error(Effect::Read))?;
        let query = url
            .query()
            .map_or_else(String::new, |query| format!("?{query}"));
        Ok(Self {
            api: Api::new(transport, 0, deadline),
            path: format!("{}{query}", url.path()),
        })
    }

    /// Checks the webhook and `/health` beside it by `GET`.
    pub fn run_checks(&self) -> Vec<Check> {
        let webhook = self.get(text!("webhook"), &self.path);
        let mut health = self.get(text!("health"), "/health");
        if webhook.ok && health.http_status.is_some() && !health.ok {
            // Only this program and the interactive demo have one.
            health.ok = true;
            health.detail = Some(text!("this webhook has no /health"));
        }
        vec![webhook, health]
    }

    /// Posts events in order.
    pub fn post(&self, context: &Context, events: &[Simulated]) -> Result<Vec<Check>, Error> {
        let guid = context.configured_guid()?;
        let guid = match guid {
            Some((guid, _)) => guid.as_str().to_owned(),
            None => crate::instances::named_or_only(context).map_or_else(
                |_| SIMULATED_GUID.to_owned(),
                |guid| guid.as_str().to_owned(),
            ),
        };
        // Each event takes over ten microseconds, so a second run has new message ids.
        let mut number = Timestamp::now().as_microsecond();
        let mut checks = Vec::new();
        for event in events {
            number += 10;
            let body = event.body(&guid, number);
            checks.push(self.post_one(event.name(), &body));
        }
        Ok(checks)
    }

    fn get(&self, name: Text, path: &str) -> Check {
        self.call(name, "GET", path, None)
    }

    fn post_one(&self, name: &str, body: &Value) -> Check {
        let name = text!("simulate {event}", event = name);
        self.call(
            name,
            "POST",
            &self.path,
            Some(body.to_string().into_bytes()),
        )
    }

    fn call(&self, name: Text, method: &'static str, path: &str, body: Option<Vec<u8>>) -> Check {
        let request = Request {
            method: method.into(),
            path: path.to_owned().into(),
            body,
            effect: Effect::Read,
        };
        check(name, self.api.exchange_without_retry(&request))
    }
}

fn check(name: Text, answer: Result<Response, CallError>) -> Check {
    match answer {
        Err(error) => Check::plain(name, false, Some(error.summary())),
        Ok(reply) => {
            let is_health = name == text!("health");
            let ok = (200..300).contains(&reply.status);
            let text = String::from_utf8_lossy(&reply.body);
            let short: String = text.trim().chars().take(120).collect();
            Check {
                ok,
                http_status: Some(reply.status),
                latency_ms: Some((reply.latency.as_secs_f64() * 10_000.0).round() / 10.0),
                detail: (!short.is_empty() && (is_health || !ok)).then(|| Text::verbatim(short)),
                check: name,
            }
        }
    }
}
