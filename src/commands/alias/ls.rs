//! `qiwei alias ls`: lists the aliases.

use std::collections::HashMap;

use serde::Serialize;

use crate::config::{Source, split_alias_targets};
use crate::context::Context;
use crate::error::Error;
use crate::names::cached_names;
use crate::output::table::{Cell, Table};
use crate::text::text;

/// Arguments of `qiwei alias ls`.
#[derive(Debug, clap::Args)]
pub struct Args {}

#[derive(Serialize)]
struct Row<'a> {
    alias: &'a str,
    /// The id, if it is only one.
    conversation_id: Option<&'a str>,
    conversation_ids: Vec<&'a str>,
    /// The name of the only one that was last looked up.
    name: Option<String>,
    source: &'static str,
    #[serde(skip)]
    origin: Source,
}

impl Args {
    /// Prints the aliases without asking the server.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let settings = context.settings()?;
        let guid = settings.guid.as_ref().map(|(guid, _)| guid.as_str());
        let names: HashMap<String, String> = context
            .cache_folder()
            .map(|folder| cached_names(&folder, &settings.server_identity(), guid))
            .into_iter()
            .flatten()
            .collect();
        let rows: Vec<Row> = context
            .layers()?
            .aliases()
            .into_iter()
            .map(|(alias, (targets, origin))| {
                let ids: Vec<&str> = split_alias_targets(targets).collect();
                Row {
                    alias,
                    conversation_id: (ids.len() == 1).then_some(targets.as_str()),
                    conversation_ids: ids,
                    name: names.get(targets).cloned(),
                    source: origin.name(),
                    origin,
                }
            })
            .collect();
        context.output.result(&rows, |rows| {
            let header = [
                text!("ALIAS"),
                text!("CONVERSATION"),
                text!("NAME"),
                text!("SOURCE"),
            ];
            Table::new(header, rows.iter().map(cells)).may_cut(2)
        })
    }
}

fn cells(row: &Row) -> [Cell; 4] {
    [
        row.alias.into(),
        row.conversation_ids.join(", ").into(),
        row.name.as_deref().unwrap_or("-").into(),
        row.origin.label().into(),
    ]
}
