//! What a login tells scripts: one JSON object a line.

use serde::Serialize;

use crate::api::login_payloads::{Profile, QrcodeStatus};
use crate::guid::Guid;

/// An event of a login.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// There is a QR code.
    Qrcode {
        /// The link it holds.
        content: &'a str,
        /// The server's key for it.
        key: Option<&'a str>,
    },
    /// There is another QR code, and the one before no longer counts.
    Refreshed {
        /// The link it holds.
        content: &'a str,
        /// The server's key for it.
        key: Option<&'a str>,
    },
    /// How far the scan is.
    QrStatus {
        /// The protocol's number.
        status: usize,
        /// Its name.
        name: &'static str,
    },
    /// A verification code is needed.
    CodeRequired {
        /// Tries that are left.
        attempts_left: u8,
    },
    /// The code was wrong.
    CodeRejected {
        /// Tries that are left.
        attempts_left: u8,
    },
    /// The code was right.
    CodeAccepted,
    /// Done.
    LoggedIn {
        /// The instance.
        guid: &'a Guid,
        /// Who it is.
        #[serde(flatten)]
        profile: &'a Profile,
        /// How we know.
        via: Via,
    },
}

/// How we know that the account is logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The server called back.
    Callback,
    /// We asked.
    Poll,
    /// It was before we came.
    AlreadyOnline,
}

impl Event<'_> {
    /// The event of a status.
    pub fn of_status(status: QrcodeStatus) -> Self {
        let (status, name) = status.number_and_name();
        Self::QrStatus { status, name }
    }
}
