//! Learns names from callbacks, at no cost to the server.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::callback::message;
use crate::callback::{Event, NotifyType};
use crate::names::NameCache;

/// Least time between two writes of the cache.
const INTERVAL: Duration = Duration::from_secs(60);
/// Most conversations learned between two writes.
const MOST: usize = 5_000;

/// What the callbacks of one instance say about names.
pub struct Learner {
    folder: Option<PathBuf>,
    server: String,
    guid: String,
    /// Names by conversation; none for a group, whose name callbacks do not give.
    learned: HashMap<String, Option<String>>,
    /// Conversations whose name has changed.
    renamed: Vec<String>,
    saved: Instant,
}

impl Learner {
    /// A learner for an instance, with the folder of the cache.
    pub fn new(folder: Option<PathBuf>, server: String, guid: String) -> Self {
        Self {
            folder,
            server,
            guid,
            learned: HashMap::new(),
            renamed: Vec::new(),
            saved: Instant::now(),
        }
    }

    /// Learns from one callback; writes the cache at most once a minute.
    pub fn learn(&mut self, event: &Event) {
        if self.learned.len() < MOST {
            for entry in message::entries(event) {
                self.learn_message(&entry);
            }
        }
        if is_change_of_name(event.notify_type) && self.renamed.len() < MOST {
            let message = message::message(&event.value());
            self.renamed.extend(message.conversation_id);
        }
        if self.saved.elapsed() > INTERVAL {
            self.save();
        }
    }

    fn learn_message(&mut self, entry: &Value) {
        let message = message::message(entry);
        if let Some(group) = message.conversation_id.filter(|id| id.starts_with("R:")) {
            self.learned.entry(group).or_default();
        }
        // The sender of an own message is the account itself.
        if !message.is_own
            && let (Some(id), Some(name)) = message::sender(entry)
        {
            self.learned.insert(format!("S:{id}"), Some(name));
        }
    }

    /// Writes what was learned into the cache. Failures cost only the names.
    pub fn save(&mut self) {
        self.saved = Instant::now();
        if self.learned.is_empty() && self.renamed.is_empty() {
            return;
        }
        let (mut cache, _) = NameCache::open(self.folder.as_deref(), &self.server, &self.guid);
        for (id, name) in self.learned.drain() {
            match name {
                Some(name) => cache.learn_from_message(&id, &name),
                None => cache.add_unnamed(&id),
            }
        }
        for id in self.renamed.drain(..) {
            cache.mark_stale(&id);
        }
        cache.save();
    }
}

/// Group renamed, group information, friend change (wire protocol).
fn is_change_of_name(notify_type: NotifyType) -> bool {
    [1001, 2118, 2131].map(NotifyType).contains(&notify_type)
}
