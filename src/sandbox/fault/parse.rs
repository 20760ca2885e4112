//! Parses `KIND[=VALUE][@PATH][*TIMES]`.

use super::syntax::{FORMS, FaultSyntax};
use super::{Fault, Kind};
use crate::sandbox::keyword;
use std::str::FromStr;

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
        let form = form_named(name)?;
        let kind = form.kind(value)?;
        check_place(form, &kind, path.as_deref(), left)?;
        Ok(Fault {
            form,
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

fn form_named(name: &str) -> Result<&'static FaultSyntax, String> {
    FORMS.iter().find(|form| form.name == name).ok_or_else(|| {
        let valid = FORMS.iter().map(|form| form.name);
        format!(
            "{}; a fault is {SYNTAX}",
            keyword::unknown("fault", name, valid)
        )
    })
}

fn check_place(
    form: &FaultSyntax,
    kind: &Kind,
    path: Option<&str>,
    left: Option<u32>,
) -> Result<(), String> {
    let name = form.name;
    if kind.is_pathless() && path.is_some() {
        return Err(format!(
            "{name} takes no path: it strikes before there is a request"
        ));
    }
    if matches!(kind, Kind::Refuse(_)) && left.is_some() {
        return Err(format!(
            "{name} takes no number of times: it starts at once and ends by itself"
        ));
    }
    match (kind.only_path(), path) {
        (Some(only), Some(path)) if !fits(path, only) => {
            Err(format!("{name} strikes only at {only}"))
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
        for form in FORMS {
            let spec = match form.value {
                "" => form.name.to_string(),
                "DUR" => format!("{}=1s", form.name),
                _ => format!("{}=500", form.name),
            };
            let fault: Fault = spec.parse().unwrap();
            assert_eq!(fault.to_string(), spec);
            assert_eq!(fault.executes(), form.executed);
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
            ("svr-fail@/client/all_clients", "only at /msg/"),
            ("reconnecting@/msg/send_text", "only at"),
            ("hang*99999999999", "number of times"),
        ] {
            let error = text.parse::<Fault>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
