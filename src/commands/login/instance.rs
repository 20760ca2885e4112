//! Chooses and prepares the instance to log in on.

use std::thread;
use std::time::Duration;

use crate::api::request::{self, Effect, NewClient};
use crate::api::{Api, CallError, Status};
use crate::context::Context;
use crate::error::{Error, Outcome};
use crate::guid::Guid;
use crate::instances;
use crate::text::{Text, text};
use crate::time::Deadline;

/// Time until the second check, which distinguishes a stopped instance from a reconnecting one.
const RECHECK_DELAY: Duration = Duration::from_secs(1);

/// A new instance; else the named one; else the only one on the server.
pub fn instance(
    context: &Context,
    api: &Api,
    new: bool,
    bridge: Option<&str>,
) -> Result<Guid, Error> {
    if new {
        return create(context, api, bridge.unwrap_or_default());
    }
    match context.configured_guid()? {
        Some((guid, _)) => Ok(guid.clone()),
        None => only_one(context, api),
    }
}

/// Sets the bridge of a running instance; starting an instance resets it.
pub fn set_bridge(api: &Api, guid: &Guid, bridge: &str) -> Result<(), Error> {
    api.apply(&request::set_bridge(guid, bridge))
        .map_err(|e| e.into_error(Effect::Change))
}

fn create(context: &Context, api: &Api, bridge: &str) -> Result<Guid, Error> {
    context.check_can_save()?;
    let request = request::create_client(&NewClient {
        client_type: NewClient::LATEST_TYPE,
        proxy: String::new(),
        bridge: bridge.to_owned(),
        auto_start: true,
    });
    let guid = api
        .create_client(&request)
        .map_err(|e| e.into_error(Effect::Change))?;
    context.output.note(&text!("created instance {guid}", guid));
    context.save_guid(&guid)?;
    Ok(guid)
}

fn only_one(context: &Context, api: &Api) -> Result<Guid, Error> {
    let guids = api.all_clients().map_err(error_before_change)?;
    match guids.as_slice() {
        [only] => {
            context.output.note(&text!(
                "using {guid}, the only instance",
                guid = only.short()
            ));
            Ok(only.clone())
        }
        [] => {
            Err(Error::config(text!("the server has no instance"))
                .hint(text!("create one with --new")))
        }
        _ => {
            let seen = instances::look_up(api, guids);
            let instances = seen.iter().map(|instance| {
                text!(
                    "{guid} ({status})",
                    guid = instance.guid,
                    status = instance.status_label()
                )
            });
            Err(Error::config(text!(
                "there are {count} instances: {instances}",
                count = seen.len(),
                instances = Text::list(instances)
            ))
            .hint(text!(
                "select one, such as --guid {guid}, or create one with --new",
                guid = seen
                    .first()
                    .map_or("GUID", |instance| instance.guid.as_str())
            )))
        }
    }
}

/// An error before anything was changed.
fn error_before_change(error: CallError) -> Error {
    error.into_error(Effect::Read).outcome(Outcome::NotSent)
}

/// Starts a stopped instance and returns the status it had.
pub fn start_if_stopped(
    context: &Context,
    api: &Api,
    guid: &Guid,
    deadline: Deadline,
) -> Result<Status, Error> {
    let check_status = || api.client_status(guid).map_err(error_before_change);
    let mut status = check_status()?;
    if status == Status::Stopped {
        thread::sleep(RECHECK_DELAY.min(deadline.remaining()));
        status = check_status()?;
    }
    if status == Status::Stopped {
        context.output.note(&text!(
            "{guid} is stopped; starting it",
            guid = guid.short()
        ));
        api.apply(&request::restore_client(guid))
            .map_err(|e| e.into_error(Effect::Change))?;
    }
    Ok(status)
}
