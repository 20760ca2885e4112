//! `qiwei probe`: lists what the server supports. `probe METHOD PATH` is the same as `api METHOD PATH`.

mod callback;
mod endpoints;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Subcommand;

use super::{CommandResult, Run, api};
use crate::context::Context;

/// Arguments of `qiwei probe`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "qiwei probe [OPTIONS] [COMMAND]",
    after_help = "Only endpoints that change nothing are called. `qiwei api` calls any."
)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    #[arg(value_name = "METHOD", requires = "path", hide = true)]
    method: Option<String>,

    #[arg(value_name = "PATH", hide = true)]
    path: Option<String>,

    #[arg(short, long, value_name = "JSON", requires = "path", hide = true)]
    data: Option<OsString>,

    #[arg(long, requires = "path", hide = true)]
    with_guid: bool,

    #[arg(long, requires = "path", hide = true)]
    dry_run: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Test whether callbacks arrive, or simulate some
    Callback(callback::Args),
}

impl Run for Args {
    fn run(self, context: &Context) -> CommandResult {
        if let Some(Command::Callback(args)) = self.command {
            return args.run(context);
        }
        match self.method {
            Some(method) => api::Args {
                method,
                path: self.path,
                data: self.data,
                with_guid: self.with_guid,
                dry_run: self.dry_run,
            }
            .run(context),
            None => endpoints::run(context).map(|()| ExitCode::SUCCESS),
        }
    }
}
