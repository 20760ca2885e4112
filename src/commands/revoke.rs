//! `qiwei revoke`: takes a sent message back.

use serde::Serialize;

use super::{CommandResult, Run, dry_run, success, targets};
use crate::api::media::revoke_message;
use crate::api::request::Effect;
use crate::context::Context;
use crate::conversation::ConversationId;
use crate::delivery::check_key;
use crate::error::{Error, Outcome};
use crate::guid::Guid;
use crate::instances;
use crate::store::Entry;
use crate::text::text;

/// Arguments of `qiwei revoke`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "qiwei revoke [OPTIONS] <TO> <MESSAGE_ID>\n       qiwei revoke [OPTIONS] --key <KEY>",
    after_help = "WeCom lets a message be taken back for a few minutes only. MESSAGE_ID is the message_id in the result of `qiwei send --json`."
)]
pub struct Args {
    /// Conversation of the message: id, alias, or name:NAME
    #[arg(
        value_name = "TO",
        required_unless_present = "key",
        requires = "message_id"
    )]
    to: Option<String>,

    /// Id of the message
    #[arg(value_name = "MESSAGE_ID", value_parser = parse_message_id)]
    message_id: Option<String>,

    /// Take back the message that was sent with this idempotency key
    #[arg(long, value_name = "KEY", value_parser = check_key, conflicts_with_all = ["to", "message_id"])]
    key: Option<String>,

    /// Print the request instead of sending it
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Revoked<'a> {
    conversation_id: &'a ConversationId,
    message_id: &'a str,
    guid: &'a Guid,
    revoked: bool,
}

impl Run for Args {
    fn run(self, context: &Context) -> CommandResult {
        let named = match (&self.to, &self.message_id) {
            (Some(to), Some(id)) => Some((targets::conversation(context, to)?, id.clone())),
            _ => None,
        };
        let guid = instances::choose(context, Effect::Change)?;
        let (to, id) = match (named, &self.key) {
            (Some(named), _) => named,
            (None, Some(key)) => sent_with_key(context, &guid, key)?,
            // The parser requires one of them.
            (None, None) => return Err(Error::usage(text!("TO and MESSAGE_ID are required"))),
        };
        let request = revoke_message(&guid, &to, &id);
        if self.dry_run {
            return dry_run::show(context, &request).map(success);
        }
        let api = context.api()?;
        api.apply(&request).map_err(|error| {
            let mut error = instances::explain_failure(api, &guid, error, Effect::Change);
            if error.outcome == Some(Outcome::Rejected) && error.hint.is_none() {
                error.hint = Some(text!(
                    "WeCom lets a message be taken back for a few minutes only, and only by the account that sent it"
                ));
            }
            error
        })?;
        let view = Revoked {
            conversation_id: &to,
            message_id: &id,
            guid: &guid,
            revoked: true,
        };
        let text = text!("took back message {id} of {to}", id = &id, to = &to);
        context
            .output
            .result(&view, |_| text.clone())
            .map_err(|e| e.with_completed_change(&text))
            .map(success)
    }
}

/// Target and id of the message that was sent with a key.
fn sent_with_key(
    context: &Context,
    guid: &Guid,
    key: &str,
) -> Result<(ConversationId, String), Error> {
    let entry = Entry {
        server: context.settings()?.server_identity(),
        guid: guid.to_string(),
        key: key.to_owned(),
    };
    let store = context.state()?.open_existing(context.deadline()?)?;
    let found = match store {
        Some(store) => store.message_of(&entry)?,
        None => None,
    };
    let shown = format!("{key:?}");
    let Some(found) = found else {
        return Err(Error::usage(text!(
            "the ledger has no message with the key {key} for this instance",
            key = shown
        ))
        .hint(text!("`qiwei ledger ls` lists the keys")));
    };
    match found.message_id {
        Some(id) => Ok((found.target.parse().map_err(Error::config)?, id)),
        None => Err(Error::usage(text!(
            "the message with the key {key} has the outcome {outcome}, so there is no message id",
            key = shown,
            outcome = found.outcome
        ))
        .hint(text!(
            "look for it in the conversation; `qiwei revoke TO MESSAGE_ID` takes it back by its id"
        ))),
    }
}

fn parse_message_id(text: &str) -> Result<String, crate::text::Text> {
    let is_id = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match is_id {
        true => Ok(text.to_owned()),
        false => Err(text!("must be a message id, which consists of digits")),
    }
}
