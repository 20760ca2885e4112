//! The reason of a refused send.

use crate::api::request::Effect;
use crate::api::{Api, CallError, Status};
use crate::error::{Error, Kind};
use crate::guid::Guid;
use crate::instances::wrong_guid_hint;
use crate::text::text;

/// Looks the instance's status up when the refusal may mean "not logged in": the server has no code of
/// its own for that.
pub(super) fn explain_send_failure(api: &Api, guid: &Guid, error: CallError) -> Error {
    let is_open = matches!(&error, CallError::Refused(refusal) if refusal.may_be_about_login());
    let error = error.into_error(Effect::Change);
    if !is_open {
        return error;
    }
    let status = match api.client_status(guid) {
        Ok(status) => status,
        Err(CallError::Refused(refusal)) if refusal.is_offline_or_bad_guid() => {
            return error.hint(wrong_guid_hint(&refusal));
        }
        Err(_) => return error,
    };
    match (status, error.kind) {
        (Status::Online, Kind::NotLoggedIn) => error.into_kind(Kind::Rejected).hint(text!(
            "but the instance is online; check again with `qiwei status`"
        )),
        (Status::Online, _) => error,
        (Status::Running, _) => error.into_kind(Kind::NotLoggedIn).hint(text!(
            "the instance is running but not logged in: run `qiwei login`, then this again"
        )),
        (Status::Stopped, _) => error.into_kind(Kind::NotLoggedIn).hint(text!(
            "the instance is stopped or reconnecting: check `qiwei status`; if it stays stopped, run `qiwei instance start GUID` and `qiwei login`"
        )),
    }
}
