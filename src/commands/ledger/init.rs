//! `qiwei ledger init`: creates the tables of a shared state.

use serde::Serialize;

use crate::context::Context;
use crate::error::Error;
use crate::store::{StateLocation, setup_sql};
use crate::text::{Text, text};

/// Arguments of `qiwei ledger init`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print the SQL instead of running it, for an administrator
    #[arg(long)]
    sql: bool,
}

#[derive(Serialize)]
struct Statements {
    sql: String,
}

#[derive(Serialize)]
struct Prepared {
    state: String,
}

impl Args {
    /// Creates the tables, or prints their SQL.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let location = context.state()?;
        if let (true, StateLocation::Shared(state)) = (self.sql, &location) {
            let view = Statements {
                sql: setup_sql(&state.url),
            };
            return match context.output.is_json() {
                true => context.output.json(&view),
                false => context.output.text(&view.sql),
            };
        }
        if self.sql {
            return Err(
                Error::usage(text!("the state is in a local file, which needs no SQL")).hint(text!(
                    "set the database with `qiwei config set state postgres://USER@HOST/DATABASE` or QIWEI_STATE"
                )),
            );
        }
        location.open(context.deadline()?)?;
        let view = Prepared {
            state: match &location {
                StateLocation::Shared(state) => state.url.to_string(),
                StateLocation::Folder(_) => "local".to_owned(),
            },
        };
        context.output.result(&view, |view| {
            text!(
                "the state is ready: {state}",
                state = Text::verbatim(&view.state)
            )
        })
    }
}
