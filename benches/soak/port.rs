//! A port that stays ours while nobody listens on it.

use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A reserved port. Whoever sets `SO_REUSEADDR`, as listeners do, may listen there; without it the
/// system would soon give the port to some outgoing connection.
pub struct Port {
    _socket: Socket,
    pub address: SocketAddr,
}

impl Port {
    pub fn reserve() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.set_reuse_address(true).unwrap();
        socket.bind(&anywhere.into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let _socket = socket;
        Self { _socket, address }
    }
}
