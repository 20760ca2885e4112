//! DNS look-ups that do not delay the end of the process.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::oneshot;

use crate::base_url::is_localhost;

/// Resolves `localhost` itself and other names with the system's resolver on a detached thread: the
/// resolver cannot be interrupted, and the HTTP client's own pool would wait for it at the end of the
/// process, up to half a minute.
pub(super) struct DetachedResolver;

impl Resolve for DetachedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        if is_localhost(name.as_str()) {
            let loopback = [
                IpAddr::V4(Ipv4Addr::LOCALHOST),
                IpAddr::V6(Ipv6Addr::LOCALHOST),
            ];
            let addresses: Addrs = Box::new(loopback.map(|ip| SocketAddr::new(ip, 0)).into_iter());
            return Box::pin(std::future::ready(Ok(addresses)));
        }
        let (answer, answered) = oneshot::channel();
        let spawned = std::thread::Builder::new()
            .name("resolver".into())
            .spawn(move || {
                let _ = answer.send(lookup(name.as_str()));
            });
        Box::pin(async move {
            spawned?;
            let found = answered
                .await
                .map_err(|_| io::Error::other("the lookup was abandoned"))??;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn lookup(host: &str) -> io::Result<Vec<SocketAddr>> {
    Ok((host, 0).to_socket_addrs()?.collect())
}
