//! `qiwei instance rm`: removes instances, irreversibly.

use std::thread;
use std::time::Duration;

use serde::Serialize;

use crate::api::Status;
use crate::api::request::{self, Effect};
use crate::commands::{confirm, dry_run};
use crate::context::Context;
use crate::error::{Error, Kind, Outcome};
use crate::guid::Guid;
use crate::instances::{self, Instance};
use crate::output::Page;
use crate::text::{Text, text};
use crate::time::{parse_duration, show_duration};

/// Arguments of `qiwei instance rm`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Instances to remove
    #[arg(
        value_name = "GUID",
        required_unless_present = "stopped",
        conflicts_with = "stopped"
    )]
    instances: Vec<Guid>,

    /// Remove every instance that two checks find stopped, with the pause of --settle between them
    #[arg(long)]
    stopped: bool,

    /// Pause between the two checks of --stopped; a reconnecting account also reports stopped
    #[arg(long = "settle", value_name = "DUR", default_value = "15s", value_parser = parse_duration)]
    recheck_pause: Duration,

    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,

    /// Print the requests instead of sending them
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Removal {
    guid: Guid,
    removed: bool,
    error: Option<Error>,
}

impl Args {
    /// Removes the instances.
    pub fn run(mut self, context: &Context) -> Result<(), Error> {
        if self.stopped {
            self.check_unattended(context)?;
            self.instances = self.find_stopped(context)?;
        }
        self.instances = instances::complete_all(context, self.instances)?;
        if self.dry_run {
            let requests: Vec<_> = self.instances.iter().map(request::remove_client).collect();
            return dry_run::show_all(context, &requests);
        }
        let is_confirmed = match self.stopped {
            true => self.is_confirmed(context)?,
            false => self.is_confirmed_if_online(context)?,
        };
        if !is_confirmed {
            context.output.note(&text!("nothing was removed"));
            self.instances.clear();
        }
        let removals = remove_all(context, self.instances)?;
        context
            .output
            .result(&removals, |removals| human(removals))
            .map_err(|e| unprinted(e, &removals))?;
        result_of(removals)
    }

    /// Refuses before the long wait rather than after it.
    fn check_unattended(&self, context: &Context) -> Result<(), Error> {
        if !self.yes && !self.dry_run && !context.can_ask() {
            return Err(Error::usage(text!(
                "--stopped removes instances permanently and needs a confirmation"
            ))
            .hint(text!("add --yes, or check first with --dry-run")));
        }
        let timeout = context.deadline()?.timeout();
        if self.recheck_pause >= timeout {
            return Err(Error::usage(text!(
                "--settle {pause} exceeds --timeout {timeout}",
                pause = show_duration(self.recheck_pause),
                timeout = show_duration(timeout)
            ))
            .hint(text!("increase --timeout")));
        }
        Ok(())
    }

    /// Selects the instances found stopped in two checks: status 0 is also what a online account shows while
    /// it reconnects.
    fn find_stopped(&self, context: &Context) -> Result<Vec<Guid>, Error> {
        let api = context.api()?;
        let seen = instances::list_with_statuses(api).map_err(|e| e.outcome(Outcome::NotSent))?;
        let first = stopped(context, seen)?;
        if first.is_empty() {
            context.output.note(&text!("no instance is stopped"));
            return Ok(first);
        }
        context.output.note(&text!(
            "{count} stopped; checking again in {pause}",
            count = first.len(),
            pause = show_duration(self.recheck_pause)
        ));
        thread::sleep(self.recheck_pause);
        let again = instances::look_up(api, first);
        let is_back = |i: &&Instance| i.status.as_ref().is_ok_and(|s| *s != Status::Stopped);
        for back in again.iter().filter(is_back) {
            context.output.note(&text!(
                "{guid} is no longer stopped; not removed",
                guid = back.guid.short()
            ));
        }
        stopped(context, again)
    }

    /// Removing an online instance costs an account its login, so it is confirmed.
    fn is_confirmed_if_online(&self, context: &Context) -> Result<bool, Error> {
        if self.yes {
            return Ok(true);
        }
        let seen = instances::look_up(context.api()?, self.instances.clone());
        let online: Vec<&Instance> = seen.iter().filter(|i| i.may_be_online()).collect();
        if online.is_empty() {
            return Ok(true);
        }
        let guids = instances::describe(context, &online);
        let (question, refusal) = match online.iter().all(|i| i.is(Status::Online)) {
            true => (
                text!(
                    "Permanently remove {guids}, whose account is online?",
                    guids = &guids
                ),
                text!(
                    "{guids} is online, and removing it needs a confirmation",
                    guids = &guids
                ),
            ),
            false => (
                text!(
                    "Permanently remove {guids}, whose account may be online?",
                    guids = &guids
                ),
                text!(
                    "{guids} may be online, and removing it needs a confirmation",
                    guids = &guids
                ),
            ),
        };
        confirm(
            context,
            &question,
            refusal,
            text!("add --yes, or check first with --dry-run"),
        )
    }

    fn is_confirmed(&self, context: &Context) -> Result<bool, Error> {
        if self.yes || self.instances.is_empty() {
            return Ok(true);
        }
        for guid in &self.instances {
            context.output.note(&Text::verbatim(format!("  {guid}")));
        }
        context.confirm(&match self.instances.len() {
            1 => text!("Permanently remove 1 stopped instance?"),
            count => text!("Permanently remove {count} stopped instances?", count),
        })
    }
}

/// The stopped ones of `instances`. One whose status cannot be read is kept.
///
/// # Errors
/// When none is left but a status could not be read: "nothing to remove" would be a guess.
fn stopped(context: &Context, instances: Vec<Instance>) -> Result<Vec<Guid>, Error> {
    let unknown: Vec<&Instance> = instances.iter().filter(|i| i.status.is_err()).collect();
    let is_stopped = |instance: &&Instance| instance.is(Status::Stopped);
    let stopped: Vec<Guid> = instances
        .iter()
        .filter(is_stopped)
        .map(|instance| instance.guid.clone())
        .collect();
    if !unknown.is_empty() {
        let guids = instances::describe(context, &unknown);
        let what = text!("the status of {guids} cannot be read; not removed", guids);
        if stopped.is_empty() {
            let error = Error::new(Kind::Unreachable, what);
            return Err(error.outcome(Outcome::NotSent).retryable());
        }
        context.output.warn(&what);
    }
    Ok(stopped)
}

/// Removes the instances; a failure does not stop the others.
fn remove_all(context: &Context, guids: Vec<Guid>) -> Result<Vec<Removal>, Error> {
    let mut removals = Vec::new();
    for guid in guids {
        let result = context.api()?.apply(&request::remove_client(&guid));
        let error = result
            .err()
            .map(|e| context.output.masked(&e.into_error(Effect::Change)));
        if error.is_none()
            && let Err(e) = context.forget_guid(&guid)
        {
            context.output.warn(&text!(
                "{guid} was removed, but is still the current instance: {message}",
                guid = guid.short(),
                message = e.message
            ));
        }
        removals.push(Removal {
            guid,
            removed: error.is_none(),
            error,
        });
    }
    Ok(removals)
}

/// Names the removed instances when the result could not be printed.
fn unprinted(error: Error, removals: &[Removal]) -> Error {
    let removed = removals.iter().filter(|removal| removal.removed);
    let guids: Vec<&str> = removed.map(|removal| removal.guid.as_str()).collect();
    match guids.is_empty() {
        true => error,
        false => error.with_completed_change(&text!("removed {guids}", guids = guids.join(", "))),
    }
}

fn human(removals: &[Removal]) -> Page {
    removals
        .iter()
        .map(|removal| match &removal.error {
            None => text!("removed {guid}", guid = removal.guid),
            Some(error) => text!(
                "failed  {guid} {message}",
                guid = removal.guid,
                message = error.message
            ),
        })
        .collect()
}

/// The error: that of a single failed removal, or the number of failures.
fn result_of(mut removals: Vec<Removal>) -> Result<(), Error> {
    let total = removals.len();
    removals.retain(|removal| !removal.removed);
    match (total, removals.pop()) {
        (_, None) => Ok(()),
        (
            1,
            Some(Removal {
                error: Some(error), ..
            }),
        ) => Err(error),
        (_, Some(last)) => {
            removals.push(last);
            let failed: Vec<&str> = removals.iter().map(|r| r.guid.as_str()).collect();
            Err(Error::new(
                Kind::Partial,
                text!(
                    "{count} of {total} were not removed: {guids}",
                    count = failed.len(),
                    total,
                    guids = failed.join(", ")
                ),
            ))
        }
    }
}
