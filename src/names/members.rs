//! The members of a group with their names and roles.

use std::collections::HashMap;

use super::lookup::{AT_ONCE, LookUp, names_of};
use super::spelling::normalise;
use crate::api::directory::BATCH;
use crate::api::{CallError, Person, RoomDetail};
use crate::parallel;

/// What a member may do in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The owner.
    Owner,
    /// An administrator.
    Admin,
    /// Neither.
    Member,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The user id.
    pub user_id: String,
    /// The name outside the group, if known; the account's remark first.
    pub name: Option<String>,
    /// The name in the group, if the member has one.
    pub room_name: Option<String>,
    /// The role, if the server tells it.
    pub role: Option<Role>,
    /// All names.
    names: Vec<String>,
}

impl Member {
    /// Whether this is one of the member's names, see [`normalise`].
    pub fn is_called(&self, name: &str) -> bool {
        let wanted = normalise(name);
        self.names.iter().any(|name| normalise(name) == wanted)
    }

    /// All names of the member.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

/// The members of a group.
pub struct Members {
    /// In the server's order.
    pub list: Vec<Member>,
    /// Why names could not be looked up, if so.
    pub error: Option<CallError>,
}

/// Reads a group, given without `R:`; `None` if the server knows no such group.
///
/// # Errors
/// Those of any call, but for the look-up of names.
pub fn members(look_up: LookUp<'_>, room_id: &str) -> Result<Option<Members>, CallError> {
    let Some(room) = room(look_up, room_id)? else {
        return Ok(None);
    };
    let ids: Vec<&str> = room.members.iter().map(|m| m.user_id.as_str()).collect();
    let (people, mut error) = details(look_up, room_id, &ids);
    let mut list: Vec<Member> = room
        .members
        .iter()
        .map(|member| {
            let person = people.get(&member.user_id).cloned();
            view(&room, &member.user_id, member.name.clone(), person)
        })
        .collect();
    let nameless = list.iter().filter(|member| member.names.is_empty());
    let nameless: Vec<String> = nameless.map(|m| format!("S:{}", m.user_id)).collect();
    let mut others = look_up.names(nameless.iter().map(String::as_str));
    for member in list.iter_mut().filter(|member| member.names.is_empty()) {
        let found = others.found.remove(&format!("S:{}", member.user_id));
        member.names = found.unwrap_or_default();
        member.name = member.names.first().cloned();
    }
    error = error.or(others.error);
    Ok(Some(Members { list, error }))
}

fn room(look_up: LookUp<'_>, room_id: &str) -> Result<Option<RoomDetail>, CallError> {
    let LookUp { api, guid, .. } = look_up;
    let rooms = match api.room_details(guid, &[room_id]) {
        // A server may have only one of the two endpoints.
        Err(CallError::Refused(refusal)) if refusal.is_missing_endpoint() => Vec::new(),
        rooms => rooms?,
    };
    let is_wanted = |room: &RoomDetail| room.room_id == room_id;
    let complete = |room: &RoomDetail| is_wanted(room) && !room.members.is_empty();
    if let Some(room) = rooms.iter().find(|room| complete(room)) {
        return Ok(Some(room.clone()));
    }
    let single = api.room_info(guid, room_id)?;
    Ok(single.into_iter().chain(rooms).find(is_wanted))
}

/// The details of members by user id, and the first error.
fn details(
    look_up: LookUp<'_>,
    room_id: &str,
    ids: &[&str],
) -> (HashMap<String, Person>, Option<CallError>) {
    let batches: Vec<&[&str]> = ids.chunks(BATCH).collect();
    let answers = parallel::map(batches, AT_ONCE, |ids| {
        look_up.api.member_details(look_up.guid, room_id, ids)
    });
    let (mut people, mut error) = (HashMap::new(), None);
    for answer in answers {
        match answer {
            Ok(found) => people.extend(found.into_iter().map(|p| (p.user_id.clone(), p))),
            Err(failed) => error = error.or(Some(failed)),
        }
    }
    (people, error)
}

fn view(
    room: &RoomDetail,
    user_id: &str,
    listed: Option<String>,
    person: Option<Person>,
) -> Member {
    let room_name = person.as_ref().and_then(|person| person.room_name.clone());
    let mut names: Vec<String> = person.map(names_of).unwrap_or_default();
    names.extend(listed.filter(|listed| !names.contains(listed)));
    let name = names.first().cloned();
    names.extend(room_name.clone());
    Member {
        user_id: user_id.to_owned(),
        name,
        room_name,
        role: role(room, user_id),
        names,
    }
}

/// The role as far as the server tells: without a list of administrators, who is not the owner may be one.
fn role(room: &RoomDetail, user_id: &str) -> Option<Role> {
    if room.owner.as_deref() == Some(user_id) {
        return Some(Role::Owner);
    }
    let admins = room.admins.as_ref()?;
    if admins.iter().any(|admin| admin == user_id) {
        return Some(Role::Admin);
    }
    room.owner.as_ref().map(|_| Role::Member)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_unknown_unless_told() {
        let room = |owner: Option<&str>, admins: Option<&[&str]>| RoomDetail {
            owner: owner.map(str::to_owned),
            admins: admins.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect()),
            ..RoomDetail::default()
        };
        for (room, roles) in [
            (
                room(Some("1"), Some(&["2"])),
                [Some(Role::Owner), Some(Role::Admin), Some(Role::Member)],
            ),
            (room(Some("1"), None), [Some(Role::Owner), None, None]),
            (room(None, Some(&["2"])), [None, Some(Role::Admin), None]),
            (room(None, None), [None, None, None]),
        ] {
            assert_eq!(["1", "2", "3"].map(|id| role(&room, id)), roles);
        }
    }
}
