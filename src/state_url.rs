//! The address of a state in PostgreSQL.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use crate::base_url::{decoded, is_localhost};
use crate::secret::{REDACTED, Secret};
use crate::text::{Text, text};

/// Port of PostgreSQL.
const DEFAULT_PORT: u16 = 5432;
/// Name of the tables' schema.
const DEFAULT_SCHEMA: &str = "qiwei";
/// The parameters that a URL may have.
const PARAMETERS: [&str; 9] = [
    "application_name",
    "channel_binding",
    "host",
    "password",
    "port",
    "schema",
    "sslmode",
    "sslrootcert",
    "user",
];

/// Whether and how the connection is encrypted, with the names of `libpq`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SslMode {
    /// Not encrypted.
    Disable,
    /// Encrypted if the server can.
    Prefer,
    /// Encrypted; any certificate is accepted.
    Require,
    /// Encrypted; the certificate is verified, and so is the name of the server.
    VerifyFull,
}

/// A validated URL: `postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE[?PARAMETER=VALUE&…]`. `Display` and
/// `Debug` never print its password.
#[derive(Clone, PartialEq, Eq)]
pub struct StateUrl {
    /// The role.
    pub user: String,
    /// Its password, if the URL has one.
    pub password: Option<Secret>,
    /// A host name or address, or the folder of a Unix socket.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The schema of the tables.
    pub schema: String,
    /// Whether the connection is encrypted.
    pub ssl_mode: SslMode,
    /// A PEM file with additional trusted certificates.
    pub root_certificate: Option<PathBuf>,
    /// Whether the password exchange must be bound to the encrypted connection.
    pub requires_channel_binding: bool,
    /// The name that the server shows for our connections.
    pub application_name: String,
    /// The password as written in the URL, which may be percent-encoded.
    written_password: Option<Secret>,
}

impl StateUrl {
    /// The password in every form in which it may appear.
    pub fn secrets(&self) -> Vec<String> {
        let forms = self.password.iter().chain(&self.written_password);
        forms.map(|secret| secret.reveal().to_owned()).collect()
    }

    /// Host and port, or the Unix socket, for errors.
    pub fn address(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }

    /// Whether the server is reached through a Unix socket.
    pub fn is_unix_socket(&self) -> bool {
        self.host.starts_with('/')
    }
}

impl FromStr for StateUrl {
    type Err = Text;

    fn from_str(text: &str) -> Result<Self, Text> {
        let form = || text!("must be local or postgres://USER@HOST/DATABASE");
        let url = Url::parse(text.trim()).map_err(|_| form())?;
        if !matches!(url.scheme(), "postgres" | "postgresql") || url.cannot_be_a_base() {
            return Err(form());
        }
        let mut parameters = parameters(&url)?;
        let mut parameter = |name: &str| parameters.remove(name);
        let user = match decoded(url.username()) {
            user if user.is_empty() => parameter("user").unwrap_or_default(),
            user => user,
        };
        if user.is_empty() {
            return Err(text!("must name the user: postgres://USER@HOST/DATABASE"));
        }
        let host = match parameter("host") {
            Some(host) => host,
            None => decoded(url.host_str().unwrap_or_default()),
        };
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        if host.is_empty() {
            return Err(text!("must name the host: postgres://USER@HOST/DATABASE"));
        }
        let port = match (url.port(), parameter("port")) {
            (Some(port), None) => port,
            (None, None) => DEFAULT_PORT,
            (_, Some(port)) => port.parse().map_err(|_| form())?,
        };
        let database = decoded(url.path().trim_start_matches('/'));
        let given = parameter("password");
        let written = url.password().map(str::to_owned).or_else(|| given.clone());
        let password = url.password().map(decoded).or(given);
        Ok(Self {
            database: if database.is_empty() {
                user.clone()
            } else {
                database
            },
            schema: match parameter("schema") {
                Some(schema) => check_schema(schema)?,
                None => DEFAULT_SCHEMA.to_owned(),
            },
            ssl_mode: ssl_mode(parameter("sslmode").as_deref(), &host)?,
            root_certificate: parameter("sslrootcert")
                .filter(|path| path != "system")
                .map(PathBuf::from),
            requires_channel_binding: match parameter("channel_binding").as_deref() {
                Some("require") => true,
                None | Some("prefer") => false,
                Some(_) => return Err(text!("channel_binding must be prefer or require")),
            },
            application_name: parameter("application_name").unwrap_or_else(|| "qiwei".to_owned()),
            user,
            password: password.filter(|text| !text.is_empty()).map(Secret::new),
            written_password: written.filter(|text| !text.is_empty()).map(Secret::new),
            host,
            port,
        })
    }
}

/// The parameters; unknown ones are refused, because they might be meant to make the connection safer.
fn parameters(url: &Url) -> Result<BTreeMap<String, String>, Text> {
    let parameters: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    match parameters
        .keys()
        .find(|name| !PARAMETERS.contains(&name.as_str()))
    {
        None => Ok(parameters),
        Some(name) => Err(text!(
            "has no parameter {name}; there are {names}",
            name = format!("{name:?}"),
            names = PARAMETERS.join(", ")
        )),
    }
}

fn ssl_mode(name: Option<&str>, host: &str) -> Result<SslMode, Text> {
    match name {
        None if is_local(host) => Ok(SslMode::Disable),
        None | Some("verify-full") => Ok(SslMode::VerifyFull),
        Some("require") => Ok(SslMode::Require),
        Some("prefer") => Ok(SslMode::Prefer),
        Some("disable") => Ok(SslMode::Disable),
        Some(_) => Err(text!(
            "sslmode must be verify-full, require, prefer or disable"
        )),
    }
}

/// Whether the host is this machine.
fn is_local(host: &str) -> bool {
    host.starts_with('/')
        || is_localhost(host)
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Checks the name of a schema, which is limited so that it needs no quoting in the SQL for an administrator.
fn check_schema(name: String) -> Result<String, Text> {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let fits = (1..=63).contains(&name.len())
        && name.chars().all(is_word)
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.starts_with("pg_");
    match fits {
        true => Ok(name),
        false => Err(text!(
            "schema must be a name of lower case letters, digits and _"
        )),
    }
}

impl fmt::Display for StateUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = match &self.password {
            Some(_) => format!(":{REDACTED}"),
            None => String::new(),
        };
        write!(
            f,
            "postgres://{}{password}@{}/{}",
            self.user,
            self.address(),
            self.database
        )?;
        let mode = match self.ssl_mode {
            SslMode::Disable => "disable",
            SslMode::Prefer => "prefer",
            SslMode::Require => "require",
            SslMode::VerifyFull => "verify-full",
        };
        write!(f, "?sslmode={mode}")?;
        if self.schema != DEFAULT_SCHEMA {
            write!(f, "&schema={}", self.schema)?;
        }
        Ok(())
    }
}

impl fmt::Debug for StateUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        match text.parse::<StateUrl>() {
            Ok(url) => url.to_string(),
            Err(why) => format!("error: {}", why.english()),
        }
    }

    #[test]
    fn parses_urls() {
        let cases = [
            (
                "postgres://ci@db.example/runs",
                "postgres://ci@db.example:5432/runs?sslmode=verify-full",
            ),
            (
                "postgresql://ci@127.0.0.1:6000",
                "postgres://ci@127.0.0.1:6000/ci?sslmode=disable",
            ),
            (
                "postgres://ci:pa%20ss@[::1]/d?sslmode=require",
                "postgres://ci:[redacted]@[::1]:5432/d?sslmode=require",
            ),
            (
                "postgres://ci@%2Frun%2Fpg/d",
                "postgres://ci@/run/pg:5432/d?sslmode=disable",
            ),
            (
                "postgres:///d?user=ci&host=/run/pg&port=7",
                "postgres://ci@/run/pg:7/d?sslmode=disable",
            ),
            (
                "postgres://ci@h/d?schema=ops&sslrootcert=/ca.pem",
                "postgres://ci@h:5432/d?sslmode=verify-full&schema=ops",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn refuses_invalid_urls() {
        let cases = [
            ("", "must be local or postgres://"),
            ("mysql://u@h/d", "must be local or postgres://"),
            ("postgres://h/d", "must name the user"),
            ("postgres:///d?user=u", "must name the host"),
            ("postgres://u@h/d?sslmode=verify-ca", "sslmode must be"),
            ("postgres://u@h/d?ssl=true", "no parameter"),
            ("postgres://u@h/d?schema=Up", "schema must be"),
            ("postgres://u@h/d?schema=a\"b", "schema must be"),
            (
                "postgres://u@h/d?channel_binding=maybe",
                "channel_binding must be",
            ),
        ];
        for (text, part) in cases {
            let error = shown(text);
            assert!(
                error.starts_with("error: ") && error.contains(part),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn knows_every_form_of_password() {
        let url: StateUrl = "postgres://u:hunter%32xyz@h/d".parse().unwrap();
        assert_eq!(url.secrets(), ["hunter2xyz", "hunter%32xyz"]);
        assert!(!format!("{url} {url:?}").contains("hunter"));
    }

    proptest! {
        #[test]
        fn never_panics_and_never_shows_the_password(user in "[a-z%]{0,8}", rest in "\\PC{0,30}") {
            let text = format!("postgres://{user}:hunter2hunter2@{rest}");
            prop_assert!(!shown(&text).contains("hunter2hunter2"));
            let _ = shown(&rest);
        }
    }
}
