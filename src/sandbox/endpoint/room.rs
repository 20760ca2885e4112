//! `/room/…`: groups and their members.

use super::super::directory::{Member, Person, Room};
use super::super::directory_shape;
use super::super::endpoint_result::{EndpointResult, Failure, Success};
use super::super::quirk::{Quirk, Quirks};
use super::super::schema::Field;
use super::{Call, GUID};
use serde_json::{Value, json};

pub(super) const DETAIL: &[Field] = &[GUID, Field::ids("room_list")];
pub(super) const SYNC: &[Field] = &[
    GUID,
    Field::required("room_id"),
    Field::integer("version", 0),
];
pub(super) const MEMBERS: &[Field] = &[GUID, Field::text("room_id", ""), Field::ids("user_list")];
pub(super) const LIST: &[Field] = &[
    GUID,
    Field::integer("start_index", 0),
    Field::integer("limit", 10),
];

/// Most ids of one look-up; more was an error once (wire protocol).
const LARGEST_BATCH: usize = 20;

/// Answers the groups that exist; the others are left out.
pub(super) fn batch_get_room_detail(call: &mut Call) -> EndpointResult {
    let ids = batch(call, "room_list")?;
    let quirks = call.state.quirks.clone();
    let directory = &call.instance()?.directory;
    let rooms: Vec<&Room> = kept(&ids, &quirks)
        .filter_map(|id| directory.room(id))
        .collect();
    let note = format!("{} of {} groups", rooms.len(), ids.len());
    let data = directory_shape::rooms(&rooms, directory, &quirks);
    Ok(Success::new(data).noting(note))
}

pub(super) fn sync_room_info(call: &mut Call) -> EndpointResult {
    let id = call.params.text("room_id");
    let quirks = call.state.quirks.clone();
    let directory = &call.instance()?.directory;
    let room = directory.room(id).ok_or_else(Failure::bad_conversation)?;
    let data = directory_shape::rooms(&[room], directory, &quirks);
    Ok(Success::new(data).noting(format!("group {id}")))
}

/// Answers the named members; who is no member is left out.
pub(super) fn batch_get_member_detail(call: &mut Call) -> EndpointResult {
    let ids = batch(call, "user_list")?;
    if ids.is_empty() {
        return Err(Failure::with_undocumented_code("user_list is empty"));
    }
    let id = call.params.text("room_id");
    let quirks = call.state.quirks.clone();
    let directory = &call.instance()?.directory;
    let room = directory.room(id).ok_or_else(Failure::bad_conversation)?;
    let member = |id: &str| -> Option<(&Person, Option<&Member>)> {
        let member = room.members.iter().find(|member| member.user_id == id)?;
        Some((directory.person(id)?, Some(member)))
    };
    let people: Vec<_> = kept(&ids, &quirks).filter_map(member).collect();
    let note = format!("{} of {} members of {id}", people.len(), ids.len());
    Ok(Success::new(directory_shape::people(&people, &quirks)).noting(note))
}

/// Lists the groups that the account owns, in pages.
pub(super) fn get_room_list(call: &mut Call) -> EndpointResult {
    let start = usize::try_from(call.params.integer("start_index")).unwrap_or(0);
    let limit = usize::try_from(call.params.integer("limit")).unwrap_or(0);
    let quirks = call.state.quirks.clone();
    let instance = call.instance()?;
    let own_id = instance.user_id.to_string();
    let owned: Vec<&Room> = instance.directory.rooms_of(&own_id).collect();
    let page: Vec<Value> = owned
        .iter()
        .skip(start)
        .take(limit)
        .map(|room| view(room))
        .collect();
    let next = start.saturating_add(page.len());
    let next_start = if next < owned.len() {
        i64::try_from(next).unwrap_or(-1)
    } else {
        -1
    };
    let note = format!("{} groups", page.len());
    Ok(Success::new(json!({
        "roomdata": { "datas": quirks.list(page) },
        "next_start": next_start,
        "total": owned.len(),
    }))
    .noting(note))
}

fn view(room: &Room) -> Value {
    json!({
        "roomid": room.room_id,
        "roomname": room.name,
        "owner_vid": room.owner,
        "member_count": room.members.len(),
        "createts": room.created_at,
        "flag": 0,
    })
}

/// The ids of a look-up as text; numbers are taken too.
pub(super) fn batch(call: &Call, field: &str) -> Result<Vec<String>, Failure> {
    let ids = call.params.ids(field);
    if ids.len() > LARGEST_BATCH {
        return Err(Failure::with_undocumented_code("too many ids"));
    }
    let text = |id: &Value| id.as_str().map_or_else(|| id.to_string(), String::from);
    Ok(ids.iter().map(text).collect())
}

/// The ids that are answered: with the quirk `partial-batches` a batch leaves out every third.
pub(super) fn kept<'a>(ids: &'a [String], quirks: &Quirks) -> impl Iterator<Item = &'a str> {
    let is_partial = quirks.has(Quirk::PartialBatches) && ids.len() > 1;
    ids.iter()
        .enumerate()
        .filter(move |(place, _)| !is_partial || place % 3 != 2)
        .map(|(_, id)| id.as_str())
}
