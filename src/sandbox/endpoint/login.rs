//! `/login/…` and `/user/logout`: logging in with a QR code, and logging out.

use super::super::endpoint_result::{EndpointResult, Success};
use super::super::event;
use super::super::login;
use super::super::quirk::Quirk;
use super::super::schema::Field;
use super::{Call, GUID};
use serde_json::json;

pub(super) const GET: &[Field] = &[GUID, Field::boolean("verify_login", false)];
pub(super) const VERIFY: &[Field] = &[GUID, Field::required("code")];

pub(super) fn get_login_qrcode(call: &mut Call) -> EndpointResult {
    let qrcode = call.state.begin_login(call.params.text("guid"), call.now)?;
    let content = qrcode.content();
    let picture = if call.state.quirks.has(Quirk::LinkInQrcode) {
        content.clone()
    } else {
        login::picture()
    };
    Ok(Success::new(json!({
        "qrcode": picture,
        "key": qrcode.key,
        "qrcode_content": content,
    }))
    .noting(format!("QR code {}", qrcode.key)))
}

pub(super) fn check_login_qrcode(call: &mut Call) -> EndpointResult {
    let status = call.state.qr_status(call.params.text("guid"))?;
    let data = event::qr_status(call.instance()?, status);
    Ok(Success::new(data).noting(format!("QR code status {}", status as u8)))
}

pub(super) fn verify_login_qrcode(call: &mut Call) -> EndpointResult {
    let (guid, code) = (call.params.text("guid"), call.params.text("code"));
    call.state.submit_code(guid, code, call.now)?;
    Ok(Success::empty().noting("verification code accepted"))
}

pub(super) fn logout(call: &mut Call) -> EndpointResult {
    call.state.log_out(call.params.text("guid"));
    Ok(Success::empty().noting("logged out"))
}
