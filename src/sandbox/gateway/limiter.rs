//! Counts calls and blocks accounts that make too many.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// The period over which calls are counted.
const PERIOD: Duration = Duration::from_secs(60);

/// The calls of every account in the last minute, and the blocked accounts.
#[derive(Debug)]
pub(super) struct CallLimiter {
    /// Calls allowed in a minute; 0: any number.
    allowed: usize,
    block_for: Duration,
    accounts: HashMap<String, Account>,
}

#[derive(Debug, Default)]
struct Account {
    /// Oldest first.
    calls: VecDeque<Instant>,
    blocked_until: Option<Instant>,
}

impl CallLimiter {
    pub(super) fn new(allowed: usize, block_for: Duration) -> Self {
        CallLimiter {
            allowed,
            block_for,
            accounts: HashMap::new(),
        }
    }

    /// Counts a call; returns whether it is allowed. Calls of a blocked account are not counted.
    pub(super) fn allows(&mut self, account: &str, now: Instant) -> bool {
        if self.allowed == 0 {
            return true;
        }
        let account = self.accounts.entry(account.to_owned()).or_default();
        if account.is_blocked(now) {
            return false;
        }
        account.calls.push_back(now);
        account.drop_expired_calls(now);
        if account.calls.len() <= self.allowed {
            return true;
        }
        account.calls.clear();
        account.blocked_until = now.checked_add(self.block_for);
        false
    }

    /// The blocked accounts.
    pub(super) fn blocked(&self, now: Instant) -> Vec<&str> {
        let mut blocked: Vec<&str> = self
            .accounts
            .iter()
            .filter(|(_, account)| account.is_blocked(now))
            .map(|(name, _)| name.as_str())
            .collect();
        blocked.sort_unstable();
        blocked
    }
}

impl Account {
    fn is_blocked(&self, now: Instant) -> bool {
        self.blocked_until.is_some_and(|end| now < end)
    }

    /// Removes the calls that are a minute old.
    fn drop_expired_calls(&mut self, now: Instant) {
        while let Some(oldest) = self.calls.front() {
            if now.saturating_duration_since(*oldest) < PERIOD {
                return;
            }
            self.calls.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: Duration = Duration::from_secs(600);

    /// Which of the calls at these seconds are allowed.
    fn allowed(limiter: &mut CallLimiter, start: Instant, seconds: &[u64]) -> Vec<bool> {
        seconds
            .iter()
            .map(|second| limiter.allows("a", start + Duration::from_secs(*second)))
            .collect()
    }

    #[test]
    fn blocks_account_above_the_limit_for_the_whole_time() {
        let start = Instant::now();
        let mut limiter = CallLimiter::new(3, BLOCK);
        let answers = allowed(&mut limiter, start, &[0, 1, 2, 3, 4, 100, 602, 603, 604]);
        let expected = [true, true, true, false, false, false, false, true, true];
        assert_eq!(answers, expected);
    }

    #[test]
    fn counts_a_sliding_minute() {
        let start = Instant::now();
        let mut limiter = CallLimiter::new(2, BLOCK);
        assert_eq!(
            allowed(&mut limiter, start, &[0, 59, 60, 119, 120]),
            [true; 5]
        );
        assert_eq!(allowed(&mut limiter, start, &[121]), [false]);
    }

    #[test]
    fn accounts_are_separate() {
        let now = Instant::now();
        let mut limiter = CallLimiter::new(1, BLOCK);
        assert!(limiter.allows("a", now));
        assert!(!limiter.allows("a", now));
        assert!(limiter.allows("b", now));
        assert_eq!(limiter.blocked(now), ["a"]);
        assert!(limiter.blocked(now + BLOCK).is_empty());
    }

    #[test]
    fn zero_never_blocks() {
        let now = Instant::now();
        let mut limiter = CallLimiter::new(0, BLOCK);
        assert!((0..1000).all(|_| limiter.allows("a", now)));
        assert!(limiter.accounts.is_empty());
    }
}
