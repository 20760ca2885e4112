//! A crowd that only sits there.

use std::time::Duration;

use super::{Counts, Target, reset};
use crate::pace::Span;

/// Coming and going all the time is not sitting.
const LEAST: Duration = Duration::from_secs(2);

pub fn run(target: &Target, span: &Span, counts: &Counts) {
    let sitting = span.part(100).max(LEAST);
    loop {
        let crowd: Vec<_> = (0..target.idle)
            .filter_map(|_| target.connect(counts))
            .collect();
        let goes_on = span.rest(sitting);
        // They leave in both ways.
        for (number, stream) in crowd.into_iter().enumerate() {
            if number % 2 == 0 {
                reset(stream);
            }
        }
        if !goes_on || !span.rest(sitting / 10) {
            return;
        }
    }
}
