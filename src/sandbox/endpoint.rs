//! The simulated endpoints and their common parts.

mod client;
pub(super) mod cloud;
mod contact;
mod login;
mod message;
mod room;
mod session;
mod sync;

use super::endpoint_result::{EndpointResult, Failure};
use super::fetch::FetchMode;
use super::instance::Instance;
use super::quirk::{Quirk, Quirks};
use super::schema::{Field, Params};
use super::state::State;
use jiff::Timestamp;

/// An endpoint: path, body fields, and handler.
pub(super) struct Endpoint {
    path: &'static str,
    pub(super) needs: RequiredStatus,
    pub(super) fields: &'static [Field],
    pub(super) run: fn(&mut Call) -> EndpointResult,
}

/// A fault inside an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndpointFault {
    /// A send answers code 0 with `is_svr_fail` and is not delivered.
    ServerFail,
    /// The status look-up returns 0.
    Reconnecting,
    /// An upload is refused and its URL not fetched.
    NoFetch,
    /// An upload fetches its URL this way.
    Fetch(FetchMode),
    /// An upload takes half of the file for the whole.
    HalfFile,
    /// An upload answers without the key.
    NoAesKey,
    /// From now on uploads are refused until the rules are updated.
    StaleRules,
}

/// The instance status an endpoint requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequiredStatus {
    /// No instance at all.
    Nothing,
    /// An instance in any state.
    Instance,
    /// An instance that is started.
    Started,
    /// An instance with an account logged in.
    Login,
}

/// One call of an endpoint.
pub(super) struct Call<'a> {
    pub(super) state: &'a mut State,
    pub(super) now: Timestamp,
    pub(super) params: &'a Params,
    pub(super) endpoint_fault: Option<EndpointFault>,
}

impl Call<'_> {
    /// The instance named in the body.
    pub(super) fn instance(&mut self) -> Result<&mut Instance, Failure> {
        self.state.instance(self.params.text("guid"))
    }
}

const GUID: Field = Field::required("guid");

#[rustfmt::skip]
static ENDPOINTS: &[Endpoint] = &[
    Endpoint { path: "/msg/send_text", needs: RequiredStatus::Login, fields: message::TEXT, run: message::send_text },
    Endpoint { path: "/msg/send_room_at", needs: RequiredStatus::Login, fields: message::ROOM_AT, run: message::send_room_at },
    Endpoint { path: "/msg/send_image", needs: RequiredStatus::Login, fields: message::IMAGE, run: message::send_image },
    Endpoint { path: "/msg/send_file", needs: RequiredStatus::Login, fields: message::FILE, run: message::send_file },
    Endpoint { path: "/msg/send_voice", needs: RequiredStatus::Login, fields: message::VOICE, run: message::send_voice },
    Endpoint { path: "/msg/send_video", needs: RequiredStatus::Login, fields: message::VIDEO, run: message::send_video },
    Endpoint { path: "/msg/send_link", needs: RequiredStatus::Login, fields: message::LINK, run: message::send_link },
    Endpoint { path: "/msg/revoke_msg", needs: RequiredStatus::Login, fields: message::REVOKE, run: message::revoke_msg },
    Endpoint { path: "/cloud/cdn_c2c_upload", needs: RequiredStatus::Login, fields: cloud::UPLOAD, run: cloud::c2c_upload },
    Endpoint { path: "/cloud/cdn_big_upload", needs: RequiredStatus::Login, fields: cloud::BIG_UPLOAD, run: cloud::big_upload },
    Endpoint { path: "/cloud/c2c_upload", needs: RequiredStatus::Nothing, fields: cloud::CONVERSION, run: cloud::c2c_upload },
    Endpoint { path: "/cdn/c2c_upload", needs: RequiredStatus::Login, fields: cloud::LOCAL_UPLOAD, run: cloud::local_upload },
    Endpoint { path: "/cloud/update_cdn_rule", needs: RequiredStatus::Login, fields: &[GUID], run: cloud::update_cdn_rule },
    Endpoint { path: "/cdn/get_cdn_info", needs: RequiredStatus::Login, fields: &[GUID], run: cloud::get_cdn_info },
    Endpoint { path: "/cloud/cdn_c2c_download", needs: RequiredStatus::Login, fields: cloud::DOWNLOAD, run: cloud::c2c_download },
    Endpoint { path: "/cloud/cdn_big_download", needs: RequiredStatus::Login, fields: cloud::BIG_DOWNLOAD, run: cloud::big_download },
    Endpoint { path: "/session/get_session_list", needs: RequiredStatus::Login, fields: session::LIST, run: session::get_session_list },
    Endpoint { path: "/client/get_client_status", needs: RequiredStatus::Instance, fields: &[GUID], run: client::get_client_status },
    Endpoint { path: "/client/get_client_version", needs: RequiredStatus::Instance, fields: &[GUID], run: client::get_client_version },
    Endpoint { path: "/client/all_clients", needs: RequiredStatus::Nothing, fields: &[], run: client::all_clients },
    Endpoint { path: "/client/get_clients", needs: RequiredStatus::Nothing, fields: &[], run: client::get_clients },
    Endpoint { path: "/client/create_client", needs: RequiredStatus::Nothing, fields: client::CREATE, run: client::create_client },
    Endpoint { path: "/client/remove_client", needs: RequiredStatus::Instance, fields: &[GUID], run: client::remove_client },
    Endpoint { path: "/client/restore_client", needs: RequiredStatus::Instance, fields: client::RESTORE, run: client::restore_client },
    Endpoint { path: "/client/stop_client", needs: RequiredStatus::Instance, fields: &[GUID], run: client::stop_client },
    Endpoint { path: "/client/set_notify_url", needs: RequiredStatus::Instance, fields: client::NOTIFY_URL, run: client::set_notify_url },
    Endpoint { path: "/global/set_notify_url", needs: RequiredStatus::Nothing, fields: client::GLOBAL_NOTIFY_URL, run: client::set_global_notify_url },
    Endpoint { path: "/client/set_bridge", needs: RequiredStatus::Instance, fields: client::BRIDGE, run: client::set_bridge },
    Endpoint { path: "/client/set_proxy", needs: RequiredStatus::Instance, fields: client::PROXY, run: client::set_proxy },
    Endpoint { path: "/login/get_login_qrcode", needs: RequiredStatus::Started, fields: login::GET, run: login::get_login_qrcode },
    Endpoint { path: "/login/check_login_qrcode", needs: RequiredStatus::Started, fields: &[GUID], run: login::check_login_qrcode },
    Endpoint { path: "/login/verify_login_qrcode", needs: RequiredStatus::Started, fields: login::VERIFY, run: login::verify_login_qrcode },
    Endpoint { path: "/user/logout", needs: RequiredStatus::Login, fields: &[GUID], run: login::logout },
    Endpoint { path: "/user/get_profile", needs: RequiredStatus::Login, fields: &[GUID], run: contact::get_profile },
    Endpoint { path: "/room/batch_get_room_detail", needs: RequiredStatus::Login, fields: room::DETAIL, run: room::batch_get_room_detail },
    Endpoint { path: "/room/sync_room_info", needs: RequiredStatus::Login, fields: room::SYNC, run: room::sync_room_info },
    Endpoint { path: "/room/batch_get_member_detail", needs: RequiredStatus::Login, fields: room::MEMBERS, run: room::batch_get_member_detail },
    Endpoint { path: "/room/get_room_list", needs: RequiredStatus::Login, fields: room::LIST, run: room::get_room_list },
    Endpoint { path: "/contact/batch_get_userinfo", needs: RequiredStatus::Login, fields: contact::USERINFO, run: contact::batch_get_userinfo },
    Endpoint { path: "/contact/sync_contact", needs: RequiredStatus::Login, fields: contact::SYNC, run: contact::sync_contact },
    Endpoint { path: "/sync/sync_msg", needs: RequiredStatus::Login, fields: sync::SYNC, run: sync::sync_msg },
];

/// The endpoint with this path.
pub(super) fn find(path: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().find(|endpoint| endpoint.path == path)
}

impl Endpoint {
    /// The method the endpoint accepts.
    pub(super) fn method(&self, quirks: &Quirks) -> &'static str {
        if self.path == "/client/all_clients" && quirks.has(Quirk::GetOnlyClients) {
            "GET"
        } else {
            "POST"
        }
    }
}
