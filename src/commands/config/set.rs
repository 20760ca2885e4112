//! `qiwei config set`: one setting in the file.

use crate::config::{SettingName, edit};
use crate::context::Context;
use crate::error::Error;
use crate::input;
use crate::text::text;

/// Arguments of `qiwei config set`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Setting: base_url, guid, timeout, …, headers.NAME, aliases.NAME, profiles.NAME.KEY
    #[arg(value_name = "KEY")]
    name: SettingName,

    /// Value; `-` reads it from standard input, which keeps a secret out of `ps`
    #[arg(value_name = "VALUE")]
    value: String,
}

impl Args {
    /// Changes the file.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let location = context.config_location()?;
        let value = match self.value.as_str() {
            "-" => input::utf8(context.read_stdin_unconfigured()?, &text!("standard input"))?
                .trim_end_matches(['\r', '\n'])
                .to_owned(),
            value => value.to_owned(),
        };
        let name = self.name.within(context.profile()?.as_deref());
        name.check(&value)
            .map_err(|why| Error::usage(text!("{name}: {why}", name, why)))?;
        edit::set(&location.path, &name, &value)?;
        context.output.note(&text!(
            "{name} saved in {path}",
            name,
            path = location.path.display()
        ));
        Ok(())
    }
}
