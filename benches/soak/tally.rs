//! Whether everything comes out exactly once.

use std::collections::HashMap;

use super::common::listen::LANE;

/// What came out. A lane's messages come in order, so a number left out is lost, and one that
/// comes again is doubled.
#[derive(Debug, Default)]
pub struct Seen {
    next: HashMap<u64, u64>,
    pub total: u64,
    pub lost: u64,
    pub doubled: u64,
}

impl Seen {
    pub fn take(&mut self, id: u64) {
        let (lane, number) = (id / LANE, id % LANE);
        let next = self.next.entry(lane).or_default();
        self.total += 1;
        if number < *next {
            self.doubled += 1;
        } else {
            self.lost += number - *next;
            *next = number + 1;
        }
    }

    /// Takes what a line names behind `mark`; false when it names nothing.
    pub fn take_line(&mut self, line: &str, mark: &str) -> bool {
        let Some(at) = line.find(mark) else {
            return false;
        };
        let rest = &line[at + mark.len()..];
        let end = rest.find(|c: char| !c.is_ascii_digit());
        let Ok(id) = rest[..end.unwrap_or(rest.len())].parse() else {
            return false;
        };
        self.take(id);
        true
    }

    /// At the end: so many of this lane had been promised.
    pub fn expect(&mut self, lane: u64, promised: u64) {
        let seen = self.next.get(&lane).copied().unwrap_or_default();
        self.lost += promised.saturating_sub(seen);
    }
}
