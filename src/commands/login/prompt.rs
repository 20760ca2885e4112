//! Asks for verification codes during a login.

use std::sync::mpsc::Sender;

use crate::context::Context;
use crate::error::Error;
use crate::login::event::LoginEvent;
use crate::login::state_machine::MAX_VERIFICATION_CODE_ATTEMPTS;
use crate::login::verification_code::{CodePrompt, CodeSource};
use crate::text::{Text, text};

/// Asks for verification codes in the way their source needs.
pub struct VerificationCodePrompt {
    source: CodePrompt,
    request_of_attempt: Vec<Text>,
    /// Whether the code is typed on the line of the request.
    pub is_typed: bool,
}

impl VerificationCodePrompt {
    /// Starts asking `source`; codes go to `events`.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(source: CodeSource, events: Sender<LoginEvent>) -> Result<Self, Error> {
        Ok(Self {
            request_of_attempt: (1..=MAX_VERIFICATION_CODE_ATTEMPTS)
                .map(|attempt| source.request(attempt))
                .collect(),
            is_typed: source.is_typed(),
            source: CodePrompt::start(source, move |code| {
                let _ = events.send(LoginEvent::VerificationCode(code));
            })
            .map_err(|e| {
                Error::io_before_change(text!("cannot start asking for the verification code"), &e)
            })?,
        })
    }

    /// Asks for the next code.
    pub fn ask(&self, context: &Context, attempts_left: u8) {
        let attempt = MAX_VERIFICATION_CODE_ATTEMPTS.saturating_sub(attempts_left) + 1;
        match self.request_of_attempt.get(usize::from(attempt) - 1) {
            Some(request) if self.is_typed => context.output.prompt(request),
            Some(request) => context.output.note(request),
            None => {}
        }
        self.source.ask(attempt);
    }
}
