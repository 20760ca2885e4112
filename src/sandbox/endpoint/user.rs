//! `/user/…`: the account that is logged in.

use super::super::reply::{Reply, Success};
use super::super::seed;
use super::Call;
use serde_json::json;

pub(super) fn logout(call: &mut Call) -> Reply {
    call.state.log_out(call.params.text("guid"));
    Ok(Success::empty().noting("logged out"))
}

pub(super) fn get_profile(call: &mut Call) -> Reply {
    let instance = call.instance()?;
    Ok(Success::new(json!({
        "user_id": instance.user_id.to_string(),
        "name": instance.user_name,
        "real_name": instance.user_name,
        "corp_id": seed::CORP_ID.to_string(),
        "corp_short_name": seed::CORP_SHORT_NAME,
        "corp_full_name": seed::CORP_FULL_NAME,
    }))
    .noting(format!("profile of {}", instance.user_name)))
}
