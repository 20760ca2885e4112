//! A check and its result.

use serde::Serialize;

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::output::table::{Cell, GREEN, RED, Table};
use crate::text::{Text, text};

/// One check.
#[derive(Debug, Serialize)]
pub struct Check {
    /// Its name.
    pub check: Text,
    /// Whether it succeeded.
    pub ok: bool,
    /// The HTTP status, if any.
    pub http_status: Option<u16>,
    /// Duration in milliseconds.
    pub latency_ms: Option<f64>,
    /// Further information.
    pub detail: Option<Text>,
}

impl Check {
    /// A check without HTTP.
    pub fn plain(check: Text, ok: bool, detail: Option<Text>) -> Self {
        Self {
            check,
            ok,
            http_status: None,
            latency_ms: None,
            detail,
        }
    }
}

/// Prints the checks; the first failed one becomes the command's error.
pub fn report(context: &Context, checks: Vec<Check>) -> Result<(), Error> {
    context.output.result(&checks, |checks| {
        let header = [
            text!("CHECK"),
            text!("RESULT"),
            text!("HTTP"),
            text!("MS"),
            text!("DETAIL"),
        ];
        Table::new(header, checks.iter().map(cells)).may_cut(4)
    })?;
    match checks.into_iter().find(|check| !check.ok) {
        None => Ok(()),
        Some(failed) => {
            let kind = match failed.http_status {
                Some(_) => Kind::Rejected,
                None => Kind::Unreachable,
            };
            let detail = failed.detail.unwrap_or_else(|| text!("no answer"));
            Err(Error::new(
                kind,
                text!("{check}: {detail}", check = failed.check, detail),
            ))
        }
    }
}

fn cells(check: &Check) -> [Cell; 5] {
    let dash = || "-".to_owned();
    let (word, style) = if check.ok {
        (text!("ok"), GREEN)
    } else {
        (text!("failed"), RED)
    };
    [
        check.check.clone().into(),
        Cell::styled(word, style),
        check
            .http_status
            .map_or_else(dash, |s| s.to_string())
            .into(),
        check
            .latency_ms
            .map_or_else(dash, |ms| format!("{ms:.1}"))
            .into(),
        check
            .detail
            .clone()
            .unwrap_or_else(|| Text::verbatim(dash()))
            .into(),
    ]
}
