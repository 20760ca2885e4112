//! `/contact/…` and `/user/get_profile`: people, the account itself, and their names.

use super::super::directory::Person;
use super::super::directory_shape;
use super::super::endpoint_result::{EndpointResult, Success};
use super::super::initial_data;
use super::super::quirk::Quirk;
use super::super::schema::Field;
use super::room::{batch, kept};
use super::{Call, GUID};
use serde_json::{Value, json};

pub(super) const USERINFO: &[Field] = &[GUID, Field::ids("user_list")];
pub(super) const SYNC: &[Field] = &[GUID, Field::text("seq", ""), Field::integer("limit", 10)];

/// Cursors of the contact list count from here.
const FIRST_SEQ: u64 = 500_000;

/// Answers the people that exist; the others are left out.
pub(super) fn batch_get_userinfo(call: &mut Call) -> EndpointResult {
    let ids = batch(call, "user_list")?;
    let quirks = call.state.quirks.clone();
    let directory = &call.instance()?.directory;
    let people: Vec<_> = kept(&ids, &quirks)
        .filter_map(|id| Some((directory.person(id)?, None)))
        .collect();
    let note = format!("{} of {} people", people.len(), ids.len());
    Ok(Success::new(directory_shape::people(&people, &quirks)).noting(note))
}

/// Lists the contacts after `seq`, in pages; the end is an empty list.
pub(super) fn sync_contact(call: &mut Call) -> EndpointResult {
    let seq = call.params.text("seq").parse().unwrap_or(FIRST_SEQ);
    let start = usize::try_from(seq.saturating_sub(FIRST_SEQ)).unwrap_or(usize::MAX);
    let limit = usize::try_from(call.params.integer("limit")).unwrap_or(0);
    let quirks = call.state.quirks.clone();
    let contacts = call.instance()?.directory.contacts();
    let page: Vec<Value> = contacts.skip(start).take(limit).map(view).collect();
    let last_seq = seq.max(FIRST_SEQ).saturating_add(page.len() as u64);
    let note = format!("{} contacts", page.len());
    Ok(Success::new(json!({
        "last_seq": last_seq.to_string(),
        "contact_list": quirks.list(page),
    }))
    .noting(note))
}

fn view(person: &Person) -> Value {
    json!({
        "user_id": person.user_id,
        "name": person.name,
        "corp_name": person.corp_name(),
        "type": if person.is_wechat() { 1 } else { 2 },
        "extend_info": { "remark": person.remark, "company_remark": "" },
    })
}

/// `data` of `/user/get_profile`, which the gateway lists as `persons`.
pub(super) fn get_profile(call: &mut Call) -> EndpointResult {
    let quirks = call.state.quirks.clone();
    let instance = call.instance()?;
    let note = format!("profile of {}", instance.user_name);
    let user_id = instance.user_id.to_string();
    let corp_id = initial_data::CORP_ID.to_string();
    let data = if quirks.has(Quirk::ProfilePersons) {
        json!({ "persons": [{
            "vid": user_id,
            "info": { "name": instance.user_name, "corp_id": corp_id, "corp_name": initial_data::CORP_SHORT_NAME },
        }] })
    } else {
        json!({
            "user_id": user_id,
            "name": instance.user_name,
            "real_name": instance.user_name,
            "corp_id": corp_id,
            "corp_short_name": initial_data::CORP_SHORT_NAME,
            "corp_full_name": initial_data::CORP_FULL_NAME,
        })
    };
    Ok(Success::new(data).noting(note))
}
