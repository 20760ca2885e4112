//! `qiwei config set`: changes one setting in the file.

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

/// Reads the value from standard input. An empty value is refused: a failed command before the pipe
/// would overwrite the secret.
fn piped(context: &Context) -> Result<String, Error> {
    let text = input::utf8(context.read_stdin_unconfigured()?, &text!("standard input"))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(Error::usage(text!(
            "standard input is empty; nothing was saved"
        ))),
        value => Ok(value.to_owned()),
    }
}

impl Args {
    /// Changes the file.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let location = context.config_location()?;
        let name = self.name.within(context.profile()?.as_deref());
        if self.value != "-" && name.is_secret() {
            return Err(Error::usage(text!(
                "{name} must not be an argument, which other users of this machine can read; nothing was saved",
                name
            ))
            .hint(text!(
                "read it from standard input: `qiwei config set {name} - < FILE`",
                name
            )));
        }
        let value = match self.value.as_str() {
            "-" => piped(context)?,
            value => value.to_owned(),
        };
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
