//! `qiwei config get`: prints one effective value.

use serde::Serialize;

use crate::config::SettingName;
use crate::config::setting_name::Leaf;
use crate::context::Context;
use crate::error::Error;
use crate::secret::REDACTED;
use crate::text::{Text, text};

/// Arguments of `qiwei config get`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Setting: base_url, guid, timeout, …, headers.NAME, aliases.NAME
    #[arg(value_name = "KEY")]
    name: SettingName,
}

#[derive(Serialize)]
struct Value {
    key: String,
    value: Option<String>,
    source: Option<&'static str>,
}

impl Args {
    /// Prints the value.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        if let Some(profile) = &self.name.profile {
            return Err(Error::usage(text!(
                "`get` shows effective values, not those of one profile"
            ))
            .hint(text!(
                "use `--profile {profile}` with the bare key",
                profile
            )));
        }
        let (value, source) = self.effective(context)?;
        let view = Value {
            key: self.name.to_string(),
            value,
            source,
        };
        match &view.value {
            Some(_) => context.output.result(&view, |view| {
                Text::verbatim(view.value.as_deref().unwrap_or_default())
            }),
            None => Err(
                Error::config(text!("{name} is not set", name = self.name)).hint(text!(
                    "set it with `qiwei config set {name} VALUE`",
                    name = self.name
                )),
            ),
        }
    }

    fn effective(
        &self,
        context: &Context,
    ) -> Result<(Option<String>, Option<&'static str>), Error> {
        let layers = context.layers()?;
        let found = match &self.name.leaf {
            Leaf::Key(key) => layers
                .lookup(*key)?
                .map(|found| (key.redact(&found.text), found.source.name())),
            Leaf::Header(name) => layers
                .headers()
                .get(name.as_str())
                .map(|(_, source)| (REDACTED.to_owned(), source.name())),
            Leaf::Alias(name) => layers
                .aliases()
                .get(name.as_str())
                .map(|(target, source)| ((*target).clone(), source.name())),
        };
        Ok(found.unzip())
    }
}
