//! `qiwei ledger ls`: lists the recorded keys.

use serde::Serialize;

use crate::context::Context;
use crate::error::{Error, Outcome};
use crate::output::table::{Cell, GREEN, RED, Table, YELLOW};
use crate::store::Row;
use crate::text::{Text, text};
use crate::time::{local_minute, rfc3339};

/// Arguments of `qiwei ledger ls`.
#[derive(Debug, clap::Args)]
pub struct Args {}

#[derive(Serialize)]
struct View {
    key: String,
    to: String,
    outcome: String,
    message_id: Option<String>,
    at: Option<String>,
    guid: String,
    base_url: String,
}

impl Args {
    /// Prints the ledger, latest entry first.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let rows = match super::open(context)? {
            Some(store) => store.rows()?,
            None => Vec::new(),
        };
        let views: Vec<View> = rows.into_iter().map(view).collect();
        context.output.result(&views, |views| {
            let header = [
                text!("KEY"),
                text!("TO"),
                text!("OUTCOME"),
                text!("MESSAGE"),
                text!("AT"),
            ];
            Table::new(header, views.iter().map(cells))
        })
    }
}

fn view(row: Row) -> View {
    View {
        key: row.entry.key,
        to: row.target,
        outcome: row.outcome,
        message_id: row.message_id,
        at: rfc3339(row.changed_at),
        guid: row.entry.guid,
        base_url: row.entry.server,
    }
}

fn cells(view: &View) -> [Cell; 5] {
    let style = match view.outcome.as_str() {
        "accepted" => GREEN,
        "unknown" | "in_flight" => YELLOW,
        _ => RED,
    };
    [
        view.key.as_str().into(),
        view.to.as_str().into(),
        Cell::styled(label(&view.outcome), style),
        view.message_id.as_deref().unwrap_or("-").into(),
        view.at
            .as_deref()
            .map_or_else(|| "-".into(), local_minute)
            .into(),
    ]
}

/// The text for an outcome.
fn label(outcome: &str) -> Text {
    match outcome {
        "in_flight" => text!("in_flight"),
        "accepted" => Outcome::Accepted.label(),
        "rejected" => Outcome::Rejected.label(),
        "not_sent" => Outcome::NotSent.label(),
        "unknown" => Outcome::Unknown.label(),
        other => Text::verbatim(other),
    }
}
