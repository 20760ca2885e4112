//! The address a listener binds, its public URL, and the token in it.

use crate::secret::Secret;
use crate::text::{Text, text};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use subtle::ConstantTimeEq;
use url::Url;

/// The address to bind: the requested one, else loopback for a server on this machine, else the
/// local address that routes to the server.
///
/// # Errors
/// When no local address routes to the server.
pub fn bind_address(asked: Option<SocketAddr>, server: &Url) -> Result<SocketAddr, Text> {
    if let Some(address) = asked {
        return Ok(address);
    }
    let servers = server.socket_addrs(|| None).map_err(|e| {
        text!(
            "the server's address cannot be resolved: {error}",
            error = e
        )
    })?;
    let server = servers
        .first()
        .ok_or_else(|| text!("the server has no address"))?;
    if server.ip().is_loopback() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    }
    route_to(*server)
        .map(|ip| SocketAddr::new(ip, 0))
        .map_err(|e| text!("no route to the server: {error}", error = e))
}

/// Connecting a UDP socket sends nothing; it only selects the local address.
fn route_to(server: SocketAddr) -> std::io::Result<IpAddr> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(server)?;
    Ok(socket.local_addr()?.ip())
}

/// Parses the public URL of a listener, to which the token is appended.
///
/// # Errors
/// Explains the expected form.
pub fn parse_public_url(text: &str) -> Result<Url, Text> {
    let url = Url::parse(text).map_err(|e| text!("not a URL: {error}", error = e))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(text!("must be an http:// or https:// URL"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(text!(
            "the URL must not contain ? or #, because the token is appended"
        ));
    }
    Ok(url)
}

/// Parses an address, or a port on the loopback interface.
///
/// # Errors
/// Explains the expected form.
pub fn parse_listen_address(text: &str) -> Result<SocketAddr, Text> {
    let port = text.strip_prefix(':').unwrap_or(text);
    if let Ok(port) = port.parse() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    text.parse()
        .map_err(|_| text!("must be an address such as 127.0.0.1:8080, or a port"))
}

/// 128 random bits.
#[derive(Clone, Debug)]
pub struct Token(Secret);

impl Token {
    /// Creates a token.
    ///
    /// # Errors
    /// When the system provides no random bytes.
    pub fn random() -> Result<Self, Text> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits)
            .map_err(|e| text!("cannot create a random token: {error}", error = e))?;
        Ok(Self(Secret::new(URL_SAFE_NO_PAD.encode(bits))))
    }

    /// The 22 characters used in the URL.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// Compares in constant time.
    pub fn is(&self, guess: &str) -> bool {
        self.reveal().as_bytes().ct_eq(guess.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binds_loopback_for_loopback_server() {
        for server in ["http://127.0.0.1:8080", "http://localhost:8080"] {
            let address = bind_address(None, &server.parse().unwrap()).unwrap();
            assert_eq!(address, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        }
        let asked = "0.0.0.0:9000".parse().unwrap();
        let server = "http://127.0.0.1:8080".parse().unwrap();
        assert_eq!(bind_address(Some(asked), &server), Ok(asked));
    }

    #[test]
    fn public_urls_have_no_query() {
        for bad in ["hook.example", "ftp://h/x", "http://h/?x=1", "http://h/#x"] {
            assert!(parse_public_url(bad).is_err(), "{bad}");
        }
        assert!(parse_public_url("https://hook.example/q/").is_ok());
    }

    #[test]
    fn tokens_are_unique_and_compare_equal_to_themselves() {
        let [one, other] = [(); 2].map(|()| Token::random().unwrap());
        assert_eq!(one.reveal().len(), 22);
        assert!(one.is(one.reveal()));
        assert!(!one.is(other.reveal()));
        for guess in ["", "x", &one.reveal()[..21], &format!("{}x", one.reveal())] {
            assert!(!one.is(guess), "{guess}");
        }
        assert_eq!(format!("{one:?}"), "Token([redacted])");
    }
}
