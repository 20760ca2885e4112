//! `qiwei ledger ls`: lists the recorded keys.

use std::time::Duration;

use serde::Serialize;

use crate::context::Context;
use crate::error::{Error, Outcome};
use crate::output::table::{Cell, GREEN, RED, YELLOW};
use crate::store::{Row, RowFilter, StateDatabase};
use crate::text::{Text, text};
use crate::time::{local_minute, parse_duration, rfc3339};

/// Arguments of `qiwei ledger ls`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only messages with this outcome
    #[arg(long, value_name = "OUTCOME", value_enum)]
    outcome: Option<OutcomeFilter>,

    /// Only entries of the last DUR, such as 24h
    #[arg(long, value_name = "DUR", value_parser = parse_duration)]
    since: Option<Duration>,

    /// At most N entries, the latest
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

/// An outcome as it is recorded.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum OutcomeFilter {
    Accepted,
    Rejected,
    NotSent,
    Unknown,
    InFlight,
}

impl OutcomeFilter {
    fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
            Self::InFlight => "in_flight",
        }
    }
}

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
        let store = super::open(context)?;
        // A ledger may have a million entries, so they are printed as they are read.
        if context.output.is_json() {
            let mut array = context.output.json_array();
            if let Some(store) = store {
                self.visit(&store, &mut |row| array.push(&view(row)))?;
            }
            return array.end();
        }
        let header = [
            text!("KEY"),
            text!("TO"),
            text!("OUTCOME"),
            text!("MESSAGE"),
            text!("AT"),
        ];
        let mut table = context.output.table_stream(header);
        if let Some(store) = store {
            self.visit(&store, &mut |row| table.push(cells(&view(row))))?;
        }
        table.end()
    }

    fn visit(
        &self,
        store: &StateDatabase,
        visit: &mut dyn FnMut(Row) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let since = match self.since {
            Some(age) => {
                let age = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
                Some(store.now()?.saturating_sub(age))
            }
            None => None,
        };
        let filter = RowFilter {
            outcome: self.outcome.map(|outcome| outcome.name().to_owned()),
            since,
            limit: self.limit,
        };
        store.visit_rows(&filter, visit)
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
