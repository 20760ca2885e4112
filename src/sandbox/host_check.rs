//! Refuses requests that a web page could make a browser send: there is no authentication, and a page
//! must neither use the sandbox nor read from it.

use std::net::IpAddr;

use super::simulator::ReceivedRequest;
use crate::http::host::is_ours;

/// Refuses requests with an `Origin`, which browsers add to every changing request, and requests to a
/// host name that is not this machine (DNS rebinding).
///
/// On a network address the protocol's host names are unknown, so only the admin interface checks them
/// there: `is_admin`.
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
