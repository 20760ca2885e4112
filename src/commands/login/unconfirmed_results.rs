//! Results of a login that callbacks report, until the server confirms them. A callback can be forged,
//! or belong to an earlier login.

use std::mem::{self, discriminant};
use std::time::Duration;

use crate::api::login_payloads::{Profile, QrcodeStatus};
use crate::api::{Api, CallError, Status};
use crate::guid::Guid;
use crate::output::Output;
use crate::text::{Text, text};
use crate::time::Deadline;

/// Time in which the server must confirm a result; its status may lag behind the callback.
const CONFIRM_TIME: Duration = Duration::from_secs(5);
/// Pause between two checks.
pub const CONFIRM_INTERVAL: Duration = Duration::from_millis(250);

/// The result of a login, as a callback reports it.
pub enum ReportedResult {
    /// The account is logged in.
    LoggedIn(Profile),
    /// The login failed for this reason.
    Failed(Text),
    /// The QR code reached a status that ends the login.
    QrcodeStatus(QrcodeStatus),
}

/// A reported result that is being checked.
struct Unconfirmed {
    result: ReportedResult,
    until: Deadline,
    /// Whether the server has answered, and not confirmed the result so far.
    is_denied: bool,
}

/// The reported results that the server has not confirmed, at most one of each kind: a report of
/// another kind does not hide an earlier one.
#[derive(Default)]
pub struct UnconfirmedResults(Vec<Unconfirmed>);

impl UnconfirmedResults {
    /// Adds a result, which replaces an earlier one of its kind.
    pub fn add(&mut self, result: ReportedResult) {
        let kind = discriminant(&result);
        self.0.retain(|other| discriminant(&other.result) != kind);
        self.0.push(Unconfirmed {
            result,
            until: Deadline::after(CONFIRM_TIME),
            is_denied: false,
        });
    }

    /// Whether there is nothing to check.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Asks the server about each result, and removes and returns the first one to accept: it is
    /// confirmed, or the time is up and the server never answered. Results that the server denied until
    /// their time was up are removed with a warning. `was_online` says that the account was online
    /// before this login, so that being online confirms nothing.
    pub fn check(
        &mut self,
        api: &Api,
        guid: &Guid,
        was_online: bool,
        output: &Output,
    ) -> Option<ReportedResult> {
        // Short, because a signal has to wait for it.
        let api = api.until(Deadline::after(CONFIRM_TIME / 2));
        let mut unchecked = mem::take(&mut self.0).into_iter();
        while let Some(mut unconfirmed) = unchecked.next() {
            let is_last_check = unconfirmed.until.is_over();
            let is_accepted = match is_confirmed(&api, guid, was_online, &unconfirmed.result) {
                Ok(is_confirmed) => {
                    unconfirmed.is_denied |= !is_confirmed;
                    is_confirmed
                }
                Err(error) if is_last_check && !unconfirmed.is_denied => {
                    output.warn(&text!(
                        "the server did not confirm the end of the login: {error}",
                        error = error.summary()
                    ));
                    true
                }
                Err(_) => false,
            };
            if is_accepted {
                self.0.extend(unchecked);
                return Some(unconfirmed.result);
            }
            match is_last_check {
                true => output.warn(&ignored(&unconfirmed.result)),
                false => self.0.push(unconfirmed),
            }
        }
        None
    }
}

fn is_confirmed(
    api: &Api,
    guid: &Guid,
    was_online: bool,
    result: &ReportedResult,
) -> Result<bool, CallError> {
    match result {
        ReportedResult::LoggedIn(_) if !was_online => api
            .client_status(guid)
            .map(|status| status == Status::Online),
        ReportedResult::LoggedIn(_) => api
            .qrcode_status(guid)
            .map(|status| status == QrcodeStatus::Success),
        ReportedResult::Failed(_) | ReportedResult::QrcodeStatus(_) => {
            api.qrcode_status(guid).map(|status| status.is_failure())
        }
    }
}

fn ignored(result: &ReportedResult) -> Text {
    match result {
        ReportedResult::LoggedIn(_) => {
            text!("ignored a callback that reports a login, because the account is not online")
        }
        ReportedResult::Failed(_) | ReportedResult::QrcodeStatus(_) => text!(
            "ignored a callback that reports the end of the login, because the QR code is still valid"
        ),
    }
}
