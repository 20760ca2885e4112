//! All people and groups that an account can write to, to find the one with a name.

use std::collections::{BTreeMap, HashSet};

use super::cache::NameCache;
use super::lookup::{LookUp, names_of};
use super::spelling::{is_similar, normalise};
use crate::api::{Api, CallError, ConversationEntry, Person, RoomDetail};
use crate::guid::Guid;

/// Entries asked for per page.
const PAGE: u32 = 100;
/// Most conversations looked up that only the cache knows.
const MOST_LEARNED: usize = 200;
/// Most pages of any list.
const MOST_PAGES: usize = 10_000;

/// A conversation and its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `S:…` or `R:…`.
    pub conversation_id: String,
    /// Its names, the one to show first; never empty.
    pub names: Vec<String>,
}

/// The conversations of an account that have names, as the server has just told.
#[derive(Clone, Debug, Default)]
pub struct Directory(BTreeMap<String, Vec<String>>);

impl Directory {
    /// Adds names of a conversation.
    pub fn add(&mut self, conversation_id: &str, names: impl IntoIterator<Item = String>) {
        let known = self.0.entry(conversation_id.to_owned()).or_default();
        for name in names {
            if !known.contains(&name) {
                known.push(name);
            }
        }
    }

    /// The conversations of a session list, with the names that it gives.
    pub fn of_sessions(entries: &[ConversationEntry]) -> Self {
        let mut directory = Self::default();
        for entry in entries {
            directory.add(&entry.conversation_id, entry.name.clone());
        }
        directory
    }

    /// Adds all contacts, the account's own groups, the conversations that only the cache knows, and the
    /// names of all that have none yet. The cache learns the names.
    ///
    /// # Errors
    /// That of the first call that failed, because a name is known to be unique only if all are known.
    pub fn complete(
        mut self,
        look_up: LookUp<'_>,
        cache: &mut NameCache,
    ) -> Result<Self, CallError> {
        let (api, guid) = (look_up.api, look_up.guid);
        for person in unless_missing(contacts(api, guid, true))? {
            let id = format!("S:{}", person.user_id);
            self.add(&id, names_of(person));
        }
        for room in unless_missing(owned_rooms(api, guid, true))? {
            self.add(&format!("R:{}", room.room_id), room.name);
        }
        let learned = cache.conversations();
        let learned = learned.iter().filter(|id| !self.0.contains_key(*id));
        let missing: Vec<String> = self
            .0
            .iter()
            .filter(|(_, names)| names.is_empty())
            .map(|(id, _)| id)
            .chain(learned.take(MOST_LEARNED))
            .cloned()
            .collect();
        let mut names = look_up.names(missing.iter().map(String::as_str));
        let is_complete = missing.iter().all(|id| names.found.contains_key(id));
        if !is_complete && let Some(error) = names.error.take() {
            return Err(error);
        }
        for (id, names) in names.found {
            self.add(&id, names);
        }
        for (id, names) in &self.0 {
            cache.learn(id, names.first().map(String::as_str));
        }
        self.0.retain(|_, names| !names.is_empty());
        Ok(self)
    }

    /// The conversations with exactly this name, see [`normalise`].
    pub fn with_name(&self, name: &str) -> Vec<Entry> {
        let wanted = normalise(name);
        self.matching(|name| normalise(name) == wanted)
    }

    /// The conversations with a similar name.
    pub fn with_similar_name(&self, name: &str) -> Vec<Entry> {
        self.matching(|other| is_similar(other, name))
    }

    fn matching(&self, fits: impl Fn(&str) -> bool) -> Vec<Entry> {
        self.0
            .iter()
            .filter(|(_, names)| names.iter().any(|name| fits(name)))
            .map(|(conversation_id, names)| Entry {
                conversation_id: conversation_id.clone(),
                names: names.clone(),
            })
            .collect()
    }
}

/// Nothing where the server lacks the endpoint.
fn unless_missing<T>(list: Result<Vec<T>, CallError>) -> Result<Vec<T>, CallError> {
    match list {
        Err(CallError::Refused(refusal)) if refusal.is_missing_endpoint() => Ok(Vec::new()),
        list => list,
    }
}

/// The contacts; only the first page unless `all`. The list ends at an empty page, or at one that brings
/// nothing new.
///
/// # Errors
/// Those of any call.
pub fn contacts(api: &Api, guid: &Guid, all: bool) -> Result<Vec<Person>, CallError> {
    let (mut people, mut known) = (Vec::new(), HashSet::new());
    let mut seq = String::new();
    for _ in 0..MOST_PAGES {
        let page = api.contact_page(guid, &seq, PAGE)?;
        let before = people.len();
        for person in page.contacts {
            if known.insert(person.user_id.clone()) {
                people.push(person);
            }
        }
        let has_new = people.len() > before;
        match page.last_seq {
            Some(next) if all && page.size > 0 && (has_new || next != seq) => {
                if !has_new && !known.insert(format!("seq {next}")) {
                    break;
                }
                seq = next;
            }
            _ => break,
        }
    }
    Ok(people)
}

/// The groups that the account owns; only the first page unless `all`. The list ends where the next start is
/// missing, negative, not further on, or not below the total (wire protocol).
///
/// # Errors
/// Those of any call.
pub fn owned_rooms(api: &Api, guid: &Guid, all: bool) -> Result<Vec<RoomDetail>, CallError> {
    let (mut rooms, mut known) = (Vec::new(), HashSet::new());
    let mut start = 0;
    for _ in 0..MOST_PAGES {
        let page = api.room_page(guid, start, PAGE)?;
        for room in page.rooms {
            if known.insert(room.room_id.clone()) {
                rooms.push(room);
            }
        }
        let is_last = |next: i64| next <= start || page.total.is_some_and(|total| next >= total);
        match page.next_start {
            Some(next) if all && page.size > 0 && !is_last(next) => start = next,
            _ => break,
        }
    }
    Ok(rooms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_all_conversations_with_name() {
        let mut directory = Directory::default();
        directory.add("R:1", ["群".to_owned()]);
        directory.add("R:2", ["群 ".to_owned()]);
        directory.add("S:3", ["备注".to_owned(), "Cafe\u{301}".to_owned()]);
        let ids = |name: &str| -> Vec<String> {
            let found = directory.with_name(name).into_iter();
            found.map(|entry| entry.conversation_id).collect()
        };
        assert_eq!(ids("群"), ["R:1", "R:2"]);
        assert_eq!(ids("Caf\u{e9}"), ["S:3"]);
        assert_eq!(ids("备注"), ["S:3"]);
        assert_eq!(ids("备"), [""; 0]);
        assert_eq!(directory.with_similar_name("备").len(), 1);
    }
}
