//! `qiwei login`: logs an account in by QR code.

mod events;
mod instance;
mod prompt;
mod reporter;
mod session;
mod unconfirmed_results;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use super::callback_listener::CallbackArgs;
use super::callback_source::CallbackSource;
use super::{CommandResult, Run};
use crate::api::request::{self, Effect};
use crate::api::{Api, CallError, Status};
use crate::context::Context;
use crate::error::{Error, Outcome};
use crate::guid::Guid;
use crate::input;
use crate::instances;
use crate::login::qr_display::QrStyle;
use crate::login::verification_code::{self, CodeSource};
use crate::text::{Text, text};
use crate::time::{Deadline, parse_timeout};
use events::{Event, Via};
use reporter::LoginReporter;
use session::LoginSession;

/// Default timeout: a person has to find their phone first.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);
/// Limit of a single exchange.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(15);

/// Arguments of `qiwei login`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Takes at most --timeout (default 5min, extended while waiting for a verification code). The configured notify_url is restored however it ends."
)]
pub struct Args {
    /// Create a new instance for the login
    #[arg(long)]
    new: bool,

    /// Log in again even if the account is online
    #[arg(long)]
    force: bool,

    /// Id of the local proxy (bridge) to connect through
    #[arg(long, value_name = "ID")]
    bridge: Option<String>,

    /// Print the code and return; wait with `qiwei status --wait online`
    #[arg(long)]
    no_wait: bool,

    /// Submit the verification code of a waiting login; `-` and @FILE read it
    #[arg(long, value_name = "CODE", conflicts_with_all = ["new", "force", "no_wait", "code_cmd", "code_file"])]
    code: Option<String>,

    /// Command that prints the verification code
    #[arg(long, value_name = "CMD", conflicts_with = "code_file")]
    code_cmd: Option<String>,

    /// File the verification code will be written to
    #[arg(long, value_name = "FILE")]
    code_file: Option<PathBuf>,

    /// How to draw the QR code [default: the best the terminal can show]
    #[arg(long, value_name = "STYLE")]
    qr: Option<QrStyle>,

    /// Write the QR code to a .png or .svg file as well
    #[arg(long, value_name = "FILE", value_parser = reporter::parse_image_path)]
    qr_file: Option<PathBuf>,

    /// Interval between login status polls
    #[arg(long, value_name = "DUR", default_value = "3s", value_parser = parse_timeout, conflicts_with = "no_poll")]
    poll: Duration,

    /// Do not poll; rely on callbacks alone
    #[arg(long)]
    no_poll: bool,

    #[command(flatten)]
    callbacks: CallbackArgs,
}

impl Run for Args {
    fn run(self, context: &Context) -> CommandResult {
        if let Some(code) = &self.code {
            return submit_verification_code(context, code).map(|()| ExitCode::SUCCESS);
        }
        let deadline = context.deadline_or(DEFAULT_TIMEOUT)?;
        let api = context
            .api()?
            .until(deadline)
            .with_exchange_timeout(EXCHANGE_TIMEOUT);
        let reporter = LoginReporter::new(context, self.qr, self.qr_file.clone())?;
        // Bound before anything is changed on the server.
        let source = match self.no_wait {
            true => None,
            false => Some(self.callbacks.source(context)?),
        };
        let guid = instance::instance(context, &api, self.new, self.bridge.as_deref())?;
        let (is_new, created) = (self.new, guid.clone());
        let finish = self.log_in_on(context, api, guid, reporter, source, deadline);
        finish.map_err(|error| match is_new {
            true => with_resume_hint(error, &created),
            false => error,
        })
    }
}

impl Args {
    /// Runs the login on the chosen instance.
    fn log_in_on(
        self,
        context: &Context,
        api: Api,
        guid: Guid,
        reporter: LoginReporter<'_>,
        source: Option<CallbackSource>,
        deadline: Deadline,
    ) -> CommandResult {
        let lock = super::callback_listener::lock(context, &guid)?;
        if let Some(source) = &source {
            source.write_url(&lock);
        }
        let was_online =
            instance::start_if_stopped(context, &api, &guid, deadline)? == Status::Online;
        if let (Some(bridge), false) = (&self.bridge, self.new) {
            instance::set_bridge(&api, &guid, bridge)?;
        }
        if was_online && !self.force {
            let profile = api.profile(&guid).unwrap_or_default();
            reporter.logged_in(&guid, &profile, Via::AlreadyOnline)?;
            return Ok(ExitCode::SUCCESS);
        }
        let session = LoginSession {
            context,
            api,
            guid,
            reporter,
            deadline,
            was_online,
        };
        let finish = match source {
            None => session.show_qrcode().map(|()| ExitCode::SUCCESS),
            Some(source) => session.run(source, self),
        };
        drop(lock);
        finish
    }

    fn code_source(&mut self, context: &Context) -> Result<CodeSource, Error> {
        Ok(match (self.code_cmd.take(), self.code_file.take()) {
            (Some(command), _) => CodeSource::Command(command),
            (None, Some(file)) => CodeSource::File(file),
            (None, None) if context.can_ask() => CodeSource::Terminal(context.take_stdin()?),
            (None, None) => CodeSource::OtherProcess,
        })
    }
}

/// Adds the hint to continue with the created instance: `login --new` would create another one.
fn with_resume_hint(error: Error, created: &Guid) -> Error {
    let on = text!(
        "continue with the created instance: `qiwei login --guid {guid}`",
        guid = created
    );
    Error {
        retryable: false,
        outcome: error.outcome.filter(|outcome| *outcome != Outcome::NotSent),
        hint: Some(match error.hint {
            Some(hint) => text!("{hint}; {on}", hint, on),
            None => on,
        }),
        ..error
    }
}

/// Handles `login --code`: the server passes the code to the waiting login.
fn submit_verification_code(context: &Context, code: &str) -> Result<(), Error> {
    let code = match code {
        "-" => input::utf8(context.read_stdin()?, &text!("standard input"))?,
        code => match code.strip_prefix('@') {
            Some(file) => input::utf8(input::file_bytes(Path::new(file))?, &Text::verbatim(file))?,
            None => code.to_owned(),
        },
    };
    let code = verification_code::checked(&code).map_err(Error::usage)?;
    context.output.hide(code.reveal());
    let guid = waiting_instance(context)?;
    let result = context
        .api()?
        .apply(&request::verify_login_qrcode(&guid, &code));
    result.map_err(|error| {
        let refused = matches!(error, CallError::Refused(_));
        let error = error.into_error(Effect::Change);
        match refused && error.hint.is_none() {
            true => error.hint(text!(
                "the code may be wrong, or no login of this instance waits for one"
            )),
            false => error,
        }
    })?;
    context
        .output
        .note(&text!("the verification code was accepted"));
    if context.output.is_json() {
        context.output.json(&Event::CodeAccepted)?;
    }
    Ok(())
}

/// The named instance, else the only running one that is not online.
fn waiting_instance(context: &Context) -> Result<Guid, Error> {
    if let Some((guid, _)) = context.configured_guid()? {
        return Ok(guid.clone());
    }
    let running: Vec<Guid> = instances::list_with_statuses(context.api()?)?
        .into_iter()
        .filter(|instance| instance.is(Status::Running))
        .map(|instance| instance.guid)
        .collect();
    match running.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Error::config(text!("no instance is waiting for a login"))),
        several => Err(Error::config(text!(
            "{count} instances may be waiting: {guids}",
            count = several.len(),
            guids = several
                .iter()
                .map(Guid::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        ))
        .hint(text!(
            "select one, such as --guid {guid}",
            guid = several.first().map_or("GUID", Guid::as_str)
        ))),
    }
}
