//! What was checked and what came of it.

use serde::Serialize;

use crate::context::Context;
use crate::error::{Error, Kind};
use crate::output::table::{self, Cell, GREEN, RED};

/// One thing that was tried.
#[derive(Debug, Serialize)]
pub struct Check {
    /// What.
    pub check: String,
    /// Whether it went well.
    pub ok: bool,
    /// The HTTP status, where there was one.
    pub http_status: Option<u16>,
    /// How long it took.
    pub latency_ms: Option<f64>,
    /// What is to be said about it.
    pub detail: Option<String>,
}

impl Check {
    /// A check without HTTP.
    pub fn plain(check: &str, ok: bool, detail: Option<String>) -> Self {
        Self {
            check: check.to_owned(),
            ok,
            http_status: None,
            latency_ms: None,
            detail,
        }
    }
}

/// Prints the checks; the first that failed is the command's error.
pub fn report(context: &Context, checks: Vec<Check>) -> Result<(), Error> {
    let look = context.output.look();
    context.output.result(&checks, |checks| {
        let rows: Vec<_> = checks.iter().map(cells).collect();
        table::render(["CHECK", "RESULT", "HTTP", "MS", "DETAIL"], &rows, look)
    })?;
    match checks.into_iter().find(|check| !check.ok) {
        None => Ok(()),
        Some(failed) => {
            let kind = match failed.http_status {
                Some(_) => Kind::Rejected,
                None => Kind::Unreachable,
            };
            let detail = failed.detail.unwrap_or_else(|| "no answer".into());
            Err(Error::new(kind, format!("{}: {detail}", failed.check)))
        }
    }
}

fn cells(check: &Check) -> [Cell; 5] {
    let dash = || "-".to_owned();
    let (word, style) = if check.ok {
        ("ok", GREEN)
    } else {
        ("failed", RED)
    };
    [
        check.check.as_str().into(),
        Cell::styled(word, style),
        check
            .http_status
            .map_or_else(dash, |s| s.to_string())
            .into(),
        check
            .latency_ms
            .map_or_else(dash, |ms| format!("{ms:.1}"))
            .into(),
        check.detail.clone().unwrap_or_else(dash).into(),
    ]
}
