//! `qiwei sessions`: lists the account's conversations.

use std::collections::HashSet;

use clap::ValueEnum;
use serde::Serialize;

use super::{CommandResult, Run, success};
use crate::api::request::Effect;
use crate::api::{Api, ConversationEntry};
use crate::context::Context;
use crate::conversation::ConversationType;
use crate::error::Error;
use crate::guid::Guid;
use crate::instances;
use crate::output::table::{Cell, Table};
use crate::text::text;
use crate::time::local_minute;

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
        if self.all {
            let (sessions, unread) = every_page(api, guid, &self.begin_seq, self.limit)?;
            note_unread(context, unread);
            return Ok(sessions);
        }
        let page = api
            .session_page(guid, &self.begin_seq, self.limit)
            .map_err(|e| e.into_error(Effect::Read))?;
        note_unread(context, page.size - page.sessions.len());
        let full = page.size >= self.limit as usize;
        if let (true, Some(next)) = (full, page.next_seq) {
            context.output.note(&text!(
                "there may be more: use --all for all pages, or --begin-seq {next} for the next one",
                next
            ));
        }
        Ok(page.sessions)
    }
}

/// Reads all pages. The protocol does not document the last page, so reading ends at an empty or short
/// page, at a cursor that is missing, 0 or repeated, or at a page without new entries.
fn every_page(
    api: &Api,
    guid: &Guid,
    begin_seq: &str,
    limit: u32,
) -> Result<(Vec<ConversationEntry>, usize), Error> {
    let mut unread = 0;
    let mut all = Vec::new();
    let mut known = HashSet::new();
    let mut cursors = HashSet::from([begin_seq.to_owned()]);
    let mut cursor = begin_seq.to_owned();
    loop {
        let page = api
            .session_page(guid, &cursor, limit)
            .map_err(|e| e.into_error(Effect::Read))?;
        let size = page.size;
        unread += size - page.sessions.len();
        let before = all.len();
        for session in page.sessions {
            if known.insert(session.conversation_id.clone()) {
                all.push(session);
            }
        }
        let is_last = size < limit as usize || all.len() == before;
        match page.next_seq {
            Some(next) if !is_last && next != "0" && cursors.insert(next.clone()) => cursor = next,
            _ => return Ok((all, unread)),
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
            .map_or_else(|| "-".into(), |kind| kind.word().into()),
        row.name.as_deref().unwrap_or("-").into(),
        row.last_message_at
            .as_deref()
            .map_or_else(|| "-".into(), local_minute)
            .into(),
    ]
}
