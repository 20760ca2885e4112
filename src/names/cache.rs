//! The cache of names: one JSON file for each server and instance.
//!
//! It only saves requests. A file that is broken, too large, of another user, or of another server is not
//! used; that is a note and never an error.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::accounts::Account;
use crate::files::{self, ownership};
use crate::text::{Text, text};

/// Version of the file format.
const FORMAT: u32 = 1;
/// Age in seconds up to which a name is used without asking the server.
const FRESH: i64 = 86_400;
/// Age in seconds at which an entry is removed.
const EXPIRED: i64 = 30 * 86_400;
/// Most entries of a file; the oldest are removed.
pub(super) const MOST_ENTRIES: usize = 20_000;
/// Largest file that is read.
const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// Longest name that is kept, in bytes.
const LONGEST_NAME: usize = 1024;
/// Wait for another process that is writing the same file.
const LOCK_WAIT: Duration = Duration::from_millis(500);
/// Most files read for completion.
const MOST_FILES: usize = 16;

/// The names of one account's conversations by conversation id. A person has the id of the private
/// conversation.
#[derive(Debug)]
pub struct NameCache {
    /// `None` without a usable folder: names then last as long as this process.
    path: Option<PathBuf>,
    content: Content,
    changes: HashMap<String, Entry>,
    has_new_account: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Content {
    format: u32,
    server: String,
    guid: String,
    /// The account, if known, and when it was looked up.
    account: Option<(Account, i64)>,
    pub(super) names: HashMap<String, Entry>,
}

/// A name, or that the server gave none, and when it was learned in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Entry(Option<String>, i64);

impl Entry {
    pub(super) fn is_fresh(&self, now: i64) -> bool {
        is_fresh(self.1, now)
    }
}

fn is_fresh(at: i64, now: i64) -> bool {
    (0..FRESH).contains(&now.saturating_sub(at))
}

impl NameCache {
    /// Reads the cache of an instance from `folder`, and why it could not be used, if so.
    pub fn open(folder: Option<&Path>, server: &str, guid: &str) -> (Self, Option<Text>) {
        let path = folder.map(|folder| folder.join(file_name(server, guid)));
        let new = Content {
            format: FORMAT,
            server: server.to_owned(),
            guid: guid.to_owned(),
            ..Content::default()
        };
        let (content, path, problem) = match path {
            None => (new, None, None),
            Some(path) => match read(&path) {
                Ok(Some(content)) if content.server == server && content.guid == guid => {
                    (content, Some(path), None)
                }
                Ok(None) => (new, Some(path), None),
                Ok(Some(_)) => {
                    let problem = unusable(&path, "it is that of another server");
                    (new, Some(path), Some(problem))
                }
                Err(Unreadable::Content(why)) => {
                    let problem = unusable(&path, &why);
                    (new, Some(path), Some(problem))
                }
                // A file that is not ours is not replaced either.
                Err(Unreadable::File(why)) => {
                    let problem = unusable(&path, &why.to_string());
                    (new, None, Some(problem))
                }
            },
        };
        let cache = Self {
            path,
            content,
            changes: HashMap::new(),
            has_new_account: false,
        };
        (cache, problem)
    }

    /// The name of a conversation if it was learned within a day; `Some(None)` if the server gave none.
    pub fn fresh(&self, conversation_id: &str) -> Option<Option<&str>> {
        let entry = self.entry(conversation_id)?;
        entry.is_fresh(now()).then_some(entry.0.as_deref())
    }

    /// The last known name of a conversation, whatever its age.
    pub fn last_known(&self, conversation_id: &str) -> Option<&str> {
        self.entry(conversation_id)?.0.as_deref()
    }

    fn entry(&self, conversation_id: &str) -> Option<&Entry> {
        let changed = self.changes.get(conversation_id);
        changed.or_else(|| self.content.names.get(conversation_id))
    }

    /// The ids of all known conversations, the latest first.
    pub fn conversations(&self) -> Vec<String> {
        let mut all: HashMap<&String, i64> = HashMap::new();
        all.extend(self.content.names.iter().map(|(id, entry)| (id, entry.1)));
        all.extend(self.changes.iter().map(|(id, entry)| (id, entry.1)));
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_by(|(a, at), (b, bt)| bt.cmp(at).then(a.cmp(b)));
        all.into_iter().map(|(id, _)| id.clone()).collect()
    }

    /// Records a name, or that the server has none.
    pub fn learn(&mut self, conversation_id: &str, name: Option<&str>) {
        let name = name.filter(|name| name.len() <= LONGEST_NAME);
        let entry = Entry(name.map(str::to_owned), now());
        self.changes.insert(conversation_id.to_owned(), entry);
    }

    /// Records the name that a person's message gives. A remark, which a look-up has found, stays.
    pub fn learn_from_message(&mut self, conversation_id: &str, name: &str) {
        if !matches!(self.fresh(conversation_id), Some(Some(_))) {
            self.learn(conversation_id, Some(name));
        }
    }

    /// Records a conversation whose name is not known; what is known stays.
    pub fn add_unnamed(&mut self, conversation_id: &str) {
        if self.entry(conversation_id).is_none() {
            let entry = Entry(None, now() - FRESH);
            self.changes.insert(conversation_id.to_owned(), entry);
        }
    }

    /// Records that a name has changed, so that it is looked up again.
    pub fn mark_stale(&mut self, conversation_id: &str) {
        if let Some(name) = self.entry(conversation_id).map(|entry| entry.0.clone()) {
            self.changes
                .insert(conversation_id.to_owned(), Entry(name, now() - FRESH));
        }
    }

    /// The account of the instance if it was looked up within a day.
    pub fn fresh_account(&self) -> Option<&Account> {
        let (account, at) = self.content.account.as_ref()?;
        is_fresh(*at, now()).then_some(account)
    }

    /// Records the account of the instance. Names of another account are forgotten.
    pub fn set_account(&mut self, account: Account) {
        let known = self.content.account.as_ref().map(|(known, _)| known);
        if known.is_some_and(|known| known.user_id != account.user_id) {
            self.content.names.clear();
            self.changes.clear();
        }
        self.has_new_account = true;
        self.content.account = Some((account, now()));
    }

    /// Writes what is new into the file, together with what other processes have written meanwhile. A
    /// failure costs only the names.
    pub fn save(&mut self) {
        if self.changes.is_empty() && !self.has_new_account {
            return;
        }
        if let Some(path) = self.path.clone() {
            // Without the cache the next run asks the server again.
            let _ = self.write(&path);
        }
        self.content.names.extend(self.changes.drain());
        self.has_new_account = false;
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        files::create_private_folder(&files::folder_of(path))?;
        let mut lock = path.as_os_str().to_owned();
        lock.push(".lock");
        let Some(_lock) = files::lock(Path::new(&lock), LOCK_WAIT)? else {
            return Ok(());
        };
        let mut content = self.content.clone();
        if let Ok(Some(there)) = read(path)
            && (there.server == content.server && there.guid == content.guid)
            && is_same_account(&there, &content)
        {
            if !self.has_new_account {
                content.account = there.account;
            }
            content.names.extend(there.names);
        }
        content.names.extend(self.changes.clone());
        prune(&mut content.names, now());
        let bytes = serde_json::to_vec(&content)?;
        files::replace(path, &bytes)
    }
}

/// Whether neither content is known to be of another account than the other.
fn is_same_account(a: &Content, b: &Content) -> bool {
    match (&a.account, &b.account) {
        (Some((a, _)), Some((b, _))) => a.user_id == b.user_id,
        _ => true,
    }
}

/// The names of conversations at a server, for completion: of one instance, or of all.
pub fn cached_names(folder: &Path, server: &str, guid: Option<&str>) -> Vec<(String, String)> {
    let files: Vec<PathBuf> = match guid {
        Some(guid) => vec![folder.join(file_name(server, guid))],
        None => std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|name| name == "json"))
            .take(MOST_FILES)
            .collect(),
    };
    let contents = files.iter().filter_map(|path| read(path).ok().flatten());
    let mut names: Vec<(String, String)> = contents
        .filter(|content| content.server == server)
        .flat_map(|content| content.names)
        .filter_map(|(id, entry)| Some((id, entry.0?)))
        .collect();
    names.sort();
    names.dedup();
    names
}

enum Unreadable {
    /// The file cannot be read, or belongs to another user.
    File(io::Error),
    /// The content is not that of a cache.
    Content(String),
}

/// Reads a file; `None` when there is none.
fn read(path: &Path) -> Result<Option<Content>, Unreadable> {
    ownership::check_named(path).map_err(Unreadable::File)?;
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Unreadable::File(e)),
    };
    ownership::check_open(&file, path).map_err(Unreadable::File)?;
    let mut bytes = Vec::new();
    let read = file.take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(Unreadable::File)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Unreadable::Content("it is too large".into()));
    }
    parse(&bytes).map(Some).map_err(Unreadable::Content)
}

/// Parses a file.
///
/// # Errors
/// Why the content is not used.
pub(super) fn parse(bytes: &[u8]) -> Result<Content, String> {
    let content: Content = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    match content.format {
        FORMAT => Ok(content),
        _ => Err("it has another format".into()),
    }
}

fn unusable(path: &Path, why: &str) -> Text {
    text!(
        "the cache of names {path} is not used: {why}",
        path = path.display(),
        why
    )
}

/// Removes old entries, and the oldest of too many.
pub(super) fn prune(names: &mut HashMap<String, Entry>, now: i64) {
    names.retain(|_, entry| (-FRESH..EXPIRED).contains(&now.saturating_sub(entry.1)));
    if names.len() > MOST_ENTRIES {
        let mut times: Vec<i64> = names.values().map(|entry| entry.1).collect();
        times.sort_unstable_by(|a, b| b.cmp(a));
        let oldest = times.get(MOST_ENTRIES).copied().unwrap_or_default();
        names.retain(|_, entry| entry.1 > oldest);
    }
}

/// The file of an instance. Neither the server nor the guid shows in the name.
fn file_name(server: &str, guid: &str) -> String {
    let digest = Sha256::digest(format!("{server}\0{guid}"));
    let hex: String = digest.iter().take(16).map(|b| format!("{b:02x}")).collect();
    format!("names-{hex}.json")
}

fn now() -> i64 {
    Timestamp::now().as_second()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn open(folder: &Path, guid: &str) -> NameCache {
        let (cache, problem) = NameCache::open(Some(folder), "http://h", guid);
        assert_eq!(problem, None);
        cache
    }

    #[test]
    fn keeps_names_of_each_server_and_instance_apart() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = open(folder.path(), "g");
        cache.learn("R:1", Some("群"));
        cache.learn("R:2", None);
        cache.save();
        let cache = open(folder.path(), "g");
        assert_eq!(cache.fresh("R:1"), Some(Some("群")));
        assert_eq!(cache.fresh("R:2"), Some(None));
        assert_eq!(cache.fresh("R:3"), None);
        assert_eq!(open(folder.path(), "h").fresh("R:1"), None);
        let (other, _) = NameCache::open(Some(folder.path()), "http://other", "g");
        assert_eq!(other.fresh("R:1"), None);
        let names = cached_names(folder.path(), "http://h", None);
        assert_eq!(names, [("R:1".to_owned(), "群".to_owned())]);
        assert_eq!(cached_names(folder.path(), "http://other", None), []);
    }

    #[test]
    fn merges_what_other_processes_write() {
        let folder = tempfile::tempdir().unwrap();
        let (mut one, mut two) = (open(folder.path(), "g"), open(folder.path(), "g"));
        one.learn("R:1", Some("a"));
        two.learn("R:2", Some("b"));
        one.save();
        two.save();
        let cache = open(folder.path(), "g");
        assert_eq!(cache.fresh("R:1"), Some(Some("a")));
        assert_eq!(cache.fresh("R:2"), Some(Some("b")));
    }

    #[test]
    fn forgets_names_of_another_account() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = open(folder.path(), "g");
        let account = |id: &str| Account {
            user_id: Some(id.into()),
            ..Account::default()
        };
        cache.set_account(account("168"));
        cache.learn("R:1", Some("a"));
        cache.save();
        let mut cache = open(folder.path(), "g");
        assert_eq!(cache.fresh_account(), Some(&account("168")));
        cache.set_account(account("168"));
        assert_eq!(cache.fresh("R:1"), Some(Some("a")));
        cache.set_account(account("169"));
        assert_eq!(cache.fresh("R:1"), None);
        cache.save();
        assert_eq!(open(folder.path(), "g").fresh("R:1"), None);
    }

    #[test]
    fn replaces_broken_file_with_note() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file_name("http://h", "g"));
        for content in [
            "",
            "{",
            "null",
            "[]",
            r#"{"format":9,"server":"http://h","guid":"g","account":null,"names":{}}"#,
            r#"{"format":1,"server":"http://x","guid":"g","account":null,"names":{"R:1":["a",5]}}"#,
            r#"{"format":1,"server":"http://h","guid":"g","account":null,"names":{"R:1":5}}"#,
        ] {
            std::fs::write(&path, content).unwrap();
            let (mut cache, problem) = NameCache::open(Some(folder.path()), "http://h", "g");
            assert!(problem.is_some(), "{content}");
            assert_eq!(cache.last_known("R:1"), None, "{content}");
            cache.learn("R:2", Some("b"));
            cache.save();
            assert_eq!(open(folder.path(), "g").fresh("R:2"), Some(Some("b")));
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let (mut cache, problem) = NameCache::open(Some(folder.path()), "http://h", "g");
        assert!(problem.is_some());
        cache.learn("R:2", Some("b"));
        cache.save();
        assert!(path.is_dir());
    }

    #[test]
    fn entries_expire() {
        let now = 1_800_000_000;
        let at = |age: i64| Entry(Some("n".into()), now - age);
        for (age, fresh, kept) in [
            (0, true, true),
            (FRESH - 1, true, true),
            (FRESH, false, true),
            (EXPIRED, false, false),
            (-60, false, true),
            (-FRESH - 1, false, false),
        ] {
            assert_eq!(at(age).is_fresh(now), fresh, "{age}");
            let mut names = HashMap::from([("R:1".to_owned(), at(age))]);
            prune(&mut names, now);
            assert_eq!(names.len() == 1, kept, "{age}");
        }
        let many = (0..MOST_ENTRIES as i64 + 5).map(|n| (format!("R:{n}"), at(n)));
        let mut many: HashMap<_, _> = many.collect();
        prune(&mut many, now);
        assert_eq!(many.len(), MOST_ENTRIES);
        assert!(many.contains_key("R:0"));
    }

    #[cfg(unix)]
    #[test]
    fn file_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("new");
        let mut cache = open(&inner, "g");
        cache.learn("R:1", Some("a"));
        cache.save();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&inner), 0o700);
        assert_eq!(mode(&inner.join(file_name("http://h", "g"))), 0o600);
    }

    proptest! {
        /// Whatever is in the file, it is a cache or a note.
        #[test]
        fn any_file_is_cache_or_note(bytes: Vec<u8>, text in "[{}\\[\\]\",:a-z0-9]{0,60}") {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(file_name("http://h", "g"));
            for content in [bytes, text.into_bytes()] {
                std::fs::write(&path, content).unwrap();
                let (cache, problem) = NameCache::open(Some(folder.path()), "http://h", "g");
                prop_assert!(problem.is_some() || cache.content.guid == "g");
            }
        }
    }
}
