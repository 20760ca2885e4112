//! `/_sandbox/instances/GUID…`: events and changes of one instance.

use super::{Outcome, Refusal, bad};
use crate::sandbox::instance::Status;
use crate::sandbox::message::{IncomingKind, IncomingMessage};
use crate::sandbox::scan_script::ScanStep;
use crate::sandbox::server::Server;
use crate::sandbox::state::{State, StepError};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Takes `{"status":0|1|2}` or the name of a status.
pub(super) fn set_status(server: &Server, guid: &str, body: &Value) -> Outcome {
    let wanted = match body.get("status") {
        Some(Value::String(name)) => name.clone(),
        Some(number) => number.to_string(),
        None => return Err(bad("wanted {\"status\":0|1|2}")),
    };
    let status: Status = wanted.parse().map_err(bad)?;
    server.change(|state| {
        state.set_status(guid, status).map_err(|_| unknown(guid))?;
        view(state, guid)
    })
}

/// Takes `{"step":"scanned"|"confirm"|…}`; `require-code` may have its code beside it.
pub(super) fn scan(server: &Server, guid: &str, body: &Value) -> Outcome {
    let step = match (text(body, "step"), text(body, "code")) {
        (Some("require-code"), Some(code)) => format!("require-code={code}"),
        (Some(step), _) => step.to_string(),
        (None, _) => return Err(bad("wanted {\"step\":\"scanned\"}")),
    };
    let step: ScanStep = step.parse().map_err(bad)?;
    server.change(|state| match state.step_by_hand(guid, &step) {
        Ok(()) => view(state, guid),
        Err(StepError::UnknownGuid) => Err(unknown(guid)),
        Err(StepError::NoLogin) => Err(Refusal(
            409,
            "no login: nobody has asked for a QR code".into(),
        )),
    })
}

/// Takes `{"notify_type":N,"data":…}` and posts it unchanged.
pub(super) fn callback(server: &Server, guid: &str, body: &Value) -> Outcome {
    let notify_type = body
        .get("notify_type")
        .and_then(Value::as_i64)
        .ok_or_else(|| bad("wanted {\"notify_type\":N,\"data\":…}"))?;
    let data = body.get("data").cloned().unwrap_or_else(|| json!({}));
    server.change(|state| {
        state.instance(guid).map_err(|_| unknown(guid))?;
        Ok(posted(state.emit(guid, notify_type, data)))
    })
}

/// Takes an [`IncomingMessage`] and delivers it as a message or as a read report.
pub(super) fn deliver_incoming(
    server: &Server,
    guid: &str,
    body: &Value,
    kind: IncomingKind,
) -> Outcome {
    let incoming: IncomingMessage =
        serde_json::from_value(body.clone()).map_err(|error| bad(error.to_string()))?;
    server.change(|state| {
        state.instance(guid).map_err(|_| unknown(guid))?;
        state
            .deliver_incoming(guid, &incoming, kind, Timestamp::now())
            .map(posted)
            .map_err(bad)
    })
}

/// Takes `{"conversation_id":"S:…"|"R:…","name":"…"}` and renames that person or group.
pub(super) fn rename(server: &Server, guid: &str, body: &Value) -> Outcome {
    let (Some(id), Some(name)) = (text(body, "conversation_id"), text(body, "name")) else {
        return Err(bad("wanted {\"conversation_id\":\"R:…\",\"name\":\"…\"}"));
    };
    server.change(|state| {
        let instance = state.instance(guid).map_err(|_| unknown(guid))?;
        if instance.directory.rename(id, name) {
            Ok(json!({ "conversation_id": id, "name": name }))
        } else {
            Err(Refusal(404, format!("no conversation {id}")))
        }
    })
}

/// Logs the account out because it logged in elsewhere.
pub(super) fn kick(server: &Server, guid: &str) -> Outcome {
    server.change(|state| {
        state.instance(guid).map_err(|_| unknown(guid))?;
        state.kick(guid);
        view(state, guid)
    })
}

/// Cuts the WebSocket connections.
pub(super) fn disconnect(server: &Server, guid: &str) -> Outcome {
    server.change(|state| state.instance(guid).map(drop).map_err(|_| unknown(guid)))?;
    Ok(json!({ "disconnected": server.callbacks.hub().disconnect(guid) }))
}

fn view(state: &mut State, guid: &str) -> Outcome {
    let instance = state.instance(guid).map_err(|_| unknown(guid))?;
    Ok(instance.view())
}

/// Reports whether the event was queued; without a `notify_url` it is lost.
fn posted(queued: bool) -> Value {
    json!({ "queued": queued })
}

fn unknown(guid: &str) -> Refusal {
    Refusal(404, format!("no instance {guid}"))
}

fn text<'a>(body: &'a Value, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str)
}
