//! Where the news of a login come from: callbacks, polling, codes, signals. All end in one queue.

use std::io;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use crate::api::login_answer::QrcodeStatus;
use crate::api::{Api, Status};
use crate::callback::Event;
use crate::guid::Guid;
use crate::secret::Secret;

/// Something that happened.
#[derive(Debug)]
pub enum News {
    /// The server called back.
    Callback(Event),
    /// A poll found the scan so far.
    Polled(QrcodeStatus),
    /// A poll found the account logged in.
    Online,
    /// A poll was told that the code has expired.
    Expired,
    /// There is a verification code, or a reason why not.
    Code(Result<Secret, String>),
    /// A signal wants the program to end.
    Signal(i32),
}

/// Polls the server every `pause`, so that a login whose callbacks cannot reach us still ends
/// well. A failed poll is no news: the next one may succeed. Ends with the receiver.
///
/// # Errors
/// When no thread can be started.
pub fn poll(api: Api, guid: Guid, pause: Duration, news: Sender<News>) -> io::Result<()> {
    thread::Builder::new()
        .name("poll".into())
        .spawn(move || {
            loop {
                thread::sleep(pause);
                for found in look(&api, &guid) {
                    if news.send(found).is_err() {
                        return;
                    }
                }
            }
        })
        .map(drop)
}

fn look(api: &Api, guid: &Guid) -> Vec<News> {
    let scan = match api.qrcode_status(guid) {
        Ok(status) => Some(News::Polled(status)),
        Err(error) if error.is_expired() => Some(News::Expired),
        Err(_) => None,
    };
    let online = match api.client_status(guid) {
        Ok(Status::Online) => Some(News::Online),
        _ => None,
    };
    scan.into_iter().chain(online).collect()
}
