//! Checks of the `Host` header. A web page can make a local browser send requests here, but the browser
//! sets `Origin` and `Host`. After DNS rebinding, `Host` is the attacker's domain.

use std::net::IpAddr;

use crate::base_url::is_localhost;

/// Whether a `Host` header names this machine: a loopback name or address, or the address the server is
/// bound to. Only names can be rebound, not addresses.
pub(crate) fn is_ours(host: &str, bound: IpAddr) -> bool {
    let name = without_port(host);
    is_localhost(name)
        || name
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.is_loopback() || ip == bound || bound.is_unspecified())
}

/// Whether a `Host` header may be a public DNS name: it contains a dot and is not an address. Names
/// without a dot belong to the local network.
pub(crate) fn is_public_name(host: &str) -> bool {
    let name = without_port(host).trim_end_matches('.');
    name.contains('.') && !is_localhost(name) && name.parse::<IpAddr>().is_err()
}

/// The name or address in a `Host` header, without the port.
pub(crate) fn without_port(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').map_or(rest, |(name, _)| name);
    }
    host.split_once(':').map_or(host, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_own_host_names() {
        let (loopback, other): (IpAddr, IpAddr) =
            ("127.0.0.1".parse().unwrap(), "192.168.1.5".parse().unwrap());
        for (host, bound, ours) in [
            ("localhost:8080", loopback, true),
            ("LOCALHOST", loopback, true),
            ("api.localhost:1", loopback, true),
            ("127.0.0.1:1", loopback, true),
            ("127.9.9.9", loopback, true),
            ("[::1]:80", loopback, true),
            ("evil.example", loopback, false),
            ("127.0.0.1.evil.example", loopback, false),
            ("localhost.evil.example", loopback, false),
            ("192.168.1.5:80", loopback, false),
            ("192.168.1.5:80", other, true),
            ("10.0.0.1", "0.0.0.0".parse().unwrap(), true),
            ("evil.example", "0.0.0.0".parse().unwrap(), false),
            ("", loopback, false),
        ] {
            assert_eq!(is_ours(host, bound), ours, "{host} at {bound}");
        }
    }

    #[test]
    fn recognizes_public_host_names() {
        for (host, public) in [
            ("evil.example:8080", true),
            ("evil.example.", true),
            ("127.0.0.1.evil.example", true),
            ("127.0.0.1:80", false),
            ("[2001:db8::1]:80", false),
            ("qiwei:9000", false),
            ("localhost", false),
            ("x.localhost.", false),
        ] {
            assert_eq!(is_public_name(host), public, "{host}");
        }
    }
}
