//! Probes which endpoints the server has, with which method and dialect, and how fast.
//!
//! Only read endpoints are called. Those that need a guid are called without one: an error about the
//! missing field shows that they exist.

use serde::Serialize;

use crate::api::envelope::{self, Content, Dialect};
use crate::api::request::{Effect, Request};
use crate::api::{CallError, Response};
use crate::context::Context;
use crate::error::Error;
use crate::output::table::{Cell, GREEN, RED, Table, YELLOW};
use crate::text::{Text, text};

/// Endpoints to probe: the ways in which servers list their instances, and the read-only ones of the vendor's API reference.
const CANDIDATES: [(&str, &str); 18] = [
    ("POST", "/client/all_clients"),
    ("GET", "/client/all_clients"),
    ("POST", "/client/get_clients"),
    ("GET", "/client/get_clients"),
    ("GET", "/clients"),
    ("GET", "/client/list"),
    ("GET", "/instance/list"),
    ("GET", "/api/clients"),
    ("POST", "/client/all_infos"),
    ("POST", "/client/get_client_status"),
    ("POST", "/client/get_client_version"),
    ("POST", "/login/check_login_qrcode"),
    ("POST", "/user/get_profile"),
    ("POST", "/user/get_corp_info"),
    ("POST", "/session/get_session_list"),
    ("POST", "/session/get_session_config"),
    ("POST", "/room/get_room_list"),
    ("POST", "/cdn/get_cdn_info"),
];

#[derive(Serialize)]
struct Row {
    method: &'static str,
    path: &'static str,
    result: &'static str,
    http_status: Option<u16>,
    dialect: Option<Dialect>,
    latency_ms: Option<f64>,
}

/// Calls every endpoint in turn, so that the times are those of single calls.
pub fn run(context: &Context) -> Result<(), Error> {
    let api = context.api()?;
    // The gateway takes only POST.
    let has_gateway = context.settings()?.gateway().is_some();
    let is_possible = |(method, _): &&(&str, &str)| !has_gateway || *method == "POST";
    let mut rows = Vec::with_capacity(CANDIDATES.len());
    for (method, path) in CANDIDATES.iter().filter(is_possible).copied() {
        let request = Request {
            method: method.into(),
            path: path.into(),
            body: (method == "POST").then(|| b"{}".to_vec()),
            effect: Effect::Read,
        };
        let answer = if rows.is_empty() {
            api.raw(&request)
        } else {
            api.exchange_without_retry(&request)
        };
        match answer {
            Err(error) if rows.is_empty() && error.never_reached_server() => {
                return Err(error.into_error(Effect::Read));
            }
            answer => rows.push(row(method, path, answer)),
        }
    }
    context.output.result(&rows, |rows| {
        let header = [
            text!("METHOD"),
            text!("PATH"),
            text!("RESULT"),
            text!("HTTP"),
            text!("DIALECT"),
            text!("MS"),
        ];
        Table::new(header, rows.iter().map(cells))
    })
}

fn row(method: &'static str, path: &'static str, answer: Result<Response, CallError>) -> Row {
    let reply = answer.ok();
    let (result, dialect) = reply.as_ref().map_or(("error", None), classify);
    Row {
        method,
        path,
        result,
        http_status: reply.as_ref().map(|reply| reply.status),
        dialect,
        latency_ms: reply.map(|reply| (reply.latency.as_secs_f64() * 10_000.0).round() / 10.0),
    }
}

fn classify(reply: &Response) -> (&'static str, Option<Dialect>) {
    match reply.status {
        200..=299 => match envelope::open(&reply.body) {
            Ok(opened) => {
                let refused = matches!(opened.content, Content::Refused { .. });
                let result = if refused { "refused" } else { "ok" };
                (result, Some(opened.dialect))
            }
            Err(_) => ("error", None),
        },
        404 => ("not_found", None),
        405 => ("not_allowed", None),
        422 => ("invalid", None),
        400..=499 => ("refused", None),
        _ => ("error", None),
    }
}

fn cells(row: &Row) -> [Cell; 6] {
    let style = match row.result {
        "ok" => GREEN,
        "error" | "refused" => RED,
        _ => YELLOW,
    };
    let dash = || "-".to_owned();
    [
        row.method.into(),
        row.path.into(),
        Cell::styled(label(row.result), style),
        row.http_status
            .map_or_else(dash, |status| status.to_string())
            .into(),
        row.dialect
            .map_or_else(dash, |dialect| format!("{dialect:?}"))
            .into(),
        row.latency_ms
            .map_or_else(dash, |millis| format!("{millis:.1}"))
            .into(),
    ]
}

/// The text for a result.
fn label(result: &'static str) -> Text {
    match result {
        "ok" => text!("ok"),
        "refused" => text!("refused"),
        "not_found" => text!("not_found"),
        "not_allowed" => text!("not_allowed"),
        "invalid" => text!("invalid"),
        _ => text!("error"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn classifies_probe_responses() {
        let cases = [
            (
                200,
                r#"{"error_code":0,"data":[]}"#,
                ("ok", Some(Dialect::A)),
            ),
            (200, r#"{"err_code":3}"#, ("refused", Some(Dialect::B))),
            (200, "[]", ("ok", Some(Dialect::C))),
            (200, r#""[]""#, ("ok", Some(Dialect::D))),
            (200, "<html>", ("error", None)),
            (200, "", ("error", None)),
            (404, "", ("not_found", None)),
            (405, "", ("not_allowed", None)),
            (422, "", ("invalid", None)),
            (401, "", ("refused", None)),
            (302, "", ("error", None)),
            (503, "", ("error", None)),
        ];
        for (status, body, expected) in cases {
            let reply = Response {
                status,
                location: None,
                retry_after: None,
                body: body.into(),
                latency: Duration::ZERO,
            };
            assert_eq!(classify(&reply), expected, "{status} {body}");
        }
    }

    #[test]
    fn probe_requests_change_nothing() {
        for (_, path) in CANDIDATES {
            let last = path.rsplit('/').next().unwrap();
            let asks = ["get_", "all_", "check_", "list", "clients"];
            assert!(asks.iter().any(|word| last.starts_with(word)), "{path}");
            assert_ne!(path, "/login/get_login_qrcode", "makes a new code");
        }
    }
}
