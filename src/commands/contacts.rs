//! `qiwei contacts`: whom the account knows.

use serde::Serialize;

use super::{CommandResult, Run, success, targets};
use crate::api::Person;
use crate::api::request::Effect;
use crate::context::Context;
use crate::instances;
use crate::names;
use crate::output::table::{Cell, Table};
use crate::text::text;

/// Arguments of `qiwei contacts`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show only contacts whose name or remark contains TEXT
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
}

#[derive(Serialize)]
struct Row {
    user_id: String,
    conversation_id: String,
    name: Option<String>,
    remark: Option<String>,
    r#type: Option<&'static str>,
}

impl Run for Args {
    fn run(self, context: &Context) -> CommandResult {
        let guid = instances::choose(context, Effect::Read)?;
        let api = context.api()?;
        let people = names::contacts(api, &guid, true)
            .map_err(|error| instances::explain_read_failure(api, &guid, error))?;
        let mut cache = targets::open_cache(context, &guid)?;
        let rows: Vec<Row> = people.into_iter().map(row).collect();
        for row in &rows {
            let name = row.remark.as_ref().or(row.name.as_ref());
            cache.learn(&row.conversation_id, name.map(String::as_str));
        }
        cache.save();
        let wanted = self.search.as_deref().map(folded);
        let rows: Vec<Row> = rows
            .into_iter()
            .filter(|row| wanted.as_ref().is_none_or(|wanted| row.contains(wanted)))
            .collect();
        context
            .output
            .result(&rows, |rows| {
                let header = [
                    text!("CONVERSATION"),
                    text!("TYPE"),
                    text!("NAME"),
                    text!("REMARK"),
                ];
                Table::new(header, rows.iter().map(cells)).may_cut(2)
            })
            .map(success)
    }
}

impl Row {
    fn contains(&self, wanted: &str) -> bool {
        let names = [&self.name, &self.remark];
        names
            .into_iter()
            .flatten()
            .any(|name| folded(name).contains(wanted))
    }
}

/// The form in which texts are searched: normalised, without regard to case.
fn folded(text: &str) -> String {
    names::normalise(text).to_lowercase()
}

fn row(person: Person) -> Row {
    Row {
        conversation_id: format!("S:{}", person.user_id),
        r#type: type_of(&person.user_id),
        user_id: person.user_id,
        name: person.name,
        remark: person.remark,
    }
}

/// WeChat or WeCom, by the beginning of the id (wire protocol).
fn type_of(user_id: &str) -> Option<&'static str> {
    match user_id.get(..3) {
        Some("788") => Some("wechat"),
        Some("168") => Some("wecom"),
        _ => None,
    }
}

fn cells(row: &Row) -> [Cell; 4] {
    [
        row.conversation_id.as_str().into(),
        row.r#type.unwrap_or("-").into(),
        row.name.as_deref().unwrap_or("-").into(),
        row.remark.as_deref().unwrap_or("-").into(),
    ]
}
