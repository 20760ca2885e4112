//! Retries of harmless failures.

use std::time::Duration;

use super::error::CallError;
use super::request::Effect;
use crate::time::Deadline;

const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Runs `attempt`, and again up to `retries` times while the failure allows it and the deadline leaves
/// time, doubling the wait each time, with jitter of half of it.
pub(super) fn with_retries<T>(
    retries: u32,
    effect: Effect,
    deadline: Deadline,
    announce: impl Fn(Duration),
    mut attempt: impl FnMut() -> Result<T, CallError>,
) -> Result<T, CallError> {
    let mut tried = 0;
    loop {
        let result = attempt();
        match result {
            Err(error) if tried < retries && error.may_retry(effect) => {
                let wait = backoff(tried, fastrand::f32());
                if deadline.remaining() <= wait {
                    return Err(error);
                }
                announce(wait);
                std::thread::sleep(wait);
                tried += 1;
            }
            other => return other,
        }
    }
}

/// The wait before retry number `tried`; `chance` between 0 and 1 sets the jitter.
fn backoff(tried: u32, chance: f32) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(1 << tried.min(10));
    doubled.min(LONGEST_WAIT).mul_f32(0.5 + chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_with_jitter_up_to_a_limit() {
        let millis = |tried, chance| backoff(tried, chance).as_millis();
        assert_eq!(
            [millis(0, 0.5), millis(1, 0.5), millis(2, 0.5)],
            [200, 400, 800]
        );
        assert_eq!([millis(0, 0.0), millis(0, 1.0)], [100, 300]);
        assert_eq!(millis(u32::MAX, 0.5), 5000);
    }
}
