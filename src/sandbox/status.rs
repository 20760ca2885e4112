//! The status of an instance as reported by `/client/get_client_status`.

use super::keyword;
use std::fmt;
use std::str::FromStr;

/// The status of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not started; reported as 0.
    Stopped,
    /// Started, not logged in; reported as 1.
    Running,
    /// Logged in; reported as 2.
    Online,
    /// Logged in and able to send, but reported as 0 while its long connection reconnects.
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

    /// The reported number. A reconnecting instance looks stopped, as in the protocol.
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
