//! `qiwei config explain`: shows every effective value and its source.

use serde::Serialize;

use crate::config::{Key, Layers};
use crate::context::Context;
use crate::error::Error;
use crate::output::table::{Cell, Table};
use crate::secret::REDACTED;
use crate::text::{Text, text};

/// Arguments of `qiwei config explain`.
#[derive(Debug, clap::Args)]
pub struct Args {}

#[derive(Serialize)]
struct Row {
    key: String,
    value: Option<String>,
    source: Option<&'static str>,
    from: Option<Text>,
}

impl Args {
    /// Prints the table.
    pub fn run(self, context: &Context) -> Result<(), Error> {
        let layers = context.layers()?;
        let rows = rows(layers)?;
        context.output.result(&rows, |rows| {
            let header = [text!("KEY"), text!("VALUE"), text!("FROM")];
            Table::new(header, rows.iter().map(cells)).may_cut(2)
        })?;
        for name in layers.unknown_names() {
            context.output.note(&text!(
                "{name} is not a known setting; it has no effect",
                name
            ));
        }
        Ok(())
    }
}

fn cells(row: &Row) -> [Cell; 3] {
    let from = row.from.clone();
    [
        row.key.as_str().into(),
        row.value.as_deref().unwrap_or("-").into(),
        from.unwrap_or_else(|| Text::verbatim("-")).into(),
    ]
}

fn rows(layers: &Layers) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for key in Key::ALL {
        let found = layers.lookup(key)?;
        rows.push(Row {
            key: key.name().to_owned(),
            value: found.as_ref().map(|found| key.redact(&found.text)),
            source: found.as_ref().map(|found| found.source.name()),
            from: found.map(|found| layers.describe_source(&found.source, Some(key))),
        });
    }
    let headers = layers.headers().into_iter();
    let headers = headers.map(|(name, (_, source))| ("headers", name, REDACTED.to_owned(), source));
    let aliases = layers.aliases().into_iter();
    let aliases = aliases.map(|(name, (target, source))| ("aliases", name, target.clone(), source));
    for (table, name, value, source) in headers.chain(aliases) {
        rows.push(Row {
            key: format!("{table}.{name}"),
            value: Some(value),
            source: Some(source.name()),
            from: Some(layers.describe_source(&source, None)),
        });
    }
    Ok(rows)
}
