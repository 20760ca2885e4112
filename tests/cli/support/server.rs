//! The sandbox, in this process, so that a test can look into it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use qiwei::sandbox::{Sandbox, Scenario};

/// A person in the sandbox's list of sessions.
pub const PERSON: &str = "S:788123456789";
/// A group in the sandbox's list of sessions.
pub const GROUP: &str = "R:1012345678901";

/// A sandbox with one online instance.
pub fn sandbox() -> Sandbox {
    sandbox_with(|_| {})
}

/// A sandbox whose scenario `change` adjusts.
pub fn sandbox_with(change: impl FnOnce(&mut Scenario)) -> Sandbox {
    let mut scenario = Scenario::default();
    change(&mut scenario);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Sandbox::start(address, scenario, Arc::new(|_| {})).unwrap()
}
