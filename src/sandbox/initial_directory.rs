//! The initial people and groups. Among them are equal names, an emoji, a combining character, a person
//! who bears the name of a group, and a group with 200 members.

use super::directory::{Directory, Member, Person, Room};
use super::initial_data::{self, Session};

/// User id, name, and the account's remark.
const CONTACTS: &[(&str, &str, &str)] = &[
    ("788123456789", "张三", ""),
    ("168987654321", "李四", ""),
    ("788555666777", "王五", ""),
    ("788222333444", "张三", ""),
    ("788666777888", "小美🎉", "采购小美"),
    ("788999000111", "技术交流群", ""),
    ("168912345678", "赵六", ""),
    // The umlaut is a combining character.
    ("788333444555", "Zoe\u{308}", ""),
    ("7881300000000001", "客户", ""),
    ("7881234567890", "周八", ""),
    ("1688856814580613", "吴九", ""),
];

/// What the first account is in a group.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Owner,
    Admin,
    Member,
}

/// Group id, name, role of the account, other members with their names in the group; the first of them
/// is the owner if the account is not, else an admin.
type InitialRoom = (
    &'static str,
    &'static str,
    Role,
    &'static [(&'static str, &'static str)],
);

const ROOMS: &[InitialRoom] = &[
    (
        "1012345678901",
        "项目讨论群",
        Role::Owner,
        &[
            ("168987654321", "李四（项目经理）"),
            ("788123456789", ""),
            ("788222333444", ""),
            ("788555666777", "老王"),
        ],
    ),
    (
        "1098765432109",
        "技术交流群",
        Role::Admin,
        &[("168987654321", ""), ("168912345678", "")],
    ),
    (
        "10696049218574013",
        "运维值班群",
        Role::Owner,
        &[
            ("168912345678", "值班"),
            ("788333444555", ""),
            ("788666777888", ""),
        ],
    ),
    (
        "10700000000000001",
        "项目周报群",
        Role::Owner,
        &[("168987654321", "")],
    ),
    (
        "10700000000000002",
        "项目周报群",
        Role::Owner,
        &[("168987654321", "")],
    ),
    (
        "10700000000000003",
        "🚀 发布群",
        Role::Owner,
        &[("168912345678", "")],
    ),
    // The accent is a combining character.
    (
        "10700000000000004",
        "Cafe\u{301} 团队",
        Role::Member,
        &[("168987654321", "")],
    ),
    (
        LARGE_ROOM,
        "全员通知群",
        Role::Admin,
        &[("168987654321", "")],
    ),
    (
        "1970325000000112",
        "客户服务群",
        Role::Member,
        &[("168987654321", "")],
    ),
];

/// The group with [`LARGE_ROOM_SIZE`] members.
const LARGE_ROOM: &str = "10700000000000200";
const LARGE_ROOM_SIZE: usize = 200;

/// Members of the large group that are not contacts.
const FIRST_STRANGER: u64 = 7_881_400_000_000_001;

/// 2023-01-01 in Beijing.
const FIRST_CREATED: i64 = 1_672_502_400;

/// Fills the directory of the `number`th account with this many sessions.
pub(super) fn fill(directory: &mut Directory, number: u64, sessions: usize) {
    let own_id = initial_data::user_id(number).to_string();
    directory.add_person(person(&own_id, &initial_data::user_name(number), "", false));
    for (user_id, name, remark) in CONTACTS {
        directory.add_person(person(user_id, name, remark, true));
    }
    for (room, created) in ROOMS.iter().zip(0..) {
        directory.add_room(initial_room(room, &own_id, created));
    }
    fill_large_room(directory);
    for session in initial_data::sessions(sessions) {
        add_session(directory, &session, &own_id);
    }
}

fn person(user_id: &str, name: &str, remark: &str, is_contact: bool) -> Person {
    Person {
        user_id: user_id.into(),
        name: name.into(),
        remark: remark.into(),
        is_contact,
    }
}

fn member(user_id: &str, room_name: &str) -> Member {
    Member {
        user_id: user_id.into(),
        room_name: room_name.into(),
    }
}

fn initial_room(room: &InitialRoom, own_id: &str, created: i64) -> Room {
    let (room_id, name, role, others) = *room;
    let first = others.first().map_or("", |(user_id, _)| user_id);
    let (owner, admin) = match role {
        Role::Owner => (own_id, first),
        Role::Admin => (first, own_id),
        Role::Member => (first, ""),
    };
    let others = others.iter().map(|(id, name)| member(id, name));
    Room {
        room_id: room_id.into(),
        name: name.into(),
        owner: owner.into(),
        admins: Some(admin)
            .filter(|id| !id.is_empty())
            .map(String::from)
            .into_iter()
            .collect(),
        members: std::iter::once(member(own_id, "")).chain(others).collect(),
        created_at: FIRST_CREATED + 86_400 * created,
    }
}

fn fill_large_room(directory: &mut Directory) {
    let Some(mut room) = directory.room(LARGE_ROOM).cloned() else {
        return;
    };
    for number in 1.. {
        if room.members.len() >= LARGE_ROOM_SIZE {
            break;
        }
        let user_id = (FIRST_STRANGER + number).to_string();
        directory.add_person(person(&user_id, &format!("成员{number}"), "", false));
        room.members.push(member(&user_id, ""));
    }
    directory.replace_room(room);
}

/// Gives the peer of a numbered session its entry.
fn add_session(directory: &mut Directory, session: &Session, own_id: &str) {
    if let Some(user_id) = session.conversation_id.strip_prefix("S:") {
        directory.add_person(person(user_id, &session.name, "", true));
    } else if let Some(room_id) = session.conversation_id.strip_prefix("R:")
        && directory.room(room_id).is_none()
    {
        let role = if session.seq.is_multiple_of(4) {
            Role::Owner
        } else {
            Role::Member
        };
        let room: Room = initial_room(&("", "", role, &[("168987654321", "")]), own_id, 0);
        directory.add_room(Room {
            room_id: room_id.into(),
            name: session.name.clone(),
            created_at: session.last_msg_time - 86_400,
            ..room
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_has_every_session_and_200_members() {
        let directory = Directory::new(0, 100);
        for session in initial_data::sessions(100) {
            let conversation =
                super::super::conversation::Conversation::parse(&session.conversation_id);
            assert!(directory.knows(&conversation.unwrap()), "{session:?}");
        }
        let room = directory.room(LARGE_ROOM).unwrap();
        assert_eq!(room.members.len(), LARGE_ROOM_SIZE);
        for member in &room.members {
            assert!(directory.person(&member.user_id).is_some(), "{member:?}");
        }
        let named = |name: &str| directory.contacts().filter(|p| p.name == name).count();
        assert_eq!(named("张三"), 2);
    }
}
