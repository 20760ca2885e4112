//! `qiwei ledger prune`: removes old keys.

use serde::Serialize;

use crate::context::Context;
use crate::error::Error;
use crate::text::text;

/// Arguments of `qiwei ledger prune`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Remove keys older than this [default: ledger_days of the config, else 30]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: Option<u32>,
}

#[derive(Serialize)]
struct Pruned {
    forgotten: usize,
}

impl Args {
    /// Removes old keys.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let days = match self.days {
            Some(days) => days,
            None => context.settings()?.ledger_days,
        };
        let forgotten = match super::open(context)? {
            Some(store) => store.prune(days)?,
            None => 0,
        };
        context.output.result(&Pruned { forgotten }, |view| {
            text!("removed {forgotten}", forgotten = view.forgotten)
        })
    }
}
