//! The loop of a login: receives events, passes them to the state machine, performs its steps.

use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::Args;
use super::events::Via;
use super::prompt::VerificationCodePrompt;
use super::reporter::LoginReporter;
use super::unconfirmed_results::{CONFIRM_INTERVAL, ReportedResult, UnconfirmedResults};
use crate::api::login_payloads::{LoginQrcode, Profile, QrcodeStatus};
use crate::api::request::{self, Effect};
use crate::api::{Api, CallError};
use crate::callback::acknowledgement::Acknowledgement;
use crate::callback::listener::{Acceptance, CallbackHandler, Health};
use crate::callback::{Event, NotifyType};
use crate::commands::CommandResult;
use crate::commands::callback_listener::RefusedCallbacks;
use crate::commands::callback_source::{CallbackHandlers, CallbackSource};
use crate::context::Context;
use crate::error::{Error, Kind, Outcome};
use crate::guid::Guid;
use crate::json::integer;
use crate::login::event::{self, LoginEvent};
use crate::login::state_machine::MAX_VERIFICATION_CODE_ATTEMPTS;
use crate::login::verification_code::CodeSourceError;
use crate::login::{LoginStateMachine, Step};
use crate::secret::Secret;
use crate::signals;
use crate::text::{Text, text};
use crate::time::{Deadline, show_duration};

/// A login that has not started yet.
pub struct LoginSession<'c> {
    pub context: &'c Context,
    pub api: Api,
    pub guid: Guid,
    pub reporter: LoginReporter<'c>,
    pub deadline: Deadline,
    /// Whether the account was online before; if so, being online does not end this login.
    pub was_online: bool,
}

/// Pause before a command or file is asked again after it gave the verification code that was just rejected.
const SAME_VERIFICATION_CODE_PAUSE: Duration = Duration::from_secs(3);

/// How a login ends without an error.
enum End {
    LoggedIn(Profile, Via),
    Signal(i32),
}

impl LoginSession<'_> {
    /// Handles `--no-wait`: shows the QR code and returns.
    pub fn show_qrcode(&self) -> Result<(), Error> {
        self.show(self.api.login_qrcode(&self.guid)).map(drop)
    }

    /// Runs the login. Callbacks are redirected here only while it runs.
    pub fn run(self, source: CallbackSource, mut args: Args) -> CommandResult {
        let (events, incoming) = mpsc::channel();
        let code_source = args.code_source(self.context)?;
        let prompt = VerificationCodePrompt::start(code_source, events.clone())?;
        let health = Arc::new(Mutex::new("not_scanned"));
        let signal_events = events.clone();
        signals::forward(signals::watch()?, move |signal| {
            let _ = signal_events.send(LoginEvent::Signal(signal));
        })?;

        let output = self.context.output.clone();
        let handlers = CallbackHandlers {
            handler: handler(events.clone()),
            refused: RefusedCallbacks::new(&self.context.output),
            health: health_report(&health),
            on_refused: Box::new(move |error| output.warn(&error.message)),
        };
        let can_poll = matches!(source, CallbackSource::WebSocket) && !args.no_poll;
        let mut receiving = match source.start(
            &args.callbacks,
            self.context,
            &self.api,
            &self.guid,
            handlers,
        ) {
            // Nothing was changed, and polling learns everything that callbacks report.
            Err(error) if can_poll && error.kind == Kind::Unreachable => {
                self.context.output.warn(&text!(
                    "{message}; falling back to polling",
                    message = error.message
                ));
                None
            }
            started => Some(started?),
        };
        let mut end_reception = || {
            if let Some(receiving) = &mut receiving {
                receiving.end();
            }
        };
        self.request_qrcode(events.clone())?;
        let (content, early) = match self.first_qrcode(&incoming).map_err(Error::in_stream)? {
            FirstQrcode::Shown(content, early) => (content, early),
            FirstQrcode::Signal(signal) => {
                end_reception();
                return Ok(signals::exit_code(signal));
            }
        };
        if !args.no_poll {
            self.start_poll(args.poll, events.clone())?;
        }
        let mut login = LoginLoop {
            session: &self,
            machine: LoginStateMachine::new(content),
            prompt,
            deadline: self.deadline,
            api: self.api.clone(),
            events,
            is_qrcode_requested: false,
            unconfirmed: UnconfirmedResults::default(),
            rejected_verification_code: None,
            ask_again_at: None,
            shown_refusal: String::new(),
        };
        let end = login.run_to_end(early, &incoming, &health);
        login.end_prompt_line();
        end_reception();
        match end.map_err(Error::in_stream)? {
            End::LoggedIn(profile, via) => {
                // Saved before reporting, which may fail.
                let saved = self.context.save_guid(&self.guid);
                let report = self.reporter.logged_in(&self.guid, &profile, via);
                if let Err(error) = saved {
                    // The login itself has succeeded.
                    self.context.output.warn(&text!(
                        "the account is logged in, but its instance could not be made the current one: {message}",
                        message = error.message
                    ));
                }
                report.map_err(|e| e.with_completed_change(&text!("the account is logged in")))?;
                Ok(ExitCode::SUCCESS)
            }
            End::Signal(signal) => Ok(signals::exit_code(signal)),
        }
    }

    fn start_poll(&self, pause: Duration, events: Sender<LoginEvent>) -> Result<(), Error> {
        // Has no deadline of its own: the login's deadline is extended while a verification code is asked for.
        let long = Deadline::after(
            self.deadline.timeout() * u32::from(MAX_VERIFICATION_CODE_ATTEMPTS + 1),
        );
        event::poll(
            self.api.until(long),
            self.guid.clone(),
            pause,
            self.was_online,
            events,
        )
        .map_err(|e| Error::io_after_change(text!("cannot poll the server"), &e))
    }

    /// Requests a QR code on its own thread, so that an unready device or a silent server does not delay
    /// a signal.
    fn request_qrcode(&self, events: Sender<LoginEvent>) -> Result<(), Error> {
        event::request_qrcode(self.api.clone(), self.guid.clone(), events)
            .map_err(|e| Error::io_after_change(text!("cannot request the QR code"), &e))
    }

    /// Waits for the first QR code; its thread ends with the deadline.
    fn first_qrcode(&self, incoming: &Receiver<LoginEvent>) -> Result<FirstQrcode, Error> {
        let mut early = Vec::new();
        loop {
            match incoming.recv() {
                Ok(LoginEvent::Qrcode(qrcode)) => {
                    return Ok(FirstQrcode::Shown(self.show(qrcode)?, early));
                }
                Ok(LoginEvent::Signal(signal)) => return Ok(FirstQrcode::Signal(signal)),
                Ok(event) => early.push(event),
                Err(_) => return Err(Error::internal(text!("all event sources have ended"))),
            }
        }
    }

    fn show(&self, qrcode: Result<LoginQrcode, CallError>) -> Result<String, Error> {
        let qrcode = qrcode.map_err(|e| e.into_error(Effect::Read))?;
        self.reporter
            .qrcode(&qrcode.content, qrcode.key.as_deref())?;
        Ok(qrcode.content)
    }
}

/// The end of the wait for the first QR code.
enum FirstQrcode {
    /// The content of the QR code and the events that came before it.
    Shown(String, Vec<LoginEvent>),
    Signal(i32),
}

fn handler(events: Sender<LoginEvent>) -> CallbackHandler {
    // The listener's threads share it.
    let events = Mutex::new(events);
    Arc::new(move |event, acknowledgement: Option<Acknowledgement>| {
        if let Some(acknowledgement) = acknowledgement {
            // The login also asks the server, so nothing depends on this one callback.
            acknowledgement.complete();
        }
        let events = events.lock().unwrap_or_else(PoisonError::into_inner);
        match events.send(LoginEvent::Callback(event)) {
            Ok(()) => Acceptance::Accepted,
            Err(_) => Acceptance::Closed,
        }
    })
}

fn health_report(health: &Arc<Mutex<&'static str>>) -> Health {
    let health = health.clone();
    Arc::new(move || -> Value {
        let login = *health.lock().unwrap_or_else(PoisonError::into_inner);
        json!({"status": "ok", "login": login})
    })
}

/// The loop of one login.
struct LoginLoop<'s, 'c> {
    session: &'s LoginSession<'c>,
    machine: LoginStateMachine,
    prompt: VerificationCodePrompt,
    deadline: Deadline,
    /// The server, until the deadline, which may be extended.
    api: Api,
    events: Sender<LoginEvent>,
    /// A new QR code has been requested.
    is_qrcode_requested: bool,
    unconfirmed: UnconfirmedResults,
    /// The last verification code that the server rejected, which is not submitted again.
    rejected_verification_code: Option<Secret>,
    /// When the source of verification codes is asked again.
    ask_again_at: Option<Deadline>,
    /// The server's last text in answer to a poll.
    shown_refusal: String,
}

impl LoginLoop<'_, '_> {
    fn run_to_end(
        &mut self,
        early: Vec<LoginEvent>,
        incoming: &Receiver<LoginEvent>,
        health: &Mutex<&'static str>,
    ) -> Result<End, Error> {
        for event in early {
            if let Some(end) = self.handle_event(event)? {
                return Ok(end);
            }
        }
        loop {
            *health.lock().unwrap_or_else(PoisonError::into_inner) = self.machine.health();
            if let Some(end) = self.check_unconfirmed_results()? {
                return Ok(end);
            }
            if self.ask_again_at.is_some_and(|at| at.is_over()) {
                self.ask_again_at = None;
                self.prompt
                    .ask(self.session.context, self.machine.attempts_left());
            }
            let event = match incoming.recv_timeout(self.wait_time()) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) if !self.deadline.is_over() => continue,
                Err(RecvTimeoutError::Timeout) => return Err(self.out_of_time()),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::internal(text!("all event sources have ended")));
                }
            };
            if let Some(end) = self.handle_event(event)? {
                return Ok(end);
            }
        }
    }

    /// The time until something has to be done without an event.
    fn wait_time(&self) -> Duration {
        let check = (!self.unconfirmed.is_empty()).then_some(CONFIRM_INTERVAL);
        let ask = self.ask_again_at.map(|at| at.remaining());
        let times = [check, ask].into_iter().flatten();
        times.fold(self.deadline.remaining(), Duration::min)
    }

    /// Asks the server whether the login has ended as callbacks report.
    fn check_unconfirmed_results(&mut self) -> Result<Option<End>, Error> {
        let session = self.session;
        let (guid, output) = (&session.guid, &session.context.output);
        match self
            .unconfirmed
            .check(&self.api, guid, session.was_online, output)
        {
            None => Ok(None),
            Some(ReportedResult::QrcodeStatus(status)) => self.status(status).map(|()| None),
            Some(ReportedResult::LoggedIn(profile)) => {
                Ok(Some(End::LoggedIn(profile, Via::Callback)))
            }
            Some(ReportedResult::Failed(why)) => Err(failed(why)),
        }
    }

    /// Ends the prompt's line, so that later output does not follow an unanswered question.
    fn end_prompt_line(&self) {
        if self.prompt.is_typed && self.machine.health() == "code_required" {
            self.session.context.output.end_line();
        }
    }

    fn handle_event(&mut self, event: LoginEvent) -> Result<Option<End>, Error> {
        match event {
            LoginEvent::Signal(signal) => return Ok(Some(End::Signal(signal))),
            LoginEvent::Online => {
                let profile = self.api.profile(&self.session.guid);
                return Ok(Some(End::LoggedIn(profile.unwrap_or_default(), Via::Poll)));
            }
            LoginEvent::Callback(event) => return self.callback(&event),
            LoginEvent::Polled(status) => self.status(status)?,
            LoginEvent::QrcodeExpired => self.request_new_qrcode(),
            LoginEvent::PollRefused(text) => {
                if text != self.shown_refusal {
                    self.session
                        .context
                        .output
                        .note(&text!("the server says: {text}", text = text.as_str()));
                    self.shown_refusal = text;
                }
            }
            LoginEvent::Qrcode(qrcode) => self.on_new_qrcode(qrcode)?,
            LoginEvent::VerificationCode(Ok(code)) => self.submit_verification_code(&code)?,
            LoginEvent::VerificationCode(Err(CodeSourceError { why, ask_again })) if ask_again => {
                // Nothing was submitted, so no attempt is used.
                self.session.context.output.note(&why);
                self.ask_again();
            }
            LoginEvent::VerificationCode(Err(CodeSourceError { why, .. })) => {
                // this source has failed; a verification code may still come from another shell.
                self.session.context.output.warn(&text!(
                    "no verification code: {why}; it can still be submitted with `qiwei login --code -`",
                    why
                ));
            }
        }
        Ok(None)
    }

    fn callback(&mut self, event: &Event) -> Result<Option<End>, Error> {
        match event.notify_type {
            NotifyType::LOGGED_IN => {
                let profile = event.read::<Profile>().with_preferred_names();
                self.unconfirmed.add(ReportedResult::LoggedIn(profile));
            }
            NotifyType::LOGIN_QRCODE => self.qrcode_changed(event)?,
            NotifyType::LOGIN_FAILED | NotifyType::LOGGED_OUT => {
                self.unconfirmed.add(ReportedResult::Failed(event_text(
                    event,
                    text!("the server ended the login"),
                )));
            }
            NotifyType::SAFETY_VERIFICATION => self.session.context.output.warn(&text!(
                "the account needs a safety verification; see the phone"
            )),
            _ => {}
        }
        Ok(None)
    }

    fn qrcode_changed(&mut self, event: &Event) -> Result<(), Error> {
        let data = event.value();
        if let Some(content) = data.get("qrcode_content").and_then(Value::as_str)
            && !content.is_empty()
        {
            let steps = self.machine.on_qrcode_content(content);
            self.perform(steps, None)?;
        }
        match data
            .get("status")
            .and_then(integer)
            .and_then(QrcodeStatus::of)
        {
            // Reported when the server confirms it.
            Some(status) if status.is_failure() => {
                self.unconfirmed.add(ReportedResult::QrcodeStatus(status));
                Ok(())
            }
            Some(status) => self.status(status),
            None => Ok(()),
        }
    }

    /// Asks the source of verification codes again: a person at once, a command or file after a pause.
    fn ask_again(&mut self) {
        if self.prompt.is_typed {
            self.prompt
                .ask(self.session.context, self.machine.attempts_left());
        } else {
            self.ask_again_at = Some(Deadline::after(SAME_VERIFICATION_CODE_PAUSE));
        }
    }

    fn status(&mut self, status: QrcodeStatus) -> Result<(), Error> {
        let steps = self.machine.on_status(status);
        self.perform(steps, None)
    }

    /// Requests a new QR code after the old one expired without replacement.
    fn request_new_qrcode(&mut self) {
        if !self.is_qrcode_requested {
            // If it fails, the next poll reports the expiry again.
            self.is_qrcode_requested = self.session.request_qrcode(self.events.clone()).is_ok();
        }
    }

    fn on_new_qrcode(&mut self, qrcode: Result<LoginQrcode, CallError>) -> Result<(), Error> {
        self.is_qrcode_requested = false;
        let Ok(qrcode) = qrcode else { return Ok(()) };
        let steps = self.machine.on_qrcode_content(&qrcode.content);
        self.perform(steps, qrcode.key.as_deref())
    }

    fn submit_verification_code(&mut self, code: &Secret) -> Result<(), Error> {
        let session = self.session;
        let output = &session.context.output;
        output.hide(code.reveal());
        let rejected = self.rejected_verification_code.as_ref();
        if rejected.is_some_and(|rejected| rejected.reveal() == code.reveal()) {
            output.note(&text!(
                "the same verification code was just rejected; it is not submitted again"
            ));
            self.ask_again();
            return Ok(());
        }
        let request = request::verify_login_qrcode(&session.guid, code);
        let steps = match self.api.apply(&request) {
            Ok(()) => self.machine.on_verification_code_accepted(),
            Err(error @ CallError::Refused(_)) => {
                if let Some(text) = error.refusal_text() {
                    output.note(&text!("the server says: {text}", text));
                }
                self.rejected_verification_code = Some(code.clone());
                self.machine.on_verification_code_rejected()
            }
            // The code may have been accepted: the login continues, or the server asks again.
            Err(error) => {
                session.context.output.warn(&text!(
                    "it is not known whether the verification code was accepted: {error}",
                    error = error.summary()
                ));
                Vec::new()
            }
        };
        self.perform(steps, None)
    }

    fn perform(&mut self, steps: Vec<Step>, key: Option<&str>) -> Result<(), Error> {
        let reporter = &self.session.reporter;
        for step in steps {
            match step {
                Step::ReportStatus(status) => reporter.status(status)?,
                Step::ShowQrcode(content) => reporter.refreshed(&content, key)?,
                Step::VerificationCodeAccepted => reporter.verification_code_accepted()?,
                Step::VerificationCodeRejected { attempts_left } => {
                    reporter.verification_code_rejected(attempts_left)?
                }
                Step::Fail(why) => return Err(failed(why)),
                Step::AskVerificationCode { attempts_left } => {
                    if attempts_left == MAX_VERIFICATION_CODE_ATTEMPTS {
                        reporter.verification_code_required(attempts_left)?;
                    }
                    // Entering the code may take as long as the scan.
                    self.deadline = Deadline::after(self.deadline.timeout());
                    self.api = self.api.until(self.deadline);
                    self.prompt.ask(self.session.context, attempts_left);
                }
            }
        }
        Ok(())
    }

    fn out_of_time(&self) -> Error {
        let message = text!(
            "the login was not completed within {timeout}",
            timeout = show_duration(self.deadline.timeout())
        );
        let error = Error::new(Kind::Deadline, message).retryable();
        match self.machine.health() {
            "code_required" => error.hint(text!("the login was waiting for a verification code: use --code-cmd, --code-file, or `qiwei login --code -`")),
            "not_scanned" => error.hint(text!("the QR code was not scanned; allow more time with --timeout 10min")),
            _ => error.hint(text!("the scan was not confirmed, or the server did not complete it; try again")),
        }
    }
}

fn failed(why: Text) -> Error {
    Error::new(Kind::Rejected, why)
        .outcome(Outcome::Rejected)
        .hint(text!("run `qiwei login` again for a new QR code"))
}

/// The server's text in a callback, if any.
fn event_text(event: &Event, otherwise: Text) -> Text {
    let value = event.value();
    // 11004 may carry a plain string.
    value
        .as_str()
        .or_else(|| value.get("error_message").and_then(Value::as_str))
        .filter(|text| !text.is_empty())
        .map_or_else(
            || otherwise.clone(),
            |text| text!("{otherwise}: {text}", otherwise, text),
        )
}
