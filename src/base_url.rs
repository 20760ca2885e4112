//! The URL of the API server, with optional credentials and path prefix.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::{Host, Url};

use crate::text::{Text, text};

/// The default of the interactive demo.
pub const DEFAULT: &str = "http://localhost:8080";

/// A validated base URL. `Display` and `Debug` never print its credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// The URL of an endpoint, with prefix and credentials; for the transport only.
    pub fn endpoint(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        let prefix = self.0.path().trim_end_matches('/');
        url.set_path(&format!("{prefix}/{}", path.trim_start_matches('/')));
        url.set_query(query);
        url
    }

    /// The URL without `suffix` at the end of its path; `None` when it has another end.
    pub fn without_suffix(&self, suffix: &str) -> Option<Self> {
        let path = self.0.path().trim_end_matches('/').strip_suffix(suffix)?;
        let mut url = self.0.clone();
        url.set_path(path);
        Some(Self(url))
    }

    /// The server's identity in the state database: the URL without credentials, which may change.
    pub fn identity(&self) -> String {
        let mut url = self.0.clone();
        // Neither call can fail for an http URL.
        let _ = url.set_password(None);
        let _ = url.set_username("");
        url.as_str().trim_end_matches('/').to_owned()
    }

    /// The credentials in every form in which they may appear: as written, decoded, and as sent in a
    /// header.
    pub fn secrets(&self) -> Vec<String> {
        secrets_of(&self.0)
    }

    /// Host and port, for errors.
    pub fn address(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        let port = self.0.port_or_known_default().unwrap_or_default();
        format!("{host}:{port}")
    }

    /// The host, without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        let host = self.0.host_str().unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Whether the scheme is https.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether the server is on this machine; such connections never use a proxy.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }
}

/// Whether the host of `url` is this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(Host::Domain(name)) => is_localhost(name),
        None => false,
    }
}

/// Decodes percent-encoded text.
pub fn decoded(text: &str) -> String {
    // Unlike in forms, `+` and `&` have no meaning here.
    let form = format!("={}", text.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(form.as_bytes())
        .map(|(_, value)| value.into_owned())
        .collect()
}

/// Whether the name is `localhost` or below it, which is this machine (RFC 6761).
pub fn is_localhost(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

/// Whether a URL has an `@` behind a character that ends its host: most likely that character belongs to
/// a password, and the real host is not where it seems.
pub fn has_bare_delimiter(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_once(['/', '?', '#', '\\'])
        .is_some_and(|(_, rest)| rest.contains('@'))
}

/// The credentials of a URL, see [`BaseUrl::secrets`].
pub fn secrets_of(url: &Url) -> Vec<String> {
    let Some(password) = url.password() else {
        return Vec::new();
    };
    let (name, decoded_password) = (decoded(url.username()), decoded(password));
    let authorization = STANDARD.encode(format!("{name}:{decoded_password}"));
    vec![password.to_owned(), decoded_password, authorization]
}

/// `url` with its credentials replaced.
pub fn redacted(url: &Url) -> String {
    let mut shown = url.clone();
    if !url.username().is_empty() || url.password().is_some() {
        // Neither call can fail for an http URL.
        let _ = shown.set_password(None);
        let _ = shown.set_username("***");
    }
    shown.to_string()
}

impl FromStr for BaseUrl {
    type Err = Text;

    fn from_str(text: &str) -> Result<Self, Text> {
        // The messages never repeat the text, which may hold a password.
        if !text.contains("://") {
            return Err(text!(
                "a base URL must start with http:// or https://, for example http://127.0.0.1:8080"
            ));
        }
        if has_bare_delimiter(text) {
            return Err(text!(
                "a base URL must not contain @ after /, ? or #; in a password write / as %2F, ? as %3F and # as %23"
            ));
        }
        let url = Url::parse(text).map_err(|e| text!("not a URL: {error}", error = e))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(text!(
                "a base URL must start with http:// or https://, not {scheme}://",
                scheme = url.scheme()
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(text!("a base URL must not contain ? or #"));
        }
        Ok(Self(url))
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(redacted(&self.0).trim_end_matches('/'))
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base(text: &str) -> BaseUrl {
        text.parse().unwrap()
    }

    #[test]
    fn keeps_path_prefix() {
        let cases = [
            ("http://h:1", "http://h:1/msg/send_text"),
            ("http://h:1/", "http://h:1/msg/send_text"),
            ("http://h:1/api/v1", "http://h:1/api/v1/msg/send_text"),
            ("https://h/api/", "https://h/api/msg/send_text"),
        ];
        for (text, endpoint) in cases {
            assert_eq!(base(text).endpoint("/msg/send_text").as_str(), endpoint);
            assert_eq!(base(text).endpoint("msg/send_text").as_str(), endpoint);
        }
        let with_query = base("http://h/x").endpoint("/a?b=1");
        assert_eq!(with_query.as_str(), "http://h/x/a?b=1");
    }

    #[test]
    fn hides_credentials() {
        let url = base("https://user:hunter2@host/prefix");
        assert_eq!(url.to_string(), "https://***@host/prefix");
        assert_eq!(format!("{url:?}"), "BaseUrl(https://***@host/prefix)");
        assert!(url.endpoint("/x").as_str().contains("user:hunter2@"));
        assert_eq!(url.identity(), "https://host/prefix");
    }

    #[test]
    fn lists_its_secrets() {
        let url = base("https://user:p%40ss+&1@host");
        assert_eq!(url.secrets(), ["p%40ss+&1", "p@ss+&1", "dXNlcjpwQHNzKyYx"]);
        assert_eq!(base("https://user@host").secrets(), [""; 0]);
    }

    #[test]
    fn rejects_invalid_base_urls() {
        for text in [
            "",
            "localhost:8080",
            "ftp://h",
            "http://",
            "http://h?x=1",
            "http://h#x",
            "http://h:99999",
            "http://u:a#b@h",
            "http://u:1/b@h",
            "http://u:1?b@h/p",
            "http://u:1\\b@h",
        ] {
            assert!(text.parse::<BaseUrl>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn recognizes_loopback() {
        for (text, loopback) in [
            ("http://localhost:1", true),
            ("http://LOCALHOST", true),
            ("http://a.localhost", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:8080", true),
            ("http://10.0.0.1", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(base(text).is_loopback(), loopback, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_prints_password(password in "[a-z0-9!$&'()*+,;=%~._-]{6,20}") {
            if let Ok(url) = format!("http://u:{password}@h.example/p").parse::<BaseUrl>() {
                let shown = format!("{url} {url:?}");
                prop_assert!(!shown.contains(&password));
            }
        }
    }
}
