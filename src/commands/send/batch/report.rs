//! Results of the lines and of the whole batch.

use serde::Serialize;
use serde_json::value::RawValue;

use super::line::{BadLine, Item};
use crate::conversation::ConversationId;
use crate::delivery::Receipt;
use crate::error::{Error, Kind, Outcome};
use crate::guid::Guid;
use crate::text::{Text, text};

/// One line of the output.
#[derive(Serialize)]
pub struct Report<'a> {
    line: u64,
    id: Option<&'a RawValue>,
    to: Option<&'a str>,
    outcome: Outcome,
    message_id: Option<&'a str>,
    seq: Option<&'a str>,
    conversation_id: Option<&'a ConversationId>,
    guid: &'a Guid,
    sent_at: Option<&'a str>,
    deduplicated: Option<bool>,
    error: Option<&'a Error>,
}

impl<'a> Report<'a> {
    /// The result of a valid line.
    pub fn of(item: &'a Item, guid: &'a Guid, result: &'a Result<Receipt, Error>) -> Self {
        let message = result.as_ref().ok().map(|receipt| &receipt.message);
        Self {
            line: item.line,
            id: item.id.as_deref(),
            to: Some(&item.to),
            outcome: outcome_of(result),
            message_id: message.map(|m| m.message_id.as_str()),
            seq: message.and_then(|m| m.seq.as_deref()),
            conversation_id: Some(&item.outgoing.to),
            guid,
            sent_at: message.and_then(|m| m.sent_at.as_deref()),
            deduplicated: result
                .as_ref()
                .ok()
                .and_then(|receipt| receipt.deduplicated),
            error: result.as_ref().err(),
        }
    }

    /// The result of an invalid line.
    pub fn of_bad(bad: &'a BadLine, guid: &'a Guid, error: &'a Error) -> Self {
        Self {
            line: bad.line,
            id: bad.id.as_deref(),
            to: bad.to.as_deref(),
            outcome: Outcome::NotSent,
            message_id: None,
            seq: None,
            conversation_id: None,
            guid,
            sent_at: None,
            deduplicated: None,
            error: Some(error),
        }
    }
}

/// The outcome of a line; unknown unless the error says otherwise.
pub fn outcome_of(result: &Result<Receipt, Error>) -> Outcome {
    match result {
        Ok(receipt) => receipt.outcome,
        Err(error) => error.outcome.unwrap_or(Outcome::Unknown),
    }
}

/// Number of lines per outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    accepted: u64,
    duplicate: u64,
    rejected: u64,
    not_sent: u64,
    pub unknown: u64,
}

impl OutcomeCounts {
    /// Counts one more line.
    pub fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Accepted => self.accepted += 1,
            Outcome::Duplicate => self.duplicate += 1,
            Outcome::Rejected => self.rejected += 1,
            Outcome::NotSent => self.not_sent += 1,
            Outcome::Unknown => self.unknown += 1,
        }
    }

    /// Lines accepted now or before.
    pub fn accepted(&self) -> u64 {
        self.accepted + self.duplicate
    }

    /// All other lines.
    pub fn failed(&self) -> u64 {
        self.rejected + self.not_sent + self.unknown
    }

    /// The summary: `300 lines: 298 accepted, 1 rejected, 1 unknown`.
    pub fn summary(&self) -> Text {
        let outcomes = [
            (self.accepted, text!("accepted")),
            (self.duplicate, text!("previously accepted")),
            (self.rejected, text!("rejected")),
            (self.not_sent, text!("not sent")),
            (self.unknown, text!("unknown")),
        ];
        let outcomes = outcomes.into_iter().filter(|(count, _)| *count > 0);
        let outcomes = outcomes.map(|(count, outcome)| text!("{count} {outcome}", count, outcome));
        let outcomes = Text::list(outcomes);
        match self.accepted() + self.failed() {
            0 => text!("no lines"),
            1 => text!("1 line: {outcomes}", outcomes),
            total => text!("{total} lines: {outcomes}", total, outcomes),
        }
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
