//! `qiwei send`: sends a text, picture, file or link to a person or a group, or a batch of messages.

mod batch;
mod media_args;
pub mod messages;
pub mod one;
pub mod options;
mod outcome_counts;
pub mod sequence;

use super::targets::{self, ResolvedTarget};
use super::text_argument::TextArgs;
use super::{CommandResult, Run};
use crate::context::Context;
use crate::delivery::{Content, OutgoingMessage, check_key};
use crate::error::Error;
use crate::text::text;
use batch::BatchArgs;
#[cfg(fuzzing)]
pub use batch::properties::batch_line;
use media_args::{MediaArgs, UploadArgs};
use messages::Messages;
use options::DeliveryArgs;

/// Arguments of `qiwei send`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Conversation id (S:… for a person, R:… for a group), alias, or name:NAME
    #[arg(
        value_name = "TO",
        required_unless_present_any = ["batch", "targets"],
        conflicts_with = "batch"
    )]
    to: Option<String>,

    /// Another way to give the target; repeated for several, each of which gets the message:
    /// `send --to A --to B TEXT`
    #[arg(
        id = "targets",
        long = "to",
        value_name = "TO",
        conflicts_with = "batch"
    )]
    targets: Vec<String>,

    #[command(flatten)]
    text: TextArgs,

    /// Idempotency key: a message with the same key is sent only once
    #[arg(long, value_name = "KEY", value_parser = check_key, conflicts_with = "batch")]
    key: Option<String>,

    /// Print the request instead of sending it
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    delivery: DeliveryArgs,

    #[command(flatten)]
    media: MediaArgs,

    #[command(flatten)]
    upload: UploadArgs,

    #[command(flatten)]
    batch: BatchArgs,
}

impl Run for Args {
    fn run(mut self, context: &Context) -> CommandResult {
        self.restore_text()?;
        if self.to.is_none() && self.targets.is_empty() {
            return batch::run(
                context,
                self.batch,
                &self.delivery,
                &self.upload,
                self.dry_run,
            );
        }
        let messages = self
            .messages(context)
            .inspect_err(|error| one::print_failure(&context.output, None, None, error))?;
        let options = one::Options {
            delivery: &self.delivery,
            upload: Some(&self.upload),
            is_dry_run: self.dry_run,
        };
        messages.send(context, &options)
    }
}

impl Args {
    /// After `--to` the parser reads TEXT as TO.
    fn restore_text(&mut self) -> Result<(), Error> {
        if self.targets.is_empty() {
            return Ok(());
        }
        match (self.to.take(), &self.text.text, &self.text.file) {
            (None, ..) => Ok(()),
            (Some(text), None, None) => {
                self.text.text = Some(text);
                Ok(())
            }
            (Some(_), ..) => Err(
                Error::usage(text!("TO is given as an argument and with --to")).hint(text!(
                    "give every target with --to: `qiwei send --to A --to B TEXT`"
                )),
            ),
        }
    }

    /// The messages for each target: the text, and after it the file or link.
    fn messages(&self, context: &Context) -> Result<Messages, Error> {
        let targets = match &self.to {
            Some(to) => targets::conversations(context, [to.as_str()])?,
            None => targets::conversations(context, self.targets.iter().map(String::as_str))?,
        };
        let media = self.media.content(self.upload.no_check)?;
        let mut contents = Vec::new();
        if media.is_none() || self.text.is_given() {
            contents.push(Content::text(self.text.read(context)?));
        }
        contents.extend(media);
        let messages = |target: &ResolvedTarget| {
            let message = |content: &Content| OutgoingMessage {
                to: target.conversation.clone(),
                content: content.clone(),
                key: self.key.clone(),
            };
            Ok(contents.iter().map(message).collect())
        };
        Messages::to_each(targets, !self.targets.is_empty(), messages)
    }
}
