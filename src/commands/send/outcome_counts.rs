//! Numbers of messages per outcome, and what follows from them.

use crate::delivery::Receipt;
use crate::error::{Error, Kind, Outcome};
use crate::text::{Text, text};

/// The outcome of a message; unknown unless the error says otherwise.
pub fn outcome_of(result: &Result<Receipt, Error>) -> Outcome {
    match result {
        Ok(receipt) => receipt.outcome,
        Err(error) => error.outcome.unwrap_or(Outcome::Unknown),
    }
}

/// Number of messages per outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    accepted: u64,
    duplicate: u64,
    rejected: u64,
    not_sent: u64,
    /// Messages that may have been delivered.
    pub unknown: u64,
}

impl OutcomeCounts {
    /// Counts one more message.
    pub fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Accepted => self.accepted += 1,
            Outcome::Duplicate => self.duplicate += 1,
            Outcome::Rejected => self.rejected += 1,
            Outcome::NotSent => self.not_sent += 1,
            Outcome::Unknown => self.unknown += 1,
        }
    }

    /// Messages accepted now or before.
    pub fn accepted(&self) -> u64 {
        self.accepted + self.duplicate
    }

    /// All other messages.
    pub fn failed(&self) -> u64 {
        self.rejected + self.not_sent + self.unknown
    }

    /// The summary of a batch: `300 lines: 298 accepted, 1 rejected, 1 unknown`.
    pub fn summary(&self) -> Text {
        let outcomes = self.outcomes();
        match self.accepted() + self.failed() {
            0 => text!("no lines"),
            1 => text!("1 line: {outcomes}", outcomes),
            total => text!("{total} lines: {outcomes}", total, outcomes),
        }
    }

    /// The summary of several messages: `3 messages: 2 accepted, 1 rejected`.
    pub fn summary_of_messages(&self) -> Text {
        let outcomes = self.outcomes();
        match self.accepted() + self.failed() {
            0 => text!("no messages"),
            1 => text!("1 message: {outcomes}", outcomes),
            total => text!("{total} messages: {outcomes}", total, outcomes),
        }
    }

    fn outcomes(&self) -> Text {
        let outcomes = [
            (self.accepted, text!("accepted")),
            (self.duplicate, text!("previously accepted")),
            (self.rejected, text!("rejected")),
            (self.not_sent, text!("not sent")),
            (self.unknown, text!("unknown")),
        ];
        let outcomes = outcomes.into_iter().filter(|(count, _)| *count > 0);
        Text::list(outcomes.map(|(count, outcome)| text!("{count} {outcome}", count, outcome)))
    }

    /// The result of the batch.
    ///
    /// # Errors
    /// `partial` when a line was not accepted.
    pub fn batch_result(&self, stopped_at: Option<u64>) -> Result<(), Error> {
        if self.failed() == 0 {
            return Ok(());
        }
        let counts = self.summary();
        let message = match stopped_at {
            None => counts,
            Some(line) => text!(
                "{counts}; stopped at line {line} (--fail-fast); the remaining lines were not sent",
                counts,
                line
            ),
        };
        Err(Error::new(Kind::Partial, message).hint(match self.unknown {
            0 => text!(
                "see the result lines for the reasons; with --journal the same command retries what was not accepted"
            ),
            _ => text!(
                "check the conversations of the unknown lines before sending them again with --resend"
            ),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_outcomes_and_chooses_exit_code() {
        let mut counts = OutcomeCounts::default();
        assert_eq!(counts.summary(), "no lines");
        assert!(counts.batch_result(None).is_ok());
        counts.count(Outcome::Accepted);
        counts.count(Outcome::Duplicate);
        assert!(counts.batch_result(None).is_ok());
        for outcome in [Outcome::Rejected, Outcome::NotSent, Outcome::Unknown] {
            counts.count(outcome);
        }
        let error = counts.batch_result(Some(5)).unwrap_err();
        assert_eq!(error.exit, 8);
        assert!(error.message.english().starts_with(
            "5 lines: 1 accepted, 1 previously accepted, 1 rejected, 1 not sent, 1 unknown; stopped at line 5"
        ), "{:?}", error.message);
    }
}
