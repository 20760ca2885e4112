//! `qiwei sessions`: lists the account's conversations.

use std::collections::HashSet;

use clap::ValueEnum;
use serde::Serialize;

use super::{CommandResult, Run, success, targets};
use crate::api::request::Effect;
use crate::api::{CallError, ConversationEntry};
use crate::context::Context;
use crate::conversation::ConversationType;
use crate::error::Error;
use crate::guid::Guid;
use crate::instances;
use crate::names::{self, SessionList, USUAL_PAGE};
use crate::output::table::{Cell, Table};
use crate::text::text;
use crate::time::{local_minute, show_duration};

/// Most names looked up singly because a batch has left them out; the others follow in the next run.
const MAX_SINGLE_LOOKUPS: usize = 100;

/// Arguments of `qiwei sessions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Follow all pages
    #[arg(long)]
    all: bool,

    /// Conversations per page [default: 100, with --all as many as the server allows]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: Option<u32>,

    /// Cursor to start from, as printed by an earlier call
    #[arg(long, value_name = "S", default_value = "0")]
    begin_seq: String,

    /// Show only this type
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<TypeArg>,

    /// Do not look up names that the list lacks
    #[arg(long)]
    no_names: bool,

    /// Look up names again although they are cached
    #[arg(long, conflicts_with = "no_names")]
    refresh: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TypeArg {
    /// Conversations with one person
    Private,
    /// Groups
    Group,
}

#[derive(Serialize)]
struct Row {
    conversation_id: String,
    r#type: Option<ConversationType>,
    name: Option<String>,
    last_message_at: Option<String>,
}

impl Run for Args {
    fn run(self, context: &Context) -> CommandResult {
        let guid = instances::choose(context, Effect::Read)?;
        let mut sessions = self.fetch(context, &guid)?;
        sessions.retain(|session| self.is_wanted(&session.conversation_id));
        if !self.no_names {
            self.add_names(context, &guid, &mut sessions)?;
        }
        let rows: Vec<Row> = sessions.into_iter().map(row).collect();
        context
            .output
            .result(&rows, |rows| table(rows))
            .map(success)
    }
}

impl Args {
    fn is_wanted(&self, conversation_id: &str) -> bool {
        let wanted = self.kind.map(|kind| match kind {
            TypeArg::Private => ConversationType::Private,
            TypeArg::Group => ConversationType::Group,
        });
        wanted.is_none() || ConversationType::of(conversation_id) == wanted
    }

    fn fetch(&self, context: &Context, guid: &Guid) -> Result<Vec<ConversationEntry>, Error> {
        let api = context.api()?;
        let mut list = SessionList::new(&self.begin_seq);
        let result = match (self.all, self.limit) {
            (true, Some(limit)) => list.read_pages(api, guid, limit),
            (true, None) => list.read_in_large_pages(api, guid),
            (false, limit) => list.read_page(api, guid, limit.unwrap_or(USUAL_PAGE)),
        };
        match result {
            Err(CallError::Refused(refusal))
                if list.pages == 0 && self.begin_seq == "0" && refusal.may_be_about_endpoint() =>
            {
                let refused = CallError::Refused(refusal).into_error(Effect::Read);
                return self.put_together(context, guid, refused);
            }
            Err(error) => {
                let error = instances::explain_read_failure(api, guid, error);
                return Err(with_progress(context, &list, error));
            }
            Ok(()) => {}
        }
        report(context, &list, self.all);
        Ok(list.entries)
    }

    /// Puts a list together where the server refuses the list of conversations, as the hosted gateway may:
    /// from contacts, the account's own groups, and what the cache knows from callbacks.
    fn put_together(
        &self,
        context: &Context,
        guid: &Guid,
        refused: Error,
    ) -> Result<Vec<ConversationEntry>, Error> {
        let api = context.api()?;
        let people = names::contacts(api, guid, self.all);
        let rooms = names::owned_rooms(api, guid, self.all);
        if people.is_err() && rooms.is_err() {
            return Err(refused);
        }
        let entry = |conversation_id: String, name: Option<String>| ConversationEntry {
            conversation_id,
            name,
            last_message_at: None,
        };
        let people = people.unwrap_or_default().into_iter().map(|person| {
            let id = format!("S:{}", person.user_id);
            entry(id, person.remark.or(person.name))
        });
        let rooms = rooms.unwrap_or_default().into_iter();
        let rooms = rooms.map(|room| entry(format!("R:{}", room.room_id), room.name));
        let mut entries: Vec<ConversationEntry> = people.chain(rooms).collect();
        let known: HashSet<String> = entries.iter().map(|e| e.conversation_id.clone()).collect();
        let learned = targets::open_cache(context, guid)?.conversations();
        let learned = learned.into_iter().filter(|id| !known.contains(id));
        entries.extend(learned.map(|id| entry(id, None)));
        context.output.note(&text!(
            "the server refuses the list of conversations; this one is put together from contacts, own groups and conversations seen before"
        ));
        if !self.all {
            context.output.note(&text!(
                "there may be more: use --all for all contacts and groups"
            ));
        }
        Ok(entries)
    }

    /// Fills in the names that the list lacks, from the cache or by looking them up. A failure costs names
    /// only.
    fn add_names(
        &self,
        context: &Context,
        guid: &Guid,
        sessions: &mut [ConversationEntry],
    ) -> Result<(), Error> {
        if sessions.iter().all(|session| session.name.is_some()) {
            return Ok(());
        }
        let mut cache = targets::open_cache(context, guid)?;
        let mut missing = Vec::new();
        for session in sessions.iter_mut().filter(|session| session.name.is_none()) {
            match cache
                .fresh(&session.conversation_id)
                .filter(|_| !self.refresh)
            {
                Some(name) => session.name = name.map(str::to_owned),
                None => missing.push(session.conversation_id.clone()),
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let look_up = targets::look_up(context, guid, MAX_SINGLE_LOOKUPS)?;
        let names = look_up.names(missing.iter().map(String::as_str));
        for (id, names) in &names.found {
            cache.learn(id, names.first().map(String::as_str));
        }
        let failed = missing.iter().filter(|id| !names.found.contains_key(*id));
        targets::note_missing(context, failed.count(), names.error.as_ref());
        for session in sessions.iter_mut().filter(|session| session.name.is_none()) {
            let found = names.found.get(&session.conversation_id);
            // An old name is better than none.
            session.name = match found {
                Some(names) => names.first().cloned(),
                None => cache
                    .last_known(&session.conversation_id)
                    .map(str::to_owned),
            };
        }
        cache.save();
        Ok(())
    }
}

/// Adds to an error how far the list was read.
fn with_progress(context: &Context, list: &SessionList, error: Error) -> Error {
    if list.pages == 0 {
        return error;
    }
    let count = list.entries.len();
    let message = match context.deadline() {
        Ok(deadline) if deadline.is_over() => text!(
            "timed out after {timeout}: {count} conversations were read, the list is incomplete",
            timeout = show_duration(deadline.timeout()),
            count
        ),
        _ => text!(
            "{message}; {count} conversations were read, the list is incomplete",
            message = error.message.clone(),
            count
        ),
    };
    let next = &list.cursor;
    Error { message, ..error }.hint(text!(
        "allow more time with --timeout, or continue with --begin-seq {next}",
        next
    ))
}

fn report(context: &Context, list: &SessionList, is_all: bool) {
    let output = &context.output;
    note_unread(context, list.unreadable);
    if list.has_repeated_cursor && is_all {
        output.warn(&text!(
            "the server repeats its cursor {cursor}, so the list may be incomplete: it has {count} conversations",
            cursor = &list.cursor,
            count = list.entries.len()
        ));
    } else if list.has_next && !list.has_repeated_cursor {
        output.note(&text!(
            "there may be more: use --all for all pages, or --begin-seq {next} for the next one",
            next = &list.cursor
        ));
    }
}

fn note_unread(context: &Context, count: usize) {
    if count > 0 {
        context.output.note(&text!(
            "{count} entries without a conversation id were omitted",
            count
        ));
    }
}

fn row(session: ConversationEntry) -> Row {
    Row {
        r#type: ConversationType::of(&session.conversation_id),
        conversation_id: session.conversation_id,
        name: session.name,
        last_message_at: session.last_message_at,
    }
}

/// The column of the last message is left out when no time is known: servers whose list is bare ids give
/// none, and `/sync/sync_msg`, which could, must not be called without a recent `sync_key`, nor more than once a
/// minute.
fn table(rows: &[Row]) -> Table {
    if rows.iter().all(|row| row.last_message_at.is_none()) {
        let header = [text!("CONVERSATION"), text!("TYPE"), text!("NAME")];
        return Table::new(header, rows.iter().map(cells)).may_cut(2);
    }
    let header = [
        text!("CONVERSATION"),
        text!("TYPE"),
        text!("NAME"),
        text!("LAST MESSAGE"),
    ];
    let cells = rows.iter().map(|row| {
        let [id, kind, name] = cells(row);
        let at = row.last_message_at.as_deref();
        [
            id,
            kind,
            name,
            at.map_or_else(|| "-".into(), local_minute).into(),
        ]
    });
    Table::new(header, cells).may_cut(2)
}

fn cells(row: &Row) -> [Cell; 3] {
    [
        row.conversation_id.as_str().into(),
        row.r#type
            .map_or_else(|| "-".into(), |kind| kind.label().into()),
        row.name.as_deref().unwrap_or("-").into(),
    ]
}
