//! `qiwei send --batch`: sends many messages, one JSON object per line in and out.

mod input;
mod line;
mod progress;
#[cfg(any(test, fuzzing))]
pub mod properties;
mod report;
mod run;
mod state;

use std::path::PathBuf;
use std::process::ExitCode;

use super::media_args::UploadArgs;
use super::options::DeliveryArgs;
use crate::api::request::Effect;
use crate::commands::targets::Targets;
use crate::commands::{CommandResult, dry_run};
use crate::context::Context;
use crate::delivery::check_key;
use crate::error::Error;
use crate::guid::Guid;
use crate::instances;
use crate::text::text;
use input::Input;

/// Arguments of a batch.
// `requires` does not catch TO without --batch: the parser takes their conflict for the reason why
// --batch is missing.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Batch options")]
pub struct BatchArgs {
    /// Send every line of a file, or of standard input with `-`: {"to":…,"text":…,"at":…,"key":…,"id":…}
    #[arg(long, value_name = "FILE", conflicts_with_all = ["text", "file"])]
    batch: Option<PathBuf>,

    /// Keep a journal, so that the same command can be resumed
    #[arg(long, value_name = "FILE", requires = "batch", conflicts_with = "to")]
    journal: Option<PathBuf>,

    /// Keep the journal in the shared state under this name, so that another machine can resume the batch
    #[arg(long, value_name = "NAME", requires = "batch", conflicts_with_all = ["to", "journal"],
          value_parser = check_key)]
    run: Option<String>,

    /// Messages sent at once; the order per target is kept
    #[arg(long, value_name = "N", default_value_t = 1, requires = "batch", conflicts_with = "to",
          value_parser = clap::value_parser!(u8).range(1..=32))]
    jobs: u8,

    /// Stop at the first message that is not accepted
    #[arg(long, requires = "batch", conflicts_with = "to")]
    fail_fast: bool,

    /// Send the valid lines of a file that has invalid ones
    #[arg(long, requires = "batch", conflicts_with = "to")]
    skip_bad: bool,
}

/// Sends a batch.
///
/// # Errors
/// A usage error when the input is invalid, before anything is sent; `partial` when a message was not
/// accepted.
pub fn run(
    context: &Context,
    args: BatchArgs,
    delivery: &DeliveryArgs,
    upload: &UploadArgs,
    dry: bool,
) -> CommandResult {
    context.set_pace_flag(delivery.pace());
    let Some(source) = &args.batch else {
        return Err(Error::usage(text!("TO or --batch is required")));
    };
    let mut input = Input::open(context, source)?.unchecked(upload.no_check);
    let targets = Targets::new(context);
    let total = input.validate(context, &targets, args.skip_bad)?;
    let guid = instances::choose(context, Effect::Change)?;
    if dry {
        return show(context, &guid, input, &targets, upload, args.skip_bad);
    }
    let options = delivery.send_options(context, guid)?;
    let uploader = upload.uploader(context)?;
    run::run(context, &args, options, uploader, input, &targets, total)
}

/// Prints the request of every valid line, and the reasons of the others.
fn show(
    context: &Context,
    guid: &Guid,
    mut input: Input,
    targets: &Targets,
    upload: &UploadArgs,
    skip_bad: bool,
) -> CommandResult {
    let (mut bad, mut names) = (0, 0);
    let uploader = upload.uploader(context)?;
    while let Some(line) = input.next(targets, || false)? {
        match line {
            Ok(item) => {
                for request in item.outgoing.planned_requests(guid, Some(&uploader))? {
                    dry_run::show_line(context, &request)?;
                }
            }
            Err(_) if skip_bad => {}
            Err(line) => {
                bad += 1;
                names += u64::from(line.is_name);
                line.report(&context.output);
            }
        }
    }
    match bad {
        0 => Ok(ExitCode::SUCCESS),
        _ => Err(input::bad_lines(bad, names)),
    }
}
