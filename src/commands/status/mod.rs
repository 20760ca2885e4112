//! `qiwei status`: shows whether the account is online, also by exit code.

mod watch;

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use serde::{Serialize, Serializer};

use crate::api::request::Effect;
use crate::api::{Api, CallError, Status};
use crate::base_url::BaseUrl;
use crate::commands::instance::view::{self, InstanceView};
use crate::commands::{CommandResult, Run};
use crate::config::Source;
use crate::context::Context;
use crate::error::{Error, Kind};
use crate::guid::Guid;
use crate::instances::{self, Counts, Instance};
use crate::names::Account;
use crate::output::{Output, Page};
use crate::text::{Text, text};
use crate::time::parse_timeout;

/// Arguments of `qiwei status`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 online, 4 not online, 3 no instance to choose, \
                        5 the server cannot be reached"
)]
pub struct Args {
    /// Stream the status, one line per --interval
    #[arg(long, conflicts_with = "wait")]
    watch: bool,

    /// Wait for this status (at most --timeout, default 5min)
    #[arg(long, value_name = "STATUS")]
    wait: Option<Awaited>,

    /// Time between two checks [default: 10s, with --wait 1s]
    #[arg(long, value_name = "DUR", value_parser = parse_timeout)]
    interval: Option<Duration>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Awaited {
    /// Logged in
    Online,
    /// Running, not logged in
    Running,
    /// Stopped, in two checks
    Stopped,
}

impl Awaited {
    fn status(self) -> Status {
        match self {
            Self::Online => Status::Online,
            Self::Running => Status::Running,
            Self::Stopped => Status::Stopped,
        }
    }
}

#[derive(Serialize)]
struct Report {
    base_url: String,
    guid: Option<Guid>,
    guid_source: Option<InstanceSource>,
    status: &'static str,
    #[serde(skip)]
    status_label: Text,
    logged_in: bool,
    latency_ms: Option<f64>,
    instances: Vec<InstanceView>,
    counts: Counts,
    /// Whose account the chosen instance is, if it is online.
    account: Option<Account>,
}

/// The source of the chosen instance.
#[derive(Clone, Debug, PartialEq, Eq)]
enum InstanceSource {
    /// It was named.
    Named(Source),
    /// It was detected as the only online one.
    Detected,
}

impl InstanceSource {
    /// The text for people.
    fn label(&self) -> Text {
        match self {
            Self::Named(source) => source.label(),
            Self::Detected => text!("detected"),
        }
    }

    /// The name used in output.
    fn name(&self) -> &'static str {
        match self {
            Self::Named(source) => source.name(),
            Self::Detected => "detected",
        }
    }
}

impl Serialize for InstanceSource {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

impl Run for Args {
    fn run(self, context: &Context) -> CommandResult {
        match self.wait {
            Some(wanted) => watch::wait(context, wanted.status(), self.interval),
            None if self.watch => watch::watch(context, self.interval),
            None if self.interval.is_some() => {
                Err(Error::usage(text!("--interval requires --watch or --wait")))
            }
            None => print_status(context).map(|()| ExitCode::SUCCESS),
        }
    }
}

/// Prints the report and exits with the account's status.
fn print_status(context: &Context) -> Result<(), Error> {
    let settings = context.settings()?;
    let api = context.api()?;
    let named = context.configured_guid()?;
    let statuses = instance_statuses(&context.output, api, named)?;
    let accounts = instances::accounts(context, &statuses.all());
    let choice = choose_instance(named.cloned(), &statuses, &accounts);
    let report = report(&settings.base_url, &choice, &statuses, &accounts);
    context.output.result(&report, human)?;
    choice.result
}

/// The chosen instance and its status.
struct ChosenInstance {
    chosen: Option<(Guid, InstanceSource)>,
    result: Result<(), Error>,
}

/// The looked-up instances.
struct InstanceStatuses {
    listed: Vec<Instance>,
    /// The named instance, if the server does not list it.
    unlisted: Option<Instance>,
    latency: Option<f64>,
}

impl InstanceStatuses {
    fn all(&self) -> Vec<Instance> {
        self.listed.iter().chain(&self.unlisted).cloned().collect()
    }

    fn find(&self, guid: &Guid) -> Option<&Instance> {
        self.listed
            .iter()
            .chain(&self.unlisted)
            .find(|instance| instance.guid == *guid)
    }
}

/// Looks up all instances. The named one is looked up first and alone, so that its latency is that of
/// one call, even if the server does not list it.
fn instance_statuses(
    output: &Output,
    api: &Api,
    named: Option<&(Guid, Source)>,
) -> Result<InstanceStatuses, Error> {
    let start = Instant::now();
    let named_instance = named.map(|(guid, _)| Instance {
        guid: guid.clone(),
        status: api.client_status(guid),
    });
    let latency = named_instance.as_ref().map(|_| millis(start));
    if let Some(Err(error)) = named_instance.as_ref().map(|instance| &instance.status)
        && error.never_reached_server()
    {
        return Err(error.clone().into_error(Effect::Read));
    }
    let start = Instant::now();
    let mut guids = match (api.all_clients(), &named_instance) {
        (Ok(guids), _) => guids,
        // The gateway lists none; then the named one is all there is to show.
        (Err(CallError::Refused(refusal)), Some(named_instance)) if refusal.is_console_only() => {
            vec![named_instance.guid.clone()]
        }
        // The status of the named instance is the answer; the list only adds to it.
        (Err(error), Some(named_instance)) if named_instance.status.is_ok() => {
            output.note(&text!(
                "the list of instances cannot be read: {error}",
                error = error.summary()
            ));
            Vec::new()
        }
        (Err(error), _) => return Err(error.into_error(Effect::Read)),
    };
    let latency = latency.or_else(|| Some(millis(start)));
    let position = named_instance
        .as_ref()
        .and_then(|instance| guids.iter().position(|guid| *guid == instance.guid));
    if let Some(position) = position {
        guids.remove(position);
    }
    let mut listed = instances::look_up(api, guids);
    let unlisted = match (named_instance, position) {
        (Some(named_instance), Some(position)) => {
            listed.insert(position, named_instance);
            None
        }
        (named_instance, _) => named_instance,
    };
    Ok(InstanceStatuses {
        listed,
        unlisted,
        latency,
    })
}

fn millis(start: Instant) -> f64 {
    (start.elapsed().as_secs_f64() * 10_000.0).round() / 10.0
}

fn choose_instance(
    named: Option<(Guid, Source)>,
    statuses: &InstanceStatuses,
    accounts: &HashMap<Guid, Account>,
) -> ChosenInstance {
    match named {
        Some((guid, source)) => ChosenInstance {
            result: status_result(&guid, statuses),
            chosen: Some((guid, InstanceSource::Named(source))),
        },
        None => {
            match instances::detect(&statuses.listed, |online| {
                instances::join_guids(online, accounts)
            }) {
                Ok(guid) => ChosenInstance {
                    chosen: Some((guid, InstanceSource::Detected)),
                    result: Ok(()),
                },
                Err(error) => ChosenInstance {
                    chosen: None,
                    result: Err(Error {
                        outcome: None,
                        ..error
                    }),
                },
            }
        }
    }
}

fn status_result(guid: &Guid, statuses: &InstanceStatuses) -> Result<(), Error> {
    let Some(instance) = statuses.find(guid) else {
        return Err(Error::internal(text!(
            "the chosen instance was not looked up"
        )));
    };
    let offline = |message: Text| Error::new(Kind::NotLoggedIn, message);
    match &instance.status {
        Ok(Status::Online) => Ok(()),
        Ok(Status::Running) => Err(offline(text!(
            "{guid} is running, not logged in",
            guid = guid.short()
        ))
        .hint(text!("log in with `qiwei login`"))),
        Ok(Status::Stopped) => Err(
            offline(text!("{guid} is stopped", guid = guid.short())).hint(text!(
                "it may be reconnecting: check again shortly, else run `qiwei login --guid {guid}`",
                guid
            )),
        ),
        // A refusal is an answer: the instance is not online.
        Err(CallError::Refused(refusal)) => {
            let error = CallError::Refused(refusal.clone()).into_error(Effect::Read);
            Err(match (error.kind, refusal.is_offline_or_bad_guid()) {
                (Kind::Rejected, true) => error
                    .into_kind(Kind::NotLoggedIn)
                    .hint(instances::wrong_guid_hint(refusal)),
                (Kind::Rejected, false) => error.into_kind(Kind::NotLoggedIn),
                _ => error,
            })
        }
        Err(error) => Err(error.clone().into_error(Effect::Read)),
    }
}

fn report(
    base_url: &BaseUrl,
    choice: &ChosenInstance,
    statuses: &InstanceStatuses,
    accounts: &HashMap<Guid, Account>,
) -> Report {
    let chosen = choice.chosen.as_ref();
    let guid = chosen.map(|(guid, _)| guid.clone());
    let instance = guid.as_ref().and_then(|guid| statuses.find(guid));
    Report {
        base_url: base_url.to_string(),
        guid_source: chosen.map(|(_, source)| source.clone()),
        status: instance.map_or("unknown", Instance::status_name),
        status_label: instance.map_or_else(|| text!("unknown"), Instance::status_label),
        logged_in: instance.is_some_and(|i| i.is(Status::Online)),
        latency_ms: statuses.latency,
        instances: view::views(&statuses.listed, guid.as_ref(), accounts),
        counts: Counts::of(&statuses.listed),
        account: guid.as_ref().and_then(|guid| accounts.get(guid)).cloned(),
        guid,
    }
}

fn human(report: &Report) -> Page {
    let instance = match (&report.guid, &report.guid_source) {
        (Some(guid), Some(source)) => text!("{guid} ({source})", guid, source = source.label()),
        _ => Text::verbatim("-"),
    };
    let mut fields = vec![
        (text!("server"), Text::verbatim(&report.base_url)),
        (text!("instance"), instance),
        (text!("status"), report.status_label.clone()),
    ];
    if let Some(account) = &report.account {
        fields.push((text!("account"), Text::verbatim(account.words())));
    }
    if let Some(millis) = report.latency_ms {
        let latency = text!("{millis} ms", millis = format!("{millis:.1}"));
        fields.push((text!("latency"), latency));
    }
    fields.push((text!("instances"), report.counts.summary()));
    Page::new()
        .fields(fields)
        .table(view::table(&report.instances))
}
