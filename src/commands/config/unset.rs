//! `qiwei config unset`: removes one setting from the file.

use crate::config::{SettingName, edit};
use crate::context::Context;
use crate::error::Error;
use crate::text::text;

/// Arguments of `qiwei config unset`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Setting: base_url, guid, timeout, …, headers.NAME, aliases.NAME, profiles.NAME.KEY
    #[arg(value_name = "KEY")]
    name: SettingName,
}

impl Args {
    /// Changes the file. Removing a setting that is not set succeeds.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let location = context.config_location()?;
        let name = self.name.within(context.profile()?.as_deref());
        let removed = location.path.exists() && edit::unset(&location.path, &name, None)?;
        let path = location.path.display();
        context.output.note(&match removed {
            true => text!("{name} removed from {path}", name, path),
            false => text!("{name} was not in {path}", name, path),
        });
        Ok(())
    }
}
