//! Checks that every message arrives exactly once.

use std::collections::HashMap;

use super::common::listen::IDS_PER_SENDER;

/// Number of messages that each sender sent.
pub type SentCounts = Vec<(u64, u64)>;

/// Counts received, lost and duplicate messages.
///
/// The messages of one sender arrive in order, so a number that is skipped is lost and a number
/// that comes again is a duplicate.
#[derive(Debug, Default)]
pub struct DeliveryCheck {
    next_number: HashMap<u64, u64>,
    pub total: u64,
    pub lost: u64,
    pub duplicates: u64,
}

impl DeliveryCheck {
    fn record(&mut self, id: u64) {
        let (sender, number) = (id / IDS_PER_SENDER, id % IDS_PER_SENDER);
        let next = self.next_number.entry(sender).or_default();
        self.total += 1;
        if number < *next {
            self.duplicates += 1;
        } else {
            self.lost += number - *next;
            *next = number + 1;
        }
    }

    /// Records the message id that follows `prefix` in the line; returns false if there is none.
    pub fn record_line(&mut self, line: &str, prefix: &str) -> bool {
        let Some(start) = line.find(prefix) else {
            return false;
        };
        let rest = &line[start + prefix.len()..];
        let end = rest.find(|c: char| !c.is_ascii_digit());
        let Ok(id) = rest[..end.unwrap_or(rest.len())].parse() else {
            return false;
        };
        self.record(id);
        true
    }

    /// Counts as lost what was sent after the last received message of each sender.
    pub fn finish(&mut self, sent: &[(u64, u64)]) {
        for (sender, count) in sent {
            let next = self.next_number.get(sender).copied().unwrap_or_default();
            self.lost += count.saturating_sub(next);
        }
    }
}
