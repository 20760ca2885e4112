//! What a client needs to use the sandbox: the address and, at the gateway, credentials and guid.

use serde::Serialize;

use crate::env;
use crate::output::Page;
use crate::sandbox::Sandbox;
use crate::text::Text;

/// Address and credentials of a sandbox; the latter only with the gateway.
#[derive(Serialize)]
pub struct Access {
    base_url: String,
    app_key: Option<String>,
    app_secret: Option<String>,
    /// At the gateway the instance cannot be detected.
    guid: Option<String>,
    /// The service that uploads files for accounts behind the gateway.
    cdn_url: Option<String>,
}

impl Access {
    /// Reads them from a running sandbox.
    pub fn to(sandbox: &Sandbox) -> Self {
        let gateway = sandbox.gateway();
        Self {
            base_url: sandbox.base_url(),
            app_key: gateway.map(|gateway| gateway.app_key.clone()),
            app_secret: gateway.map(|gateway| gateway.app_secret.reveal().to_owned()),
            guid: gateway.and_then(|_| sandbox.guids().into_iter().next()),
            cdn_url: gateway.map(|_| sandbox.conversion_url()),
        }
    }

    /// The environment variables of a client.
    pub fn variables(&self) -> Vec<(&'static str, &str)> {
        let optional = [
            (env::APP_KEY, &self.app_key),
            (env::APP_SECRET, &self.app_secret),
            (env::GUID, &self.guid),
            (env::CDN_URL, &self.cdn_url),
        ];
        let optional = optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)));
        std::iter::once((env::BASE_URL, self.base_url.as_str()))
            .chain(optional)
            .collect()
    }

    /// The base URL; at the gateway, commands for a shell that set the variables.
    pub fn page(&self) -> Page {
        if self.app_key.is_none() {
            return std::iter::once(Text::verbatim(&self.base_url)).collect();
        }
        self.variables()
            .into_iter()
            .map(|(name, value)| Text::verbatim(format!("export {name}={}", quoted(value))))
            .collect()
    }
}

/// The value as one word of a shell.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
    match value.chars().all(is_plain) {
        true => value.to_owned(),
        false => format!("'{}'", value.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_a_shell_would_change() {
        for (value, shown) in [
            ("http://127.0.0.1:8080/a-b_c", "http://127.0.0.1:8080/a-b_c"),
            ("http://h/a b", "'http://h/a b'"),
            ("$(x)'", r"'$(x)'\'''"),
        ] {
            assert_eq!(quoted(value), shown);
        }
    }
}
