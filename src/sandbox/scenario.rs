//! What a sandbox starts with.

use super::dialect::Dialect;
use super::fault::Fault;
use super::quirk::Quirk;
use super::scan_script::ScanScript;
use std::time::Duration;

/// The world and the manners of a sandbox. The default is one online instance with six sessions on
/// a server without quirks or faults.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Instances with an account logged in; they come first in every list.
    pub online: usize,
    /// Instances that are started, with nobody logged in.
    pub running: usize,
    /// Instances that are stopped; they come last.
    pub stopped: usize,
    /// Sessions of each account.
    pub sessions: usize,
    /// Instances the server allows at once.
    pub limit: usize,
    /// The envelope of every answer.
    pub dialect: Dialect,
    /// Time every answer takes, on top of what a fault adds.
    pub latency: Duration,
    /// Deviations switched on.
    pub quirks: Vec<Quirk>,
    /// Faults active from the start, the first that matches a request wins.
    pub faults: Vec<Fault>,
    /// What the phone does with every login QR code.
    pub scan: ScanScript,
    /// Whether callbacks are posted at all; without, they are lost and clients must poll.
    pub callbacks: bool,
    /// How late callbacks are when the quirk `late-callbacks` is on.
    pub late: Duration,
    /// Path in front of every endpoint, such as `/wecom`; empty for none.
    pub prefix: String,
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
            late: Duration::from_secs(3),
            prefix: String::new(),
        }
    }
}
