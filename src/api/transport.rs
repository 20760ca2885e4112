//! Makes one HTTP exchange and classifies its failure.

use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::blocking;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::{Method, StatusCode};
use url::Url;

use super::client::{self, ConnectionSettings, HttpClient, innermost};
use super::error::{CallError, NoAnswer};
use super::gateway;
use super::request::Request;
use super::response::Response;
use super::trace::{Trace, Tracer};
use crate::base_url::{BaseUrl, redacted};
use crate::text::{Text, text};
use crate::time::{Deadline, show_duration};

/// Largest response body in bytes.
const MAX_BODY_BYTES: u64 = 16 * 1024 * 1024;

/// Sends requests to one server.
pub struct Transport {
    client: HttpClient,
    /// The time in which `client` connects or gives up.
    connect_timeout: Duration,
    /// The last client that [`Transport::short_timeout_client`] built, with its timeout.
    short_timeout_client: Mutex<Option<(Duration, HttpClient)>>,
    connection: ConnectionSettings,
    base: BaseUrl,
    tracer: Option<Arc<dyn Tracer>>,
}

impl Transport {
    /// A transport that connects on its first request, for a command that may take `timeout`.
    ///
    /// # Errors
    /// [`CallError::Setup`] when a header or certificate cannot be used.
    pub fn new(
        base: BaseUrl,
        connection: &ConnectionSettings,
        timeout: Duration,
        tracer: Option<Arc<dyn Tracer>>,
    ) -> Result<Self, CallError> {
        let connect_timeout = client::connect_timeout(timeout);
        let client = client::build(&base, connection, connect_timeout).map_err(CallError::Setup)?;
        Ok(Self {
            client,
            connect_timeout,
            short_timeout_client: Mutex::default(),
            connection: connection.clone(),
            base,
            tracer,
        })
    }

    /// Sends `request` once and reads the response, of any status, before `deadline`.
    ///
    /// # Errors
    /// [`CallError::NotConnected`] when nothing can have been executed,
    /// [`CallError::NoAnswer`] when something may have been.
    pub fn exchange(&self, request: &Request, deadline: Deadline) -> Result<Response, CallError> {
        let start = Instant::now();
        self.trace_request(request);
        let result = self.attempt(request, start, deadline);
        if let Some(tracer) = &self.tracer {
            tracer.trace(&match &result {
                Ok(response) => Trace::Response(response),
                Err(error) => Trace::Failure(error, start.elapsed()),
            });
        }
        result
    }

    fn trace_request(&self, request: &Request) {
        let Some(tracer) = &self.tracer else { return };
        let url = redacted(&self.url(request));
        let (url, body) = match &self.connection.gateway {
            None => (url, request.body.clone()),
            Some(gateway) => (
                format!("{url} ({path})", path = request.path),
                gateway.wrap_redacted(request).ok(),
            ),
        };
        tracer.trace(&Trace::Request {
            method: &request.method,
            url: &url,
            body: body.as_deref(),
        });
    }

    /// Whether calls go through the hosted gateway.
    pub fn has_gateway(&self) -> bool {
        self.connection.gateway.is_some()
    }

    fn url(&self, request: &Request) -> Url {
        match self.has_gateway() {
            true => self.base.endpoint(gateway::PATH),
            false => self.base.endpoint(&request.path),
        }
    }

    /// The body that is sent: that of the request, or the gateway's.
    fn body(&self, request: &Request) -> Result<Option<Vec<u8>>, CallError> {
        match &self.connection.gateway {
            None => Ok(request.body.clone()),
            Some(gateway) => gateway.wrap(request).map(Some).map_err(CallError::Setup),
        }
    }

    /// Reports a retry to the tracer, if there is one.
    pub(super) fn note_retry(&self, wait: Duration) {
        if let Some(tracer) = &self.tracer {
            tracer.trace(&Trace::Retry(wait));
        }
    }

    /// A client for a request with less time left than connecting may take: one that gives up
    /// connecting before the time is over, so that a connection that was never made is known as such.
    /// It is used again while it fits the time left, so that a loop needs only a few.
    fn short_timeout_client(&self, remaining: Duration) -> Option<HttpClient> {
        let connect_timeout = client::connect_timeout(remaining);
        if connect_timeout >= self.connect_timeout {
            return None;
        }
        let mut last = self
            .short_timeout_client
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((time, client)) = &*last
            && *time <= remaining.mul_f32(0.95)
            && *time >= remaining.mul_f32(0.4)
        {
            return Some(client.clone());
        }
        // Without it, the connection may outlast the time left, and its outcome may then be unknown.
        let client = client::build(&self.base, &self.connection, connect_timeout).ok()?;
        *last = Some((connect_timeout, client.clone()));
        Some(client)
    }

    fn attempt(
        &self,
        request: &Request,
        start: Instant,
        deadline: Deadline,
    ) -> Result<Response, CallError> {
        let remaining = deadline.remaining();
        if remaining.is_zero() {
            return Err(self.not_connected(
                text!(
                    "the time limit of {timeout} was reached first",
                    timeout = show_duration(deadline.timeout())
                ),
                None,
            ));
        }
        let short = self.short_timeout_client(remaining);
        let client = short.as_ref().unwrap_or(&self.client);
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|_| {
            CallError::Setup(text!(
                "{method} is not an HTTP method",
                method = &request.method
            ))
        })?;
        client.connections.reopen();
        let mut builder = client
            .http
            .request(method, self.url(request))
            .header(ACCEPT, "*/*")
            .timeout(remaining);
        if let Some(body) = self.body(request)? {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body);
        }
        let mut response = builder
            .send()
            .map_err(|e| self.classify(&e, deadline, client))?;
        if response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED
            && let Some(proxy) = &self.connection.proxy
        {
            return Err(self.not_connected(
                text!("the proxy requires credentials (HTTP 407)"),
                Some(text!(
                    "put the credentials into the proxy URL, http://user:password@host: {proxy}",
                    proxy = proxy.shown.as_str()
                )),
            ));
        }
        let mut body = read(&mut response, deadline)
            .map_err(|why| NoAnswer::because(self.through_proxy(why)))?;
        if let Some(gateway) = &self.connection.gateway {
            gateway.remove_secret(&mut body);
        }
        Ok(Response {
            status: response.status().as_u16(),
            location: header(&response, LOCATION),
            retry_after: header(&response, RETRY_AFTER).and_then(|value| retry_after(&value)),
            body,
            latency: start.elapsed(),
        })
    }

    /// Tells "never connected" from any later failure. Only the former is certain: a request counts as
    /// possibly executed once there was a connection.
    fn classify(
        &self,
        error: &reqwest::Error,
        deadline: Deadline,
        client: &HttpClient,
    ) -> CallError {
        if error.is_builder() {
            return CallError::Setup(Text::verbatim(innermost(error)));
        }
        if let Some((why, hint)) = distrust(error) {
            let why = self.through_proxy(why);
            return CallError::Untrusted { why, hint };
        }
        let reason = innermost(error);
        if error.is_connect() {
            // rustls reads the start of a plain answer as a TLS record.
            if reason.contains("InvalidContentType") || reason.contains("InvalidMessage") {
                return self.not_connected(
                    text!("the server does not speak TLS on this port"),
                    Some(text!("use an http:// base URL, or the port for https")),
                );
            }
            let why = match error.is_timeout() {
                true => text!("no connection in time"),
                false => Text::of_system(reason),
            };
            return self.not_connected(why, None);
        }
        if error.is_timeout() {
            if client.connections.give_up() {
                return self.not_connected(text!("no connection in time"), None);
            }
            return NoAnswer::because(self.through_proxy(timed_out(deadline)));
        }
        let mut none = NoAnswer::because(text!(
            "the connection to {address} was lost before an answer came ({error})",
            address = self.address(),
            error = &reason
        ));
        // What a TLS server sends to a plain request is no HTTP.
        if !self.base.is_https()
            && reason.contains("invalid HTTP")
            && let CallError::NoAnswer(none) = &mut none
        {
            none.hint = Some(text!(
                "if the server uses TLS on this port, use an https:// base URL"
            ));
        }
        none
    }

    /// The server's address, and the proxy.
    fn address(&self) -> Text {
        self.through_proxy(Text::verbatim(self.base.address()))
    }

    /// Adds the proxy, if requests go through one: the fault may be its own.
    fn through_proxy(&self, what: Text) -> Text {
        match &self.connection.proxy {
            Some(proxy) => text!(
                "{what}, through the proxy {proxy}",
                what,
                proxy = proxy.shown.as_str()
            ),
            None => what,
        }
    }

    fn not_connected(&self, why: Text, hint: Option<Text>) -> CallError {
        let address = self.address();
        let hint = hint.or_else(|| match (&self.connection.proxy, &self.connection.base_url_source) {
            (Some(proxy), _) => Some(text!(
                "the request goes through the proxy {proxy}; check it, or exclude the server with NO_PROXY",
                proxy = proxy.shown.as_str()
            )),
            (None, Some(source)) => Some(text!(
                "the base URL comes from {source}; check it, and that the server is running",
                source = source.clone()
            )),
            (None, None) => None,
        });
        CallError::NotConnected {
            why: text!("{address}: {why}", address, why),
            hint,
        }
    }
}

/// The wait in a `Retry-After` header: seconds, or a date (RFC 9110).
fn retry_after(value: &str) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?;
    let wait = date.timestamp().duration_since(jiff::Timestamp::now());
    Some(Duration::try_from(wait).unwrap_or_default())
}

/// Why the certificate was rejected, if that was the failure, and what helps.
fn distrust(error: &reqwest::Error) -> Option<(Text, Text)> {
    let text = innermost(error);
    let why = text.strip_prefix("invalid peer certificate: ")?;
    let own = text!(
        "if it is your own server, give its certificate with --cacert FILE or `qiwei config set cacert FILE`"
    );
    let is = |word: &str| why.to_ascii_lowercase().contains(word);
    Some(if why == "UnknownIssuer" {
        (text!("it is not signed by a trusted authority"), own)
    } else if why.contains("CaUsedAsEndEntity") {
        (text!("it is self-signed"), own)
    } else if is("expired") {
        let hint =
            text!("renew the certificate on the server, and check the clock of this machine");
        (text!("it has expired"), hint)
    } else if is("not valid yet") || is("notvalidyet") {
        let hint = text!("check the clock of this machine and of the server");
        (text!("it is not valid yet"), hint)
    } else if is("not valid for name") || is("notvalidforname") {
        let hint = text!("use a host name in the base URL that the certificate was issued for");
        (Text::verbatim(why), hint)
    } else {
        let hint = text!("the server needs another certificate");
        (Text::verbatim(why), hint)
    })
}

fn read(response: &mut blocking::Response, deadline: Deadline) -> Result<Vec<u8>, Text> {
    let mut body = Vec::new();
    match response.take(MAX_BODY_BYTES + 1).read_to_end(&mut body) {
        Ok(_) if body.len() as u64 > MAX_BODY_BYTES => {
            Err(text!("the answer is larger than 16 MiB and was not read"))
        }
        Ok(_) => Ok(body),
        Err(_) if deadline.is_over() => Err(timed_out(deadline)),
        Err(e) => Err(text!(
            "the answer was cut off ({error})",
            error = innermost(&e)
        )),
    }
}

fn header(response: &blocking::Response, name: HeaderName) -> Option<String> {
    let value = response.headers().get(name)?;
    value.to_str().ok().map(str::to_owned)
}

fn timed_out(deadline: Deadline) -> Text {
    text!(
        "no answer within {timeout}",
        timeout = show_duration(deadline.timeout())
    )
}
