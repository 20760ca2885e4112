//! Notices a server that was restarted, or that has vanished, by looking up the instance's status: a
//! restarted server may have forgotten the notify_url.

use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::api::{Api, CallError, Status};
use crate::guid::Guid;
use crate::time::Deadline;

/// Time limit of a look-up.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);
/// The failed look-up in a row at which the server counts as lost.
const LOST_AT: u32 = 2;

/// The result of a look-up.
pub type Check = Result<Status, CallError>;

/// Looks the status up every `interval`, on a thread that ends with the receiver.
///
/// # Errors
/// When no thread can be started.
pub fn start(api: Api, guid: Guid, interval: Duration) -> io::Result<Receiver<Check>> {
    let (sender, checks) = channel();
    thread::Builder::new()
        .name("server watch".into())
        .spawn(move || {
            loop {
                thread::sleep(interval);
                let api = api.until(Deadline::after(CHECK_TIMEOUT));
                if sender.send(api.client_status(&guid)).is_err() {
                    return;
                }
            }
        })?;
    Ok(checks)
}

/// What to do after a look-up.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// Nothing.
    None,
    /// Set the notify_url again, and then call [`ServerWatch::url_is_set`].
    SetUrl,
    /// Report that the server, or the instance on it, is lost.
    ReportLoss(CallError),
}

/// The state of the server, as far as look-ups show it.
#[derive(Debug, Default)]
pub struct ServerWatch {
    failures: u32,
    may_have_lost_url: bool,
}

impl ServerWatch {
    /// Takes the result of a look-up.
    pub fn on_check(&mut self, check: Check) -> Action {
        match check {
            // No call was made.
            Err(CallError::RateLimited(_)) => Action::None,
            Err(error) if is_lost(&error) => {
                self.failures += 1;
                self.may_have_lost_url = true;
                match self.failures == LOST_AT {
                    true => Action::ReportLoss(error),
                    false => Action::None,
                }
            }
            Ok(Status::Stopped) => {
                self.failures = 0;
                self.may_have_lost_url = true;
                Action::None
            }
            Ok(_) | Err(_) => {
                self.failures = 0;
                match self.may_have_lost_url {
                    true => Action::SetUrl,
                    false => Action::None,
                }
            }
        }
    }

    /// Records that the notify_url was set again.
    pub fn url_is_set(&mut self) {
        self.may_have_lost_url = false;
    }
}

/// Whether there is no server, or no such instance on it. Any other refusal is the answer of a server
/// that is there.
fn is_lost(error: &CallError) -> bool {
    match error {
        CallError::Refused(refusal) => refusal.is_bad_guid(),
        CallError::RateLimited(_) | CallError::PersonalWechat => false,
        CallError::NotConnected { .. }
        | CallError::Untrusted { .. }
        | CallError::NoAnswer(_)
        | CallError::Setup(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone() -> Check {
        Err(CallError::Setup("x".into()))
    }

    #[test]
    fn sets_url_again_after_loss_or_stop() {
        for lost in [gone(), Ok(Status::Stopped)] {
            let mut watch = ServerWatch::default();
            assert_eq!(watch.on_check(Ok(Status::Online)), Action::None);
            assert_eq!(watch.on_check(lost), Action::None);
            // Until it was done.
            assert_eq!(watch.on_check(Ok(Status::Running)), Action::SetUrl);
            assert_eq!(watch.on_check(Ok(Status::Online)), Action::SetUrl);
            watch.url_is_set();
            assert_eq!(watch.on_check(Ok(Status::Online)), Action::None);
        }
    }

    #[test]
    fn reports_loss_once_after_two_failures() {
        let mut watch = ServerWatch::default();
        assert_eq!(watch.on_check(gone()), Action::None);
        assert_eq!(watch.on_check(Ok(Status::Online)), Action::SetUrl);
        assert_eq!(watch.on_check(gone()), Action::None);
        assert!(matches!(watch.on_check(gone()), Action::ReportLoss(_)));
        assert_eq!(watch.on_check(gone()), Action::None);
    }
}
