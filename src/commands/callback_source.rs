//! How callbacks reach this program: a listener of its own, or the hosted gateway's WebSocket.

use std::sync::Arc;

use super::callback_listener::{
    CallbackArgs, CallbackListener, Lock, RedirectedCallbacks, RefusedCallbacks,
};
use url::Url;

use crate::api::{Api, CallError, ConnectionSettings};
use crate::base_url::BaseUrl;
use crate::callback::listener::{CallbackHandler, Health, RunningListener};
use crate::callback::websocket::{
    self, ConnectError, ConnectionEvent, RunningWebSocket, WebSocketTarget,
};
use crate::context::Context;
use crate::env::Proxy;
use crate::error::{Error, Kind};
use crate::guid::Guid;
use crate::output::Output;
use crate::text::{Text, text};
use crate::time::show_duration;

/// A source of callbacks that is not started yet.
pub enum CallbackSource {
    /// Our own HTTP server, to which the server posts.
    Listener(CallbackListener),
    /// A connection that we make to the gateway.
    WebSocket,
}

/// What receives callbacks, and events of their source.
pub struct CallbackHandlers {
    /// Receives the callbacks.
    pub handler: CallbackHandler,
    /// Counts refused callbacks.
    pub refused: Arc<RefusedCallbacks>,
    /// The answer to a health check.
    pub health: Health,
    /// Called when the gateway refuses the credentials later; no callback arrives from then on.
    pub on_refused: Box<dyn Fn(Error) + Send>,
}

/// Running reception of callbacks. Dropping it restores the configured URL.
pub enum ReceivingCallbacks<'c> {
    /// By the listener. The URL is restored before the listener ends.
    Listener {
        redirected: RedirectedCallbacks<'c>,
        url: String,
        _serving: RunningListener,
    },
    /// Over the WebSocket, while it is connected.
    WebSocket(Option<RunningWebSocket>, Output),
}

impl CallbackArgs {
    /// The source of callbacks: the gateway's WebSocket, unless an option asks for a listener.
    ///
    /// # Errors
    /// As [`CallbackArgs::bind`].
    pub fn source(&self, context: &Context) -> Result<CallbackSource, Error> {
        match context.settings()?.gateway().is_some() && !self.asks_for_listener() {
            true => Ok(CallbackSource::WebSocket),
            false => self.bind(context).map(CallbackSource::Listener),
        }
    }
}

impl CallbackSource {
    /// Writes the URL of a listener to the lock file, where `probe callback` finds it.
    pub fn write_url(&self, lock: &Lock) {
        if let Self::Listener(listener) = self {
            lock.write_url(&listener.url);
        }
    }

    /// Starts the reception.
    ///
    /// # Errors
    /// When the listener cannot be started, its URL cannot be set, or the WebSocket cannot be connected.
    pub fn start<'c>(
        self,
        args: &CallbackArgs,
        context: &'c Context,
        api: &Api,
        guid: &Guid,
        handlers: CallbackHandlers,
    ) -> Result<ReceivingCallbacks<'c>, Error> {
        match self {
            Self::Listener(listener) => {
                let url = listener.url.clone();
                let serving = listener.serve(
                    guid.clone(),
                    handlers.handler,
                    &handlers.refused,
                    handlers.health,
                )?;
                let redirected = args.redirect(context, api, guid, &url)?;
                Ok(ReceivingCallbacks::Listener {
                    redirected,
                    url,
                    _serving: serving,
                })
            }
            Self::WebSocket => connect(context, guid, handlers).map(|receiving| {
                ReceivingCallbacks::WebSocket(Some(receiving), context.output.clone())
            }),
        }
    }
}

impl ReceivingCallbacks<'_> {
    /// Whether the server posts to a URL of ours.
    pub fn has_url(&self) -> bool {
        matches!(self, Self::Listener { .. })
    }

    /// Sets the URL again on a server that may have forgotten it.
    ///
    /// # Errors
    /// Those of any call.
    pub fn set_url_again(&self, api: &Api) -> Result<(), CallError> {
        match self {
            Self::Listener {
                redirected, url, ..
            } => redirected.set_again(api, url),
            Self::WebSocket(..) => Ok(()),
        }
    }

    /// Restores the configured URL of a listener, before the callbacks that arrived are processed.
    pub fn restore_url(&mut self) {
        if let Self::Listener { redirected, .. } = self {
            redirected.restore();
        }
    }

    /// Restores the configured URL, or closes the WebSocket after the last acknowledgements.
    pub fn end(&mut self) {
        match self {
            Self::Listener { redirected, .. } => redirected.restore(),
            Self::WebSocket(receiving, output) => {
                let Some(receiving) = receiving.take() else {
                    return;
                };
                match receiving.finish() {
                    0 => {}
                    count => output.warn(&text!(
                        "{count} received callbacks were not processed and not acknowledged; the gateway sends them again to the next connection",
                        count
                    )),
                }
            }
        }
    }
}

fn connect(
    context: &Context,
    guid: &Guid,
    handlers: CallbackHandlers,
) -> Result<RunningWebSocket, Error> {
    let settings = context.settings()?;
    let Some(gateway) = settings.gateway() else {
        return Err(Error::internal(text!(
            "a WebSocket needs the hosted gateway"
        )));
    };
    let url = match &settings.websocket_url {
        Some(url) => url.clone(),
        None => websocket::default_url(&settings.base_url.endpoint("/")),
    };
    let target = WebSocketTarget {
        gateway: gateway.clone(),
        guid: guid.clone(),
        connection: ConnectionSettings {
            // A proxy is chosen by the host of the WebSocket.
            proxy: websocket_proxy(context, &url)?,
            ..settings.connection.clone()
        },
        first_limit: context
            .explicit_deadline()?
            .map(|deadline| deadline.remaining()),
        url,
    };
    let (output, refused) = (context.output.clone(), handlers.refused);
    let observer = move |event| report(&output, &refused, event);
    let on_refused = handlers.on_refused;
    websocket::receive(target, handlers.handler, Arc::new(observer), move |reason| {
        on_refused(credentials_refused(reason));
    })
    .map_err(|error| match error {
        ConnectError::Refused(reason) => credentials_refused(reason),
        ConnectError::Failed(why) => Error::new(
            Kind::Unreachable,
            text!("cannot connect to the gateway's WebSocket: {why}", why),
        )
        .hint(text!(
            "check the address (`qiwei config set websocket_url URL`), or receive callbacks at a public URL with --notify-url"
        ))
        .retryable(),
    })
}

/// The proxy for the WebSocket, as for a request to its host.
fn websocket_proxy(context: &Context, url: &Url) -> Result<Option<Proxy>, Error> {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    let http = url.as_str().replacen("ws", "http", 1);
    let base: BaseUrl = http.parse().map_err(Error::config)?;
    context.env().proxy_for(&base).map_err(Error::config)
}

fn credentials_refused(reason: String) -> Error {
    Error::config(text!("the gateway refused the WebSocket: {reason}", reason)).hint(text!(
        "check app_key, app_secret and the guid; `qiwei config explain` shows where they come from"
    ))
}

fn report(output: &Output, refused: &RefusedCallbacks, event: ConnectionEvent) {
    match event {
        ConnectionEvent::Unconfirmed => output.note(&text!(
            "the gateway has not answered the authentication of the WebSocket; waiting for callbacks all the same"
        )),
        ConnectionEvent::Lost(why, pause) => output.warn(&text!(
            "no connection to the gateway's WebSocket: {why}; reconnecting in {pause}",
            why,
            pause = show_duration(pause)
        )),
        ConnectionEvent::Restored(time) => output.note(&text!(
            "reconnected to the WebSocket after {time}; the gateway resends unacknowledged callbacks",
            time = show_duration(time)
        )),
        ConnectionEvent::Refused(reason) => refused.add(reason),
        ConnectionEvent::Message(message) => output.warn(&text!(
            "the gateway says: {message}",
            message = Text::verbatim(message)
        )),
    }
}
