//! The state of an instance, as `/client/get_client_status` counts it.

use super::keyword;
use std::fmt;
use std::str::FromStr;

/// What an instance is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not started; shown as 0.
    Stopped,
    /// Started, nobody logged in; shown as 1.
    Running,
    /// An account is logged in; shown as 2.
    Online,
    /// Logged in and able to send, but shown as 0 because its long connection is being renewed.
    Reconnecting,
}

const TABLE: &[(&str, Status)] = &[
    ("stopped", Status::Stopped),
    ("running", Status::Running),
    ("online", Status::Online),
    ("reconnecting", Status::Reconnecting),
    ("0", Status::Stopped),
    ("1", Status::Running),
    ("2", Status::Online),
];

impl Status {
    /// Every name [`FromStr`] takes, besides the numbers 0, 1 and 2.
    pub const NAMES: &[&str] = &["stopped", "running", "online", "reconnecting"];

    /// The number the server shows. A reconnecting instance looks stopped: the protocol's own trap.
    pub fn shown(self) -> u8 {
        match self {
            Status::Stopped | Status::Reconnecting => 0,
            Status::Running => 1,
            Status::Online => 2,
        }
    }

    /// Whether an account is logged in.
    pub fn is_logged_in(self) -> bool {
        matches!(self, Status::Online | Status::Reconnecting)
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        keyword::by_name("status", text, TABLE)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(keyword::name_of(*self, TABLE))
    }
}
