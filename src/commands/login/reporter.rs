//! Reports a login: JSON events for programs, text and a drawing for people.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::events::{Event, Via};
use crate::api::login_payloads::{Profile, QrcodeStatus};
use crate::commands::targets;
use crate::context::Context;
use crate::error::Error;
use crate::files;
use crate::guid::Guid;
use crate::login::qr_display::{self, QrStyle, QrTerminal};
use crate::qr::{Matrix, image};
use crate::text::{Text, text};

/// Reports the events of a login.
pub struct LoginReporter<'c> {
    context: &'c Context,
    style: Option<QrStyle>,
    terminal: QrTerminal,
    file: Option<PathBuf>,
}

/// Checks that a file name ends in `.png` or `.svg`.
pub fn parse_image_path(text: &str) -> Result<PathBuf, Text> {
    let path = PathBuf::from(text);
    match extension(&path).as_deref() {
        Some("png" | "svg") => Ok(path),
        _ => Err(text!("the file name must end in .png or .svg")),
    }
}

fn extension(path: &Path) -> Option<String> {
    Some(
        path.extension()
            .and_then(OsStr::to_str)?
            .to_ascii_lowercase(),
    )
}

impl<'c> LoginReporter<'c> {
    /// A reporter that draws in this style and writes the code to `file`.
    ///
    /// # Errors
    /// A usage error when `file` is something that must not be replaced.
    pub fn new(
        context: &'c Context,
        style: Option<QrStyle>,
        file: Option<PathBuf>,
    ) -> Result<Self, Error> {
        if let Some(path) = &file {
            files::target::writable(path).map_err(|e| {
                Error::usage(text!(
                    "cannot write the QR code to {path}: {error}",
                    path = path.display(),
                    error = e
                ))
            })?;
        }
        let terminal = context.output.stderr_capabilities();
        Ok(Self {
            context,
            style,
            terminal: QrTerminal {
                terminal: terminal.terminal,
                color: terminal.color,
                columns: terminal.columns,
                utf8: context.env().is_utf8(),
            },
            file,
        })
    }

    /// Reports the first QR code.
    pub fn qrcode(&self, content: &str, key: Option<&str>) -> Result<(), Error> {
        self.event(&Event::Qrcode { content, key })?;
        self.draw(content)
    }

    /// Reports a QR code that replaces the previous one.
    pub fn refreshed(&self, content: &str, key: Option<&str>) -> Result<(), Error> {
        self.event(&Event::Refreshed { content, key })?;
        self.context
            .output
            .note(&text!("the QR code has expired; scan this one"));
        self.draw(content)
    }

    fn draw(&self, content: &str) -> Result<(), Error> {
        let (drawing, link) = qr_display::render(content, self.style, self.terminal);
        self.context.output.drawing(&drawing, link.as_ref());
        match &self.file {
            Some(path) => write_image(content, path),
            None => Ok(()),
        }
    }

    /// Reports a status of the scan.
    pub fn status(&self, status: QrcodeStatus) -> Result<(), Error> {
        self.event(&Event::of_status(status))?;
        if !status.is_failure() {
            // A failure is printed as the command's error.
            self.context.output.note(&qr_display::status_text(status));
        }
        Ok(())
    }

    /// Reports that a verification code is needed.
    pub fn verification_code_required(&self, attempts_left: u8) -> Result<(), Error> {
        self.event(&Event::CodeRequired { attempts_left })
    }

    /// Reports a rejected verification code.
    pub fn verification_code_rejected(&self, attempts_left: u8) -> Result<(), Error> {
        self.event(&Event::CodeRejected { attempts_left })?;
        self.context.output.note(&match attempts_left {
            1 => text!("the verification code was rejected; 1 attempt left"),
            left => text!(
                "the verification code was rejected; {left} attempts left",
                left
            ),
        });
        Ok(())
    }

    /// Reports an accepted verification code.
    pub fn verification_code_accepted(&self) -> Result<(), Error> {
        self.event(&Event::CodeAccepted)?;
        self.context.output.note(&text!(
            "the verification code was accepted; the account is being logged in"
        ));
        Ok(())
    }

    /// Reports the login: the result of the command.
    pub fn logged_in(&self, guid: &Guid, profile: &Profile, via: Via) -> Result<(), Error> {
        let event = Event::LoggedIn { guid, profile, via };
        targets::remember_account(self.context, guid, profile);
        if via == Via::AlreadyOnline {
            self.context
                .output
                .note(&text!("already online; --force logs in again"));
        }
        self.context
            .output
            .result(&event, |_| welcome(guid, profile))
    }

    fn event(&self, event: &Event<'_>) -> Result<(), Error> {
        match self.context.output.is_json() {
            true => self.context.output.json(event),
            false => Ok(()),
        }
    }
}

fn welcome(guid: &Guid, profile: &Profile) -> Text {
    let verbatim = |text: &Option<String>| text.clone().map(Text::verbatim);
    let name = verbatim(&profile.name).unwrap_or_else(|| text!("unknown user"));
    let user = verbatim(&profile.user_id).unwrap_or_else(|| text!("id unknown"));
    match profile.corp_name.as_ref().or(profile.corp_id.as_ref()) {
        Some(corp) => text!(
            "logged in: {name} ({user}) of {corp}, instance {guid}",
            name,
            user,
            corp,
            guid
        ),
        None => text!(
            "logged in: {name} ({user}), instance {guid}",
            name,
            user,
            guid
        ),
    }
}

fn write_image(content: &str, path: &Path) -> Result<(), Error> {
    let code = Matrix::of(content).map_err(Error::internal)?;
    let bytes = match extension(path).as_deref() {
        Some("svg") => image::svg(&code).into_bytes(),
        _ => image::png(&code).map_err(|why| Error::internal(Text::verbatim(why)))?,
    };
    files::replace(path, &bytes).map_err(|e| {
        Error::io_after_change(
            text!("cannot write the QR code to {path}", path = path.display()),
            &e,
        )
    })
}
