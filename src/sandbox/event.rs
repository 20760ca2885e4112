//! Events that are sent as callbacks.

use super::initial_data;
use super::instance::Instance;
use super::login::QrCode;
use super::login::QrStatus;
use serde_json::{Map, Value, json};

pub(super) const LOGIN_QRCODE: i64 = 11002;
pub(super) const LOGGED_IN: i64 = 11003;
pub(super) const LOGGED_OUT: i64 = 11004;
pub(super) const NEW_MESSAGE: i64 = 11010;
pub(super) const KICKED: i64 = 11011;
pub(super) const MESSAGE_BATCH: i64 = 11013;

const AVATAR: &str = "https://wework.qpic.cn/wwpic/sandbox/0";
const LOGO: &str = "https://wework.qpic.cn/wwpic/sandbox/logo";

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    pub(super) guid: String,
    /// The `notify_url`; empty when the event is only for WebSocket clients.
    pub(super) url: String,
    pub(super) notify_type: i64,
    pub(super) data: Value,
}

/// `data` of 11002. Ids are integers here and strings in 11003, as in the wire protocol.
pub(super) fn qrcode_changed(instance: &Instance, new_qrcode: Option<&QrCode>) -> Value {
    let status = match &instance.login {
        Some(login) => login.status,
        None => QrStatus::NotScanned,
    };
    let mut data = qr_status(instance, status);
    if let (Some(qrcode), Some(fields)) = (new_qrcode, data.as_object_mut()) {
        fields.insert("qrcode_content".into(), json!(qrcode.content()));
    }
    data
}

/// A QR code's status, with the account once it is known.
pub(super) fn qr_status(instance: &Instance, status: QrStatus) -> Value {
    let number = status as u8;
    if status == QrStatus::NotScanned {
        return json!({ "status": number });
    }
    json!({
        "status": number,
        "vid": instance.user_id,
        "nickname": instance.user_name,
        "avatar": AVATAR,
        "logo": LOGO,
        "corp_id": initial_data::CORP_ID,
    })
}

/// `data` of 11003.
pub(super) fn logged_in(instance: &Instance) -> Value {
    json!({
        "user_id": instance.user_id.to_string(),
        "name": instance.user_name,
        "real_name": instance.user_name,
        "corp_id": initial_data::CORP_ID.to_string(),
        "gender": 1,
        "party_id": "1688850000000000",
        "avatar": AVATAR,
        "corp_short_name": initial_data::CORP_SHORT_NAME,
        "corp_full_name": initial_data::CORP_FULL_NAME,
    })
}

/// `data` of 11004.
pub(super) fn logged_out() -> Value {
    json!({ "error_code": -1, "error_message": "用户主动注销" })
}

/// `data` of 11011.
pub(super) fn kicked() -> Value {
    Value::Object(Map::new())
}
