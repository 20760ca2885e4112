//! `qiwei alias rm`: removes an alias.

use serde::Serialize;

use crate::config::{Leaf, SettingName, edit};
use crate::context::Context;
use crate::error::Error;
use crate::text::text;

/// Arguments of `qiwei alias rm`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The alias
    #[arg(value_name = "ALIAS")]
    alias: String,
}

#[derive(Serialize)]
struct Removed<'a> {
    alias: &'a str,
    removed: bool,
}

impl Args {
    /// Removes the alias.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let location = context.config_location()?;
        let name = SettingName {
            profile: context.profile()?,
            leaf: Leaf::Alias(self.alias.clone()),
        };
        let removed = location.path.exists() && edit::unset(&location.path, &name, None)?;
        if !removed {
            let alias = format!("{:?}", self.alias);
            let path = location.path.display();
            let error = Error::config(text!("the config {path} has no alias {alias}", path, alias));
            return Err(error.hint(text!("`qiwei alias ls` lists the aliases")));
        }
        let view = Removed {
            alias: &self.alias,
            removed,
        };
        context
            .output
            .result(&view, |view| text!("removed {alias}", alias = view.alias))
    }
}
