//! The API client: one method per endpoint, over one transport.

mod certificates;
mod client;
mod connection_record;
pub mod directory;
mod directory_payloads;
pub mod envelope;
mod error;
pub mod gateway;
pub mod interpret;
mod lenient;
pub mod login_payloads;
pub mod media;
mod payloads;
#[cfg(any(test, fuzzing))]
pub mod properties;
mod refusal;
mod reported_failure;
pub mod request;
mod resolver;
mod response;
mod retry;
mod trace;
mod transport;
mod websocket_stream;

pub use certificates::tls_config;
pub use client::ConnectionSettings;
pub use directory_payloads::{Person, RoomDetail};
pub use error::{CallError, NoAnswer};
pub use payloads::{ConversationEntry, SentMessage, SessionPage, Status};
pub use refusal::Refusal;
pub use response::Response;
pub use trace::{Trace, Tracer};
pub use transport::Transport;
pub use websocket_stream::WebSocketStream;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use envelope::Payload;
use gateway::RefusedCall;
use payloads::PayloadError;
use request::{Effect, Request};
use serde::Deserialize;

use crate::error::Error;
use crate::guid::Guid;
use crate::text::Text;
use crate::time::Deadline;
use login_payloads::{LoginQrcode, Profile, QrcodeStatus};

/// Pause between requests while the login device is not ready.
const NOT_READY_PAUSE: Duration = Duration::from_secs(1);

/// The endpoints of one server, until a deadline. Clones share the connections.
#[derive(Clone)]
pub struct Api {
    transport: Arc<Transport>,
    retries: u32,
    deadline: Deadline,
    exchange_timeout: Option<Duration>,
    limiter: Option<Arc<dyn RateLimiter>>,
    /// Whether the pace has been waited for already, so that the next call is made without another wait.
    is_next_call_reserved: Arc<AtomicBool>,
}

/// Limits the calls of each account, across processes.
pub trait RateLimiter: Send + Sync {
    /// Waits until the account of `guid` may make its next call. Ends early when `stop` is set.
    ///
    /// # Errors
    /// `busy` when that takes longer than until `deadline`.
    fn acquire(&self, guid: &str, deadline: Deadline, stop: &AtomicBool) -> Result<(), Error>;

    /// Allows the account no call for `wait`.
    fn pause(&self, guid: &str, wait: Duration);
}

impl Api {
    /// A client that uses `transport`, ends at `deadline`, and retries what may be retried up to `retries`
    /// times.
    pub fn new(transport: Transport, retries: u32, deadline: Deadline) -> Self {
        let transport = Arc::new(transport);
        // Never dropped: dropping waits for the HTTP library's thread, which takes a twentieth of a send,
        // and as long as a server keeps sending interim responses (1xx).
        std::mem::forget(transport.clone());
        Self {
            transport,
            retries,
            deadline,
            exchange_timeout: None,
            limiter: None,
            is_next_call_reserved: Arc::default(),
        }
    }

    /// The same client, whose calls all wait for `limiter`.
    pub fn limited_by(self, limiter: Arc<dyn RateLimiter>) -> Self {
        Self {
            limiter: Some(limiter),
            ..self
        }
    }

    /// The same client without a limit, for a call that must not wait: restoring the `notify_url` at the end.
    pub fn unlimited(&self) -> Self {
        Self {
            limiter: None,
            ..self.clone()
        }
    }

    /// The limiter of all calls, if there is one.
    pub fn limiter(&self) -> Option<&Arc<dyn RateLimiter>> {
        self.limiter.as_ref()
    }

    /// The same client, whose next call does not wait for the limiter: its time has been reserved and waited for.
    pub fn with_reserved_call(&self) -> Self {
        Self {
            is_next_call_reserved: Arc::new(AtomicBool::new(self.limiter.is_some())),
            ..self.clone()
        }
    }

    /// The time by which a call must end.
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }

    /// The same client with another deadline.
    pub fn until(&self, deadline: Deadline) -> Self {
        Self {
            deadline,
            ..self.clone()
        }
    }

    /// The same client, which makes every request once.
    pub fn without_retries(&self) -> Self {
        Self {
            retries: 0,
            ..self.clone()
        }
    }

    /// The same client with at most this time left.
    pub fn at_most(&self, time: Duration) -> Self {
        self.until(Deadline::after(time.min(self.deadline.remaining())))
    }

    /// The same client with a limit on each exchange, for long waits in which one silent answer must not
    /// use up all the time.
    pub fn with_exchange_timeout(&self, exchange_timeout: Duration) -> Self {
        Self {
            exchange_timeout: Some(exchange_timeout),
            ..self.clone()
        }
    }

    /// Lists all instances. Falls back to GET on servers that refuse POST.
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn all_clients(&self) -> Result<Vec<Guid>, CallError> {
        match self.call(&request::all_clients(), payloads::guids) {
            Err(CallError::Refused(refusal))
                if refusal.http_status == 405 && refusal.gateway.is_none() =>
            {
                self.call(&request::all_clients_get(), payloads::guids)
            }
            other => other,
        }
    }

    /// The status of an instance.
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn client_status(&self, guid: &Guid) -> Result<Status, CallError> {
        self.call(&request::client_status(guid), payloads::status)
    }

    /// Creates an instance; `request` comes from [`request::create_client`].
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn create_client(&self, request: &Request) -> Result<Guid, CallError> {
        self.call(request, payloads::guid)
    }

    /// Makes a change whose answer is only a confirmation.
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn apply(&self, request: &Request) -> Result<(), CallError> {
        self.call(request, payloads::confirmation)
    }

    /// Requests a login QR code, retrying while the device is not ready (1014).
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn login_qrcode(&self, guid: &Guid) -> Result<LoginQrcode, CallError> {
        let request = request::login_qrcode(guid);
        loop {
            match self.call(&request, login_payloads::qrcode) {
                // Without time for another try, the last answer is the result.
                Err(error)
                    if error.is_not_ready() && self.deadline.remaining() > NOT_READY_PAUSE =>
                {
                    std::thread::sleep(NOT_READY_PAUSE);
                }
                other => return other,
            }
        }
    }

    /// The status of the login QR code.
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn qrcode_status(&self, guid: &Guid) -> Result<QrcodeStatus, CallError> {
        self.call(
            &request::check_login_qrcode(guid),
            login_payloads::qrcode_status,
        )
    }

    /// The logged-in user.
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn profile(&self, guid: &Guid) -> Result<Profile, CallError> {
        self.call(&request::profile(guid), login_payloads::profile)
    }

    /// One page of the session list.
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn session_page(
        &self,
        guid: &Guid,
        begin_seq: &str,
        limit: u32,
    ) -> Result<SessionPage, CallError> {
        let request = request::session_list(guid, begin_seq, limit);
        self.call(&request, payloads::session_page)
    }

    /// Sends a message; `request` comes from [`request::send_text`] or [`request::send_room_at`].
    ///
    /// # Errors
    /// Those of any call, see [`CallError`]. An answer without a message id is not a success.
    pub fn deliver(&self, request: &Request) -> Result<SentMessage, CallError> {
        self.call(request, payloads::sent_message)
    }

    /// Makes any request and returns the response unchanged; retried as far as its effect allows.
    ///
    /// # Errors
    /// Only transport errors; the response is not interpreted.
    pub fn raw(&self, request: &Request) -> Result<Response, CallError> {
        self.with_retries(request, || self.exchange_without_retry(request))
    }

    /// Makes one exchange, neither retried nor interpreted.
    ///
    /// # Errors
    /// Only transport errors.
    pub fn exchange_without_retry(&self, request: &Request) -> Result<Response, CallError> {
        self.wait_for_pace(request)?;
        let limit = match self.exchange_timeout {
            Some(exchange_timeout) => {
                Deadline::after(exchange_timeout.min(self.deadline.remaining()))
            }
            None => self.deadline,
        };
        self.transport.exchange(request, limit)
    }

    fn with_retries<T>(
        &self,
        request: &Request,
        attempt: impl FnMut() -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let announce = |wait| self.transport.note_retry(wait);
        retry::with_retries(
            self.retries,
            request.effect,
            self.deadline,
            announce,
            attempt,
        )
    }

    fn call<T>(
        &self,
        request: &Request,
        decode: impl Fn(Payload) -> Result<T, PayloadError>,
    ) -> Result<T, CallError> {
        self.with_retries(request, || {
            let response = self.exchange_without_retry(request)?;
            let payload = self.interpret(request, &response)?;
            decode(payload).map_err(|payload_error| {
                let error = payload_call_error(payload_error, response.status);
                match self.is_personal_wechat(&response) {
                    true => with_hint(error, CallError::PersonalWechat.summary()),
                    false => error,
                }
            })
        })
    }

    /// Interprets the response to `request`, see [`interpret::interpret`]. A block by the gateway also
    /// pauses the account for all processes.
    ///
    /// # Errors
    /// Those of any call, see [`CallError`].
    pub fn interpret(&self, request: &Request, response: &Response) -> Result<Payload, CallError> {
        match interpret::interpret(response) {
            Err(CallError::Refused(mut refusal)) => {
                if self.transport.has_gateway() {
                    refusal.gateway = Some(RefusedCall::new(&request.path, &response.body));
                }
                if let Some(limiter) = &self.limiter
                    && refusal.is_too_frequent()
                    && let Some(wait) = refusal.wait()
                {
                    limiter.pause(&guid_of(request), wait);
                }
                Err(CallError::Refused(refusal))
            }
            Ok(_) if request.effect == Effect::Read && self.is_personal_wechat(response) => {
                Err(CallError::PersonalWechat)
            }
            other => other.map(|(_, payload)| payload),
        }
    }

    fn is_personal_wechat(&self, response: &Response) -> bool {
        self.transport.has_gateway() && gateway::is_personal_wechat(&response.body)
    }

    fn wait_for_pace(&self, request: &Request) -> Result<(), CallError> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        if self.is_next_call_reserved.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        limiter
            .acquire(&guid_of(request), self.deadline, &AtomicBool::new(false))
            .map_err(|error| CallError::RateLimited(Box::new(error)))
    }
}

/// The guid in the body of a request; empty for a call that is not about an instance.
fn guid_of(request: &Request) -> String {
    #[derive(Deserialize)]
    struct Body {
        guid: String,
    }
    let body = request.body.as_deref().unwrap_or_default();
    serde_json::from_slice::<Body>(body).map_or_else(|_| String::new(), |body| body.guid)
}

fn with_hint(error: CallError, hint: Text) -> CallError {
    match error {
        CallError::NoAnswer(none) => CallError::NoAnswer(NoAnswer {
            hint: Some(hint),
            ..none
        }),
        other => other,
    }
}

fn payload_call_error(payload_error: PayloadError, http_status: u16) -> CallError {
    match payload_error {
        PayloadError::Refused => CallError::Refused(Refusal {
            http_status,
            code: Some(0),
            text: String::new(),
            retry_after: None,
            gateway: None,
        }),
        PayloadError::UnexpectedShape(why) => CallError::NoAnswer(NoAnswer {
            why,
            http_status: Some(http_status),
            hint: None,
        }),
    }
}
