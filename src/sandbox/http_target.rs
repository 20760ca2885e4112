//! The destination of a request that the sandbox makes, and connecting to it.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// Time to connect, for each address of the host.
const CONNECT: Duration = Duration::from_secs(2);

/// The destination of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Host and port for the `Host` header, as written.
    pub(super) authority: String,
    /// Host and port to connect to.
    pub(super) host: String,
    pub(super) port: u16,
    /// Path and query.
    pub(super) path: String,
}

impl Target {
    /// Reads an `http://` URL.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let rest = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            _ => {
                return Err(format!("the sandbox calls http:// URLs only, not {url:?}"));
            }
        };
        if url.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(format!("{url:?} holds a blank or a control character"));
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let authority = authority.rsplit('@').next().unwrap_or(authority);
        let (host, port) = host_and_port(authority).ok_or_else(|| format!("{url:?} is no URL"))?;
        Ok(Target {
            authority: authority.into(),
            host,
            port,
            path: path_of(path),
        })
    }
}

fn host_and_port(authority: &str) -> Option<(String, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (host, port.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = port.map_or(Some(80), |port| port.parse().ok())?;
    (!host.is_empty()).then(|| (host.into(), port))
}

fn path_of(rest: &str) -> String {
    let path = rest.split('#').next().unwrap_or_default();
    if path.starts_with('/') {
        path.into()
    } else {
        format!("/{path}")
    }
}

/// Connects to the first address that accepts.
pub(super) fn connect(target: &Target) -> io::Result<TcpStream> {
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    let addresses: Vec<SocketAddr> = (&*target.host, target.port).to_socket_addrs()?.collect();
    for address in addresses {
        match TcpStream::connect_timeout(&address, CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The time left.
pub(super) fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(ErrorKind::TimedOut.into())
    } else {
        Ok(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parses_urls() {
        for (url, authority, host, port, path) in [
            (
                "http://127.0.0.1:5000/webhook",
                "127.0.0.1:5000",
                "127.0.0.1",
                5000,
                "/webhook",
            ),
            ("HTTP://host", "host", "host", 80, "/"),
            ("http://[::1]:81/a?b=c#d", "[::1]:81", "::1", 81, "/a?b=c"),
            ("http://u:p@host:1?x", "host:1", "host", 1, "/?x"),
        ] {
            let target = Target::parse(url).unwrap();
            let found = (
                &*target.authority,
                &*target.host,
                target.port,
                &*target.path,
            );
            assert_eq!(found, (authority, host, port, path), "{url}");
        }
    }

    #[test]
    fn rejects_invalid_input() {
        for url in [
            "",
            "x",
            "https://h/",
            "http://",
            "http://:80/",
            "http://h:x/",
            "http://[::1/",
            "http://h/a b",
            "http://h/\r\nX: y",
        ] {
            assert!(Target::parse(url).is_err(), "{url:?}");
        }
    }

    proptest! {
        #[test]
        fn url_cannot_inject_request_lines(url in "[hH]ttp://([a-z@:\\[\\]0-9./?#]|\\PC|[\r\n\t ]){0,24}") {
            if let Ok(target) = Target::parse(&url) {
                let line = format!("{}{}", target.authority, target.path);
                prop_assert!(!line.bytes().any(|byte| byte <= b' ' || byte == 0x7f));
                prop_assert!(target.path.starts_with('/') && !target.path.contains('#'));
                prop_assert!(!target.host.is_empty() && !target.authority.contains(['@', '/', '?']));
            }
        }
    }
}
