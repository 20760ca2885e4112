//! The shapes in which servers list people and groups (wire protocol).

use super::directory::{Directory, Member, Person, Room};
use super::quirk::{Quirk, Quirks};
use serde_json::{Value, json};

/// Lists groups: `roominfos` with `info` and `members`, or plain rows.
pub(super) fn rooms(rooms: &[&Room], directory: &Directory, quirks: &Quirks) -> Value {
    let rows = rooms.iter();
    match container(quirks, ["room_list", "rooms", "list", "list"]) {
        None => {
            let rows = rows
                .map(|room| room_info(room, directory, quirks))
                .collect();
            json!({ "roominfos": quirks.list(rows) })
        }
        Some(name) => {
            let rows = rows.map(|room| room_row(room, directory, quirks)).collect();
            listed(name, quirks.list(rows))
        }
    }
}

/// Lists people: `persons` with `info`, or plain rows.
pub(super) fn people(people: &[(&Person, Option<&Member>)], quirks: &Quirks) -> Value {
    let rows = people.iter();
    match container(quirks, ["user_list", "users", "items", "contacts"]) {
        None => {
            let rows = rows
                .map(|(person, member)| person_info(person, *member))
                .collect();
            json!({ "persons": quirks.list(rows) })
        }
        Some(name) => {
            let rows = rows
                .map(|(person, member)| person_row(person, *member, quirks))
                .collect();
            listed(name, quirks.list(rows))
        }
    }
}

/// The name of the list of rows; an empty name is the payload itself, `None` the preferred shape.
fn container(quirks: &Quirks, names: [&'static str; 4]) -> Option<&'static str> {
    let [named, plural, items, contacts] = names;
    [
        (Quirk::RowsAsData, ""),
        (Quirk::RowsInList, "list"),
        (Quirk::RowsInNamedList, named),
        (Quirk::RowsInPlural, plural),
        (Quirk::RowsInItems, items),
        (Quirk::RowsInContacts, contacts),
    ]
    .into_iter()
    .find(|(quirk, _)| quirks.has(*quirk))
    .map(|(_, name)| name)
}

fn listed(name: &str, rows: Value) -> Value {
    match name {
        "" => rows,
        name => json!({ name: rows }),
    }
}

fn room_info(room: &Room, directory: &Directory, quirks: &Quirks) -> Value {
    json!({
        "info": {
            "roomid": room.room_id,
            "roomname": room.name,
            "owner_vid": room.owner,
            "admin_list": room.admins,
            "createts": room.created_at,
            "flag": 0,
        },
        "members": members(room, directory, quirks),
        "version": room.members.len(),
    })
}

fn room_row(room: &Room, directory: &Directory, quirks: &Quirks) -> Value {
    let name = if quirks.has(Quirk::AltRowKeys) {
        "name"
    } else {
        "room_name"
    };
    json!({
        "room_id": room.room_id,
        name: room.name,
        "owner_vid": room.owner,
        "admin_list": room.admins,
        "members": members(room, directory, quirks),
    })
}

fn members(room: &Room, directory: &Directory, quirks: &Quirks) -> Value {
    let view = |member: &Member| {
        if quirks.has(Quirk::BareMembers) {
            return json!(member.user_id);
        }
        let name = directory.person(&member.user_id).map(|person| &person.name);
        json!({ "uin": member.user_id, "nickname": name })
    };
    quirks.list(room.members.iter().map(view).collect())
}

fn person_info(person: &Person, member: Option<&Member>) -> Value {
    let mut row = json!({
        "vid": person.user_id,
        "info": { "name": person.name, "remark": person.remark, "corp_name": person.corp_name() },
    });
    add_room_name(&mut row, member);
    row
}

fn person_row(person: &Person, member: Option<&Member>, quirks: &Quirks) -> Value {
    let (id, name) = if quirks.has(Quirk::AltRowKeys) {
        ("acctid", "real_name")
    } else {
        ("user_id", "display_name")
    };
    let mut row = json!({ id: person.user_id, name: person.name, "remark": person.remark });
    add_room_name(&mut row, member);
    row
}

fn add_room_name(row: &mut Value, member: Option<&Member>) {
    if let (Some(member), Some(fields)) = (member, row.as_object_mut()) {
        fields.insert("room_nickname".into(), json!(member.room_name));
    }
}
