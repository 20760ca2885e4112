//! `qiwei send`: a text to a person or a group.

use super::deliver::deliver;
use super::dry_run;
use super::message::TextArgs;
use crate::api::request;
use crate::context::Context;
use crate::error::Error;
use crate::instances;

/// Arguments of `qiwei send`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Conversation id (S:… for a person, R:… for a group) or an alias of the config
    #[arg(value_name = "TO")]
    to: String,

    #[command(flatten)]
    text: TextArgs,

    /// Show the request and send nothing
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    /// Sends the message.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let to = context.settings()?.conversation(&self.to)?;
        let text = self.text.read(context)?;
        let guid = instances::choose(context)?;
        let request = request::send_text(&guid, &to, &text);
        if self.dry_run {
            return dry_run::show(context, &[request]);
        }
        deliver(context, &guid, &to, &request)
    }
}
