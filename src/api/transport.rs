//! Makes one HTTP exchange and classifies its failure.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::blocking::{self, Client};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};

use super::client::{self, Connection, innermost};
use super::error::{CallError, NoAnswer};
use super::request::Request;
use super::response::{Response, Trace, Tracer};
use crate::base_url::{BaseUrl, redacted};
use crate::text::{Text, text};
use crate::time::{Deadline, show_duration};

/// Largest response body in bytes.
const BODY_AT_MOST: u64 = 16 * 1024 * 1024;

/// Sends requests to one server.
pub struct Transport {
    client: Client,
    base: BaseUrl,
    tracer: Option<Arc<dyn Tracer>>,
}

impl Transport {
    /// A transport that connects on its first request, within `connect_time`.
    ///
    /// # Errors
    /// [`CallError::Setup`] when a header or certificate cannot be used.
    pub fn new(
        base: BaseUrl,
        connection: &Connection,
        connect_time: Duration,
        tracer: Option<Arc<dyn Tracer>>,
    ) -> Result<Self, CallError> {
        let client = client::build(&base, connection, connect_time).map_err(CallError::Setup)?;
        Ok(Self {
            client,
            base,
            tracer,
        })
    }

    /// Sends `request` once and reads the response, of any status, before `limit`.
    ///
    /// # Errors
    /// [`CallError::NotConnected`] when nothing can have been executed,
    /// [`CallError::NoAnswer`] when something may have been.
    pub fn exchange(&self, request: &Request, limit: Deadline) -> Result<Response, CallError> {
        let start = Instant::now();
        if let Some(tracer) = &self.tracer {
            tracer.trace(&Trace::Request {
                method: &request.method,
                url: &redacted(&self.base.endpoint(&request.path)),
                body: request.body.as_deref(),
            });
        }
        let result = self.attempt(request, start, limit);
        if let Some(tracer) = &self.tracer {
            tracer.trace(&match &result {
                Ok(response) => Trace::Response(response),
                Err(error) => Trace::Failure(error, start.elapsed()),
            });
        }
        result
    }

    /// Reports a retry to the tracer, if there is one.
    pub(super) fn note_retry(&self, wait: Duration) {
        if let Some(tracer) = &self.tracer {
            tracer.trace(&Trace::Retry(wait));
        }
    }

    fn attempt(
        &self,
        request: &Request,
        start: Instant,
        limit: Deadline,
    ) -> Result<Response, CallError> {
        let remaining = limit.remaining();
        if remaining.is_zero() {
            return Err(CallError::NotConnected(text!("there was no time left")));
        }
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| {
            CallError::Setup(text!(
                "{method} is not an HTTP method",
                method = &request.method
            ))
        })?;
        let mut builder = self
            .client
            .request(method, self.base.endpoint(&request.path))
            .header(ACCEPT, "*/*")
            .timeout(remaining);
        if let Some(body) = &request.body {
            builder = builder
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone());
        }
        let mut response = builder.send().map_err(|e| classify(&e, limit))?;
        let body = read(&mut response, limit)?;
        Ok(Response {
            status: response.status().as_u16(),
            location: header(&response, LOCATION),
            retry_after: header(&response, RETRY_AFTER)
                .and_then(|seconds| seconds.trim().parse().ok())
                .map(Duration::from_secs),
            body,
            latency: start.elapsed(),
        })
    }
}

/// Tells "never connected" from any later failure. Only the former is certain: a request counts as
/// possibly executed once there was a connection.
fn classify(error: &reqwest::Error, limit: Deadline) -> CallError {
    if error.is_builder() {
        return CallError::Setup(Text::verbatim(innermost(error)));
    }
    if let Some(why) = distrust(error) {
        return CallError::Untrusted(why);
    }
    if error.is_connect() {
        return CallError::NotConnected(if error.is_timeout() {
            text!("no connection in time")
        } else {
            Text::of_system(innermost(error))
        });
    }
    NoAnswer::because(if error.is_timeout() {
        timed_out(limit)
    } else {
        text!(
            "the connection was lost before an answer came ({error})",
            error = innermost(error)
        )
    })
}

/// Why the certificate was rejected, if that was the failure.
fn distrust(error: &reqwest::Error) -> Option<Text> {
    let text = innermost(error);
    let why = text.strip_prefix("invalid peer certificate: ")?;
    Some(match why {
        "UnknownIssuer" => text!("it is not signed by a trusted authority"),
        why if why.contains("CaUsedAsEndEntity") => text!("it is self-signed"),
        why => Text::verbatim(why),
    })
}

fn read(response: &mut blocking::Response, limit: Deadline) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    match response.take(BODY_AT_MOST + 1).read_to_end(&mut body) {
        Ok(_) if body.len() as u64 > BODY_AT_MOST => Err(NoAnswer::because(text!(
            "the answer is larger than 16 MiB and was not read"
        ))),
        Ok(_) => Ok(body),
        Err(_) if limit.is_over() => Err(NoAnswer::because(timed_out(limit))),
        Err(e) => Err(NoAnswer::because(text!(
            "the answer was cut off ({error})",
            error = innermost(&e)
        ))),
    }
}

fn header(response: &blocking::Response, name: HeaderName) -> Option<String> {
    let value = response.headers().get(name)?;
    value.to_str().ok().map(str::to_owned)
}

fn timed_out(limit: Deadline) -> Text {
    text!(
        "no answer within {timeout}",
        timeout = show_duration(limit.timeout())
    )
}
