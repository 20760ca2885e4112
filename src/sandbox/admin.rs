//! The admin interface `/_sandbox/…`: shows and changes the sandbox while it runs.
//!
//! There is no authentication; see `check_host` in `server.rs` for what is refused.

mod instances;

use super::fault::Fault;
use super::gateway::GatewayServer;
use super::http_response::HttpResponse;
use super::lock;
use super::message::IncomingKind;
use super::server::Server;
use super::simulator::ReceivedRequest;
use serde_json::{Value, json};

/// Prefix of admin paths.
pub(super) const PREFIX: &str = "/_sandbox/";

/// A refusal: HTTP status and reason.
struct Refusal(u16, String);

type Outcome = Result<Value, Refusal>;

/// Answers an admin request for `place`, the path after the prefix.
pub(super) fn answer(server: &Server, received: &ReceivedRequest, place: &str) -> HttpResponse {
    match route(server, received, place) {
        Ok(answer) => answer,
        Err(Refusal(405, allowed)) => HttpResponse::method_not_allowed(&allowed),
        Err(Refusal(status, reason)) => HttpResponse::detail(status, &json!(reason), ""),
    }
}

fn route(
    server: &Server,
    received: &ReceivedRequest,
    place: &str,
) -> Result<HttpResponse, Refusal> {
    let parts: Vec<&str> = place.split('/').collect();
    match (received.method.as_str(), parts.as_slice()) {
        ("GET", ["requests"]) => Ok(HttpResponse::list(server.exchanges())),
        ("GET", ["deliveries"]) => {
            let deliveries = lock(&server.simulator).state.deliveries.handles();
            Ok(HttpResponse::list(deliveries))
        }
        ("GET", ["files"]) => {
            let files = lock(&server.simulator).state.files.handles();
            Ok(HttpResponse::list(files))
        }
        ("GET" | "HEAD", ["files", id]) => match lock(&server.simulator).state.files.find(id) {
            Some(file) => Ok(HttpResponse::file(file.body())),
            None => Err(Refusal(404, "Not Found".into())),
        },
        ("GET", ["callbacks"]) => Ok(HttpResponse::list(server.callbacks.posted())),
        (method, parts) => {
            let answer = answer_without_streaming(server, received, method, parts)?;
            Ok(HttpResponse::json(200, answer.to_string().into_bytes(), ""))
        }
    }
}

fn answer_without_streaming(
    server: &Server,
    received: &ReceivedRequest,
    method: &str,
    parts: &[&str],
) -> Outcome {
    match (method, parts) {
        ("GET", ["state"]) => Ok(state(server)),
        ("GET", ["faults"]) => Ok(faults(server)),
        ("POST", ["faults"]) => add_faults(server, &json_body(&received.body)?),
        ("DELETE", ["faults"]) => {
            lock(&server.simulator).faults.clear();
            Ok(faults(server))
        }
        ("POST", ["instances", guid, rest @ ..]) => instance(server, guid, rest, &received.body),
        (_, ["state" | "requests" | "deliveries" | "callbacks" | "files"] | ["files", _]) => {
            Err(Refusal(405, "GET".into()))
        }
        (_, ["faults"]) => Err(Refusal(405, "GET, POST, DELETE".into())),
        (_, ["instances", _, ..]) => Err(Refusal(405, "POST".into())),
        _ => Err(Refusal(404, "Not Found".into())),
    }
}

fn instance(server: &Server, guid: &str, action: &[&str], bytes: &[u8]) -> Outcome {
    let body = || json_body(bytes);
    match action {
        [] => instances::set_status(server, guid, &body()?),
        ["scan"] => instances::scan(server, guid, &body()?),
        ["callback"] => instances::callback(server, guid, &body()?),
        ["message"] => instances::deliver_incoming(server, guid, &body()?, IncomingKind::Text),
        ["read"] => instances::deliver_incoming(server, guid, &body()?, IncomingKind::ReadReport),
        ["disconnect"] => instances::disconnect(server, guid),
        ["rename"] => instances::rename(server, guid, &body()?),
        ["kick"] => instances::kick(server, guid),
        _ => Err(Refusal(404, "Not Found".into())),
    }
}

fn state(server: &Server) -> Value {
    let simulator = lock(&server.simulator);
    json!({
        "base_url": server.base_url(),
        "dialect": simulator.state.dialect.to_string(),
        "quirks": simulator.state.quirks.names(),
        "limit": simulator.state.limit,
        "global_notify_url": simulator.state.global_notify_url,
        "instances": simulator.state.view(),
        "websockets": server.callbacks.hub().connections(),
        "gateway": simulator.gateway.as_ref().map(GatewayServer::view),
        "faults": simulator.faults.specs(),
        "requests": simulator.exchanges.len(),
        "deliveries": simulator.state.deliveries.len(),
    })
}

fn faults(server: &Server) -> Value {
    json!({ "faults": lock(&server.simulator).faults.specs() })
}

fn json_body(bytes: &[u8]) -> Outcome {
    serde_json::from_slice(bytes).map_err(|error| bad(format!("body is not JSON: {error}")))
}

fn bad(reason: impl Into<String>) -> Refusal {
    Refusal(400, reason.into())
}

/// Takes `{"fault":"spec"}` or `{"faults":["spec",…]}`; adds all of them or none.
fn add_faults(server: &Server, body: &Value) -> Outcome {
    let specs: Vec<&Value> = match (body.get("fault"), body.get("faults")) {
        (Some(spec), None) => vec![spec],
        (None, Some(Value::Array(specs))) => specs.iter().collect(),
        _ => {
            return Err(bad(
                "wanted {\"fault\":\"SPEC\"} or {\"faults\":[\"SPEC\",…]}",
            ));
        }
    };
    let faults = specs
        .into_iter()
        .map(|spec| spec.as_str().ok_or("a fault is a string")?.parse())
        .collect::<Result<Vec<Fault>, String>>()
        .map_err(bad)?;
    for fault in faults {
        server.add_fault(fault);
    }
    Ok(self::faults(server))
}
