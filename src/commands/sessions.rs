//! `qiwei sessions`: lists the account's conversations.

use std::collections::HashSet;

use clap::ValueEnum;
use serde::Serialize;

use super::{CommandResult, Run, success};
use crate::api::request::Effect;
use crate::api::{Api, CallError, ConversationEntry};
use crate::context::Context;
use crate::conversation::ConversationType;
use crate::error::Error;
use crate::guid::Guid;
use crate::instances;
use crate::output::table::{Cell, Table};
use crate::text::text;
use crate::time::{local_minute, show_duration};

/// Arguments of `qiwei sessions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Follow all pages
    #[arg(long)]
    all: bool,

    /// Conversations per page
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,

    /// Cursor to start from, as printed by an earlier call
    #[arg(long, value_name = "S", default_value = "0")]
    begin_seq: String,

    /// Show only this type
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<TypeArg>,
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
        let sessions = self.fetch(context, &guid)?;
        let wanted = self.kind.map(|kind| match kind {
            TypeArg::Private => ConversationType::Private,
            TypeArg::Group => ConversationType::Group,
        });
        let rows: Vec<Row> = sessions
            .into_iter()
            .map(row)
            .filter(|row| wanted.is_none() || row.r#type == wanted)
            .collect();
        context
            .output
            .result(&rows, |rows| {
                let header = [
                    text!("CONVERSATION"),
                    text!("TYPE"),
                    text!("NAME"),
                    text!("LAST MESSAGE"),
                ];
                Table::new(header, rows.iter().map(cells)).may_cut(2)
            })
            .map(success)
    }
}

impl Args {
    fn fetch(&self, context: &Context, guid: &Guid) -> Result<Vec<ConversationEntry>, Error> {
        let api = context.api()?;
        let mut list = PagedList::new(&self.begin_seq);
        if self.all {
            list.read_all(api, guid, self.limit)
                .map_err(|error| list.explain(context, error))?;
        } else {
            list.read_page(api, guid, self.limit)
                .map_err(|error| error.into_error(Effect::Read))?;
        }
        list.report(context, self.all);
        Ok(list.entries)
    }
}

/// The conversations read so far, and where the next page starts.
struct PagedList {
    entries: Vec<ConversationEntry>,
    known: HashSet<String>,
    cursor: String,
    cursors: HashSet<String>,
    /// Entries without a readable id.
    unreadable: usize,
    pages: usize,
    /// The server repeated a cursor although the page had new entries.
    has_repeated_cursor: bool,
    has_next: bool,
}

impl PagedList {
    fn new(begin_seq: &str) -> Self {
        Self {
            entries: Vec::new(),
            known: HashSet::new(),
            cursor: begin_seq.to_owned(),
            cursors: HashSet::from([begin_seq.to_owned()]),
            unreadable: 0,
            pages: 0,
            has_repeated_cursor: false,
            has_next: true,
        }
    }

    /// Reads all pages. The protocol does not document the last page, and servers return fewer
    /// entries than asked for, so reading ends only at an empty page, at a cursor that is missing
    /// or 0, or at a page without anything new.
    fn read_all(&mut self, api: &Api, guid: &Guid, limit: u32) -> Result<(), CallError> {
        while self.has_next {
            self.read_page(api, guid, limit)?;
        }
        Ok(())
    }

    fn read_page(&mut self, api: &Api, guid: &Guid, limit: u32) -> Result<(), CallError> {
        let page = api.session_page(guid, &self.cursor, limit)?;
        self.pages += 1;
        let unreadable = page.size - page.sessions.len();
        self.unreadable += unreadable;
        let before = self.entries.len();
        for entry in page.sessions {
            if self.known.insert(entry.conversation_id.clone()) {
                self.entries.push(entry);
            }
        }
        let has_new = self.entries.len() > before;
        self.has_next = false;
        if let Some(next) = page.next_seq.filter(|next| next != "0") {
            let is_repeated = self.cursors.contains(&next);
            // A repeated cursor is followed as long as it brings new entries, and a new one also past
            // a page of unreadable entries.
            if has_new || (unreadable > 0 && !is_repeated) {
                self.has_repeated_cursor |= is_repeated;
                self.cursors.insert(next.clone());
                self.cursor = next;
                self.has_next = true;
            }
        }
        Ok(())
    }

    /// Adds to an error how far the list was read.
    fn explain(&self, context: &Context, error: CallError) -> Error {
        let error = error.into_error(Effect::Read);
        if self.pages == 0 {
            return error;
        }
        let count = self.entries.len();
        let message = match context.deadline() {
            Ok(deadline) if deadline.is_over() => text!(
                "time ran out after {timeout}: {count} conversations were read, the list is incomplete",
                timeout = show_duration(deadline.timeout()),
                count
            ),
            _ => text!(
                "{message}; {count} conversations were read, the list is incomplete",
                message = error.message.clone(),
                count
            ),
        };
        let next = &self.cursor;
        Error { message, ..error }.hint(text!(
            "allow more time with --timeout, or continue with --begin-seq {next}",
            next
        ))
    }

    fn report(&self, context: &Context, is_all: bool) {
        let output = &context.output;
        note_unread(context, self.unreadable);
        if self.has_repeated_cursor && is_all {
            output.warn(&text!(
                "the server repeats its cursor {cursor}, so the list may be incomplete: it has {count} conversations",
                cursor = &self.cursor,
                count = self.entries.len()
            ));
        } else if self.has_next && !self.has_repeated_cursor {
            output.note(&text!(
                "there may be more: use --all for all pages, or --begin-seq {next} for the next one",
                next = &self.cursor
            ));
        }
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

fn cells(row: &Row) -> [Cell; 4] {
    [
        row.conversation_id.as_str().into(),
        row.r#type
            .map_or_else(|| "-".into(), |kind| kind.label().into()),
        row.name.as_deref().unwrap_or("-").into(),
        row.last_message_at
            .as_deref()
            .map_or_else(|| "-".into(), local_minute)
            .into(),
    ]
}
