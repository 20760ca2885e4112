//! Starts a listener and tests whether the server's callbacks reach it.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use url::Url;

use super::check::{self, Check};
use super::webhook::Webhook;
use crate::api::Status;
use crate::api::request::Effect;
use crate::callback::queue::{EventFilter, EventQueue};
use crate::commands::CommandResult;
use crate::commands::callback_listener::{self, CallbackArgs, RefusedCallbacks};
use crate::context::Context;
use crate::error::Error;
use crate::instances;
use crate::signals;
use crate::text::{Text, text};

/// Wait for a callback; delays of 16–19 s were seen.
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(25);

/// Sets the URL, triggers a callback if that is harmless, waits for it, and restores the URL.
pub fn run(context: &Context, args: &CallbackArgs) -> CommandResult {
    let listener = args.bind(context)?;
    let guid = instances::named_or_only(context)?;
    let lock = callback_listener::lock(context, &guid)?;
    let queue = Arc::new(EventQueue::new(EventFilter::default()));
    let url = listener.url.clone();
    let sink = queue.clone();
    let refused = RefusedCallbacks::new(&context.output);
    let _serving = listener.serve(
        guid.clone(),
        Arc::new(move |event, acknowledgement| sink.admit(event, acknowledgement)),
        &refused,
        Arc::new(|| json!({"status": "ok"})),
    )?;
    let parsed = Url::parse(&url).map_err(|e| Error::internal(Text::verbatim(e.to_string())))?;
    let mut checks = Webhook::new(context, &parsed)?.run_checks();

    let api = context.api()?;
    let ending = callback_listener::end_on_signal(&queue)?;
    let mut redirected = args.redirect(context, api, &guid, &url)?;
    checks.push(Check::plain(text!("set notify_url"), true, None));
    let status = api
        .client_status(&guid)
        .map_err(|e| e.into_error(Effect::Read))?;
    let trigger = match status {
        Status::Running => api.login_qrcode(&guid).is_ok(),
        // Any action on an online account would be visible to others.
        Status::Online | Status::Stopped => false,
    };
    checks.push(await_callback(context, &queue, &refused, trigger)?);
    redirected.restore();
    drop(lock);
    match ending.signal() {
        0 => check::report(context, checks).map(|()| ExitCode::SUCCESS),
        signal => Ok(signals::exit_code(signal)),
    }
}

fn await_callback(
    context: &Context,
    queue: &EventQueue,
    refused: &RefusedCallbacks,
    triggered: bool,
) -> Result<Check, Error> {
    let how = if triggered {
        text!("requested a login QR code, which triggers a callback")
    } else {
        text!("no callback can be triggered for an online account; send it a message now")
    };
    context.output.note(&how);
    let start = Instant::now();
    let timeout = CALLBACK_TIMEOUT.min(context.deadline()?.remaining());
    Ok(match queue.next(timeout) {
        Some(received) => Check {
            latency_ms: Some((start.elapsed().as_secs_f64() * 10_000.0).round() / 10.0),
            ..Check::plain(
                text!("callback"),
                true,
                Some(text!(
                    "{notify_type} arrived",
                    notify_type = received.event.notify_type.label()
                )),
            )
        },
        None => Check::plain(
            text!("callback"),
            false,
            Some(refused.summary().unwrap_or_else(|| {
                text!(
                    "none arrived; the server may be unable to reach this address: see --listen and --notify-url"
                )
            })),
        ),
    })
}
