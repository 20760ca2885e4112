//! The table of fault kinds: name, value, and whether the request is executed.

use super::super::duration;
use super::Kind;
use std::time::Duration;

/// A kind of fault, for help and completion.
#[derive(Debug)]
pub struct FaultSyntax {
    /// The keyword of the spec.
    pub name: &'static str,
    /// The form of the value after `=`; empty if there is none.
    pub value: &'static str,
    /// Whether the request is executed.
    pub executed: bool,
    /// The effect, in one line.
    pub help: &'static str,
    pub(super) make: Make,
}

/// How the kind is built from the value.
#[derive(Debug)]
pub(super) enum Make {
    Plain(Kind),
    Timed(fn(Duration) -> Kind),
    Status,
    Code,
}

/// Names are unique.
impl PartialEq for FaultSyntax {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl FaultSyntax {
    /// The kind with this value, or what is wrong with the value.
    pub(super) fn kind(&self, value: Option<&str>) -> Result<Kind, String> {
        match (&self.make, value) {
            (Make::Plain(kind), None) => Ok(kind.clone()),
            (Make::Plain(_), Some(_)) => Err(format!("{} takes no value", self.name)),
            (_, None) => Err(format!(
                "{} needs a value: {}={}",
                self.name, self.name, self.value
            )),
            (Make::Timed(make), Some(value)) => Ok(make(duration::parse(value)?)),
            (Make::Status, Some(value)) => status(value).map(Kind::Http),
            (Make::Code, Some(value)) => code(value).map(Kind::Code),
        }
    }
}

fn status(value: &str) -> Result<u16, String> {
    value
        .parse()
        .ok()
        .filter(|status| (400..600).contains(status))
        .ok_or_else(|| format!("{value:?} is not an HTTP status from 400 to 599"))
}

fn code(value: &str) -> Result<i64, String> {
    value
        .parse()
        .ok()
        .filter(|code| *code != 0)
        .ok_or_else(|| format!("{value:?} is not a business error code (an integer other than 0)"))
}

const fn form(
    name: &'static str,
    value: &'static str,
    executed: bool,
    make: Make,
    help: &'static str,
) -> FaultSyntax {
    FaultSyntax {
        name,
        value,
        executed,
        help,
        make,
    }
}

const fn plain(name: &'static str, executed: bool, kind: Kind, help: &'static str) -> FaultSyntax {
    form(name, "", executed, Make::Plain(kind), help)
}

/// Every kind of fault.
#[rustfmt::skip]
pub static FORMS: &[FaultSyntax] = &[
    form("latency", "DUR", true, Make::Timed(Kind::Latency), "executed at once, answered DUR later"),
    form("refuse", "DUR", false, Make::Timed(Kind::Refuse), "the port is closed for DUR, starting now"),
    plain("reset-early", false, Kind::ResetEarly, "connection reset before the request is read"),
    plain("reset", false, Kind::Reset, "connection reset after the request is read"),
    plain("reset-after", true, Kind::Reset, "executed, then connection reset"),
    plain("drop-before", false, Kind::Drop, "connection closed without an answer"),
    plain("drop-after", true, Kind::Drop, "executed, then connection closed without an answer"),
    plain("hang", false, Kind::Hang, "never answered"),
    plain("hang-after", true, Kind::Hang, "executed, then never answered"),
    form("http", "STATUS", false, Make::Status, "HTTP error; 429 comes with Retry-After"),
    form("http-after", "STATUS", true, Make::Status, "executed, then HTTP error, as from a proxy"),
    plain("html", false, Kind::Html, "HTTP 200 with an HTML page"),
    plain("html-after", true, Kind::Html, "executed, then HTTP 200 with an HTML page"),
    plain("empty", false, Kind::Empty, "HTTP 200 with an empty body"),
    plain("empty-after", true, Kind::Empty, "executed, then HTTP 200 with an empty body"),
    plain("garbled", false, Kind::Garbled, "HTTP 200 with bytes that are neither JSON nor UTF-8"),
    plain("garbled-after", true, Kind::Garbled, "executed, then HTTP 200 with such bytes"),
    plain("truncated", true, Kind::Truncated, "executed; the answer breaks off half-way"),
    plain("null", false, Kind::Null, "HTTP 200 with null"),
    plain("null-after", true, Kind::Null, "executed, then HTTP 200 with null"),
    plain("object", false, Kind::Object, "HTTP 200 with {}"),
    plain("object-after", true, Kind::Object, "executed, then HTTP 200 with {}"),
    plain("array", false, Kind::Array, "HTTP 200 with []"),
    plain("array-after", true, Kind::Array, "executed, then HTTP 200 with []"),
    form("code", "N", false, Make::Code, "business error N with its usual text"),
    plain("busy", false, Kind::Busy, "business error: too frequent (频繁)"),
    plain("svr-fail", false, Kind::ServerFail, "a send answers code 0 with is_svr_fail, not delivered"),
    plain("logout", true, Kind::Logout, "the account is logged out, then the request is handled"),
    plain("reconnecting", true, Kind::Reconnecting, "the status look-up shows 0 once, the instance goes on"),
    form("drip", "DUR", true, Make::Timed(Kind::Drip), "executed; the answer comes one byte each DUR"),
    plain("huge", false, Kind::Huge, "HTTP 200 with a JSON string that never ends"),
];
