//! Sending one message and saying exactly what became of it.

use serde::Serialize;

use crate::api::request::{Effect, Request};
use crate::api::{CallError, SentMessage, Status};
use crate::context::Context;
use crate::conversation::ConversationId;
use crate::error::{Error, Kind, Outcome};
use crate::guid::Guid;

/// What a script gets to know of an accepted message.
#[derive(Serialize)]
struct Delivered<'a> {
    outcome: Outcome,
    message_id: &'a str,
    seq: Option<&'a str>,
    conversation_id: &'a ConversationId,
    guid: &'a Guid,
    sent_at: Option<&'a str>,
}

/// Sends `request`, once, and prints the result.
///
/// # Errors
/// The outcome is in the error: `rejected`, `not_sent` or `unknown`; or `accepted`, when only
/// printing failed.
pub fn deliver(
    context: &Context,
    guid: &Guid,
    to: &ConversationId,
    request: &Request,
) -> Result<(), Error> {
    match context.api()?.deliver(request) {
        Ok(sent) => print(context, guid, to, &sent),
        Err(error) => Err(explain(context, guid, error)),
    }
}

fn print(
    context: &Context,
    guid: &Guid,
    to: &ConversationId,
    sent: &SentMessage,
) -> Result<(), Error> {
    let view = Delivered {
        outcome: Outcome::Accepted,
        message_id: &sent.message_id,
        seq: sent.seq.as_deref(),
        conversation_id: to,
        guid,
        sent_at: sent.sent_at.as_deref(),
    };
    let id = context.output.shown(&sent.message_id);
    let printed = context
        .output
        .result(&view, |_| format!("accepted {to} message {id}\n"));
    printed.map_err(|e| match e.kind {
        Kind::Io => Error::new(
            Kind::Io,
            format!(
                "message {} was accepted, but {}",
                sent.message_id, e.message
            ),
        )
        .outcome(Outcome::Accepted),
        _ => e,
    })
}

/// A refusal by business code does not tell "not logged in" from the rest, because the server has
/// no code for it: the instance's state does.
fn explain(context: &Context, guid: &Guid, error: CallError) -> Error {
    let by_code = matches!(&error, CallError::Refused(refusal) if refusal.code.is_some());
    let error = error.into_error(Effect::Change);
    if !by_code {
        return error;
    }
    let Ok(Ok(status)) = context.api().map(|api| api.client_status(guid)) else {
        return error;
    };
    match (status, error.kind) {
        (Status::Online, Kind::NotLoggedIn) => error.into_kind(Kind::Rejected),
        (Status::Online, _) => error,
        (Status::Running, _) => error
            .into_kind(Kind::NotLoggedIn)
            .hint("the instance runs, but nobody is logged in: `qiwei login`, then run this again"),
        (Status::Stopped, _) => error.into_kind(Kind::NotLoggedIn).hint(
            "the instance is stopped or just reconnecting: `qiwei status`, then \
             `qiwei instance start GUID` and `qiwei login` if it stays so",
        ),
    }
}
