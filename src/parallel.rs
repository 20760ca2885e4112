//! Work on several items at once.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Applies `work` to every item, at most `at_once` at a time, and returns the results in the order of the
/// items. One item needs no thread.
pub fn map<T: Send, R: Send>(
    items: Vec<T>,
    at_once: usize,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let workers = items.len().min(at_once);
    if workers <= 1 {
        return items.into_iter().map(work).collect();
    }
    let queue = Mutex::new(items.into_iter().enumerate().collect::<VecDeque<_>>());
    let run = || {
        let mut results = Vec::new();
        // The lock is released before the work starts.
        while let Some((place, item)) = next(&queue) {
            results.push((place, work(item)));
        }
        results
    };
    let mut all: Vec<(usize, R)> = thread::scope(|scope| {
        let helpers: Vec<_> = (1..workers)
            .filter_map(|_| thread::Builder::new().spawn_scoped(scope, run).ok())
            .collect();
        let mut all = run();
        for helper in helpers {
            all.extend(
                helper
                    .join()
                    .unwrap_or_else(|p| std::panic::resume_unwind(p)),
            );
        }
        all
    });
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, result)| result).collect()
}

fn next<T>(queue: &Mutex<VecDeque<T>>) -> Option<T> {
    queue
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .pop_front()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn keeps_order_and_limit() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let results = map((0..100).collect(), 4, |n| {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::yield_now();
            running.fetch_sub(1, Ordering::SeqCst);
            n * 2
        });
        assert_eq!(results, (0..100).map(|n| n * 2).collect::<Vec<_>>());
        assert!(most.into_inner() <= 4);
        assert_eq!(map(vec![1], 4, |n| n), [1]);
        assert_eq!(map(Vec::<u8>::new(), 4, |n| n), [] as [u8; 0]);
    }
}
