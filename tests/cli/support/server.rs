//! The sandbox, in this process, so that a test can look into it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use qiwei::sandbox::{Dialect, Sandbox, Scenario};

/// A person in the sandbox's list of sessions.
pub const PERSON: &str = "S:788123456789";
/// A group in the sandbox's list of sessions.
pub const GROUP: &str = "R:1012345678901";

/// Every way servers wrap their answers.
pub const DIALECTS: [Dialect; 4] = [Dialect::A, Dialect::B, Dialect::C, Dialect::D];

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

/// What the server was asked, in order: `POST /client/all_clients {}`.
pub fn requests(server: &Sandbox) -> Vec<String> {
    let line = |e: &qiwei::sandbox::Exchange| {
        let body = String::from_utf8(e.body.clone()).unwrap();
        format!("{} {} {body}", e.method, e.path)
            .trim_end()
            .to_owned()
    };
    server.exchanges().iter().map(line).collect()
}
