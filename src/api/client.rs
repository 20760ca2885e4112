//! Builds the HTTP client for one base URL.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::NoProxy;
use reqwest::blocking::{Client, ClientBuilder};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect;

use super::certificates;
use super::connection_record::ConnectionRecord;
use super::gateway::Gateway;
use super::resolver::DetachedResolver;
use crate::base_url::BaseUrl;
use crate::env::Proxy;
use crate::secret::Secret;
use crate::text::{Text, text};

/// Longest time for connecting.
const MAX_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Settings of a connection other than the address.
#[derive(Clone, Debug, Default)]
pub struct ConnectionSettings {
    /// Extra headers for every request.
    pub headers: Vec<(String, Secret)>,
    /// A PEM file with certificates trusted in addition to the system's.
    pub cacert: Option<PathBuf>,
    /// Whether certificate verification is disabled.
    pub insecure: bool,
    /// Where the base URL comes from, for errors.
    pub base_url_source: Option<Text>,
    /// The proxy that requests go through.
    pub proxy: Option<Proxy>,
    /// The credentials of the hosted gateway, when the server is one.
    pub gateway: Option<Gateway>,
}

/// The time limit of connecting for a request that may take `timeout`: at most 5 s, and less than
/// `timeout`, so that a connection that was never made is known as such.
pub(super) fn connect_timeout(timeout: Duration) -> Duration {
    MAX_CONNECT_TIMEOUT.min(timeout.mul_f32(0.75))
}

/// An HTTP client and the record of its connections.
#[derive(Clone)]
pub(super) struct HttpClient {
    pub http: Client,
    pub connections: ConnectionRecord,
}

/// Builds the client, which gives up connecting after `connect_timeout`.
///
/// # Errors
/// Names the header or certificate that cannot be used.
pub(super) fn build(
    base: &BaseUrl,
    connection: &ConnectionSettings,
    connect_timeout: Duration,
) -> Result<HttpClient, Text> {
    let connections = ConnectionRecord::default();
    let mut builder = Client::builder()
        .user_agent(concat!("qiwei/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers(&connection.headers)?)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .http1_only()
        .tcp_nodelay(true)
        .referer(false)
        .dns_resolver(Arc::new(DetachedResolver))
        .connector_layer(connections.clone())
        .connect_timeout(connect_timeout);
    // The environment is not read again.
    builder = builder.no_proxy();
    if let Some(proxy) = connection.proxy.as_ref().filter(|_| !base.is_loopback()) {
        builder = builder.proxy(rule(proxy)?);
    }
    let http = with_tls(builder, base, connection)?.build().map_err(|e| {
        text!(
            "the HTTP client cannot be set up: {error}",
            error = innermost(&e)
        )
    })?;
    Ok(HttpClient { http, connections })
}

/// Loads certificates only when TLS will be used: reading the system's roots costs more than a whole
/// request over http.
fn with_tls(
    builder: ClientBuilder,
    base: &BaseUrl,
    connection: &ConnectionSettings,
) -> Result<ClientBuilder, Text> {
    // Fails only when a provider is installed already, which is this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let is_https_proxy = connection.proxy.as_ref().is_some_and(|p| p.is_https);
    if !base.is_https() && (!is_https_proxy || base.is_loopback()) {
        return Ok(builder.tls_certs_only([]));
    }
    if connection.insecure {
        return Ok(builder.tls_danger_accept_invalid_certs(true));
    }
    match &connection.cacert {
        None => Ok(builder),
        Some(path) => {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            certificates::with_extra(path, provider)
                .map(|tls| builder.tls_backend_preconfigured(tls))
        }
    }
}

fn rule(proxy: &Proxy) -> Result<reqwest::Proxy, Text> {
    let rule = reqwest::Proxy::all(proxy.url.reveal()).map_err(|_| {
        text!(
            "{proxy} cannot be used as a proxy",
            proxy = proxy.shown.as_str()
        )
    })?;
    let exceptions = proxy.no_proxy.as_deref().and_then(NoProxy::from_string);
    Ok(rule.no_proxy(exceptions))
}

fn headers(pairs: &[(String, Secret)]) -> Result<HeaderMap, Text> {
    let mut map = HeaderMap::with_capacity(pairs.len());
    for (name, value) in pairs {
        let header: HeaderName = name
            .parse()
            .map_err(|_| text!("headers.{name}: not a valid header name", name))?;
        let mut value: HeaderValue = value
            .reveal()
            .parse()
            .map_err(|_| text!("headers.{name}: the value is not valid in a header", name))?;
        value.set_sensitive(true);
        map.insert(header, value);
    }
    Ok(map)
}

/// The text of the innermost cause, which is the most specific one.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
