//! Dispatches requests to the admin interface or to the simulated server.

use std::net::IpAddr;
use std::time::Duration;

use super::admin;
use super::http::{Handler, Sockets};
use super::lock;
use super::server::Server;
use super::simulator::{ReceivedRequest, ResponsePlan, Transmission};
use crate::http::host::is_ours;

impl Handler for Server {
    fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    fn resets_early(&self) -> bool {
        lock(&self.simulator).faults.resets_early()
    }

    /// Protocol requests are recorded and observed before they are answered.
    fn handle(&self, received: ReceivedRequest) -> ResponsePlan {
        let path = self.path_of(&received.target).map(String::from);
        let place = path
            .as_deref()
            .and_then(|path| path.strip_prefix(admin::PREFIX));
        if let Err(reason) = check_host(&received, self.sockets.addr.ip(), place.is_some()) {
            return self.refuse(received, reason);
        }
        match place {
            Some(place) => ResponsePlan {
                answer: admin::answer(self, &received, place),
                transmission: Transmission::Properly,
            },
            None => self.handle_protocol(received, path.as_deref()),
        }
    }

    fn latency(&self, transmission: Transmission) -> Duration {
        match transmission {
            Transmission::Late(time) => self.latency + time,
            _ => self.latency,
        }
    }
}

/// Refuses requests with an `Origin`, which browsers add to every changing request, and requests to a
/// host name that is not this machine (DNS rebinding).
///
/// On a network address the protocol's host names are unknown, so only the admin interface checks them
/// there: `is_admin`.
fn check_host(received: &ReceivedRequest, bound: IpAddr, is_admin: bool) -> Result<(), String> {
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
