//! The recorded requests and accepted messages.

use super::attachment::Attachment;
use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::Arc;

/// Most entries of each kind; older ones are dropped.
const KEPT_ENTRIES: usize = 100_000;
/// Most bytes of each kind. The allocator may hold a few times as much, because each arena keeps its
/// peak.
const KEPT_BYTES: usize = 32 * 1024 * 1024;

/// A request and its answer.
#[derive(Clone, Debug, Serialize)]
pub struct Exchange {
    /// Time at which the request had been read.
    #[serde(serialize_with = "time")]
    pub at: Timestamp,
    /// HTTP method as sent.
    pub method: String,
    /// Request target as sent, prefix and query included.
    pub path: String,
    /// Header names and values in order, names as sent.
    #[serde(serialize_with = "header_object")]
    pub headers: Vec<(String, String)>,
    /// The body as sent, with chunks joined.
    #[serde(serialize_with = "body")]
    pub body: Vec<u8>,
    /// HTTP status; `None` when a fault left the request unanswered.
    pub http_status: Option<u16>,
    /// The applied fault.
    pub fault: Option<String>,
    /// A note for the log.
    pub note: String,
}

impl Exchange {
    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Approximate size in memory, in bytes.
    pub(super) fn size(&self) -> usize {
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len() + 96)
            .sum();
        self.body.len() + self.path.len() + self.note.len() + headers + 320
    }
}

/// The first value of a header, by its name in any case.
pub(super) fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers
        .iter()
        .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// An accepted message.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    /// Time of acceptance.
    #[serde(serialize_with = "time")]
    pub at: Timestamp,
    /// Message id, increasing.
    pub id: String,
    /// Sequence number, increasing.
    pub seq: String,
    /// The sending instance.
    pub guid: String,
    /// The target: `S:` or `R:` and digits.
    pub conversation_id: String,
    /// The text.
    pub content: String,
    /// The mentions, with their original types; the integer 0 is everyone.
    pub at_list: Vec<Value>,
    /// What it is, and its file or link.
    #[serde(flatten)]
    pub attachment: Attachment,
    /// Whether it was taken back.
    pub is_revoked: bool,
}

impl Delivery {
    /// Approximate size in memory, in bytes.
    pub(super) fn size(&self) -> usize {
        let mentions: usize = self
            .at_list
            .iter()
            .map(|id| id.as_str().map_or(0, str::len) + 64)
            .sum();
        self.content.len() + mentions + 512
    }
}

/// The latest entries of one kind, limited in number and bytes.
#[derive(Debug)]
pub(super) struct Record<T> {
    entries: VecDeque<(usize, Arc<T>)>,
    bytes: usize,
}

impl<T: Clone> Record<T> {
    pub(super) fn new() -> Self {
        Record {
            entries: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Adds an entry of about `bytes`.
    pub(super) fn push(&mut self, entry: Arc<T>, bytes: usize) {
        self.entries.push_back((bytes, entry));
        self.bytes += bytes;
        while self.entries.len() > KEPT_ENTRIES || self.bytes > KEPT_BYTES {
            let Some((dropped, _)) = self.entries.pop_front() else {
                break;
            };
            self.bytes -= dropped;
        }
    }

    /// Changes the latest entry that `change` accepts, which it says by returning true.
    pub(super) fn change_latest(&mut self, mut change: impl FnMut(&mut T) -> bool) -> bool {
        self.entries.iter_mut().rev().any(|(_, entry)| {
            let mut changed = (**entry).clone();
            let is_changed = change(&mut changed);
            if is_changed {
                *entry = Arc::new(changed);
            }
            is_changed
        })
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Shared handles, so that a long record is not copied under the server's lock.
    pub(super) fn handles(&self) -> Vec<Arc<T>> {
        self.entries
            .iter()
            .map(|(_, entry)| entry.clone())
            .collect()
    }
}

/// RFC 3339 with milliseconds.
pub(super) fn time<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.3}"))
}

/// JSON bodies as JSON, others as text.
fn body<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    match serde_json::from_slice::<Value>(body) {
        Ok(json) => json.serialize(serializer),
        Err(_) => serializer.serialize_str(&String::from_utf8_lossy(body)),
    }
}

/// An object with lower-case names; a repeated header's values are joined, as HTTP allows.
fn header_object<S: Serializer>(
    headers: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut joined: Vec<(String, String)> = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        match joined.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => {
                values.push_str(", ");
                values.push_str(value);
            }
            None => joined.push((name, value.clone())),
        }
    }
    let mut map = serializer.serialize_map(Some(joined.len()))?;
    for (name, value) in joined {
        map.serialize_entry(&name, &value)?;
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn exchange_is_one_json_line() {
        let exchange = Exchange {
            at: Timestamp::from_second(1_700_000_000).unwrap(),
            method: "POST".into(),
            path: "/msg/send_text".into(),
            headers: vec![("X-A".into(), "1".into()), ("x-a".into(), "2".into())],
            body: br#"{"guid":"g"}"#.to_vec(),
            http_status: None,
            fault: Some("drop-after".into()),
            note: "n".into(),
        };
        assert_eq!(
            serde_json::to_value(&exchange).unwrap(),
            json!({
                "at": "2023-11-14T22:13:20.000Z", "method": "POST", "path": "/msg/send_text",
                "headers": {"x-a": "1, 2"}, "body": {"guid": "g"},
                "http_status": null, "fault": "drop-after", "note": "n",
            })
        );
        assert_eq!(exchange.header("x-A"), Some("1"));
    }

    #[test]
    fn size_covers_all_variable_parts() {
        let delivery = |content: &str, at_list: Vec<Value>| Delivery {
            at: Timestamp::UNIX_EPOCH,
            id: "1".into(),
            seq: "1".into(),
            guid: "g".into(),
            conversation_id: "R:1".into(),
            content: content.into(),
            at_list,
            attachment: Attachment::default(),
            is_revoked: false,
        };
        let long = "x".repeat(1000);
        let none = delivery("", Vec::new()).size();
        assert!(delivery(&long, Vec::new()).size() >= none + 1000);
        assert!(delivery("", vec![json!(long)]).size() >= none + 1000);
        assert!(delivery("", vec![json!(1); 100]).size() >= none + 100 * size_of::<Value>());
    }

    #[test]
    fn record_is_bounded_in_bytes_and_number() {
        let mut record = Record::new();
        record.push(Arc::new(1), KEPT_BYTES);
        record.push(Arc::new(2), 1);
        assert_eq!(*record.handles()[0], 2);
        for number in 0..KEPT_ENTRIES + 10 {
            record.push(Arc::new(number), 1);
        }
        assert_eq!(record.len(), KEPT_ENTRIES);
    }
}
