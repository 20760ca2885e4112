//! `qiwei ledger forget`: a key that can be used again.

use serde::Serialize;

use crate::context::Context;
use crate::error::Error;
use crate::text::text;

/// Arguments of `qiwei ledger forget`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Key to forget, on this server and instance (without --guid: on every instance)
    #[arg(value_name = "KEY")]
    key: String,
}

#[derive(Serialize)]
struct Forgotten<'a> {
    key: &'a str,
    forgotten: usize,
}

impl Args {
    /// Forgets the key.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let settings = context.settings()?;
        let server = settings.base_url.identity();
        let guid = settings.guid.as_ref().map(|(guid, _)| guid.as_str());
        let forgotten = match super::open(context)? {
            Some(store) => store.forget(&server, guid, &self.key)?,
            None => 0,
        };
        if forgotten == 0 {
            return Err(Error::usage(text!(
                "the ledger has no key {key} for this server",
                key = format!("{:?}", self.key)
            ))
            .hint(text!("`qiwei ledger ls` lists the keys")));
        }
        let view = Forgotten {
            key: &self.key,
            forgotten,
        };
        context
            .output
            .result(&view, |view| text!("forgot {key}", key = view.key))
    }
}
