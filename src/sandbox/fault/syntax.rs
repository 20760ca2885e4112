//! The table of fault kinds (name, value, whether the request is executed), and the parser of
//! `KIND[=VALUE][@PATH][*TIMES]`.

use super::super::duration;
use super::{Fault, Kind};
use crate::sandbox::keyword;
use std::str::FromStr;
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
    pub(super) parser: KindParser,
}

/// Builds the kind from the value.
#[derive(Debug)]
pub(super) enum KindParser {
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
        match (&self.parser, value) {
            (KindParser::Plain(kind), None) => Ok(kind.clone()),
            (KindParser::Plain(_), Some(_)) => Err(format!("{} takes no value", self.name)),
            (_, None) => Err(format!(
                "{} needs a value: {}={}",
                self.name, self.name, self.value
            )),
            (KindParser::Timed(make), Some(value)) => Ok(make(duration::parse(value)?)),
            (KindParser::Status, Some(value)) => status(value).map(Kind::Http),
            (KindParser::Code, Some(value)) => code(value).map(Kind::Code),
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

const fn kind_syntax(
    name: &'static str,
    value: &'static str,
    executed: bool,
    parser: KindParser,
    help: &'static str,
) -> FaultSyntax {
    FaultSyntax {
        name,
        value,
        executed,
        help,
        parser,
    }
}

const fn plain(name: &'static str, executed: bool, kind: Kind, help: &'static str) -> FaultSyntax {
    kind_syntax(name, "", executed, KindParser::Plain(kind), help)
}

/// Every kind of fault.
#[rustfmt::skip]
pub static FAULT_KINDS: &[FaultSyntax] = &[
    kind_syntax("latency", "DUR", true, KindParser::Timed(Kind::Latency), "executed at once, answered DUR later"),
    kind_syntax("refuse", "DUR", false, KindParser::Timed(Kind::Refuse), "the port is closed for DUR, starting now"),
    plain("reset-early", false, Kind::ResetEarly, "connection reset before the request is read"),
    plain("reset", false, Kind::Reset, "connection reset after the request is read"),
    plain("reset-after", true, Kind::Reset, "executed, then connection reset"),
    plain("drop-before", false, Kind::Drop, "connection closed without an answer"),
    plain("drop-after", true, Kind::Drop, "executed, then connection closed without an answer"),
    plain("hang", false, Kind::Hang, "never answered"),
    plain("hang-after", true, Kind::Hang, "executed, then never answered"),
    kind_syntax("http", "STATUS", false, KindParser::Status, "HTTP error; 429 comes with Retry-After"),
    kind_syntax("http-after", "STATUS", true, KindParser::Status, "executed, then HTTP error, as from a proxy"),
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
    kind_syntax("code", "N", false, KindParser::Code, "business error N with its usual text"),
    plain("busy", false, Kind::Busy, "business error: too frequent (频繁)"),
    plain("svr-fail", false, Kind::ServerFail, "a send answers code 0 with is_svr_fail, not delivered"),
    plain("logout", true, Kind::Logout, "the account is logged out, then the request is handled"),
    plain("reconnecting", true, Kind::Reconnecting, "the status look-up shows 0 once, the instance goes on"),
    kind_syntax("drip", "DUR", true, KindParser::Timed(Kind::Drip), "executed; the answer comes one byte each DUR"),
    plain("huge", false, Kind::Huge, "HTTP 200 with a JSON string that never ends"),
    plain("no-fetch", false, Kind::NoFetch, "an upload is refused, its URL was not fetched"),
    plain("half-fetch", false, Kind::HalfFetch, "an upload is refused after half of the file was fetched"),
    plain("half-file", true, Kind::HalfFile, "an upload stores half of the file and reports success"),
    plain("fetch-twice", true, Kind::FetchTwice, "an upload fetches its URL twice"),
    plain("head-first", true, Kind::HeadFirst, "an upload makes a HEAD request first"),
    plain("ranges", true, Kind::Ranges, "an upload fetches its URL in parts, with Range"),
    kind_syntax("slow-fetch", "DUR", true, KindParser::Timed(Kind::SlowFetch), "an upload fetches its URL in 10 pieces, DUR before each"),
    plain("no-aes-key", true, Kind::NoAesKey, "the answer of an upload has no aes_key"),
    plain("stale-cdn", false, Kind::StaleRules, "uploads are refused (-5103011) until /cloud/update_cdn_rule"),
    plain("too-late", false, Kind::TooLate, "a message cannot be taken back any more"),
];

const SYNTAX: &str = "KIND[=VALUE][@PATH][*TIMES], such as drop-after@/msg/send_text*2";

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (text, left) = split_times(text.trim())?;
        let (text, path) = split_path(text)?;
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let syntax = syntax_named(name)?;
        let kind = syntax.kind(value)?;
        check_place(syntax, &kind, path.as_deref(), left)?;
        Ok(Fault {
            syntax,
            kind,
            path,
            left,
        })
    }
}

/// A path may end in `*` too, so only a number after the last star is a count.
fn split_times(text: &str) -> Result<(&str, Option<u32>), String> {
    match text.rsplit_once('*') {
        Some((rest, times)) if !times.is_empty() => match times.parse() {
            Ok(times) if times > 0 => Ok((rest, Some(times))),
            _ => Err(format!(
                "{times:?} is not a number of times; a fault is {SYNTAX}"
            )),
        },
        _ => Ok((text, None)),
    }
}

fn split_path(text: &str) -> Result<(&str, Option<String>), String> {
    match text.split_once('@') {
        None => Ok((text, None)),
        Some((rest, path)) if path.starts_with('/') => Ok((rest, Some(path.into()))),
        Some((_, path)) => Err(format!(
            "the path {path:?} does not start with /; a fault is {SYNTAX}"
        )),
    }
}

fn syntax_named(name: &str) -> Result<&'static FaultSyntax, String> {
    FAULT_KINDS
        .iter()
        .find(|syntax| syntax.name == name)
        .ok_or_else(|| {
            let valid = FAULT_KINDS.iter().map(|syntax| syntax.name);
            format!(
                "{}; a fault is {SYNTAX}",
                keyword::unknown("fault", name, valid)
            )
        })
}

fn check_place(
    syntax: &FaultSyntax,
    kind: &Kind,
    path: Option<&str>,
    left: Option<u32>,
) -> Result<(), String> {
    let name = syntax.name;
    if kind.is_pathless() && path.is_some() {
        return Err(format!(
            "{name} takes no path: it applies before there is a request"
        ));
    }
    if matches!(kind, Kind::Refuse(_)) && left.is_some() {
        return Err(format!(
            "{name} takes no number of times: it starts at once and ends by itself"
        ));
    }
    match (kind.only_path(), path) {
        (Some(only), Some(path)) if !fits(path, only) => {
            Err(format!("{name} applies only to {only}"))
        }
        _ => Ok(()),
    }
}

fn fits(path: &str, only: &str) -> bool {
    match only.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix),
        None => path == only,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_every_part() {
        for text in [
            "latency=200ms",
            "refuse=2s",
            "reset-early*3",
            "drop-after@/msg/send_text*2",
            "http=503@/client/all_clients",
            "http=429",
            "code=-4017@/msg/send_text*1",
            "svr-fail",
            "svr-fail@/msg/send_room_at",
            "drip=1ms@/msg/*",
            "hang@/msg/**1",
        ] {
            let fault: Fault = text
                .parse()
                .unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(fault.to_string(), text);
        }
    }

    #[test]
    fn every_fault_name_parses() {
        for syntax in FAULT_KINDS {
            let spec = match syntax.value {
                "" => syntax.name.to_string(),
                "DUR" => format!("{}=1s", syntax.name),
                _ => format!("{}=500", syntax.name),
            };
            let fault: Fault = spec.parse().unwrap();
            assert_eq!(fault.to_string(), spec);
            assert_eq!(fault.executes(), syntax.executed);
        }
    }

    #[test]
    fn rejects_invalid_specs_with_reason() {
        for (text, part) in [
            ("", "unknown fault"),
            ("nope", "drop-after"),
            ("latency", "needs a value"),
            ("latency=", "not a duration"),
            ("latency=soon", "not a duration"),
            ("drop-after=1", "takes no value"),
            ("http=200", "400 to 599"),
            ("http=x", "400 to 599"),
            ("code=0", "other than 0"),
            ("code=1.5", "other than 0"),
            ("hang@msg", "does not start with /"),
            ("hang*0", "number of times"),
            ("hang*-1", "number of times"),
            ("hang*x", "number of times"),
            ("refuse=1s@/x", "takes no path"),
            ("refuse=1s*2", "takes no number"),
            ("reset-early@/x", "takes no path"),
            ("svr-fail@/client/all_clients", "only to /msg/"),
            ("reconnecting@/msg/send_text", "only to"),
            ("hang*99999999999", "number of times"),
        ] {
            let error = text.parse::<Fault>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
