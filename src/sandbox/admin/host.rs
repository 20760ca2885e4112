//! Who may use the admin path.

use crate::sandbox::engine::Received;
use std::net::IpAddr;

/// Refuses requests that a web page could have caused.
pub(super) fn check(received: &Received, bound: IpAddr) -> Result<(), String> {
    let header = |name: &str| {
        received
            .headers
            .iter()
            .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    };
    if header("origin").is_some() {
        return Err("admin calls from web pages are refused".into());
    }
    match header("host") {
        Some(host) if !is_ours(host, bound) => Err(format!("host {host:?} is not this sandbox")),
        _ => Ok(()),
    }
}

/// A loopback name or address, or the address the sandbox is bound to.
fn is_ours(host: &str, bound: IpAddr) -> bool {
    let name = without_port(host);
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    // An address typed by hand cannot be rebound; only names can.
    name.parse::<IpAddr>()
        .is_ok_and(|ip| ip.is_loopback() || ip == bound || bound.is_unspecified())
}

fn without_port(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split_once(']').map_or(rest, |(name, _)| name);
    }
    host.split_once(':').map_or(host, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine() {
        let (loopback, other): (IpAddr, IpAddr) =
            ("127.0.0.1".parse().unwrap(), "192.168.1.5".parse().unwrap());
        for (host, bound, ours) in [
            ("localhost:8080", loopback, true),
            ("LOCALHOST", loopback, true),
            ("127.0.0.1:1", loopback, true),
            ("127.9.9.9", loopback, true),
            ("[::1]:80", loopback, true),
            ("evil.example", loopback, false),
            ("127.0.0.1.evil.example", loopback, false),
            ("192.168.1.5:80", loopback, false),
            ("192.168.1.5:80", other, true),
            ("10.0.0.1", "0.0.0.0".parse().unwrap(), true),
            ("evil.example", "0.0.0.0".parse().unwrap(), false),
            ("", loopback, false),
        ] {
            assert_eq!(is_ours(host, bound), ours, "{host} at {bound}");
        }
    }
}
