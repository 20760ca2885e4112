//! `/client/…` and `/global/…`: instances and their settings.

use super::super::dialect::Dialect;
use super::super::endpoint_result::{EndpointResult, Envelope, Failure, Success};
use super::super::instance::Status;
use super::super::quirk::Quirk;
use super::super::schema::Field;
use super::{Call, EndpointFault, GUID};
use serde_json::{Value, json};

/// The server's default of `client_type` (reference).
const DEFAULT_CLIENT_TYPE: i64 = 244;

pub(super) const CREATE: &[Field] = &[
    Field::integer("client_type", DEFAULT_CLIENT_TYPE),
    Field::text("proxy", ""),
    Field::text("bridge", ""),
    Field::boolean("auto_start", false),
];

pub(super) const RESTORE: &[Field] = &[
    GUID,
    Field::text("proxy", ""),
    Field::text("bridge", ""),
    Field::boolean("sync_history_msg", true),
    Field::boolean("force_online", false),
    Field::boolean("auto_start", true),
];

pub(super) const NOTIFY_URL: &[Field] = &[GUID, Field::required("notify_url")];
pub(super) const GLOBAL_NOTIFY_URL: &[Field] = &[Field::text("notify_url", "")];
pub(super) const BRIDGE: &[Field] = &[GUID, Field::required("bridge")];
pub(super) const PROXY: &[Field] = &[GUID, Field::required("proxy")];

pub(super) fn create_client(call: &mut Call) -> EndpointResult {
    if call.state.instances.len() >= call.state.limit {
        return Err(Failure::limit_reached());
    }
    let status = if call.params.boolean("auto_start") {
        Status::Running
    } else {
        Status::Stopped
    };
    let client_type = call.params.integer("client_type");
    let mut instance = call.state.make_instance(status, client_type);
    instance.proxy = call.params.text("proxy").into();
    instance.bridge = call.params.text("bridge").into();
    let guid = instance.guid.clone();
    call.state.instances.push(instance);
    let note = format!("instance {guid} created, {status}");
    // Three shapes were seen: a bare guid, an object, and an object without envelope.
    let data = match call.state.dialect {
        Dialect::A | Dialect::D => json!(guid),
        Dialect::B | Dialect::C => json!({ "guid": guid }),
    };
    Ok(Success::new(data).noting(note))
}

pub(super) fn remove_client(call: &mut Call) -> EndpointResult {
    let guid = call.params.text("guid");
    call.state
        .instances
        .retain(|instance| instance.guid != guid);
    Ok(Success::empty().noting(format!("instance {guid} removed")))
}

/// Starts a stopped instance; nobody is logged in afterwards.
pub(super) fn restore_client(call: &mut Call) -> EndpointResult {
    let (proxy, bridge) = (call.params.text("proxy"), call.params.text("bridge"));
    let start = call.params.boolean("auto_start");
    let instance = call.instance()?;
    instance.proxy = proxy.into();
    instance.bridge = bridge.into();
    if start && instance.status == Status::Stopped {
        instance.status = Status::Running;
    }
    Ok(Success::empty().noting(format!("instance {}", instance.status)))
}

pub(super) fn stop_client(call: &mut Call) -> EndpointResult {
    let guid = call.params.text("guid");
    call.state.set_status(guid, Status::Stopped)?;
    Ok(Success::empty().noting("instance stopped"))
}

pub(super) fn get_client_status(call: &mut Call) -> EndpointResult {
    let status = match call.endpoint_fault {
        Some(EndpointFault::Reconnecting) => Status::Reconnecting,
        _ => call.instance()?.status,
    };
    Ok(Success::new(json!({ "status": status.shown() }))
        .with_envelope(Envelope::NoMessage)
        .noting(format!("status {} {status}", status.shown())))
}

pub(super) fn get_client_version(call: &mut Call) -> EndpointResult {
    let instance = call.instance()?;
    Ok(Success::new(json!({
        "client_type": instance.client_type,
        "client_version": instance.client_version(),
    }))
    .with_envelope(Envelope::NoMessage))
}

pub(super) fn all_clients(call: &mut Call) -> EndpointResult {
    let quirks = &call.state.quirks;
    let objects = quirks.has(Quirk::ObjectClients);
    let list: Vec<Value> = call
        .state
        .instances
        .iter()
        .map(|instance| {
            if objects {
                json!({ "guid": instance.guid, "client_type": instance.client_type })
            } else {
                json!(instance.guid)
            }
        })
        .collect();
    let envelope = if quirks.has(Quirk::NoEnvelopeClients) {
        Envelope::DataOnly
    } else {
        Envelope::Usual
    };
    let note = format!("{} instances", list.len());
    Ok(Success::new(quirks.list(list))
        .with_envelope(envelope)
        .noting(note))
}

pub(super) fn get_clients(call: &mut Call) -> EndpointResult {
    let list: Vec<Value> = call
        .state
        .instances
        .iter()
        .filter(|instance| instance.status.is_logged_in())
        .map(|instance| json!(instance.guid))
        .collect();
    let note = format!("{} instances logged in", list.len());
    Ok(Success::new(call.state.quirks.list(list)).noting(note))
}

pub(super) fn set_notify_url(call: &mut Call) -> EndpointResult {
    let url = call.params.text("notify_url");
    call.instance()?.notify_url = url.into();
    Ok(Success::empty().noting(format!("callbacks to {}", origin(url))))
}

pub(super) fn set_global_notify_url(call: &mut Call) -> EndpointResult {
    let url = call.params.text("notify_url");
    call.state.global_notify_url = url.into();
    Ok(Success::empty().noting(format!("callbacks of every instance to {url:?}")))
}

pub(super) fn set_bridge(call: &mut Call) -> EndpointResult {
    let bridge = call.params.text("bridge");
    call.instance()?.bridge = bridge.into();
    Ok(Success::empty().noting(format!("bridge {bridge:?}")))
}

pub(super) fn set_proxy(call: &mut Call) -> EndpointResult {
    let proxy = call.params.text("proxy");
    call.instance()?.proxy = proxy.into();
    Ok(Success::empty().noting(format!("proxy {proxy:?}")))
}

/// The URL without its path, which may hold a secret.
fn origin(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let host = rest.split('/').next().unwrap_or_default();
            let host = host.rsplit('@').next().unwrap_or_default();
            // The log must not contain control characters from outside.
            format!("{}://{}/…", scheme.escape_debug(), host.escape_debug())
        }
        None => format!("{url:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_only_origin_of_url() {
        for (url, shown) in [
            ("http://u:p@h:1/secret", "http://h:1/…"),
            ("http://\u{1b}[2J/x", "http://\\u{1b}[2J/…"),
            ("\n://h", "\\n://h/…"),
            ("nowhere\n", "\"nowhere\\n\""),
        ] {
            assert_eq!(origin(url), shown, "{url:?}");
        }
    }
}
