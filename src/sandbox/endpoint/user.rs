//! `/user/…`: the logged-in account.

use super::super::endpoint_result::{EndpointResult, Success};
use super::super::initial_data;
use super::Call;
use serde_json::json;

pub(super) fn logout(call: &mut Call) -> EndpointResult {
    call.state.log_out(call.params.text("guid"));
    Ok(Success::empty().noting("logged out"))
}

pub(super) fn get_profile(call: &mut Call) -> EndpointResult {
    let instance = call.instance()?;
    Ok(Success::new(json!({
        "user_id": instance.user_id.to_string(),
        "name": instance.user_name,
        "real_name": instance.user_name,
        "corp_id": initial_data::CORP_ID.to_string(),
        "corp_short_name": initial_data::CORP_SHORT_NAME,
        "corp_full_name": initial_data::CORP_FULL_NAME,
    }))
    .noting(format!("profile of {}", instance.user_name)))
}
