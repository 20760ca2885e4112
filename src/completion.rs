//! Shell completion: words of the command line and values from the configuration and the server.
//!
//! The completion scripts call this binary with [`crate::env::COMPLETE`] set.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::time::Duration;

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;

use crate::api::{Api, Transport};
use crate::callback::NotifyType;
use crate::callback::simulate::Simulated;
use crate::cli;
use crate::config::{Flags, Key, Layers, Settings, layers};
use crate::env::Env;
use crate::names;
use crate::sandbox::{FAULT_KINDS, Quirk};
use crate::time::Deadline;
use crate::usage::help;

/// Time limit for asking the server for guids; a prompt must not hang.
const COMPLETION_TIMEOUT: Duration = Duration::from_millis(300);

/// Answers a shell: `args` are those of the process, with the words typed so far after `--`. Errors
/// yield no candidates.
pub fn answer(shell: &OsStr, args: &[OsString], env: &Env) -> Vec<u8> {
    let mut offer = Vec::new();
    let shells = Shells::builtins();
    let Some(completer) = shell.to_str().and_then(|name| shells.completer(name)) else {
        return offer;
    };
    let words: Vec<OsString> = args
        .iter()
        .skip_while(|arg| *arg != "--")
        .skip(1)
        .cloned()
        .collect();
    let folder = std::env::current_dir().ok();
    match completer.write_complete(&mut command(env), words, folder.as_deref(), &mut offer) {
        Ok(()) => offer,
        Err(_) => Vec::new(),
    }
}

/// The command line with completers for values.
fn command(env: &Env) -> Command {
    let aliases = known(env, |layers| {
        layers.aliases().into_keys().map(own).collect()
    });
    let targets = conversations(env, Wanted::Target);
    let rooms = conversations(env, Wanted::Room);
    let members = conversations(env, Wanted::Member);
    let profiles = known(env, |layers| layers.profiles().map(own).collect());
    let guids = guids(env);
    let instance = |command: Command, guids: &ArgValueCompleter| with(command, "instance", guids);
    let lang = Layers::as_far_as_possible(Flags::default(), env.clone()).lang();
    help::in_language(cli::command(), lang)
        .mut_arg("profile", |arg| arg.add(profiles))
        .mut_arg("guid", |arg| arg.add(guids.clone()))
        .mut_subcommand("send", |c| with(c, "to", &targets))
        .mut_subcommand("at", |c| with(with(c, "room", &rooms), "user", &members))
        .mut_subcommand("members", |c| with(c, "room", &rooms))
        .mut_subcommand("alias", |c| {
            c.mut_subcommand("add", |c| with(c, "to", &targets))
                .mut_subcommand("rm", |c| with(c, "alias", &aliases))
        })
        .mut_subcommand("listen", |c| with(c, "types", &fixed(NotifyType::names())))
        .mut_subcommand("instance", |c| {
            c.mut_subcommand("use", |c| instance(c, &guids))
                .mut_subcommand("start", |c| instance(c, &guids))
                .mut_subcommand("stop", |c| instance(c, &guids))
                .mut_subcommand("rm", |c| with(c, "instances", &guids))
                .mut_subcommand("create", |c| with(c, "client_type", &client_types()))
        })
        .mut_subcommand("config", |c| {
            let names = fixed(Key::ALL.into_iter().map(Key::name));
            c.mut_subcommand("get", |c| with(c, "name", &names))
                .mut_subcommand("set", |c| with(c, "name", &names))
                .mut_subcommand("unset", |c| with(c, "name", &names))
        })
        .mut_subcommand("probe", |c| {
            let events = fixed(Simulated::all().map(Simulated::name));
            c.mut_subcommand("callback", |c| with(c, "simulate", &events))
        })
        .mut_subcommand("sandbox", |c| {
            let c = with(c, "quirk", &fixed(Quirk::NAMES.iter().copied()));
            with(c, "fault", &fixed(FAULT_KINDS.iter().map(|form| form.name)))
        })
}

/// Sets the completer of one argument. Not by `mut_arg`, which moves the argument behind all others and
/// would change the order of positional arguments.
fn with(command: Command, name: &str, values: &ArgValueCompleter) -> Command {
    command.mut_args(|arg: Arg| match arg.get_id() == name {
        true => arg.add(values.clone()),
        false => arg,
    })
}

fn own(text: &str) -> String {
    text.to_owned()
}

fn fixed<'a>(values: impl Iterator<Item = &'a str>) -> ArgValueCompleter {
    let values: Vec<String> = values.map(own).collect();
    ArgValueCompleter::new(move |typed: &OsStr| offer(&values, typed))
}

fn client_types() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        crate::commands::client_types()
            .filter(|(number, _)| number.to_string().starts_with(&*typed.to_string_lossy()))
            .map(|(number, name)| {
                CompletionCandidate::new(number.to_string()).help(Some(name.into()))
            })
            .collect()
    })
}

/// Values from the configuration.
fn known(env: &Env, find: fn(&Layers) -> Vec<String>) -> ArgValueCompleter {
    let env = env.clone();
    ArgValueCompleter::new(move |typed: &OsStr| {
        let layers = Layers::load(Flags::default(), env.clone());
        let values = layers.map(|layers| find(&layers)).unwrap_or_default();
        offer(&values, typed)
    })
}

/// Which conversations an argument takes.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    /// Aliases, people and groups.
    Target,
    /// Aliases and groups.
    Room,
    /// People by user id.
    Member,
}

/// Aliases, and conversations from the cache of names: never from the server.
fn conversations(env: &Env, wanted: Wanted) -> ArgValueCompleter {
    let env = env.clone();
    ArgValueCompleter::new(move |typed: &OsStr| {
        let Ok(layers) = Layers::load(Flags::default(), env.clone()) else {
            return Vec::new();
        };
        let mut offered = match wanted {
            Wanted::Member => Vec::new(),
            _ => offer(
                &layers.aliases().into_keys().map(own).collect::<Vec<_>>(),
                typed,
            ),
        };
        let names = cached(&env, &layers).unwrap_or_default();
        let typed = typed.to_string_lossy();
        let mut uses: HashMap<&str, usize> = HashMap::new();
        for (_, name) in &names {
            *uses.entry(name).or_default() += 1;
        }
        // Only a name that belongs to one conversation can stand for it.
        let is_unique =
            |name: &str| uses.get(name) == Some(&1) && !name.chars().any(char::is_control);
        for (id, name) in &names {
            let id = match (wanted, id.split_once(':')) {
                (Wanted::Member, Some(("S", user))) if !user.contains(';') => user,
                (Wanted::Member, _) => continue,
                (Wanted::Room, Some(("S", _))) => continue,
                _ => id.as_str(),
            };
            if id.starts_with(&*typed) {
                offered.push(CompletionCandidate::new(id).help(Some(on_one_line(name).into())));
            }
            let value = format!("{}{name}", names::PREFIX);
            let is_typed = value.starts_with(&*typed) || name.starts_with(&*typed);
            if !typed.is_empty() && is_typed && is_unique(name) {
                offered.push(CompletionCandidate::new(value).help(Some(id.to_owned().into())));
            }
        }
        offered
    })
}

fn cached(env: &Env, layers: &Layers) -> Option<Vec<(String, String)>> {
    let settings = Settings::resolve(layers).ok()?;
    let guid = settings.guid.as_ref().map(|(guid, _)| guid.as_str());
    let folder = layers::cache_folder(env)?;
    Some(names::cached_names(
        &folder,
        &settings.server_identity(),
        guid,
    ))
}

/// The name for a description, which is one line.
fn on_one_line(name: &str) -> String {
    name.replace(char::is_control, " ")
}

/// Guids from the server.
fn guids(env: &Env) -> ArgValueCompleter {
    let env = env.clone();
    ArgValueCompleter::new(move |typed: &OsStr| {
        offer(&ask_for_guids(&env).unwrap_or_default(), typed)
    })
}

fn ask_for_guids(env: &Env) -> Option<Vec<String>> {
    let layers = Layers::load(Flags::default(), env.clone()).ok()?;
    let settings = Settings::resolve(&layers).ok()?;
    // The gateway counts every call and does not list instances.
    if settings.gateway().is_some() {
        return None;
    }
    let transport = Transport::new(
        settings.base_url,
        &settings.connection,
        COMPLETION_TIMEOUT,
        None,
    )
    .ok()?;
    let api = Api::new(transport, 0, Deadline::after(COMPLETION_TIMEOUT));
    let guids = api.all_clients().ok()?;
    Some(guids.iter().map(ToString::to_string).collect())
}

fn offer(values: &[String], typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    values
        .iter()
        .filter(|value| value.starts_with(&*typed))
        .map(CompletionCandidate::new)
        .collect()
}
