//! Faults on demand: what goes wrong, where, and how often.
//!
//! A fault is written `KIND[=VALUE][@PATH][*TIMES]`, such as `drop-after@/msg/send_text*2`.
//! [`FORMS`] lists every kind and says whether the request is executed although the client never
//! gets a proper answer: the difference between a message lost and a message sent twice.

mod body;
mod list;
mod parse;
mod syntax;

pub(super) use list::FaultList;
pub use syntax::{FORMS, FaultSyntax};

use super::duration;
use std::fmt;
use std::time::Duration;

/// One fault of a scenario, or added while the sandbox runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    form: &'static FaultSyntax,
    pub(super) kind: Kind,
    path: Option<String>,
    /// How many times it may still strike; without a number, always.
    left: Option<u32>,
}

impl Fault {
    /// Whether a request that meets this fault is executed all the same.
    pub fn executes(&self) -> bool {
        self.form.executed
    }

    /// Whether the fault concerns requests for `path`.
    fn matches(&self, path: &str) -> bool {
        let wanted = self.path.as_deref().or(self.kind.only_path());
        wanted.is_none_or(|prefix| match prefix.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => path == prefix,
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.form.name)?;
        match &self.kind {
            Kind::Latency(time) | Kind::Refuse(time) | Kind::Drip(time) => {
                write!(f, "={}", duration::show(*time))?;
            }
            Kind::Http(status) => write!(f, "={status}")?,
            Kind::Code(code) => write!(f, "={code}")?,
            _ => {}
        }
        if let Some(path) = &self.path {
            write!(f, "@{path}")?;
        }
        match self.left {
            Some(times) => write!(f, "*{times}"),
            None => Ok(()),
        }
    }
}

/// What goes wrong. Whether the request is executed meanwhile is the form's matter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Latency(Duration),
    Refuse(Duration),
    ResetEarly,
    Reset,
    Drop,
    Hang,
    Http(u16),
    Html,
    Empty,
    Garbled,
    Truncated,
    Null,
    Object,
    Array,
    Code(i64),
    Busy,
    ServerFail,
    Logout,
    Reconnecting,
    Drip(Duration),
    Huge,
}

impl Kind {
    /// Kinds that make no sense elsewhere strike only here.
    fn only_path(&self) -> Option<&'static str> {
        match self {
            Kind::ServerFail => Some("/msg/*"),
            Kind::Reconnecting => Some("/client/get_client_status"),
            _ => None,
        }
    }

    /// Kinds that strike before there is a path to match.
    fn is_pathless(&self) -> bool {
        matches!(self, Kind::Refuse(_) | Kind::ResetEarly)
    }
}
