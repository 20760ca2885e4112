//! `qiwei alias add`: adds or changes an alias.

use serde::Serialize;

use crate::commands::targets;
use crate::config::{
    Leaf, SettingName, check_alias_name, edit, join_alias_targets, split_alias_targets,
};
use crate::context::Context;
use crate::error::Error;
use crate::text::text;

/// Arguments of `qiwei alias add`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The alias
    #[arg(value_name = "ALIAS")]
    alias: String,

    /// Conversation id, other alias, or name:NAME, of which the id is stored; several make a list
    #[arg(value_name = "TO", required = true)]
    to: Vec<String>,
}

#[derive(Serialize)]
struct Added<'a> {
    alias: &'a str,
    /// The id, if it is only one.
    conversation_id: Option<&'a str>,
    conversation_ids: Vec<&'a str>,
}

impl Args {
    /// Stores the alias.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        check_alias_name(&self.alias).map_err(Error::usage)?;
        let to = targets::conversations(context, self.to.iter().map(String::as_str))?;
        let ids: Vec<String> = to.iter().map(|to| to.conversation.to_string()).collect();
        let ids = join_alias_targets(ids.iter().map(String::as_str));
        let location = context.config_location()?;
        let name = SettingName {
            profile: context.profile()?,
            leaf: Leaf::Alias(self.alias.clone()),
        };
        edit::set(&location.path, &name, &ids)?;
        let view = Added {
            alias: &self.alias,
            conversation_id: (to.len() == 1).then_some(ids.as_str()),
            conversation_ids: split_alias_targets(&ids).collect(),
        };
        context.output.result(&view, |view| {
            text!(
                "{alias} is {id}",
                alias = view.alias,
                id = view.conversation_ids.join(", ")
            )
        })
    }
}
