//! `qiwei logout`: logs the account out.

use serde::Serialize;

use super::{CommandResult, Run, dry_run, success};
use crate::api::request::{self, Effect};
use crate::context::Context;
use crate::guid::Guid;
use crate::instances;
use crate::text::text;

/// Arguments of `qiwei logout`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print the request instead of sending it
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct LoggedOut<'a> {
    guid: &'a Guid,
    logged_out: bool,
}

impl Run for Args {
    fn run(self, context: &Context) -> CommandResult {
        let guid = instances::choose(context, Effect::Change)?;
        let request = request::logout(&guid);
        if self.dry_run {
            return dry_run::show(context, &[request]).map(success);
        }
        context
            .api()?
            .apply(&request)
            .map_err(|e| e.into_error(Effect::Change))?;
        let view = LoggedOut {
            guid: &guid,
            logged_out: true,
        };
        let text = text!("logged out {guid}", guid = &guid);
        context
            .output
            .result(&view, |_| text.clone())
            .map_err(|e| e.after(&text))
            .map(success)
    }
}
