//! Helpers for the tests of login and listen: scripted logins, callback URLs and events.

use qiwei::sandbox::{Exchange, Sandbox, ScanScript};
use serde_json::Value;

use super::background::{BackgroundChild, eventually};
use super::{Finished, Qiwei, sandbox_with};

/// The configured callback URL; nothing listens on it.
pub const CONFIGURED_URL: &str = "http://127.0.0.1:9/configured";

/// A server with one running instance whose QR code is scanned as `scan` describes.
pub fn waiting(scan: &str) -> Sandbox {
    let scan: ScanScript = scan.parse().unwrap();
    sandbox_with(|scenario| {
        (scenario.online, scenario.running) = (0, 1);
        scenario.scan = scan;
    })
}

/// A server with one online instance whose next login is scanned after 10 ms.
pub fn login_server() -> Sandbox {
    sandbox_with(|scenario| scenario.scan = "after=10ms".parse().unwrap())
}

/// `qiwei login` with `more` arguments, split at spaces, against `server`.
pub fn login(server: &Sandbox, more: &str) -> Qiwei {
    Qiwei::on(
        &server.base_url(),
        ["login"].into_iter().chain(more.split_whitespace()),
    )
}

/// Starts `qiwei listen` and waits until it has set its callback URL; returns both.
pub fn listening(server: &Sandbox, qiwei: Qiwei) -> (BackgroundChild, String) {
    let running = BackgroundChild::start(qiwei);
    running
        .err
        .wait_for("start of listening", |line| line.starts_with("listening"));
    let url = notify_urls(server).pop().unwrap();
    (running, url)
}

/// `qiwei listen` with `more` arguments, split at spaces.
pub fn listen(server: &Sandbox, more: &str) -> Qiwei {
    Qiwei::on(
        &server.base_url(),
        ["listen"].into_iter().chain(more.split_whitespace()),
    )
}

/// The bodies of the requests to `path`, in order.
pub fn bodies(server: &Sandbox, path: &str) -> Vec<Value> {
    server
        .exchanges()
        .iter()
        .filter(|exchange| exchange.path == path)
        .map(body)
        .collect()
}

/// The body of a request as JSON; null when it is not JSON.
pub fn body(exchange: &Exchange) -> Value {
    serde_json::from_slice(&exchange.body).unwrap_or_default()
}

/// Every callback URL set on the server, in order.
pub fn notify_urls(server: &Sandbox) -> Vec<String> {
    bodies(server, "/client/set_notify_url")
        .iter()
        .map(|body| body["notify_url"].as_str().unwrap().to_owned())
        .collect()
}

/// Waits for the first callback URL set on the server.
#[track_caller]
pub fn first_url(server: &Sandbox) -> String {
    eventually("a notify_url", || notify_urls(server).first().cloned())
}

/// The paths of all requests, in order.
pub fn paths(server: &Sandbox) -> Vec<String> {
    let exchanges = server.exchanges();
    exchanges
        .into_iter()
        .map(|exchange| exchange.path)
        .collect()
}

/// The lines of stdout as JSON.
#[track_caller]
pub fn events(finished: &Finished) -> Vec<Value> {
    finished
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

/// The names of the events on stdout; for `qr_status`, the name of the status.
#[track_caller]
pub fn names(finished: &Finished) -> Vec<String> {
    let name = |event: &Value| match &event["event"] {
        Value::String(kind) if kind == "qr_status" => event["name"].as_str().unwrap().to_owned(),
        Value::String(kind) => kind.clone(),
        _ => panic!("no event: {event}"),
    };
    events(finished).iter().map(name).collect()
}

/// Waits until `count` callbacks have been posted; returns the HTTP status of each.
#[track_caller]
pub fn posted(server: &Sandbox, count: usize) -> Vec<Option<u16>> {
    eventually("callbacks", || {
        let all = server.callbacks();
        (all.len() >= count).then(|| all.iter().map(|callback| callback.http_status).collect())
    })
}

/// The body of a callback; `data` is JSON text.
pub fn callback(guid: &str, notify_type: i64, data: &str) -> String {
    format!(r#"{{"guid":"{guid}","notify_type":{notify_type},"data":{data}}}"#)
}
