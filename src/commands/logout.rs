//! `qiwei logout`: logs the account out.

use serde::Serialize;

use std::process::ExitCode;

use super::{CommandResult, Run, confirm, dry_run, success};
use crate::api::request::{self, Effect};
use crate::context::Context;
use crate::guid::Guid;
use crate::instances;
use crate::text::text;

/// Arguments of `qiwei logout`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,

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
            return dry_run::show(context, &request).map(success);
        }
        let is_detected = context.configured_guid()?.is_none();
        if is_detected && !self.yes {
            let question = text!("Log out {guid}, the only online instance?", guid = &guid);
            if !confirm(
                context,
                &question,
                text!("logging out a detected instance needs a confirmation"),
                text!(
                    "add --yes, or name the instance: --guid {guid}",
                    guid = &guid
                ),
            )? {
                context.output.note(&text!("no account was logged out"));
                return Ok(ExitCode::SUCCESS);
            }
        }
        let api = context.api()?;
        api.apply(&request)
            .map_err(|e| instances::explain_failure(api, &guid, e, Effect::Change))?;
        let view = LoggedOut {
            guid: &guid,
            logged_out: true,
        };
        let text = text!("logged out {guid}", guid = &guid);
        context
            .output
            .result(&view, |_| text.clone())
            .map_err(|e| e.with_completed_change(&text))
            .map(success)
    }
}
