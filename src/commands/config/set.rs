//! `qiwei config set`: changes one setting in the file.

use std::path::Path;

use crate::config::{SettingName, edit};
use crate::context::Context;
use crate::error::Error;
use crate::input;
use crate::text::{Text, text};

/// Arguments of `qiwei config set`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Setting: base_url, guid, timeout, …, headers.NAME, aliases.NAME, profiles.NAME.KEY
    #[arg(value_name = "KEY")]
    name: SettingName,

    /// Value; `-` reads it from standard input, @FILE from a file, which keeps a secret out of `ps`
    #[arg(value_name = "VALUE")]
    value: String,
}

/// Checks a value that was read. An empty one is refused: a failed command before the pipe would overwrite
/// the secret.
fn not_empty(bytes: Vec<u8>, source: &Text) -> Result<String, Error> {
    let text = input::utf8(bytes, source)?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(Error::usage(text!(
            "{source} is empty; nothing was saved",
            source
        ))),
        value => Ok(value.to_owned()),
    }
}

impl Args {
    /// Changes the file.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let location = context.config_location()?;
        let name = self.name.within(context.profile()?.as_deref());
        let file = self.value.strip_prefix('@');
        if self.value != "-" && file.is_none() && name.is_secret() {
            return Err(Error::usage(text!(
                "{name} must not be an argument, which other users of this machine can read; nothing was saved",
                name
            ))
            .hint(text!(
                "read it from a file, `qiwei config set {name} @FILE`, or from standard input with `-`",
                name
            )));
        }
        let value = match (self.value.as_str(), file) {
            ("-", _) => not_empty(context.read_stdin_unconfigured()?, &text!("standard input"))?,
            (_, Some(file)) => {
                not_empty(input::file_bytes(Path::new(file))?, &Text::verbatim(file))?
            }
            (value, None) => value.to_owned(),
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
