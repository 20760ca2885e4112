//! The sandbox in the test process, so that tests can inspect its state.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use qiwei::sandbox::{Dialect, Sandbox, Scenario};

/// A person in the sandbox's list of sessions.
pub const PERSON: &str = "S:788123456789";
/// A group in the sandbox's list of sessions.
pub const GROUP: &str = "R:1012345678901";

/// Every response envelope that servers use.
pub const DIALECTS: [Dialect; 4] = [Dialect::A, Dialect::B, Dialect::C, Dialect::D];

/// A sandbox with one online instance.
pub fn sandbox() -> Sandbox {
    sandbox_with(|_| {})
}

/// A sandbox whose scenario `change` adjusts.
pub fn sandbox_with(change: impl FnOnce(&mut Scenario)) -> Sandbox {
    let mut scenario = any_target();
    change(&mut scenario);
    start(Ipv4Addr::LOCALHOST, scenario)
}

/// A sandbox on its own loopback address, so that no other test gets its port while it is closed.
/// Only Linux has more than one loopback address by default.
pub fn sandbox_on_own_address() -> Sandbox {
    sandbox_on_own_address_with(|_| {})
}

/// As [`sandbox_on_own_address`], with a scenario that `change` adjusts.
pub fn sandbox_on_own_address_with(change: impl FnOnce(&mut Scenario)) -> Sandbox {
    let mut scenario = any_target();
    change(&mut scenario);
    let ip = if cfg!(target_os = "linux") {
        Ipv4Addr::new(127, 0, 0, 2)
    } else {
        Ipv4Addr::LOCALHOST
    };
    start(ip, scenario)
}

/// Tests that are not about targets send to any.
fn any_target() -> Scenario {
    Scenario {
        any_target: true,
        ..Scenario::default()
    }
}

fn start(ip: Ipv4Addr, scenario: Scenario) -> Sandbox {
    let address = SocketAddr::from((ip, 0));
    Sandbox::start(address, scenario, Arc::new(|_| {})).unwrap()
}

/// The requests to the server in order, each as `POST /client/all_clients {}`.
pub fn requests(server: &Sandbox) -> Vec<String> {
    let line = |e: &qiwei::sandbox::Exchange| {
        let body = String::from_utf8(e.body.clone()).unwrap();
        format!("{} {} {body}", e.method, e.path)
            .trim_end()
            .to_owned()
    };
    server.exchanges().iter().map(line).collect()
}
