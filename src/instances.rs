//! The server's instances: their statuses, and the choice of the one a command uses.

use std::collections::HashMap;

use serde::Serialize;

use crate::api::request::Effect;
use crate::api::{Api, CallError, Refusal, Status};
use crate::context::Context;
use crate::error::{Error, Kind, Outcome};
use crate::guid::Guid;
use crate::names::{self, Account};
use crate::parallel;
use crate::text::{Text, text};

/// Status look-ups made at once.
const AT_ONCE: usize = 16;

/// An instance and its looked-up status.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its guid.
    pub guid: Guid,
    /// Its status, or why the look-up failed.
    pub status: Result<Status, CallError>,
}

impl Instance {
    /// The status name; `unknown` when the look-up failed.
    pub fn status_name(&self) -> &'static str {
        self.status
            .as_ref()
            .map_or("unknown", |status| status.name())
    }

    /// The status as text for people.
    pub fn status_label(&self) -> Text {
        self.status
            .as_ref()
            .map_or_else(|_| text!("unknown"), |status| status.label())
    }

    /// Whether its account is online, or may be: a status that cannot be read leaves that open, unless
    /// the server does not know the instance.
    pub fn may_be_online(&self) -> bool {
        match &self.status {
            Ok(status) => *status == Status::Online,
            Err(CallError::Refused(refusal)) => !refusal.is_bad_guid(),
            Err(_) => true,
        }
    }

    /// Whether it has this status.
    pub fn is(&self, status: Status) -> bool {
        self.status.as_ref() == Ok(&status)
    }
}

/// Lists all instances with their statuses, in the server's order. A failed look-up hides no other.
///
/// # Errors
/// Only when the list itself cannot be read.
pub fn list_with_statuses(api: &Api) -> Result<Vec<Instance>, Error> {
    let guids = api.all_clients().map_err(|e| e.into_error(Effect::Read))?;
    Ok(look_up(api, guids))
}

/// Looks up the statuses of `guids`, several at once, in the given order.
pub fn look_up(api: &Api, guids: Vec<Guid>) -> Vec<Instance> {
    parallel::map(guids, AT_ONCE, |guid| with_status(api, guid))
}

fn with_status(api: &Api, guid: Guid) -> Instance {
    let status = api.client_status(&guid);
    Instance { guid, status }
}

/// Number of instances per status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All instances.
    pub total: usize,
    /// Logged in.
    pub online: usize,
    /// Running, not logged in.
    pub running: usize,
    /// Stopped, or reconnecting.
    pub stopped: usize,
    /// Failed look-ups.
    pub unknown: usize,
}

impl Counts {
    /// Counts `instances`.
    pub fn of(instances: &[Instance]) -> Self {
        let mut counts = Self {
            total: instances.len(),
            ..Self::default()
        };
        for instance in instances {
            match &instance.status {
                Ok(Status::Online) => counts.online += 1,
                Ok(Status::Running) => counts.running += 1,
                Ok(Status::Stopped) => counts.stopped += 1,
                Err(_) => counts.unknown += 1,
            }
        }
        counts
    }

    /// The summary: `3 instances: 1 online, 1 running, 1 stopped`.
    pub fn summary(&self) -> Text {
        let states = [
            (self.online, text!("online")),
            (self.running, text!("running")),
            (self.stopped, text!("stopped")),
            (self.unknown, text!("unknown")),
        ];
        let states = states.into_iter().filter(|(count, _)| *count > 0);
        let states =
            Text::list(states.map(|(count, state)| text!("{count} {state}", count, state)));
        match self.total {
            0 => text!("0 instances"),
            1 => text!("1 instance: {states}", states),
            total => text!("{total} instances: {states}", total, states),
        }
    }
}

/// The named instance, else the only online one. `effect` is that of the request it is chosen for.
///
/// # Errors
/// When several or none are online, or the server does not answer.
pub fn choose(context: &Context, effect: Effect) -> Result<Guid, Error> {
    if let Some(guid) = context.chosen_guid.get() {
        return Ok(guid.clone());
    }
    let is_change = effect != Effect::Read;
    let not_sent = |error: Error| match is_change {
        true => error.outcome(Outcome::NotSent),
        false => error,
    };
    let guid = match context.configured_guid().map_err(not_sent)? {
        Some((guid, _)) => guid.clone(),
        None => {
            context.check_unread_profile_has_no_guid()?;
            let seen = list_with_statuses(context.api()?).map_err(not_sent)?;
            let guid = detect(&seen, |online| describe(context, online))?;
            context.output.note(&text!(
                "using {guid}, the only online instance",
                guid = guid.short()
            ));
            guid
        }
    };
    Ok(context.chosen_guid.get_or_init(|| guid).clone())
}

/// The named instance, else the only one on the server, whatever its status.
///
/// # Errors
/// When there are several or none, or the server does not answer.
pub fn named_or_only(context: &Context) -> Result<Guid, Error> {
    if let Some((guid, _)) = context.configured_guid()? {
        return Ok(guid.clone());
    }
    context.check_unread_profile_has_no_guid()?;
    only_or_online(&list_with_statuses(context.api()?)?, |online| {
        describe(context, online)
    })
}

/// The only one of `instances`, whatever its status, else the only online one.
///
/// # Errors
/// As [`choose`].
pub fn only_or_online(
    instances: &[Instance],
    describe: impl FnOnce(&[&Instance]) -> String,
) -> Result<Guid, Error> {
    match instances {
        [only] => Ok(only.guid.clone()),
        several => detect(several, describe),
    }
}

/// The instance that an abbreviated guid stands for: the only one that begins so. On a server without a
/// list of instances it is taken as it is, unless it has an ellipsis.
///
/// # Errors
/// A configuration error when none or several begin so; when the server does not answer.
pub fn complete(api: &Api, guid: &Guid) -> Result<Guid, Error> {
    let has_ellipsis = guid.beginning() != guid.as_str();
    let known = match api.all_clients() {
        Ok(known) => known,
        Err(CallError::Refused(refusal))
            if !has_ellipsis && (refusal.is_console_only() || refusal.may_be_about_endpoint()) =>
        {
            return Ok(guid.clone());
        }
        Err(error) => return Err(error.into_error(Effect::Read).outcome(Outcome::NotSent)),
    };
    only_beginning_with(&known, guid)
}

/// The instances that these guids stand for, see [`complete`]; asks the server only for abbreviations.
///
/// # Errors
/// As [`complete`].
pub fn complete_all(context: &Context, guids: Vec<Guid>) -> Result<Vec<Guid>, Error> {
    let complete = |guid| complete_one(context, guid);
    guids.into_iter().map(complete).collect()
}

/// The same for one guid.
///
/// # Errors
/// As [`complete`].
pub fn complete_one(context: &Context, guid: Guid) -> Result<Guid, Error> {
    match guid.may_be_abbreviated() {
        true => complete(context.api()?, &guid),
        false => Ok(guid),
    }
}

/// The only one of `known` that begins like `guid`, or is equal to it.
///
/// # Errors
/// A configuration error when none or several begin so.
pub fn only_beginning_with(known: &[Guid], guid: &Guid) -> Result<Guid, Error> {
    let fits = |known: &&Guid| known.as_str().starts_with(guid.beginning());
    if known.contains(guid) {
        return Ok(guid.clone());
    }
    match known.iter().filter(fits).collect::<Vec<_>>().as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(
            Error::config(text!("the server has no instance {guid}", guid)).hint(text!(
                "it has: {names}",
                names = known
                    .iter()
                    .map(Guid::as_str)
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
        ),
        several => Err(Error::config(text!(
            "{count} instances begin with {guid}: {guids}",
            count = several.len(),
            guid = guid.beginning(),
            guids = several
                .iter()
                .map(|g| g.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        ))
        .hint(text!("give more characters of the guid"))),
    }
}

/// The accounts of the online ones of `instances`, as far as they can be looked up.
pub fn accounts(context: &Context, instances: &[Instance]) -> HashMap<Guid, Account> {
    let online = instances.iter().filter(|i| i.is(Status::Online));
    let online: Vec<Guid> = online.map(|i| i.guid.clone()).collect();
    let (Ok(api), Ok(settings)) = (context.api(), context.settings()) else {
        return HashMap::new();
    };
    let folder = context.cache_folder();
    let server = settings.server_identity();
    names::accounts(api, folder.as_deref(), &server, online)
}

/// Guids with their accounts, which are looked up, as a list in a sentence.
pub fn describe(context: &Context, instances: &[&Instance]) -> String {
    let owned: Vec<Instance> = instances.iter().map(|i| (*i).clone()).collect();
    join_guids(instances, &accounts(context, &owned))
}

/// The only online one of `instances`.
///
/// `describe` lists several for the error.
///
/// # Errors
/// As [`choose`].
pub fn detect(
    instances: &[Instance],
    describe: impl FnOnce(&[&Instance]) -> String,
) -> Result<Guid, Error> {
    let of = |status| instances.iter().filter(move |i| i.is(status));
    let online: Vec<&Instance> = of(Status::Online).collect();
    let running: Vec<&Instance> = of(Status::Running).collect();
    let unknown: Vec<&Instance> = instances.iter().filter(|i| i.status.is_err()).collect();
    match online.as_slice() {
        [only] if unknown.is_empty() => Ok(only.guid.clone()),
        [] if instances.is_empty() => Err(Error::config(text!("the server has no instance"))
            .hint(text!("create one with `qiwei instance create`"))),
        [] | [_] if !unknown.is_empty() => Err(undecided(&unknown)),
        [] => Err(nobody_online(instances, &running)),
        several => Err(Error::config(text!(
            "{count} instances are online: {guids}",
            count = several.len(),
            guids = describe(several)
        ))
        .hint(text!(
            "select one, such as --guid {guid}, or permanently with `qiwei instance use {guid}`",
            guid = first(several)
        ))),
    }
}

/// The guid of the first, for an example.
fn first(instances: &[&Instance]) -> String {
    let first = instances.first();
    first.map_or_else(|| "GUID".to_owned(), |instance| instance.guid.to_string())
}

fn undecided(unknown: &[&Instance]) -> Error {
    Error::new(
        Kind::Unreachable,
        text!(
            "the status of {guids} cannot be read, so the instance cannot be detected",
            guids = join_guids(unknown, &HashMap::new())
        ),
    )
    .hint(text!(
        "select one, such as --guid {guid}, or try again",
        guid = first(unknown)
    ))
    .outcome(Outcome::NotSent)
    .retryable()
}

fn nobody_online(instances: &[Instance], running: &[&Instance]) -> Error {
    let error =
        Error::new(Kind::NotLoggedIn, text!("no instance is online")).outcome(Outcome::NotSent);
    match running {
        [] => error.hint(text!(
            "start and log one in with `qiwei login --guid {guid}`",
            guid = first(&instances.iter().collect::<Vec<_>>())
        )),
        [only] => error.hint(text!(
            "log in with `qiwei login --guid {guid}`",
            guid = &only.guid
        )),
        several => error.hint(text!(
            "log in with `qiwei login --guid {guid}`; running: {running}",
            guid = first(several),
            running = join_guids(several, &HashMap::new())
        )),
    }
}

/// The hint when the server refuses even the status of an instance with a code that means "offline" or
/// "wrong guid": the status of an offline account can be read.
pub fn wrong_guid_hint(refusal: &Refusal) -> Text {
    match refusal.gateway.is_some() {
        true => text!(
            "the status of this guid cannot be read either, so it is probably wrong; copy it from the gateway's console: `qiwei config set guid GUID`"
        ),
        false => text!(
            "the status of this guid cannot be read either, so it is probably wrong; `qiwei instance ls` lists the instances"
        ),
    }
}

/// Looks the instance's status up when the refusal may mean "not logged in": the server has no code of
/// its own for that.
pub fn explain_failure(api: &Api, guid: &Guid, error: CallError, effect: Effect) -> Error {
    let may_be_offline =
        matches!(&error, CallError::Refused(refusal) if refusal.may_be_about_login());
    let error = error.into_error(effect);
    if !may_be_offline {
        return error;
    }
    let status = match api.client_status(guid) {
        Ok(status) => status,
        Err(CallError::Refused(refusal)) if refusal.is_offline_or_bad_guid() => {
            return error.hint(wrong_guid_hint(&refusal));
        }
        Err(_) => return error,
    };
    match (status, error.kind) {
        (Status::Online, Kind::NotLoggedIn) => error.into_kind(Kind::Rejected).hint(text!(
            "but the instance is online; check again with `qiwei status`"
        )),
        (Status::Online, _) => error,
        (Status::Running, _) => error.into_kind(Kind::NotLoggedIn).hint(text!(
            "the instance is running but not logged in: run `qiwei login`, then this again"
        )),
        (Status::Stopped, _) => error.into_kind(Kind::NotLoggedIn).hint(text!(
            "the instance is stopped or reconnecting: check `qiwei status`; if it stays stopped, run `qiwei login --guid {guid}`",
            guid
        )),
    }
}

/// The error of a refused read. Only a code that leaves open whether the account is offline or the guid is
/// wrong costs a look-up of the status.
pub fn explain_read_failure(api: &Api, guid: &Guid, error: CallError) -> Error {
    match &error {
        CallError::Refused(refusal) if refusal.is_offline_or_bad_guid() => {
            explain_failure(api, guid, error, Effect::Read)
        }
        _ => error.into_error(Effect::Read),
    }
}

/// Guids with the accounts that are known as a list in a sentence: `06c4… (name, company)`.
pub fn join_guids(instances: &[&Instance], accounts: &HashMap<Guid, Account>) -> String {
    let word = |instance: &&Instance| match accounts.get(&instance.guid) {
        Some(account) => format!("{} ({})", instance.guid, account.words()),
        None => instance.guid.to_string(),
    };
    let words: Vec<String> = instances.iter().map(word).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instances(states: &str) -> Vec<Instance> {
        states
            .chars()
            .enumerate()
            .map(|(place, state)| Instance {
                guid: format!("g-{place}").parse().unwrap(),
                status: match state {
                    'o' => Ok(Status::Online),
                    'r' => Ok(Status::Running),
                    's' => Ok(Status::Stopped),
                    _ => Err(CallError::NotConnected {
                        why: "".into(),
                        hint: None,
                    }),
                },
            })
            .collect()
    }

    fn plain(instances: &[&Instance]) -> String {
        join_guids(instances, &HashMap::new())
    }

    #[test]
    fn detection_refuses_ambiguity() {
        let cases = [
            ("o", Ok("g-0")),
            ("rso", Ok("g-2")),
            ("oo", Err((3, "2 instances are online: g-0, g-1"))),
            ("oo?", Err((3, "2 instances are online"))),
            ("", Err((3, "no instance"))),
            ("s", Err((4, "no instance is online"))),
            ("rs", Err((4, "no instance is online"))),
            ("o?", Err((5, "the status of g-1"))),
            ("s?", Err((5, "the status of g-1"))),
        ];
        for (states, expected) in cases {
            match (detect(&instances(states), plain), expected) {
                (Ok(guid), Ok(wanted)) => assert_eq!(guid.as_str(), wanted, "{states}"),
                (Err(error), Err((exit, part))) => {
                    assert_eq!(error.exit, exit, "{states}");
                    assert!(
                        error.message.contains(part),
                        "{states}: {:?}",
                        error.message
                    );
                    assert_eq!(error.outcome, Some(Outcome::NotSent), "{states}");
                }
                (got, _) => panic!("{states}: {got:?}"),
            }
        }
        let hint = detect(&instances("rsr"), plain).unwrap_err().hint.unwrap();
        assert!(hint.contains("g-0, g-2"), "{hint:?}");
    }

    #[test]
    fn counts_by_status() {
        let counts = Counts::of(&instances("orss?"));
        assert_eq!(
            counts.summary(),
            "5 instances: 1 online, 1 running, 2 stopped, 1 unknown"
        );
        assert_eq!(
            Counts::of(&instances("o")).summary(),
            "1 instance: 1 online"
        );
        assert_eq!(Counts::of(&[]).summary(), "0 instances");
    }
}
