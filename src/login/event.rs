//! Sources of login events: callbacks, polling, verification codes and signals, in one queue.

use std::io;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use crate::api::login_payloads::{LoginQrcode, QrcodeStatus};
use crate::api::{Api, CallError, Status};
use crate::callback::Event;
use crate::guid::Guid;
use crate::login::verification_code::CodeSourceError;
use crate::secret::Secret;

/// A login event.
#[derive(Debug)]
pub enum LoginEvent {
    /// A callback arrived.
    Callback(Event),
    /// A poll returned the QR code status.
    Polled(QrcodeStatus),
    /// A poll found the account logged in.
    Online,
    /// The requested QR code.
    Qrcode(Result<LoginQrcode, CallError>),
    /// A poll was refused with this text of the server.
    PollRefused(String),
    /// A poll found the QR code expired.
    QrcodeExpired,
    /// A verification code, or the reason there is none.
    VerificationCode(Result<Secret, CodeSourceError>),
    /// A signal asks the program to end.
    Signal(i32),
}

/// Requests a QR code until the deadline of `api`.
///
/// # Errors
/// When no thread can be started.
pub fn request_qrcode(api: Api, guid: Guid, events: Sender<LoginEvent>) -> io::Result<()> {
    thread::Builder::new()
        .name("qrcode".into())
        .spawn(move || {
            // The receiver may have ended meanwhile.
            let _ = events.send(LoginEvent::Qrcode(api.login_qrcode(&guid)));
        })
        .map(drop)
}

/// Polls the server every `pause`, so that a login also ends when callbacks cannot reach this machine.
/// Failed polls are ignored. Ends with the receiver.
///
/// An account that `was_online` before counts as logged in only after it was seen offline or the scan
/// succeeded.
///
/// # Errors
/// When no thread can be started.
pub fn poll(
    api: Api,
    guid: Guid,
    pause: Duration,
    was_online: bool,
    events: Sender<LoginEvent>,
) -> io::Result<()> {
    thread::Builder::new()
        .name("poll".into())
        .spawn(move || {
            let mut is_old_login = was_online;
            loop {
                thread::sleep(pause);
                for found in poll_events(&api, &guid, &mut is_old_login) {
                    if events.send(found).is_err() {
                        return;
                    }
                }
            }
        })
        .map(drop)
}

fn poll_events(api: &Api, guid: &Guid, is_old_login: &mut bool) -> Vec<LoginEvent> {
    let scan = match api.qrcode_status(guid) {
        Ok(status) => {
            *is_old_login &= status != QrcodeStatus::Success;
            Some(LoginEvent::Polled(status))
        }
        Err(error) if error.is_qrcode_expired() => Some(LoginEvent::QrcodeExpired),
        Err(error) => error
            .refusal_text()
            .map(|text| LoginEvent::PollRefused(text.to_owned())),
    };
    let online = match api.client_status(guid) {
        Ok(Status::Online) if !*is_old_login => Some(LoginEvent::Online),
        Ok(Status::Running) => {
            *is_old_login = false;
            None
        }
        _ => None,
    };
    scan.into_iter().chain(online).collect()
}
