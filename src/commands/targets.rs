//! TO and users that are given by name.

use std::cell::{OnceCell, RefCell};
use std::collections::HashSet;

use crate::api::CallError;
use crate::api::login_payloads::Profile;
use crate::api::request::Effect;
use crate::context::Context;
use crate::conversation::ConversationId;
use crate::error::{Error, Outcome};
use crate::guid::Guid;
use crate::instances;
use crate::names::{self, Directory, Entry, LookUp, Member, NameCache, SessionList};
use crate::text::{Text, text};

/// Most candidates and suggestions in an error.
const MOST_SHOWN: usize = 10;

/// What finds the conversation that TO stands for.
pub trait ResolveTarget {
    /// The conversations: one, unless TO is an alias of several.
    ///
    /// # Errors
    /// A usage error for what is no target, a configuration error for a name of no or several conversations.
    fn conversations(&self, to: &str) -> Result<Vec<ConversationId>, Error>;

    /// The only conversation.
    ///
    /// # Errors
    /// As [`ResolveTarget::conversations`], and a usage error for an alias of several.
    fn conversation(&self, to: &str) -> Result<ConversationId, Error> {
        let mut found = self.conversations(to)?;
        match (found.pop(), found.len()) {
            (Some(only), 0) => Ok(only),
            (_, others) => Err(Error::usage(text!(
                "{to} is an alias of {count} conversations; only one is possible here",
                to,
                count = others + 1
            ))),
        }
    }

    /// Takes the error that prevented reading the names.
    fn failure(&self) -> Option<Error> {
        None
    }
}

/// Ids and aliases only.
#[cfg(any(test, fuzzing))]
impl ResolveTarget for crate::config::Settings {
    fn conversations(&self, to: &str) -> Result<Vec<ConversationId>, Error> {
        crate::config::Settings::conversations(self, to)
    }
}

/// The conversation for TO: an id, an alias, or `name:` and the name of one conversation. Only a name asks
/// the server, or reads the cache.
///
/// # Errors
/// As [`ResolveTarget::conversation`], and when the server cannot be asked.
pub fn conversation(context: &Context, to: &str) -> Result<ConversationId, Error> {
    let targets = Targets::new(context);
    let found = targets.conversation(to);
    targets.failure().map_or(found, Err)
}

/// A conversation, and the TO that it comes from.
#[derive(Clone, Debug)]
pub struct ResolvedTarget {
    /// TO as it was written.
    pub to: String,
    /// The conversation.
    pub conversation: ConversationId,
}

/// The conversations for several TO, each once.
///
/// # Errors
/// As [`conversation`]; nothing is asked of the server twice.
pub fn conversations<'t>(
    context: &Context,
    tos: impl IntoIterator<Item = &'t str>,
) -> Result<Vec<ResolvedTarget>, Error> {
    let targets = Targets::new(context);
    let mut all = Vec::new();
    let mut known = HashSet::new();
    for to in tos {
        let found = targets.conversations(to);
        for conversation in targets.failure().map_or(found, Err)? {
            match known.insert(conversation.clone()) {
                true => all.push(ResolvedTarget {
                    to: to.to_owned(),
                    conversation,
                }),
                false => context.output.note(&text!(
                    "{conversation} is given more than once, and gets the message once",
                    conversation
                )),
            }
        }
    }
    Ok(all)
}

/// Targets of one command, which reads all names at most once.
pub struct Targets<'c> {
    context: &'c Context,
    directory: OnceCell<Directory>,
    failure: RefCell<Option<Error>>,
    /// Names that a note has explained.
    noted: RefCell<HashSet<String>>,
}

impl<'c> Targets<'c> {
    /// Targets of a command.
    pub fn new(context: &'c Context) -> Self {
        Self {
            context,
            directory: OnceCell::new(),
            failure: RefCell::new(None),
            noted: RefCell::default(),
        }
    }

    fn directory(&self) -> Result<&Directory, Error> {
        if let Some(directory) = self.directory.get() {
            return Ok(directory);
        }
        match read_directory(self.context) {
            Ok(directory) => Ok(self.directory.get_or_init(|| directory)),
            Err(error) => {
                *self.failure.borrow_mut() = Some(error.clone());
                Err(error)
            }
        }
    }
}

impl ResolveTarget for Targets<'_> {
    fn conversations(&self, to: &str) -> Result<Vec<ConversationId>, Error> {
        let Some(name) = to.trim().strip_prefix(names::PREFIX) else {
            return self.context.settings()?.conversations(to);
        };
        if names::normalise(name).is_empty() {
            return Err(Error::usage(text!("`name:` needs a name after it")));
        }
        let directory = self.directory()?;
        match directory.with_name(name).as_slice() {
            [only] => {
                let id = only.conversation_id.parse().map_err(Error::config)?;
                if self.noted.borrow_mut().insert(name.to_owned()) {
                    self.context.output.note(&text!(
                        "{name} is {id}; to keep to it even if somebody else takes the name: `qiwei alias add ALIAS {id}`",
                        name = format!("{name:?}"),
                        id = &id
                    ));
                }
                Ok(vec![id])
            }
            [] => Err(no_such_name(name, &directory.with_similar_name(name))),
            several => Err(several_with_name(name, several)),
        }
    }

    fn failure(&self) -> Option<Error> {
        self.failure.borrow_mut().take()
    }
}

/// Reads the names of all conversations from the server: a cached name must not decide where a message goes.
fn read_directory(context: &Context) -> Result<Directory, Error> {
    let guid = instances::choose(context, Effect::Change)?;
    let api = context.api()?;
    let not_sent = |error: CallError| {
        instances::explain_read_failure(api, &guid, error).outcome(Outcome::NotSent)
    };
    let mut list = SessionList::new("0");
    match list.read_in_large_pages(api, &guid) {
        Ok(()) => {}
        Err(CallError::Refused(refusal)) if refusal.may_be_about_endpoint() => {
            context.output.note(&text!(
                "the server refuses the list of conversations; the name is searched among contacts, own groups and conversations seen before"
            ));
        }
        Err(error) => return Err(not_sent(error)),
    }
    let mut cache = open_cache(context, &guid)?;
    let directory = Directory::of_sessions(&list.entries)
        .complete(look_up(context, &guid, usize::MAX)?, &mut cache)
        .map_err(not_sent)?;
    cache.save();
    Ok(directory)
}

/// A look-up of names at this command's server.
///
/// # Errors
/// As [`Context::api`].
pub fn look_up<'a>(
    context: &'a Context,
    guid: &'a Guid,
    max_single_lookups: usize,
) -> Result<LookUp<'a>, Error> {
    Ok(LookUp {
        api: context.api()?,
        guid,
        output: &context.output,
        max_single_lookups,
    })
}

/// The cache of names of an instance. That it cannot be used is a note.
///
/// # Errors
/// As [`Context::settings`].
pub fn open_cache(context: &Context, guid: &Guid) -> Result<NameCache, Error> {
    let server = context.settings()?.server_identity();
    let folder = context.cache_folder();
    let (cache, problem) = NameCache::open(folder.as_deref(), &server, guid.as_str());
    if let Some(problem) = problem {
        context.output.note(&problem);
    }
    Ok(cache)
}

/// Keeps the account of an instance in the cache, which forgets the names of another account.
pub fn remember_account(context: &Context, guid: &Guid, profile: &Profile) {
    if profile.user_id.is_some()
        && let Ok(mut cache) = open_cache(context, guid)
    {
        cache.set_account(profile.clone().into());
        cache.save();
    }
}

/// The members of a group.
///
/// # Errors
/// `rejected` when the server knows no such group, and those of any call.
pub fn members(context: &Context, room: &ConversationId) -> Result<names::Members, Error> {
    let guid = instances::choose(context, Effect::Read)?;
    let look_up = look_up(context, &guid, usize::MAX)?;
    let members = names::members(look_up, room.number());
    let api = context.api()?;
    members
        .map_err(|error| instances::explain_read_failure(api, &guid, error))?
        .ok_or_else(|| {
            Error::new(
                crate::error::Kind::Rejected,
                text!("the server knows no group {room}", room),
            )
            .hint(text!(
                "check the conversation id: S:<user id> or R:<group id>, as `qiwei sessions` lists them"
            ))
        })
}

/// The user ids for the values of `--user`: ids, or `name:` and the name of one member of the group.
///
/// # Errors
/// A configuration error for a name that is not unique; those of any call. Nothing was sent.
pub fn user_ids(
    context: &Context,
    room: &ConversationId,
    users: &[String],
) -> Result<Vec<String>, Error> {
    if !users.iter().any(|user| user.starts_with(names::PREFIX)) {
        return Ok(users.to_vec());
    }
    let found = members(context, room).map_err(|error| error.outcome(Outcome::NotSent))?;
    if let Some(error) = found.error {
        return Err(error.into_error(Effect::Read).outcome(Outcome::NotSent));
    }
    let resolve = |user: &String| match user.strip_prefix(names::PREFIX) {
        None => Ok(user.clone()),
        Some(name) => member_id(context, room, &found.list, name),
    };
    users.iter().map(resolve).collect()
}

fn member_id(
    context: &Context,
    room: &ConversationId,
    members: &[Member],
    name: &str,
) -> Result<String, Error> {
    let called = members.iter().filter(|member| member.is_called(name));
    match called.collect::<Vec<_>>().as_slice() {
        [only] => {
            context.output.note(&text!(
                "{name} is the member {id} of {room}",
                name = format!("{name:?}"),
                id = &only.user_id,
                room
            ));
            Ok(only.user_id.clone())
        }
        [] => {
            let is_similar = |m: &&Member| m.names().iter().any(|n| names::is_similar(n, name));
            let similar = members.iter().filter(is_similar).map(words_of_member);
            let error = Error::config(text!(
                "{room} has no member called {name}",
                room,
                name = format!("{name:?}")
            ));
            Err(error.hint(match joined(similar) {
                None => text!("`qiwei members {room}` lists the members", room),
                Some(similar) => text!(
                    "similar names: {similar}; `qiwei members {room}` lists the members",
                    similar,
                    room
                ),
            }))
        }
        several => Err(Error::config(text!(
            "{count} members of {room} are called {name}: {candidates}",
            count = several.len(),
            room,
            name = format!("{name:?}"),
            candidates =
                joined(several.iter().map(|member| words_of_member(member))).unwrap_or_default()
        ))
        .hint(text!("write the id instead of the name"))),
    }
    .map_err(|error: Error| error.outcome(Outcome::NotSent))
}

fn words_of_member(member: &Member) -> String {
    format!("{} ({})", member.user_id, member.names().join(", "))
}

fn no_such_name(name: &str, similar: &[Entry]) -> Error {
    let error = Error::config(text!(
        "no conversation is called {name}",
        name = format!("{name:?}")
    ));
    let error = error.outcome(Outcome::NotSent);
    error.hint(match joined(similar.iter().map(words_of_entry)) {
        None => text!("names must match exactly; `qiwei sessions --all` lists them"),
        Some(similar) => text!(
            "names must match exactly; similar: {similar}; `qiwei sessions --all` lists all",
            similar
        ),
    })
}

fn several_with_name(name: &str, several: &[Entry]) -> Error {
    Error::config(text!(
        "{count} conversations are called {name}: {candidates}",
        count = several.len(),
        name = format!("{name:?}"),
        candidates = joined(several.iter().map(words_of_entry)).unwrap_or_default()
    ))
    .hint(text!(
        "write the id instead of the name, or give it an alias: `qiwei alias add ALIAS ID`"
    ))
    .outcome(Outcome::NotSent)
}

fn words_of_entry(entry: &Entry) -> String {
    format!("{} ({})", entry.conversation_id, entry.names.join(", "))
}

/// The first of them in a sentence.
fn joined(words: impl Iterator<Item = String>) -> Option<String> {
    let mut words: Vec<String> = words.take(MOST_SHOWN + 1).collect();
    if words.len() > MOST_SHOWN {
        words.truncate(MOST_SHOWN);
        words.push("…".into());
    }
    (!words.is_empty()).then(|| words.join(", "))
}

/// The note that names are missing from a list.
pub fn note_missing(context: &Context, count: usize, error: Option<&CallError>) {
    let Some(error) = error.filter(|_| count > 0) else {
        return;
    };
    let error: Text = error.summary();
    context.output.note(&match count {
        1 => text!("1 name could not be looked up: {error}", error),
        count => text!(
            "{count} names could not be looked up: {error}",
            count,
            error
        ),
    });
}
