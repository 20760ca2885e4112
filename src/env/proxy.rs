//! The proxy that the environment sets for requests to a server.

use url::Url;

use super::Env;
use crate::base_url::{BaseUrl, has_bare_delimiter, redacted, secrets_of};
use crate::secret::Secret;
use crate::text::{Text, text};

/// A proxy.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// The URL with its credentials, for the HTTP library.
    pub url: Secret,
    /// The URL without credentials and the variable that sets it, for messages.
    pub shown: String,
    /// Whether the connection to the proxy itself uses TLS.
    pub is_https: bool,
    /// The value of `NO_PROXY`.
    pub no_proxy: Option<String>,
    /// The password in every form in which it may appear.
    pub secrets: Vec<String>,
}

impl Env {
    /// The proxy for requests to `base`. The first variable that is set and not empty decides; lower-case
    /// names come first, as in curl.
    ///
    /// # Errors
    /// Names a variable with a kind of proxy that is not supported.
    pub fn proxy_for(&self, base: &BaseUrl) -> Result<Option<Proxy>, Text> {
        let Some((name, url)) = self.proxy_url(base) else {
            return Ok(None);
        };
        if self
            .get(name)
            .is_some_and(|url| has_bare_delimiter(&url.to_string_lossy()))
        {
            return Err(text!(
                "{name} must not contain @ after /, ? or #; in a password write / as %2F, ? as %3F and # as %23",
                name
            ));
        }
        let Some(mut url) = url else { return Ok(None) };
        if url.starts_with("socks://") {
            // What desktops set; names are resolved by the proxy.
            url = url.replacen("socks", "socks5h", 1);
        }
        let Ok(parsed) = Url::parse(&url) else {
            return Ok(None);
        };
        let scheme = parsed.scheme();
        if !SCHEMES.contains(&scheme) {
            return Err(text!(
                "{name}: proxies with {scheme}:// are not supported",
                name,
                scheme
            ));
        }
        Ok(Some(Proxy {
            shown: format!("{} ({name})", redacted(&parsed).trim_end_matches('/')),
            is_https: scheme == "https",
            no_proxy: self.no_proxy(),
            secrets: secrets_of(&parsed),
            url: Secret::new(url),
        }))
    }

    /// Why the proxy variable for requests to `base` has no effect, if that is so.
    pub fn proxy_problem(&self, base: &BaseUrl) -> Option<Text> {
        match self.proxy_url(base)? {
            (name, None) => Some(text!("{name} is not a proxy URL and is ignored", name)),
            (_, Some(_)) => None,
        }
    }

    /// The variable for requests to `base`, and its URL, if it is one.
    fn proxy_url(&self, base: &BaseUrl) -> Option<(&'static str, Option<String>)> {
        if base.is_loopback() || self.is_excluded_from_proxy(base.host()) {
            return None;
        }
        let own = match base.is_https() {
            true => ["https_proxy", "HTTPS_PROXY"],
            false => ["http_proxy", "HTTP_PROXY"],
        };
        // A web server sets it from a header of the request to a CGI program.
        let is_forged = |name: &&str| *name == "HTTP_PROXY" && self.get("REQUEST_METHOD").is_some();
        let names = own.into_iter().chain(["all_proxy", "ALL_PROXY"]);
        let (name, value) = names
            .filter(|name| !is_forged(name))
            .find_map(|name| Some((name, self.get(name)?.to_string_lossy().into_owned())))?;
        let url = match value.contains("://") {
            true => value,
            false => format!("http://{value}"),
        };
        let is_url = Url::parse(&url).is_ok_and(|url| url.has_host());
        Some((name, is_url.then_some(url)))
    }

    fn no_proxy(&self) -> Option<String> {
        ["no_proxy", "NO_PROXY"]
            .iter()
            .find_map(|name| self.get(name))
            .map(|list| list.to_string_lossy().into_owned())
    }

    fn is_excluded_from_proxy(&self, host: &str) -> bool {
        self.no_proxy().is_some_and(|list| {
            list.split(',').map(str::trim).any(|entry| {
                let entry = entry.trim_start_matches("*.").trim_start_matches('.');
                entry == "*"
                    || host == entry
                    || (!entry.is_empty() && host.ends_with(&format!(".{entry}")))
            })
        })
    }
}

/// The kinds of proxies that the HTTP library supports.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(base: &str, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let env: Env = variables.iter().copied().collect();
        env.proxy_for(&base.parse().unwrap())
            .map(|proxy| proxy.map(|proxy| format!("{} {}", proxy.url.reveal(), proxy.shown)))
            .map_err(|why| why.english())
    }

    #[test]
    fn first_variable_that_is_not_empty_decides() {
        let http = "http://api.example";
        for (base, variables, expected) in [
            (
                http,
                &[("http_proxy", ""), ("HTTP_PROXY", "h:1")][..],
                Some("http://h:1 http://h:1 (HTTP_PROXY)"),
            ),
            (
                http,
                &[("HTTP_PROXY", ""), ("http_proxy", "h:1")],
                Some("http://h:1 http://h:1 (http_proxy)"),
            ),
            (
                http,
                &[("HTTP_PROXY", "b:2"), ("http_proxy", "a:1")],
                Some("http://a:1 http://a:1 (http_proxy)"),
            ),
            (
                http,
                &[("all_proxy", "a:1")],
                Some("http://a:1 http://a:1 (all_proxy)"),
            ),
            (http, &[("https_proxy", "a:1")], None),
            (
                http,
                &[("HTTP_PROXY", "a:1"), ("REQUEST_METHOD", "GET")],
                None,
            ),
            (
                http,
                &[("http_proxy", "a:1"), ("no_proxy", "example")],
                None,
            ),
            (
                http,
                &[("http_proxy", "a:1"), ("no_proxy", ""), ("NO_PROXY", "*")],
                None,
            ),
            (http, &[("http_proxy", ":::")], None),
            (
                "https://api.example",
                &[("https_proxy", "https://a")],
                Some("https://a https://a (https_proxy)"),
            ),
            ("http://127.0.0.1", &[("http_proxy", "a:1")], None),
            (
                http,
                &[("http_proxy", "http://u:p@a:1")],
                Some("http://u:p@a:1 http://***@a:1 (http_proxy)"),
            ),
            (
                http,
                &[("all_proxy", "socks://a:1/")],
                Some("socks5h://a:1/ socks5h://a:1 (all_proxy)"),
            ),
            (
                http,
                &[("all_proxy", "socks5://u:p@a:1")],
                Some("socks5://u:p@a:1 socks5://***@a:1 (all_proxy)"),
            ),
        ] {
            let found = proxy(base, variables).unwrap();
            assert_eq!(found.as_deref(), expected, "{base} {variables:?}");
        }
    }

    #[test]
    fn unsupported_proxy_is_refused_by_name() {
        let error = proxy("http://api.example", &[("ALL_PROXY", "ftp://u:p@h")]).unwrap_err();
        assert_eq!(error, "ALL_PROXY: proxies with ftp:// are not supported");
        let error = proxy("http://api.example", &[("http_proxy", "u:a#b@h:1")]).unwrap_err();
        assert!(
            error.starts_with("http_proxy must not contain @"),
            "{error}"
        );
    }
}
