//! `qiwei at`: sends a text to a group and mentions members.

use super::send::messages::Messages;
use super::send::one;
use super::send::options::DeliveryArgs;
use super::text_argument::TextArgs;
use super::{CommandResult, Run, targets};
use crate::context::Context;
use crate::conversation::{ConversationId, is_id};
use crate::delivery::{Content, OutgoingMessage, check_key};
use crate::error::Error;
use crate::mention::{Mentions, to_wire_placeholders};
use crate::names;
use crate::shell::quote;
use crate::text::text;

/// Arguments of `qiwei at`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "qiwei at [OPTIONS] <ROOM> [TEXT] <--user <ID>...|--all>",
    after_help = "Each {at} in TEXT is replaced by one mention, in the order of --user. Without any, the server places the mentions. {$@} means the same, but needs single quotes in a shell."
)]
pub struct Args {
    /// Group: R:…, alias, or name:NAME
    #[arg(value_name = "ROOM")]
    room: String,

    #[command(flatten)]
    text: TextArgs,

    /// Members to mention: user ids or name:NAME; may be repeated
    #[arg(long, value_name = "ID", num_args = 1.., required_unless_present = "all", conflicts_with = "all")]
    user: Vec<String>,

    /// Mention everyone (the server allows this to owners and admins only)
    #[arg(long)]
    all: bool,

    /// Send TEXT unchanged, even if the number of {$@} does not match the mentions
    #[arg(long)]
    no_check: bool,

    /// Idempotency key: a message with the same key is sent only once
    #[arg(long, value_name = "KEY", value_parser = check_key)]
    key: Option<String>,

    /// Print the request instead of sending it
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    delivery: DeliveryArgs,
}

impl Run for Args {
    fn run(mut self, context: &Context) -> CommandResult {
        let messages = self
            .messages(context)
            .inspect_err(|error| one::print_failure(&context.output, None, None, error))?;
        let options = one::Options {
            delivery: &self.delivery,
            upload: None,
            is_dry_run: self.dry_run,
        };
        messages.send(context, &options)
    }
}

impl Args {
    fn messages(&mut self, context: &Context) -> Result<Messages, Error> {
        let targets = targets::conversations(context, [self.room.as_str()])?;
        if let Some(person) = targets.iter().find(|to| !to.conversation.is_group()) {
            let to = &person.conversation;
            return Err(
                Error::usage(text!("{to} is a person; only groups have mentions", to)).hint(text!(
                    "to send to a person, use `qiwei send {to} {text}`",
                    to,
                    text = self.text.text.as_deref().map_or("TEXT".into(), quote)
                )),
            );
        }
        self.restore_text();
        let mut text = None;
        Messages::to_each(targets, false, |target| {
            // A mistake in --user is reported before standard input is read.
            let mentions = self.mentions(context, &target.conversation)?;
            let text = match &text {
                Some(text) => String::clone(text),
                None => text.insert(self.text(context, &mentions)?).clone(),
            };
            Ok(vec![OutgoingMessage {
                to: target.conversation.clone(),
                content: Content::Text {
                    text,
                    mentions: Some(mentions),
                },
                key: self.key.clone(),
            }])
        })
    }

    fn text(&self, context: &Context, mentions: &Mentions) -> Result<String, Error> {
        let text = self.text.read(context)?;
        if self.no_check {
            return Ok(text);
        }
        mentions.check_placeholder_count(&text).map_err(|why| {
            Error::usage(why).hint(text!(
                "use one per mention, or none; --no-check sends it anyway"
            ))
        })?;
        Ok(to_wire_placeholders(&text))
    }

    /// In `at ROOM --user ID TEXT` the parser reads TEXT as another id. Ids are digits, so the last value
    /// is the text when there is none yet and the value cannot be an id.
    fn restore_text(&mut self) {
        let takes = self.text.text.is_none()
            && self.text.file.is_none()
            && self.user.len() > 1
            && self
                .user
                .last()
                .is_some_and(|last| !is_name(last) && !last.split(',').all(is_id));
        if takes {
            self.text.text = self.user.pop();
        }
    }

    fn mentions(&self, context: &Context, to: &ConversationId) -> Result<Mentions, Error> {
        if self.all {
            return Ok(Mentions::All);
        }
        // A name may contain commas.
        let values = self.user.iter().flat_map(|value| match is_name(value) {
            true => vec![value.clone()],
            false => value.split(',').map(str::to_owned).collect(),
        });
        let ids = targets::user_ids(context, to, &values.collect::<Vec<_>>())?;
        Mentions::of_ids(ids.iter().map(String::as_str)).map_err(|why| {
            Error::usage(text!("--user {why}", why)).hint(text!("to mention everyone use --all"))
        })
    }
}

/// Whether a value of `--user` is a name.
fn is_name(value: &str) -> bool {
    value.starts_with(names::PREFIX)
}
