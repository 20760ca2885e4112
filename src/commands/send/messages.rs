//! The messages of one command: one message, or several in order.

use std::process::ExitCode;

use super::one;
use super::sequence::{self, Part, SequenceMessage};
use crate::commands::CommandResult;
use crate::commands::targets::ResolvedTarget;
use crate::context::Context;
use crate::delivery::{OutgoingMessage, check_key};
use crate::error::Error;
use crate::text::text;

/// The messages of one command.
pub enum Messages {
    /// One, whose result is one object.
    One(OutgoingMessage),
    /// Several, each of which has a result line.
    Several(Vec<SequenceMessage>),
}

impl Messages {
    /// The messages for each target, in order. Where there may be several targets, each has a key of its own, and so
    /// has each message after the first of a target.
    ///
    /// # Errors
    /// A usage error when a key becomes too long; the errors of `message`.
    pub fn to_each(
        targets: Vec<ResolvedTarget>,
        is_list: bool,
        mut messages: impl FnMut(&ResolvedTarget) -> Result<Vec<OutgoingMessage>, Error>,
    ) -> Result<Self, Error> {
        let has_own_keys = is_list || targets.len() > 1;
        let mut all = Vec::new();
        for target in targets {
            let messages = messages(&target)?;
            let count = messages.len();
            for (mut outgoing, number) in messages.into_iter().zip(1..) {
                if has_own_keys {
                    outgoing.key = key_of_target(outgoing.key.as_deref(), &target)?;
                }
                if number > 1 {
                    outgoing.key = key_of_message(outgoing.key.as_deref(), number)?;
                }
                all.push(SequenceMessage {
                    to: target.to.clone(),
                    part: (count > 1).then_some(Part { number, count }),
                    outgoing,
                });
            }
        }
        Ok(match all.len() {
            1 => all
                .pop()
                .map_or(Self::Several(all), |only| Self::One(only.outgoing)),
            _ => Self::Several(all),
        })
    }

    /// Sends them and prints the results, or prints the requests for a dry run.
    ///
    /// # Errors
    /// As [`one::send`] and [`sequence::send`].
    pub fn send(self, context: &Context, options: &one::Options<'_>) -> CommandResult {
        match self {
            Self::One(outgoing) => {
                one::send(context, &outgoing, options).map(|()| ExitCode::SUCCESS)
            }
            Self::Several(messages) => sequence::send(context, messages, options),
        }
    }
}

/// `KEY@TARGET`.
fn key_of_target(key: Option<&str>, target: &ResolvedTarget) -> Result<Option<String>, Error> {
    key.map(|key| derived_key(format!("{key}@{}", target.conversation)))
        .transpose()
}

/// `KEY/NUMBER`.
fn key_of_message(key: Option<&str>, number: usize) -> Result<Option<String>, Error> {
    key.map(|key| derived_key(format!("{key}/{number}")))
        .transpose()
}

/// Checks a key that was made from the one of the user.
///
/// # Errors
/// A usage error when it is too long.
pub fn derived_key(key: String) -> Result<String, Error> {
    check_key(&key).map_err(|why| {
        Error::usage(text!("{key}: {why}", key = format!("{key:?}"), why)).hint(text!(
            "several messages have keys that are longer than --key by their target and number"
        ))
    })
}
