//! What a web page could make a browser send is refused: nobody authenticates here, and a page that
//! somebody looks at beside the sandbox must neither use it nor read what is in it.

use std::net::IpAddr;

use super::simulator::ReceivedRequest;
use crate::http::host::is_ours;

/// Refuses anything with an `Origin`, which every request of a page that changes something has, and
/// whatever was sent to a name that is not this machine (DNS rebinding).
///
/// A server of the protocol on an address of the network is found by names we cannot know, so there
/// only the admin path minds them: `is_admin`.
pub(super) fn check(
    received: &ReceivedRequest,
    bound: IpAddr,
    is_admin: bool,
) -> Result<(), String> {
    if received.header("origin").is_some() {
        return Err("calls from web pages are refused".into());
    }
    match received.header("host") {
        Some(host) if (is_admin || bound.is_loopback()) && !is_ours(host, bound) => {
            Err(format!("host {host:?} is not this sandbox"))
        }
        _ => Ok(()),
    }
}
