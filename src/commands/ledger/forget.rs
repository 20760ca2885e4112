//! `qiwei ledger forget`: removes a key.

use std::time::Duration;

use serde::Serialize;

use crate::context::Context;
use crate::error::Error;
use crate::store::{KeyLock, StateDatabase};
use crate::text::text;

/// Arguments of `qiwei ledger forget`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Key to remove, on this server and instance (without --guid: on every instance)
    #[arg(value_name = "KEY")]
    key: String,
}

#[derive(Serialize)]
struct Forgotten<'a> {
    key: &'a str,
    forgotten: usize,
}

impl Args {
    /// Removes the key.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let settings = context.settings()?;
        let server = settings.server_identity();
        let guid = settings.guid.as_ref().map(|(guid, _)| guid.as_str());
        let forgotten = match super::open(context)? {
            Some(store) => {
                let _locks = self.lock(&store, &server, guid)?;
                store.forget(&server, guid, &self.key)?
            }
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
            .result(&view, |view| text!("removed {key}", key = view.key))
    }

    /// Checks that no process is sending with the key: if it were removed meanwhile, the next process could
    /// send the same message again.
    fn lock(
        &self,
        store: &StateDatabase,
        server: &str,
        guid: Option<&str>,
    ) -> Result<Vec<KeyLock>, Error> {
        let entries = store.entries_of(server, guid, &self.key)?;
        let locks = entries
            .iter()
            .map(|entry| store.lock_key(entry, Duration::ZERO));
        locks.collect()
    }
}
