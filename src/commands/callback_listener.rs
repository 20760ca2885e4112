//! Redirects an instance's callbacks to this program and restores the configured URL afterwards.

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use url::Url;

use crate::api::request::{self, Effect, Request};
use crate::api::{Api, CallError};
use crate::callback::listener::{self, CallbackHandler, Health, RunningListener};
use crate::callback::policy::{CallbackPolicy, RefusalReason};
use crate::callback::queue::EventQueue;
use crate::callback::{Listener, address};
use crate::context::Context;
use crate::error::{Error, Kind, Outcome};
use crate::files;
use crate::guid::Guid;
use crate::listener::Token;
use crate::listener::address::{bind_address, parse_listen_address, parse_public_url};
use crate::output::Output;
use crate::signals;
use crate::text::{Text, text};
use crate::time::Deadline;

/// Time allowed for restoring the URL, also when the command's own deadline has passed.
const RESTORE_TIMEOUT: Duration = Duration::from_secs(4);
/// Time allowed for setting the URL again.
const SET_AGAIN_TIMEOUT: Duration = Duration::from_secs(2);
/// Time from a signal to the end of the command: clearly less than the 10 s after which `docker stop`
/// kills it.
const TERMINATION_TIMEOUT: Duration = Duration::from_secs(6);
/// Wait for the listener lock: `probe callback` holds it briefly to test it.
const LOCK_TIMEOUT: Duration = Duration::from_millis(200);

/// Arguments of commands that receive callbacks.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Callback options")]
pub struct CallbackArgs {
    /// Address to listen on
    ///
    /// [default: loopback for a server on this machine, else the local address that routes to it; any free port]
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_listen_address)]
    listen: Option<SocketAddr>,

    /// URL the server posts to
    ///
    /// For a listener behind a proxy or in a container; the token is appended
    #[arg(long, value_name = "URL", value_parser = parse_public_url)]
    notify_url: Option<Url>,

    /// Redirect the callbacks of EVERY instance of the server, not only of this one
    #[arg(long)]
    global_notify: bool,
}

/// A bound port and the URL that leads to it.
pub struct CallbackListener {
    listener: Listener,
    token: Token,
    /// The host of a `--notify-url` that a proxy forwards here.
    host: Option<String>,
    /// The `notify_url` for the server.
    pub url: String,
}

impl CallbackArgs {
    /// Whether an option asks for a listener.
    pub fn asks_for_listener(&self) -> bool {
        self.listen.is_some() || self.notify_url.is_some() || self.global_notify
    }

    /// Binds the port, before anything is changed on the server.
    ///
    /// # Errors
    /// A usage error when the address cannot be bound or the URL would be too long.
    pub fn bind(&self, context: &Context) -> Result<CallbackListener, Error> {
        if context.settings()?.gateway().is_some() && self.notify_url.is_none() {
            return Err(Error::usage(text!(
                "the gateway sends callbacks only to a public URL, so a listener here needs --notify-url"
            ))
            .hint(text!(
                "give the public URL with --notify-url; `listen` and `login` receive callbacks without one, over the gateway's WebSocket, when --listen is not given"
            )));
        }
        let server = context.settings()?.base_url.endpoint("/");
        let address = bind_address(self.listen, &server).map_err(|why| {
            Error::usage(why).hint(text!("choose an address with --listen ADDR:PORT"))
        })?;
        let listener = Listener::bind(address).map_err(|e| {
            Error::usage(text!(
                "cannot listen on {address}: {error}",
                address,
                error = e
            ))
            .hint(text!("choose another address with --listen ADDR:PORT"))
        })?;
        let bound = listener
            .address()
            .map_err(|e| Error::io_before_change(text!("the listener has no address"), &e))?;
        let token = Token::random().map_err(Error::internal)?;
        context.output.hide(token.reveal());
        let url =
            address::notify_url(self.notify_url.as_ref(), bound, &token).map_err(Error::usage)?;
        Ok(CallbackListener {
            listener,
            token,
            host: self
                .notify_url
                .as_ref()
                .and_then(|url| url.host_str().map(str::to_owned)),
            url,
        })
    }

    /// Sets the `notify_url`. The returned value restores the configured URL when dropped.
    ///
    /// # Errors
    /// Those of any call.
    pub fn redirect<'c>(
        &self,
        context: &'c Context,
        api: &Api,
        guid: &Guid,
        url: &str,
    ) -> Result<RedirectedCallbacks<'c>, Error> {
        if self.global_notify {
            context.output.warn(&text!(
                "--global-notify redirects the callbacks of every instance of this server"
            ));
        }
        let mut redirected = RedirectedCallbacks {
            context,
            guid: guid.clone(),
            global: self.global_notify,
            is_restored: false,
        };
        // A failed request may have been carried out, so the URL is restored in this case too.
        api.apply(&redirected.request(url)).map_err(|error| {
            redirected.is_restored = !matches!(error, CallError::NoAnswer(_));
            error.into_error(Effect::Change)
        })?;
        Ok(redirected)
    }
}

impl CallbackListener {
    /// Starts serving; must be dropped last.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn serve(
        self,
        guid: Guid,
        handler: CallbackHandler,
        refusals: &Arc<RefusedCallbacks>,
        health: Health,
    ) -> Result<RunningListener, Error> {
        let refusals = refusals.clone();
        let observer = move |reason| refusals.add(reason);
        let policy = CallbackPolicy {
            guid,
            token: self.token,
            host: self.host,
        };
        listener::serve(self.listener, policy, handler, Arc::new(observer), health)
            .map_err(|e| Error::io_before_change(text!("cannot serve callbacks"), &e))
    }
}

/// Callbacks that the listener refused although they had the token: each kind is reported once.
pub struct RefusedCallbacks {
    output: Output,
    counts: Mutex<BTreeMap<RefusalReason, u64>>,
}

impl RefusedCallbacks {
    /// None yet; the first of each kind is reported on `output`.
    pub fn new(output: &Output) -> Arc<Self> {
        Arc::new(Self {
            output: output.clone(),
            counts: Mutex::default(),
        })
    }

    /// Counts one; the first of its kind is reported.
    pub fn add(&self, reason: RefusalReason) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(reason).or_default();
        *count += 1;
        if *count == 1 {
            self.output.warn(&text!(
                "refused a callback of the server: {why} (HTTP {status}); further ones are only counted",
                why = reason.describe(),
                status = reason.status()
            ));
        }
    }

    /// The most frequent reason, for a check that no callback arrived.
    pub fn summary(&self) -> Option<Text> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let (reason, count) = counts.iter().max_by_key(|(_, count)| **count)?;
        Some(refused(*reason, *count))
    }

    /// Notes how many were refused, if there was more than the one reported.
    pub fn report(&self) {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (reason, count) in counts.iter().filter(|(_, count)| **count > 1) {
            self.output.note(&refused(*reason, *count));
        }
    }
}

/// Why a callback was refused, for people.
fn refused(reason: RefusalReason, count: u64) -> Text {
    text!(
        "{count} refused: {why} (HTTP {status})",
        count,
        why = reason.describe(),
        status = reason.status()
    )
}

/// Redirected callbacks. Dropping it restores the configured URL.
pub struct RedirectedCallbacks<'c> {
    context: &'c Context,
    guid: Guid,
    global: bool,
    is_restored: bool,
}

impl RedirectedCallbacks<'_> {
    fn request(&self, url: &str) -> Request {
        match self.global {
            true => request::set_global_notify_url(url),
            false => request::set_notify_url(&self.guid, url),
        }
    }

    /// Sets the `notify_url` again on a server that may have forgotten it.
    ///
    /// # Errors
    /// Those of any call.
    pub fn set_again(&self, api: &Api, url: &str) -> Result<(), CallError> {
        let request = Request {
            effect: Effect::IdempotentChange,
            ..self.request(url)
        };
        // Short, because a signal has to wait for it.
        api.until(Deadline::after(SET_AGAIN_TIMEOUT))
            .apply(&request)
    }

    /// Restores the configured URL, or warns that callbacks now go to a closed port.
    pub fn restore(&mut self) {
        if std::mem::replace(&mut self.is_restored, true) {
            return;
        }
        let output = &self.context.output;
        let configured = self
            .context
            .settings()
            .ok()
            .and_then(|s| s.notify_url.clone());
        let Some(url) = configured else {
            output.note(&text!(
                "no notify_url is configured, so this instance's callbacks are now lost; set one with `qiwei config set notify_url URL` to have it restored"
            ));
            return;
        };
        let deadline = Deadline::after(RESTORE_TIMEOUT);
        // Restoring is retried independently of earlier failures.
        let request = Request {
            effect: Effect::IdempotentChange,
            ..self.request(&url)
        };
        let result = self.context.api().and_then(|api| {
            api.unlimited()
                .until(deadline)
                .apply(&request)
                .map_err(|e| e.into_error(Effect::IdempotentChange))
        });
        match result {
            Ok(()) => output.note(&text!("restored notify_url")),
            Err(error) => output.warn(&text!(
                "could not restore notify_url: {message}",
                message = error.message
            )),
        }
    }
}

impl Drop for RedirectedCallbacks<'_> {
    fn drop(&mut self) {
        self.restore();
    }
}

/// The lock on receiving an instance's callbacks on this machine; released when dropped.
pub struct Lock(Option<File>);

impl Lock {
    /// Writes the listener's URL with its token to a file readable only by this user, where
    /// `probe callback` finds it.
    pub fn write_url(&self, url: &str) {
        if let Some(mut file) = self.0.as_ref() {
            // Without the file `probe callback` asks for a URL.
            let _ = file
                .set_len(0)
                .and_then(|()| file.write_all(url.as_bytes()));
        }
    }
}

/// Locks the callbacks of this instance on this machine.
///
/// # Errors
/// `busy` when another process holds the lock.
pub fn lock(context: &Context, guid: &Guid) -> Result<Lock, Error> {
    let Some(path) = lock_path(context, guid)? else {
        context.output.note(&text!(
            "there is no home directory, so a second listener for this instance is not detected"
        ));
        return Ok(Lock(None));
    };
    let folder = files::folder_of(&path);
    files::create_private_folder(&folder).map_err(|e| unusable(&path, &e))?;
    match files::lock(&path, LOCK_TIMEOUT).map_err(|e| unusable(&path, &e))? {
        Some(lock) => Ok(Lock(Some(lock))),
        None => Err(Error::new(
            Kind::Busy,
            text!("another qiwei is already receiving the callbacks of {guid} (login, listen or probe callback)", guid = guid.short()),
        )
        .hint(text!("stop it first"))
        .outcome(Outcome::NotSent)
        .retryable()),
    }
}

/// The URL of a listener running for this instance on this machine.
///
/// # Errors
/// When the lock file cannot be read.
pub fn running_listener_url(context: &Context, guid: &Guid) -> Result<Option<String>, Error> {
    let Some(path) = lock_path(context, guid)?.filter(|path| path.exists()) else {
        return Ok(None);
    };
    match files::lock(&path, Duration::ZERO).map_err(|e| unusable(&path, &e))? {
        Some(_free_lock) => Ok(None),
        None => Ok(std::fs::read_to_string(&path)
            .ok()
            .filter(|url| !url.is_empty())),
    }
}

/// Whether a signal has asked the command to end.
#[derive(Debug, Default)]
pub struct Termination {
    signal: AtomicI32,
    at: OnceLock<Instant>,
    is_urgent: AtomicBool,
}

impl Termination {
    /// The signal's number; 0 when there was none.
    pub fn signal(&self) -> i32 {
        self.signal.load(Ordering::SeqCst)
    }

    /// The time by which the command must end after the signal, if there was one.
    pub fn deadline(&self) -> Option<Deadline> {
        let at = self.at.get()?;
        Some(Deadline::from(*at, TERMINATION_TIMEOUT))
    }

    /// Whether a second signal asked for an immediate end.
    pub fn is_urgent(&self) -> bool {
        self.is_urgent.load(Ordering::SeqCst)
    }
}

/// Closes the queue on a signal; callbacks in it are still processed.
///
/// # Errors
/// When signals cannot be handled.
pub fn end_on_signal(queue: &Arc<EventQueue>) -> Result<Arc<Termination>, Error> {
    let ending = Arc::new(Termination::default());
    let (queue, handler_ending) = (queue.clone(), ending.clone());
    signals::forward(signals::watch()?, move |number| {
        handler_ending.at.get_or_init(Instant::now);
        let is_first = handler_ending
            .signal
            .compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok();
        if !is_first && signals::is_urgent(number) {
            handler_ending.is_urgent.store(true, Ordering::SeqCst);
        }
        queue.close();
    })?;
    Ok(ending)
}

/// One lock file per instance and server.
fn lock_path(context: &Context, guid: &Guid) -> Result<Option<PathBuf>, Error> {
    let mut hasher = DefaultHasher::new();
    context.settings()?.server_identity().hash(&mut hasher);
    let name = format!("callbacks-{guid}-{:016x}.lock", hasher.finish());
    Ok(context.state_folder().map(|folder| folder.join(name)))
}

fn unusable(path: &Path, error: &io::Error) -> Error {
    Error::config(text!(
        "cannot use the lock {path}: {error}",
        path = path.display(),
        error
    ))
    .hint(text!("set another directory with QIWEI_STATE_DIR"))
}
