//! `qiwei ledger forget`: removes a key.

use std::time::Duration;

use serde::Serialize;

use crate::context::Context;
use crate::delivery::key_lock;
use crate::error::Error;
use crate::files::Transient;
use crate::store::StateDatabase;
use crate::store::no_state_folder;
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
                let _locks = self.lock(context, &store, &server, guid)?;
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
        context: &Context,
        store: &StateDatabase,
        server: &str,
        guid: Option<&str>,
    ) -> Result<Vec<Transient>, Error> {
        let state = context.state_folder().ok_or_else(no_state_folder)?;
        let rows = store.rows()?;
        rows.iter()
            .map(|row| &row.entry)
            .filter(|entry| entry.server == server && entry.key == self.key)
            .filter(|entry| guid.is_none_or(|guid| entry.guid == guid))
            .map(|entry| key_lock::lock(&state, entry, Duration::ZERO))
            .collect()
    }
}
