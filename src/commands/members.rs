//! `qiwei members`: who is in a group.

use serde::Serialize;

use super::{CommandResult, Run, success, targets};
use crate::context::Context;
use crate::error::Error;
use crate::names::{Member, Role};
use crate::output::table::{Cell, Table};
use crate::text::{Text, text};

/// Arguments of `qiwei members`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Group: R:…, alias, or name:NAME
    #[arg(value_name = "ROOM")]
    room: String,
}

#[derive(Serialize)]
struct Row {
    user_id: String,
    name: Option<String>,
    room_name: Option<String>,
    role: Option<&'static str>,
    #[serde(skip)]
    role_label: Option<Text>,
}

impl Run for Args {
    fn run(self, context: &Context) -> CommandResult {
        let room = targets::conversation(context, &self.room)?;
        if !room.is_group() {
            return Err(Error::usage(text!(
                "{room} is a person; only groups have members",
                room
            )));
        }
        let members = targets::members(context, &room)?;
        let nameless = members.list.iter().filter(|m| m.name.is_none()).count();
        targets::note_missing(context, nameless, members.error.as_ref());
        let rows: Vec<Row> = members.list.into_iter().map(row).collect();
        context
            .output
            .result(&rows, |rows| {
                let header = [
                    text!("USER"),
                    text!("NAME"),
                    text!("NAME IN GROUP"),
                    text!("ROLE"),
                ];
                Table::new(header, rows.iter().map(cells)).may_cut(1)
            })
            .map(success)
    }
}

fn row(member: Member) -> Row {
    let (role, role_label) = match member.role {
        Some(Role::Owner) => (Some("owner"), Some(text!("owner"))),
        Some(Role::Admin) => (Some("admin"), Some(text!("admin"))),
        Some(Role::Member) => (Some("member"), Some(text!("member"))),
        None => (None, None),
    };
    Row {
        user_id: member.user_id,
        name: member.name,
        room_name: member.room_name,
        role,
        role_label,
    }
}

fn cells(row: &Row) -> [Cell; 4] {
    [
        row.user_id.as_str().into(),
        row.name.as_deref().unwrap_or("-").into(),
        row.room_name.as_deref().unwrap_or("-").into(),
        row.role_label
            .clone()
            .map_or_else(|| "-".into(), Cell::from),
    ]
}
