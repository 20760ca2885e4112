//! `qiwei probe`: lists what the server supports, or calls any endpoint.

mod callback;
mod endpoints;
mod raw;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Subcommand;

use super::{CommandResult, Run};
use crate::context::Context;

/// Arguments of `qiwei probe`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without arguments only read endpoints are called. `qiwei probe POST /client/get_client_status -d '{\"guid\":\"…\"}'` makes one call and prints the response unchanged."
)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    /// HTTP method of a raw call
    #[arg(value_name = "METHOD", requires = "path")]
    method: Option<String>,

    /// Path of a raw call, below the base URL
    #[arg(value_name = "PATH")]
    path: Option<String>,

    /// JSON body: itself, @FILE, or `-` for standard input [default for POST: {}]
    #[arg(short, long, value_name = "JSON", requires = "path")]
    data: Option<OsString>,

    /// Add the guid of the chosen instance to the body
    #[arg(long, requires = "path")]
    with_guid: bool,

    /// Print the request instead of sending it
    #[arg(long, requires = "path")]
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
        let done = match (self.method, self.path) {
            (Some(method), Some(path)) => raw::Call {
                method,
                path,
                data: self.data,
                with_guid: self.with_guid,
                dry_run: self.dry_run,
            }
            .run(context),
            _ => endpoints::run(context),
        };
        done.map(|()| ExitCode::SUCCESS)
    }
}
