//! The initial state and options of a sandbox.

use super::dialect::Dialect;
use super::fault::Fault;
use super::gateway::Gateway;
use super::quirk::Quirk;
use super::scan_script::ScanScript;
use std::time::Duration;

/// Initial state and options. The default is one online instance with six conversations, without quirks
/// and faults.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Online instances; they come first in lists.
    pub online: usize,
    /// Running instances that are not logged in.
    pub running: usize,
    /// Stopped instances; they come last.
    pub stopped: usize,
    /// Conversations per account.
    pub sessions: usize,
    /// Limit of instances.
    pub limit: usize,
    /// The envelope dialect.
    pub dialect: Dialect,
    /// Latency of every answer, in addition to that of faults.
    pub latency: Duration,
    /// Enabled quirks.
    pub quirks: Vec<Quirk>,
    /// Initial faults; the first that matches a request applies.
    pub faults: Vec<Fault>,
    /// The script of every login.
    pub scan: ScanScript,
    /// Whether callbacks are posted; otherwise they are lost and clients must poll.
    pub callbacks: bool,
    /// Delay of callbacks with the quirk `late-callbacks`.
    pub callback_delay: Duration,
    /// Whether any well-formed conversation id is a target; otherwise only those that exist.
    pub any_target: bool,
    /// Path prefix of every endpoint, such as `/wecom`; may be empty.
    pub prefix: String,
    /// The gateway in front of the server; without one, the endpoints are called directly.
    pub gateway: Option<Gateway>,
}

impl Default for Scenario {
    fn default() -> Self {
        Scenario {
            online: 1,
            running: 0,
            stopped: 0,
            sessions: 6,
            limit: 10,
            dialect: Dialect::A,
            latency: Duration::ZERO,
            quirks: Vec::new(),
            faults: Vec::new(),
            scan: ScanScript::default(),
            callbacks: true,
            callback_delay: Duration::from_secs(3),
            any_target: false,
            prefix: String::new(),
            gateway: None,
        }
    }
}
