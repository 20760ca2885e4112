//! The processes under test: stopping them, and ports for them.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use socket2::{Domain, Socket, Type};

/// A child process that is killed when dropped, also by a panic.
pub struct KillOnDrop(pub Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        // Has no effect on a child that has been waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends SIGTERM and describes how the process ended.
pub fn terminate(child: &mut Child) -> String {
    const TIMEOUT: Duration = Duration::from_secs(20);
    let _ = kill_process(Pid::from_child(child), Signal::TERM);
    let start = Instant::now();
    while start.elapsed() < TIMEOUT {
        if let Ok(Some(status)) = child.try_wait() {
            return match status.code() {
                Some(143) => "143, as expected".into(),
                _ => format!("UNEXPECTED: {status}"),
            };
        }
        thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    let _ = child.wait();
    "NONE: killed after 20 s".into()
}

/// A port that the system assigns to nobody else while no server listens on it.
///
/// Servers that set `SO_REUSEADDR` can still listen on it. Without the reservation the system would
/// soon use the port for an outgoing connection.
pub struct ReservedPort {
    _socket: Socket,
    pub address: SocketAddr,
}

impl ReservedPort {
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        socket.set_reuse_address(true).unwrap();
        socket.bind(&any_port.into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        Self {
            _socket: socket,
            address,
        }
    }
}
