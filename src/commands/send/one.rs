//! Sends one message and prints its outcome.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde::Serialize;

use super::media_args::UploadArgs;
use super::options::DeliveryArgs;
use crate::api::request::Effect;
use crate::commands::dry_run;
use crate::context::Context;
use crate::conversation::ConversationId;
use crate::delivery::{
    FileView, OutgoingMessage, Phase, Receipt, Sender, Uploader, interrupted_before_sending,
    interrupted_in_flight,
};
use crate::error::{Error, Kind, Outcome};
use crate::guid::Guid;
use crate::instances;
use crate::output::Output;
use crate::signals;
use crate::text::text;

/// Default time limit of a message with a file.
pub const UPLOAD_TIMEOUT: Duration = Duration::from_secs(300);

/// The JSON result of one message, accepted or not.
#[derive(Serialize)]
struct MessageResult<'a> {
    outcome: Outcome,
    message_id: Option<&'a str>,
    seq: Option<&'a str>,
    conversation_id: Option<&'a ConversationId>,
    guid: Option<&'a Guid>,
    sent_at: Option<&'a str>,
    deduplicated: Option<bool>,
    file: Option<&'a FileView>,
    error: Option<&'a Error>,
}

/// With `--json`, prints the result of a message that was not accepted: an empty stdout would make
/// `jq -e` succeed. The caller still reports the error on stderr.
pub fn print_failure(
    output: &Output,
    to: Option<&ConversationId>,
    guid: Option<&Guid>,
    error: &Error,
) {
    // After an accepted message only printing can fail, and stdout is what failed.
    let cannot_print = error.outcome == Some(Outcome::Accepted) || error.kind == Kind::ClosedPipe;
    if !output.is_json() || cannot_print {
        return;
    }
    let error = output.masked(error);
    let view = MessageResult {
        outcome: error.outcome.unwrap_or(Outcome::Unknown),
        message_id: None,
        seq: None,
        conversation_id: to,
        guid,
        sent_at: None,
        deduplicated: None,
        file: None,
        error: Some(&error),
    };
    // The exit code and stderr already say that it failed.
    let _ = output.json(&view);
}

/// Options of a single message.
pub struct Options<'a> {
    /// How it is delivered.
    pub delivery: &'a DeliveryArgs,
    /// How a file is uploaded, for commands that send files.
    pub upload: Option<&'a UploadArgs>,
    /// Whether only the requests are printed.
    pub is_dry_run: bool,
}

impl Options<'_> {
    /// The uploader, if the message has a file.
    pub fn uploader(
        &self,
        context: &Context,
        outgoing: &OutgoingMessage,
    ) -> Result<Option<Arc<Uploader>>, Error> {
        match (outgoing.content.media(), self.upload) {
            (Some(_), Some(upload)) => upload.uploader(context).map(Some),
            _ => Ok(None),
        }
    }
}

/// Prints the requests of a dry run: one as an object, an upload and a send as a list.
fn show(
    context: &Context,
    outgoing: &OutgoingMessage,
    options: &Options<'_>,
    guid: &Guid,
) -> Result<(), Error> {
    let uploader = options.uploader(context, outgoing)?;
    let requests = outgoing.planned_requests(guid, uploader.as_deref())?;
    match requests.as_slice() {
        [request] => dry_run::show(context, request),
        requests => dry_run::show_all(context, requests),
    }
}

/// Sends a message once and prints the result, or prints the request for a dry run.
///
/// # Errors
/// The error carries the outcome: `rejected`, `not_sent` or `unknown`; `accepted` when only printing
/// failed.
pub fn send(
    context: &Context,
    outgoing: &OutgoingMessage,
    options: &Options<'_>,
) -> Result<(), Error> {
    let output = &context.output;
    context.set_pace_flag(options.delivery.pace());
    let guid = instances::choose(context, Effect::Change)
        .inspect_err(|error| print_failure(output, Some(&outgoing.to), None, error))?;
    if options.is_dry_run {
        return show(context, outgoing, options, &guid)
            .inspect_err(|error| print_failure(output, Some(&outgoing.to), Some(&guid), error));
    }
    deliver(context, outgoing, options, &guid)
        .inspect_err(|error| print_failure(output, Some(&outgoing.to), Some(&guid), error))
}

fn deliver(
    context: &Context,
    outgoing: &OutgoingMessage,
    options: &Options<'_>,
    guid: &Guid,
) -> Result<(), Error> {
    let send_options = options.delivery.send_options(context, guid.clone())?;
    let mut sender = Sender::new(send_options, context.api()?.clone(), context.output.clone())
        .paced_by(context.limiter()?)
        .uploading_with(options.uploader(context, outgoing)?);
    report_outcome_on_signal(context, &sender, &outgoing.to, guid)?;
    let deadline = match outgoing.content.media() {
        Some(_) => context.deadline_or(UPLOAD_TIMEOUT)?,
        None => context.deadline()?,
    };
    let receipt = sender.deliver(outgoing, None, deadline)?;
    print(context, guid, &outgoing.to, &receipt)
}

/// How long a signal waits until the result of an accepted message is printed.
const PRINT_WAIT: Duration = Duration::from_secs(1);

/// A request waiting for its answer cannot be interrupted, so a signal ends the program from here,
/// after the known outcome was printed.
fn report_outcome_on_signal(
    context: &Context,
    sender: &Sender,
    to: &ConversationId,
    guid: &Guid,
) -> Result<(), Error> {
    let (output, phase) = (context.output.clone(), sender.phase());
    let (to, guid) = (to.clone(), guid.clone());
    signals::forward_during_send(move |signal| {
        let error = match phase.interrupt() {
            Phase::Accepted => {
                // The main thread prints the result and ends the program.
                thread::sleep(PRINT_WAIT);
                interrupted_in_flight()
            }
            Phase::InFlight => interrupted_in_flight(),
            Phase::Waiting | Phase::NotExecuted | Phase::Interrupted => {
                interrupted_before_sending()
            }
        };
        let error = error.ending_with(signal);
        print_failure(&output, Some(&to), Some(&guid), &error);
        output.error(&error);
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
    let view = MessageResult {
        outcome: receipt.outcome,
        message_id: Some(&message.message_id),
        seq: message.seq.as_deref(),
        conversation_id: Some(to),
        guid: Some(guid),
        sent_at: message.sent_at.as_deref(),
        deduplicated: receipt.deduplicated,
        file: receipt.file.as_ref(),
        error: None,
    };
    let id = &message.message_id;
    let outcome = receipt.outcome.label();
    let printed = context.output.result(&view, |_| {
        text!("{outcome} {to} message {id}", outcome, to, id)
    });
    printed.map_err(|e| e.with_completed_change(&text!("message {id} was accepted", id)))
}
