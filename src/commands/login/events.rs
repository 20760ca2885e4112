//! JSON events of a login, one object per line.

use serde::Serialize;

use crate::api::login_payloads::{Profile, QrcodeStatus};
use crate::guid::Guid;

/// An event of a login.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// The first QR code.
    Qrcode {
        /// Link in the code.
        content: &'a str,
        /// The server's key of the code.
        key: Option<&'a str>,
    },
    /// A new QR code that replaces the previous one.
    Refreshed {
        /// Link in the code.
        content: &'a str,
        /// The server's key of the code.
        key: Option<&'a str>,
    },
    /// Status of the scan.
    QrStatus {
        /// The protocol's number.
        status: usize,
        /// Its name.
        name: &'static str,
    },
    /// A verification code is needed.
    CodeRequired {
        /// Remaining attempts.
        attempts_left: u8,
    },
    /// The verification code was rejected.
    CodeRejected {
        /// Remaining attempts.
        attempts_left: u8,
    },
    /// The verification code was accepted.
    CodeAccepted,
    /// The account is logged in.
    LoggedIn {
        /// The instance.
        guid: &'a Guid,
        /// The user.
        #[serde(flatten)]
        profile: &'a Profile,
        /// How the login was detected.
        via: Via,
    },
}

/// How the login was detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// By a callback.
    Callback,
    /// By polling.
    Poll,
    /// It was online before.
    AlreadyOnline,
}

impl Event<'_> {
    /// The event for a status.
    pub fn of_status(status: QrcodeStatus) -> Self {
        let (status, name) = status.number_and_name();
        Self::QrStatus { status, name }
    }
}
