//! Sends one message and prints its outcome.

use std::sync::atomic::Ordering;

use serde::Serialize;

use super::options::DeliveryArgs;
use crate::api::request::Effect;
use crate::commands::dry_run;
use crate::context::Context;
use crate::conversation::ConversationId;
use crate::delivery::{OutgoingMessage, Receipt, Sender};
use crate::error::{Error, Kind, Outcome};
use crate::guid::Guid;
use crate::instances;
use crate::signals;
use crate::text::text;

/// The JSON result of an accepted message.
#[derive(Serialize)]
struct Delivered<'a> {
    outcome: Outcome,
    message_id: &'a str,
    seq: Option<&'a str>,
    conversation_id: &'a ConversationId,
    guid: &'a Guid,
    sent_at: Option<&'a str>,
}

/// Sends a message once and prints the result, or prints the request for a dry run.
///
/// # Errors
/// The error carries the outcome: `rejected`, `not_sent` or `unknown`; `accepted` when only printing
/// failed.
pub fn send(
    context: &Context,
    outgoing: &OutgoingMessage,
    options: &DeliveryArgs,
    dry: bool,
) -> Result<(), Error> {
    let guid = instances::choose(context, Effect::Change)?;
    if dry {
        return dry_run::show(context, &[outgoing.request(&guid)]);
    }
    let plan = options.plan(context, guid.clone())?;
    let mut sender = Sender::new(plan, context.api()?.clone(), context.output.clone());
    say_when_interrupted(context, &sender)?;
    let receipt = sender.deliver(outgoing, None, context.deadline()?)?;
    print(context, &guid, &outgoing.to, &receipt)
}

/// A request waiting for its answer cannot be interrupted, so a signal ends the program from here,
/// after the known outcome was printed.
fn say_when_interrupted(context: &Context, sender: &Sender) -> Result<(), Error> {
    let (output, in_flight) = (context.output.clone(), sender.in_flight());
    signals::forward(signals::watch()?, move |signal| {
        let error = match in_flight.load(Ordering::SeqCst) {
            true => Error::new(
                Kind::Unknown,
                text!("interrupted while the message was in flight; it may or may not have been delivered"),
            )
            .outcome(Outcome::Unknown)
            .hint(text!("check the result before running this again; it is not repeated automatically")),
            false => Error::new(Kind::Busy, text!("interrupted before the message was sent"))
                .outcome(Outcome::NotSent)
                .retryable(),
        };
        output.error(&error.ending_with(signal));
        signals::end(signal)
    })
}

fn print(
    context: &Context,
    guid: &Guid,
    to: &ConversationId,
    receipt: &Receipt,
) -> Result<(), Error> {
    let message = &receipt.message;
    let view = Delivered {
        outcome: receipt.outcome,
        message_id: &message.message_id,
        seq: message.seq.as_deref(),
        conversation_id: to,
        guid,
        sent_at: message.sent_at.as_deref(),
    };
    let id = &message.message_id;
    let outcome = receipt.outcome.word();
    let printed = context.output.result(&view, |_| {
        text!("{outcome} {to} message {id}", outcome, to, id)
    });
    printed.map_err(|e| e.after(&text!("message {id} was accepted", id)))
}
