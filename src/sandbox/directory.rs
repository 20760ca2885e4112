//! The people and groups that an account knows.

use super::conversation::{Conversation, Peer};
use super::initial_data;
use super::initial_directory;
use std::collections::HashMap;

/// A person; the names are what the directory endpoints answer.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) user_id: String,
    pub(super) name: String,
    /// The account's own name for the person; may be empty.
    pub(super) remark: String,
    /// Whether `/contact/sync_contact` lists the person; members of groups need not be contacts.
    pub(super) is_contact: bool,
}

impl Person {
    /// Whether the person uses WeChat; the others use WeCom (wire protocol).
    pub(super) fn is_wechat(&self) -> bool {
        self.user_id.starts_with("788")
    }

    /// The company; WeChat users have none.
    pub(super) fn corp_name(&self) -> &'static str {
        if self.is_wechat() {
            ""
        } else {
            initial_data::CORP_FULL_NAME
        }
    }
}

/// A member of a group.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) user_id: String,
    /// The member's name in this group; may be empty.
    pub(super) room_name: String,
}

/// A group.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub(super) room_id: String,
    pub(super) name: String,
    pub(super) owner: String,
    pub(super) admins: Vec<String>,
    pub(super) members: Vec<Member>,
    /// Seconds since 1970.
    pub(super) created_at: i64,
}

/// The people and groups of one account.
#[derive(Debug, Default)]
pub(super) struct Directory {
    people: Vec<Person>,
    rooms: Vec<Room>,
    people_by_id: HashMap<String, usize>,
    rooms_by_id: HashMap<String, usize>,
}

impl Directory {
    /// The directory of the `number`th account, which has this many sessions.
    pub(super) fn new(number: u64, sessions: usize) -> Self {
        let mut directory = Self::default();
        initial_directory::fill(&mut directory, number, sessions);
        directory
    }

    /// Adds a person; one that is known stays as it is.
    pub(super) fn add_person(&mut self, person: Person) {
        if !self.people_by_id.contains_key(&person.user_id) {
            self.people_by_id
                .insert(person.user_id.clone(), self.people.len());
            self.people.push(person);
        }
    }

    /// Adds a group.
    pub(super) fn add_room(&mut self, room: Room) {
        self.rooms_by_id
            .insert(room.room_id.clone(), self.rooms.len());
        self.rooms.push(room);
    }

    /// Replaces a group by a version with other members.
    pub(super) fn replace_room(&mut self, room: Room) {
        let place = self.rooms_by_id.get(&room.room_id);
        if let Some(old) = place.and_then(|place| self.rooms.get_mut(*place)) {
            *old = room;
        }
    }

    /// Renames a person or group; false when there is none with this conversation id.
    pub(super) fn rename(&mut self, conversation_id: &str, name: &str) -> bool {
        let old = match conversation_id.split_once(':') {
            Some(("S", id)) => {
                let place = self.people_by_id.get(id);
                let person = place.and_then(|place| self.people.get_mut(*place));
                person.map(|person| &mut person.name)
            }
            Some(("R", id)) => {
                let place = self.rooms_by_id.get(id);
                let room = place.and_then(|place| self.rooms.get_mut(*place));
                room.map(|room| &mut room.name)
            }
            _ => None,
        };
        let is_known = old.is_some();
        if let Some(old) = old {
            *old = name.into();
        }
        is_known
    }

    pub(super) fn person(&self, user_id: &str) -> Option<&Person> {
        self.people.get(*self.people_by_id.get(user_id)?)
    }

    pub(super) fn room(&self, room_id: &str) -> Option<&Room> {
        self.rooms.get(*self.rooms_by_id.get(room_id)?)
    }

    /// The people that the account has as contacts.
    pub(super) fn contacts(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|person| person.is_contact)
    }

    /// The groups that the account owns.
    pub(super) fn rooms_of(&self, owner: &str) -> impl Iterator<Item = &Room> {
        self.rooms.iter().filter(move |room| room.owner == owner)
    }

    /// Whether a message can be sent there.
    pub(super) fn knows(&self, conversation: &Conversation) -> bool {
        match conversation.peer {
            Peer::User => self.person(conversation.receiver()).is_some(),
            Peer::Room => self.room(conversation.room_id()).is_some(),
        }
    }
}
