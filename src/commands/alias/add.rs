//! `qiwei alias add`: adds or changes an alias.

use serde::Serialize;

use crate::commands::targets;
use crate::config::{Leaf, SettingName, check_alias_name, edit};
use crate::context::Context;
use crate::conversation::ConversationId;
use crate::error::Error;
use crate::text::text;

/// Arguments of `qiwei alias add`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The alias
    #[arg(value_name = "ALIAS")]
    alias: String,

    /// Conversation id, other alias, or name:NAME, of which the id is stored
    #[arg(value_name = "TO")]
    to: String,
}

#[derive(Serialize)]
struct Added<'a> {
    alias: &'a str,
    conversation_id: &'a ConversationId,
}

impl Args {
    /// Stores the alias.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        check_alias_name(&self.alias).map_err(Error::usage)?;
        let to = targets::conversation(context, &self.to)?;
        let location = context.config_location()?;
        let name = SettingName {
            profile: context.profile()?,
            leaf: Leaf::Alias(self.alias.clone()),
        };
        edit::set(&location.path, &name, &to.to_string())?;
        let view = Added {
            alias: &self.alias,
            conversation_id: &to,
        };
        context.output.result(&view, |view| {
            text!(
                "{alias} is {id}",
                alias = view.alias,
                id = view.conversation_id
            )
        })
    }
}
