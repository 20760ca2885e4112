//! `qiwei send`: sends a text to a person or a group, or a batch of messages.

mod batch;
pub mod one;
pub mod options;

use std::process::ExitCode;

use super::text_argument::TextArgs;
use super::{CommandResult, Run, targets};
use crate::context::Context;
use crate::delivery::{Content, OutgoingMessage, check_key};
use crate::error::Error;
use batch::BatchArgs;
#[cfg(fuzzing)]
pub use batch::properties::batch_line;
use options::DeliveryArgs;

/// Arguments of `qiwei send`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Conversation id (S:… for a person, R:… for a group), alias, or name:NAME
    #[arg(
        value_name = "TO",
        required_unless_present = "batch",
        conflicts_with = "batch"
    )]
    to: Option<String>,

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
    batch: BatchArgs,
}

impl Run for Args {
    fn run(self, context: &Context) -> CommandResult {
        let Some(to) = self.to else {
            return batch::run(context, self.batch, &self.delivery, self.dry_run);
        };
        let outgoing = outgoing(context, &to, &self.text, self.key)
            .inspect_err(|error| one::print_failure(&context.output, None, None, error))?;
        one::send(context, &outgoing, &self.delivery, self.dry_run).map(|()| ExitCode::SUCCESS)
    }
}

fn outgoing(
    context: &Context,
    to: &str,
    text: &TextArgs,
    key: Option<String>,
) -> Result<OutgoingMessage, Error> {
    Ok(OutgoingMessage {
        to: targets::conversation(context, to)?,
        content: Content::text(text.read(context)?),
        key,
    })
}
