//! Payloads of the endpoints for people and groups, in every shape seen from servers.
//!
//! The vendor's API reference documents the requests only. The shapes of the answers are those that public
//! clients accept: first `roominfos` and `persons`, else plain rows. Which fields name the owner, the
//! administrators and a member's name in the group is not documented; those that are not recognised
//! stay unknown.

use serde_json::Value;

use super::envelope::Payload;
use super::lenient;
use super::payloads::{PayloadError, missing};
use crate::text::text;

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomDetail {
    /// Its id, without `R:`.
    pub room_id: String,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The owner's user id, if given.
    pub owner: Option<String>,
    /// The user ids of the administrators, if given.
    pub admins: Option<Vec<String>>,
    /// The members as far as they are listed.
    pub members: Vec<RoomMember>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomMember {
    /// The user id.
    pub user_id: String,
    /// The name that the list of members gives.
    pub name: Option<String>,
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The user id.
    pub user_id: String,
    /// The person's own name, if given.
    pub name: Option<String>,
    /// The account's name for the person, if it has one.
    pub remark: Option<String>,
    /// The name in the group that was asked about, if the person has one there.
    pub room_name: Option<String>,
}

/// One page of the contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactPage {
    /// Number of entries, unreadable ones included.
    pub size: usize,
    /// Readable entries.
    pub contacts: Vec<Person>,
    /// Cursor of the next page, if given.
    pub last_seq: Option<String>,
}

/// One page of the groups that the account owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomPage {
    /// Number of entries, unreadable ones included.
    pub size: usize,
    /// Readable entries.
    pub rooms: Vec<RoomDetail>,
    /// Where the next page starts; negative at the end.
    pub next_start: Option<i64>,
    /// Number of all groups.
    pub total: Option<i64>,
}

const ROOM_LISTS: &[&str] = &["roominfos", "room_list", "rooms", "list"];
const PERSON_LISTS: &[&str] = &[
    "persons",
    "list",
    "users",
    "user_list",
    "contacts",
    "items",
    "contact_list",
];
const ROOM_IDS: &[&str] = &["roomid", "room_id", "id"];
const ROOM_NAMES: &[&str] = &["roomname", "room_name", "name"];
const USER_IDS: &[&str] = &["user_id", "vid", "uin", "acctid"];
const OWN_NAMES: &[&str] = &["display_name", "name", "nickname", "real_name"];
const NAMES_IN_ROOM: &[&str] = &[
    "room_nickname",
    "room_nick_name",
    "in_room_nickname",
    "group_nickname",
];
const OWNERS: &[&str] = &["owner_vid", "owner", "owner_id", "owner_uin"];
const ADMINS: &[&str] = &["admin_list", "admins", "admin_vids", "admin_uins"];

/// Decodes the groups of a look-up.
pub(super) fn rooms(payload: Payload) -> Result<Vec<RoomDetail>, PayloadError> {
    let rows =
        rows(payload, ROOM_LISTS, ROOM_IDS)?.ok_or_else(|| missing(text!("list of groups")))?;
    Ok(rows.iter().filter_map(room).collect())
}

/// Decodes the people of a look-up.
pub(super) fn persons(payload: Payload) -> Result<Vec<Person>, PayloadError> {
    let rows =
        rows(payload, PERSON_LISTS, USER_IDS)?.ok_or_else(|| missing(text!("list of people")))?;
    Ok(rows.iter().filter_map(person).collect())
}

/// Decodes a page of contacts: `contact_list` with `last_seq`.
pub(super) fn contact_page(payload: Payload) -> Result<ContactPage, PayloadError> {
    let last_seq = text_of(&payload.value, &["last_seq", "seq"])
        .or_else(|| payload.other_fields.get("last_seq").and_then(as_text));
    let lists: Vec<&str> = std::iter::once("contact_list")
        .chain(PERSON_LISTS.iter().copied())
        .collect();
    let rows = rows(payload, &lists, &[])?.ok_or_else(|| missing(text!("list of contacts")))?;
    Ok(ContactPage {
        size: rows.len(),
        contacts: rows.iter().filter_map(person).collect(),
        last_seq,
    })
}

/// Decodes a page of groups: `roomdata.datas` with `next_start` and `total`.
pub(super) fn room_page(payload: Payload) -> Result<RoomPage, PayloadError> {
    let Payload {
        mut value,
        confirmed,
        other_fields,
    } = payload;
    let number = |name: &str| value.get(name).and_then(crate::json::integer);
    let (next_start, total) = (number("next_start"), number("total"));
    let inner = value.get_mut("roomdata").map(Value::take);
    let payload = Payload {
        value: inner.unwrap_or(value),
        confirmed,
        other_fields,
    };
    let lists: Vec<&str> = std::iter::once("datas")
        .chain(ROOM_LISTS.iter().copied())
        .collect();
    let rows = rows(payload, &lists, &[])?.ok_or_else(|| missing(text!("list of groups")))?;
    Ok(RoomPage {
        size: rows.len(),
        rooms: rows.iter().filter_map(room).collect(),
        next_start,
        total,
    })
}

/// The rows of a list: the payload itself, or in the first of these fields that it has. An object with
/// one of `ids` is a row of its own, and an empty one none; for a page, without `ids`, it is no answer.
/// `None` for another shape.
fn rows(
    payload: Payload,
    lists: &[&str],
    ids: &[&str],
) -> Result<Option<Vec<Value>>, PayloadError> {
    let mut object = match payload.value {
        Value::Array(rows) => return Ok(Some(rows)),
        // Without a code, null is not known to be an answer.
        Value::Null if payload.confirmed => return Ok(Some(Vec::new())),
        Value::Object(object) => object,
        _ => return Ok(None),
    };
    for name in lists {
        match object.get_mut(*name).map(Value::take) {
            Some(Value::Array(rows)) => return Ok(Some(rows)),
            Some(Value::Null) => return Ok(Some(Vec::new())),
            _ => {}
        }
    }
    if object.is_empty() && payload.confirmed && !ids.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let row = Value::Object(object);
    Ok(id_of(&row, ids).map(|_| vec![row]))
}

fn room(row: &Value) -> Option<RoomDetail> {
    let members = row.get("members").or_else(|| row.get("member_list"));
    let members = members.and_then(Value::as_array).map(Vec::as_slice);
    Some(RoomDetail {
        room_id: id_of(row, ROOM_IDS)?,
        name: text_of(row, ROOM_NAMES),
        owner: id_of(row, OWNERS),
        admins: admins(row),
        members: members
            .unwrap_or_default()
            .iter()
            .filter_map(member)
            .collect(),
    })
}

fn admins(row: &Value) -> Option<Vec<String>> {
    let found = places(row).find_map(|place| ADMINS.iter().find_map(|name| place.get(*name)))?;
    let ids = found.as_array()?.iter();
    Some(
        ids.filter_map(|id| as_id(id).or_else(|| id_of(id, USER_IDS)))
            .collect(),
    )
}

fn member(row: &Value) -> Option<RoomMember> {
    Some(RoomMember {
        user_id: as_id(row).or_else(|| id_of(row, USER_IDS))?,
        name: text_of(row, OWN_NAMES),
    })
}

fn person(row: &Value) -> Option<Person> {
    let remark = row
        .get("extend_info")
        .and_then(|info| info.get("remark"))
        .and_then(as_text);
    Some(Person {
        user_id: id_of(row, USER_IDS)?,
        name: text_of(row, OWN_NAMES),
        remark: remark.or_else(|| text_of(row, &["remark"])),
        room_name: text_of(row, NAMES_IN_ROOM),
    })
}

/// The row and its `info`, which holds the fields in the preferred shape.
fn places(row: &Value) -> impl Iterator<Item = &Value> {
    std::iter::once(row).chain(row.get("info"))
}

fn text_of(row: &Value, names: &[&str]) -> Option<String> {
    first(row, names, as_text)
}

fn id_of(row: &Value, names: &[&str]) -> Option<String> {
    first(row, names, as_id)
}

/// The first of these fields that has a value, in the row or in its `info`.
fn first<T>(row: &Value, names: &[&str], read: fn(&Value) -> Option<T>) -> Option<T> {
    places(row).find_map(|place| names.iter().find_map(|name| read(place.get(*name)?)))
}

/// Text that is not blank.
fn as_text(value: &Value) -> Option<String> {
    let text = lenient::text(value).ok().flatten()?;
    (!text.trim().is_empty()).then_some(text)
}

/// Digits that can be an id.
fn as_id(value: &Value) -> Option<String> {
    let id = lenient::id(value).ok().flatten()?;
    crate::conversation::is_id(&id).then_some(id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn payload(value: Value) -> Payload {
        Payload {
            value,
            confirmed: true,
            ..Payload::default()
        }
    }

    #[test]
    fn reads_groups_in_every_shape() {
        let rows = [
            json!({"info":{"roomid":"109","roomname":"群","owner_vid":168},"members":[{"uin":168,"nickname":"n"}],"version":3}),
            json!({"roomid":109,"roomname":"群","owner":"168","members":["168"]}),
            json!({"room_id":"109","room_name":"群","owner_vid":"168","member_list":[{"user_id":"168","name":"n"}]}),
            json!({"id":"109","name":"群","owner_id":"168","members":[168, null, "x", {}]}),
        ];
        for row in rows {
            for value in [
                json!({"roominfos":[row]}),
                json!({"room_list":[row]}),
                json!({"rooms":[row]}),
                json!({"list":[row, null, 5, {}, {"roomname":"no id"}]}),
                json!([row]),
                row.clone(),
            ] {
                let found = rooms(payload(value.clone()));
                let Ok([room]) = found.as_deref() else {
                    panic!("{value}: {found:?}");
                };
                assert_eq!(
                    (room.room_id.as_str(), room.name.as_deref()),
                    ("109", Some("群"))
                );
                assert_eq!(room.owner.as_deref(), Some("168"), "{value}");
                assert_eq!(room.members.len(), 1, "{value}");
                assert_eq!(room.admins, None);
            }
        }
        for value in [json!(null), json!({}), json!([]), json!({"roominfos":null})] {
            assert_eq!(rooms(payload(value)).unwrap(), []);
        }
        for value in [
            json!("x"),
            json!(5),
            json!({"other":1}),
            json!({"roominfos":{}}),
        ] {
            assert!(rooms(payload(value)).is_err());
        }
        let value = json!([{"roomid":"1","admin_list":["2",{"uin":3},"x"]}]);
        let admins = rooms(payload(value)).unwrap()[0].admins.clone();
        assert_eq!(admins.unwrap(), ["2", "3"]);
    }

    #[test]
    fn reads_people_in_every_shape() {
        for list in PERSON_LISTS {
            for id in USER_IDS {
                let value = json!({ *list: [{ *id: "788", "remark": "r", "real_name": "n" }] });
                let people = persons(payload(value)).unwrap();
                assert_eq!(people.len(), 1, "{list} {id}");
                assert_eq!(people[0].remark.as_deref(), Some("r"));
                assert_eq!(people[0].name.as_deref(), Some("n"));
            }
        }
        for (row, remark, name, room_name) in [
            (
                json!({"vid":788,"info":{"name":"n"}}),
                None,
                Some("n"),
                None,
            ),
            (
                json!({"vid":788,"info":{"name":"n","remark":"r"},"room_nickname":"g"}),
                Some("r"),
                Some("n"),
                Some("g"),
            ),
            (
                json!({"user_id":"788","name":"n","extend_info":{"remark":"r"}}),
                Some("r"),
                Some("n"),
                None,
            ),
            (
                json!({"uin":788,"display_name":"d","name":"n","nickname":"k"}),
                None,
                Some("d"),
                None,
            ),
            (
                json!({"acctid":788,"name":" ","nickname":""}),
                None,
                None,
                None,
            ),
        ] {
            let expected = Person {
                user_id: "788".into(),
                name: name.map(str::to_owned),
                remark: remark.map(str::to_owned),
                room_name: room_name.map(str::to_owned),
            };
            let people = persons(payload(json!([row, {"name": "no id"}])));
            assert_eq!(people.unwrap(), [expected], "{row}");
        }
        assert!(persons(payload(json!({"error":"x"}))).is_err());
    }

    #[test]
    fn reads_pages() {
        let value = json!({"last_seq":"9","contact_list":[{"user_id":"788","name":"n"},{}]});
        let page = contact_page(payload(value)).unwrap();
        assert_eq!((page.size, page.contacts.len()), (2, 1));
        assert_eq!(page.last_seq.as_deref(), Some("9"));
        let value = json!({"last_seq":9,"contact_list":null});
        assert_eq!(contact_page(payload(value)).unwrap().size, 0);
        let value = json!({"roomdata":{"datas":[{"roomid":"109","roomname":"群"}]},"next_start":"10","total":11});
        let page = room_page(payload(value)).unwrap();
        assert_eq!(
            (page.size, page.next_start, page.total),
            (1, Some(10), Some(11))
        );
        assert_eq!(page.rooms[0].name.as_deref(), Some("群"));
        for value in [
            json!({"roomdata":null}),
            json!({"roomdata":{"datas":[]}}),
            json!(null),
        ] {
            assert_eq!(room_page(payload(value)).unwrap().size, 0);
        }
        for value in [json!({}), json!({"roomdata":{}}), json!({"next_start":-1})] {
            assert!(room_page(payload(value.clone())).is_err());
            assert!(contact_page(payload(value)).is_err());
        }
        let bare = Payload::default();
        assert!(contact_page(bare.clone()).is_err() && rooms(bare).is_err());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[0-9]{0,21}".prop_map(Value::from),
            "\\PC{0,8}".prop_map(Value::from),
        ];
        let names = proptest::sample::select(vec![
            "roominfos",
            "persons",
            "list",
            "info",
            "roomid",
            "roomname",
            "members",
            "uin",
            "vid",
            "name",
            "remark",
            "extend_info",
            "roomdata",
            "datas",
            "contact_list",
            "last_seq",
            "next_start",
            "admin_list",
        ]);
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(names.clone().prop_map(String::from), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Whatever comes, ids are digits and names are not blank.
        #[test]
        fn decoded_ids_are_digits_and_names_not_blank(value in any_json(), confirmed: bool) {
            let payload = Payload { value, confirmed, ..Payload::default() };
            let mut people = persons(payload.clone()).unwrap_or_default();
            people.extend(contact_page(payload.clone()).map(|p| p.contacts).unwrap_or_default());
            for person in people {
                prop_assert!(crate::conversation::is_id(&person.user_id));
                let names = [person.name, person.remark, person.room_name];
                prop_assert!(names.into_iter().flatten().all(|name| !name.trim().is_empty()));
            }
            let mut groups = rooms(payload.clone()).unwrap_or_default();
            if let Ok(page) = room_page(payload) {
                prop_assert!(page.rooms.len() <= page.size);
                groups.extend(page.rooms);
            }
            for group in groups {
                let ids = group.members.iter().map(|member| &member.user_id);
                let ids = ids.chain(&group.owner).chain(group.admins.iter().flatten());
                prop_assert!(ids.chain([&group.room_id]).all(|id| crate::conversation::is_id(id)));
                prop_assert!(group.name.is_none_or(|name| !name.trim().is_empty()));
            }
        }
    }
}
