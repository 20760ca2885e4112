//! Fault injection: what goes wrong, for which path, and how often.
//!
//! A fault is written `KIND[=VALUE][@PATH][*TIMES]`, such as `drop-after@/msg/send_text*2`.
//! [`FAULT_KINDS`] lists every kind and says whether the request is executed although the client gets no
//! proper answer, which decides between a lost and a repeated message.

mod list;
mod syntax;

pub(super) use list::FaultList;
pub use syntax::{FAULT_KINDS, FaultSyntax};

use super::duration;
use super::endpoint_result::Failure;
use super::http_response::{HttpResponse, reason};
use super::state::State;
use std::fmt;
use std::time::Duration;

/// An active fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    syntax: &'static FaultSyntax,
    pub(super) kind: Kind,
    path: Option<String>,
    /// Remaining uses; unlimited without a number.
    left: Option<u32>,
}

impl Fault {
    /// Whether a request with this fault is executed.
    pub fn executes(&self) -> bool {
        self.syntax.executed
    }

    /// Whether the fault applies to `path`.
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
        f.write_str(self.syntax.name)?;
        match &self.kind {
            Kind::Latency(time) | Kind::Refuse(time) | Kind::Drip(time) | Kind::SlowFetch(time) => {
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

/// The kind of failure.
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
    NoFetch,
    HalfFetch,
    HalfFile,
    FetchTwice,
    HeadFirst,
    Ranges,
    SlowFetch(Duration),
    NoAesKey,
    StaleRules,
    TooLate,
}

impl Kind {
    /// Kinds that apply only to one path.
    fn only_path(&self) -> Option<&'static str> {
        match self {
            Kind::ServerFail => Some("/msg/send_*"),
            Kind::TooLate => Some("/msg/revoke_msg"),
            Kind::NoFetch
            | Kind::HalfFetch
            | Kind::HalfFile
            | Kind::FetchTwice
            | Kind::HeadFirst
            | Kind::Ranges
            | Kind::SlowFetch(_)
            | Kind::NoAesKey
            | Kind::StaleRules => Some("/cloud/*"),
            Kind::Reconnecting => Some("/client/get_client_status"),
            _ => None,
        }
    }

    /// Kinds that apply before a path is known.
    fn is_pathless(&self) -> bool {
        matches!(self, Kind::Refuse(_) | Kind::ResetEarly)
    }
}

/// Bytes that are neither JSON nor UTF-8.
const GARBLED: &[u8] = b"\x00\xff\xfe{\"error_code\":\xc3\x28\x80garbled";

const HTML: &str = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head>\
                    <body><h1>It works!</h1></body></html>\n";

impl Fault {
    /// The replacement answer, for faults that have one.
    pub(super) fn answer(&self, state: &State) -> Option<HttpResponse> {
        let ok = |content_type, body: &[u8]| Some(HttpResponse::raw(200, content_type, body));
        let refused = |failure| {
            Some(HttpResponse::json(
                200,
                state.render(&Err(failure)),
                String::new(),
            ))
        };
        match &self.kind {
            Kind::Http(status) => Some(http(*status)),
            Kind::Html => ok("text/html; charset=utf-8", HTML.as_bytes()),
            Kind::Empty => ok("application/json", b""),
            Kind::Garbled => ok("application/json", GARBLED),
            Kind::Null => ok("application/json", b"null"),
            Kind::Object => ok("application/json", b"{}"),
            Kind::Array => ok("application/json", b"[]"),
            Kind::Huge => ok("application/json", b""),
            Kind::Code(code) => refused(Failure::known(*code)),
            Kind::Busy => refused(Failure::too_frequent()),
            Kind::TooLate => refused(Failure::too_late()),
            _ => None,
        }
    }
}

/// 4xx come from the API server itself, others as plain text from a proxy before it.
fn http(status: u16) -> HttpResponse {
    match status {
        429 => HttpResponse::error(status).with_header("retry-after", "1"),
        400..=499 => HttpResponse::error(status),
        _ => HttpResponse::raw(status, "text/plain; charset=utf-8", reason(status)),
    }
}
