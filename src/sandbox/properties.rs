//! Property checks of the sandbox, above all that the client's reading of an answer agrees with what
//! happened to the message. For fuzz targets and tests.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "property checks fail by panicking"
)]

use super::dialect::Dialect;
use super::fault::{Fault, Kind};
use super::gateway::{self, Gateway};
use super::http::Handler;
use super::instance::Status;
use super::quirk::Quirk;
use super::scan_script::{ScanOutcome, ScanScript, ScanStep};
use super::scenario::Scenario;
use super::server::Server;
use super::simulator::{ReceivedRequest, ResponsePlan, Transmission};
use super::websocket::ClientMessage;
use super::{duration, lock, unshare};
use crate::api::properties::outcome_of_send;
use crate::error::Outcome;
use crate::secret::Secret;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fmt::{Debug, Display};
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Checks command line values: a fault, a quirk, a scan script, a step, a duration.
pub fn sandbox_spec(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    reads_back::<Fault>(text);
    reads_back::<Quirk>(text);
    reads_back::<ScanScript>(text);
    reads_back::<Dialect>(text);
    reads_back::<Status>(text);
    let step = text.parse::<ScanStep>();
    assert_eq!(step.is_ok(), is_step(text), "{text:?}");
    if let Ok(time) = duration::parse(text) {
        let shown = duration::show(time);
        assert_eq!(
            duration::parse(&shown),
            Ok(time),
            "{text:?} is shown as {shown}"
        );
        assert!(time <= Duration::from_secs(86_400));
    }
}

fn reads_back<T: FromStr<Err = String> + Display + Debug + PartialEq>(text: &str) {
    match text.parse::<T>() {
        Ok(value) => {
            let shown = value.to_string();
            assert_eq!(
                shown.parse::<T>().as_ref(),
                Ok(&value),
                "{text:?} is shown as {shown:?}"
            );
        }
        Err(why) => assert!(!why.is_empty()),
    }
}

fn is_step(text: &str) -> bool {
    let plain = ["scanned", "confirm", "refuse", "expire", "fail"];
    let code = text.strip_prefix("require-code=");
    plain.contains(&text) || code.is_some_and(|code| !code.is_empty())
}

/// Checks the reading of a message of a WebSocket client.
pub fn sandbox_websocket(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let again = match ClientMessage::parse(text) {
        Ok(ClientMessage::Auth {
            app_key,
            app_secret,
            guid,
        }) => json!({
            "type": "auth", "app_key": app_key, "app_secret": app_secret.reveal(), "guid": guid,
        }),
        Ok(ClientMessage::Ack { event_id, success }) => {
            json!({ "type": "ack", "event_id": event_id, "success": success })
        }
        Err(why) => return assert!(!why.is_empty()),
    };
    let read: Value = serde_json::from_str(text).expect("what was read is JSON");
    assert_eq!(read.get("type"), again.get("type"));
    assert_eq!(
        ClientMessage::parse(&again.to_string()),
        ClientMessage::parse(text)
    );
}

/// Checks a scenario: a byte for the options and four for the quirks, then events, one per line: `!FAULT`,
/// `+SECONDS`, or `METHOD TARGET BODY`, in which `GUID` is the first instance. At the gateway, such a
/// line is a call, and `*BODY` posts a body in which `KEY` and `SECRET` are the credentials.
pub fn sandbox(data: &[u8]) {
    let Some((&[options, ref quirks @ ..], script)) = data.split_first_chunk::<5>() else {
        return;
    };
    let fixture = SandboxFixture::new(options, u32::from_le_bytes(*quirks));
    let script = String::from_utf8_lossy(script);
    let mut now = 1_738_139_400;
    for line in script.lines().take(40) {
        if let Some(fault) = line.strip_prefix('!') {
            fixture.add_fault(fault);
        } else if let Some(seconds) = line.strip_prefix('+') {
            now += seconds
                .parse::<i64>()
                .map_or(0, |seconds| seconds.clamp(0, 1_000_000));
        } else {
            fixture.ask(line, now);
        }
    }
    fixture.check_secret();
}

struct SandboxFixture {
    server: Server,
    guid: String,
    is_personal: bool,
}

const APP_KEY: &str = "app1";
const APP_SECRET: &str = "never-to-be-shown";

impl SandboxFixture {
    fn new(options: u8, quirks: u32) -> Self {
        let is_on = |(place, _): &(usize, &&str)| quirks >> place & 1 == 1;
        let quirks = Quirk::NAMES.iter().enumerate().filter(is_on);
        let quirks: Vec<Quirk> = quirks
            .map(|(_, name)| name.parse().expect("a name"))
            .collect();
        let is_personal = quirks.contains(&Quirk::PersonalWechat);
        let gateway = Gateway {
            app_key: APP_KEY.into(),
            app_secret: Secret::new(APP_SECRET),
            block_after: 20,
            block_for: Duration::from_secs(1),
        };
        let dialects = [Dialect::A, Dialect::B, Dialect::C, Dialect::D];
        let scenario = Scenario {
            dialect: *dialects
                .iter()
                .cycle()
                .nth(usize::from(options))
                .expect("a cycle has no end"),
            quirks,
            gateway: (options >> 4 & 1 == 1).then_some(gateway),
            scan: ScanScript {
                after: Duration::from_secs(1),
                outcome: match options >> 2 & 3 {
                    0 => ScanOutcome::Success,
                    1 => ScanOutcome::RequireCode("246810".into()),
                    2 => ScanOutcome::Expire,
                    _ => ScanOutcome::Manual,
                },
            },
            running: 1,
            stopped: 1,
            callbacks: false,
            ..Scenario::default()
        };
        let addr = SocketAddr::from(([127, 0, 0, 1], 1));
        let server = Server::new(addr, &scenario, Arc::new(|_| ()));
        let guid = lock(&server.simulator)
            .state
            .instances
            .first()
            .expect("one is online")
            .guid
            .clone();
        Self {
            server,
            guid,
            is_personal,
        }
    }

    fn has_gateway(&self) -> bool {
        self.server.gateway.is_some()
    }

    /// Checks that no record shows the secret.
    fn check_secret(&self) {
        let exchanges = self.server.exchanges();
        let exchanges = serde_json::to_string(&unshare(exchanges)).expect("JSON");
        let simulator = lock(&self.server.simulator);
        let deliveries = simulator.state.deliveries.handles();
        let deliveries = serde_json::to_string(&unshare(deliveries)).expect("JSON");
        let state = simulator.state.view().to_string();
        for shown in [exchanges, deliveries, state] {
            assert!(
                !self.has_gateway() || !shown.contains(APP_SECRET),
                "{shown}"
            );
        }
    }

    fn add_fault(&self, spec: &str) {
        match spec.parse::<Fault>() {
            // It would wait for a port that does not exist here.
            Ok(fault) if !matches!(fault.kind, Kind::Refuse(_)) => self.server.add_fault(fault),
            _ => {}
        }
    }

    fn deliveries(&self) -> usize {
        lock(&self.server.simulator).state.deliveries.len()
    }

    fn ask(&self, line: &str, now: i64) {
        let line = line.replace("GUID", &self.guid);
        let mut parts = line.splitn(3, ' ');
        let mut part = || parts.next().unwrap_or_default().to_owned();
        let (mut method, mut target, mut body) = (part(), part(), part());
        let raw = line.strip_prefix('*').filter(|_| self.has_gateway());
        let is_admin = raw.is_none() && target.starts_with("/_sandbox/");
        let is_send = target.starts_with("/msg/send_");
        if let Some(raw) = raw {
            (method, target) = ("POST".into(), gateway::CALL_PATH.into());
            body = raw.replace("KEY", APP_KEY).replace("SECRET", APP_SECRET);
        } else if self.has_gateway() && !is_admin {
            let path = serde_json::to_string(&target).expect("JSON");
            target = gateway::CALL_PATH.into();
            body = format!(
                r#"{{"app_key":"{APP_KEY}","app_secret":"{APP_SECRET}","path":{path},"data":{body}}}"#
            );
        }
        if is_admin && body.contains("refuse=") {
            return;
        }
        let seen = || lock(&self.server.simulator).exchanges.len();
        let before = (self.deliveries(), seen());
        let ResponsePlan {
            answer,
            transmission,
            upgrade: _,
        } = self.server.handle(ReceivedRequest {
            at: Timestamp::from_second(now).expect("in range"),
            method,
            target: target.clone(),
            headers: Vec::new(),
            body: body.into_bytes(),
        });
        assert!((200..600).contains(&answer.status));
        assert!(!answer.note.contains(char::is_control), "{:?}", answer.note);
        let delivered = self.deliveries() - before.0;
        assert_eq!(seen() - before.1, usize::from(!is_admin));
        let last = self.server.exchanges().pop().filter(|_| !is_admin);
        let fault = last.and_then(|exchange| exchange.fault.clone());
        if fault.is_none() {
            let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
            assert!(answer.status != 200 || is_admin || !body.is_number());
        }
        let is_call = target == gateway::CALL_PATH && self.has_gateway();
        assert!(
            delivered == 0 || delivered == 1 && (is_send || is_call),
            "{line}"
        );
        let is_whole = matches!(
            transmission,
            Transmission::Normal | Transmission::Delayed(_) | Transmission::Drip(_)
        );
        // The client does not send on personal WeChat, and the gateway's refusals are tested by hand.
        let is_read = !self.is_personal && !is_call;
        if is_send && is_whole && is_read {
            let outcome = outcome_of_send(answer.status, &answer.body);
            check_outcome(outcome, delivered == 1, fault.as_deref(), &line);
        }
        if let Some(fault) = fault {
            let fault: Fault = fault.parse().expect("a fault is recorded as it is written");
            assert!(
                fault.executes() || delivered == 0,
                "{fault} executes {line}"
            );
        }
    }
}

/// Compares the client's outcome with the sandbox's record.
fn check_outcome(outcome: Outcome, is_delivered: bool, fault: Option<&str>, line: &str) {
    // HTTP 4xx is a refusal; a fault that answers it after executing is outside the guarantee.
    let is_beyond = fault.is_some_and(|fault| fault.starts_with("http-after=4"));
    let is_right = match outcome {
        Outcome::Accepted => is_delivered,
        Outcome::Rejected => !is_delivered || is_beyond,
        // Without a fault the answer is always clear.
        Outcome::Unknown => fault.is_some(),
        Outcome::NotSent | Outcome::Duplicate => false,
    };
    assert!(
        is_right,
        "{outcome:?}, delivered: {is_delivered}, with {fault:?}: {line}"
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sandbox::FAULT_KINDS;
    use crate::token_sequences::token_sequences;

    const SPECS: &[&str] = &[
        "latency",
        "drop-after",
        "http",
        "code",
        "svr-fail",
        "reconnecting",
        "drip",
        "refuse",
        "=",
        "@",
        "*",
        "/msg/",
        "*2",
        "send_text",
        "200ms",
        "1.5s",
        "2m",
        "0.000001",
        "503",
        "-4017",
        "null-lists",
        "require-code=",
        "manual",
        ",after=",
        "50ms",
        "scanned",
        "confirm",
        "A",
        "online",
        "2",
        " ",
        "s",
        "ms",
    ];
    const MESSAGES: &[&str] = &[
        "{\"type\":\"auth\",\"app_key\":\"k\",\"app_secret\":\"s\",\"guid\":\"g\"}",
        "{\"type\":\"ack\",\"event_id\":\"evt_1\",\"success\":true}",
        "{",
        "}",
        "\"type\":",
        "\"auth\"",
        "\"ack\"",
        "\"event_id\":",
        "\"success\":",
        "\"app_secret\":",
        "\"x\"",
        "true",
        "1",
        "null",
        ",",
        "[",
    ];
    const SCRIPT: &[&str] = &[
        "POST /msg/send_text {\"guid\":\"GUID\",\"conversation_id\":\"S:788123456789\",\"content\":\"hi\"}\n",
        "POST /msg/send_room_at {\"guid\":\"GUID\",\"conversation_id\":\"R:1012345678901\",\"content\":\"{$@}\",\"at_list\":[0,\"1\"]}\n",
        "POST /msg/send_text {\"guid\":\"GUID\",\"conversation_id\":\"788\"}\n",
        "POST /client/all_clients {}\n",
        "GET /client/all_clients\n",
        "POST /client/create_client {\"client_type\":\"262\",\"auto_start\":1}\n",
        "POST /client/stop_client {\"guid\":\"GUID\"}\n",
        "POST /client/restore_client {\"guid\":\"GUID\"}\n",
        "POST /client/remove_client {\"guid\":\"GUID\"}\n",
        "POST /client/set_notify_url {\"guid\":\"GUID\",\"notify_url\":\"http://\\u001bh/x\"}\n",
        "POST /login/get_login_qrcode {\"guid\":\"GUID\"}\n",
        "POST /login/check_login_qrcode {\"guid\":\"GUID\"}\n",
        "POST /login/verify_login_qrcode {\"guid\":\"GUID\",\"code\":\"246810\"}\n",
        "POST /user/get_profile {\"guid\":\"GUID\"}\n",
        "POST /session/get_session_list {\"guid\":\"GUID\",\"limit\":18446744073709551615,\"begin_seq\":\"0\"}\n",
        "POST /room/batch_get_room_detail {\"guid\":\"GUID\",\"room_list\":[\"1012345678901\",\"1\",5]}\n",
        "POST /room/sync_room_info {\"guid\":\"GUID\",\"room_id\":\"1012345678901\"}\n",
        "POST /room/batch_get_member_detail {\"guid\":\"GUID\",\"room_id\":1012345678901,\"user_list\":[\"788123456789\",168987654321]}\n",
        "POST /room/get_room_list {\"guid\":\"GUID\",\"start_index\":2,\"limit\":-1}\n",
        "POST /contact/batch_get_userinfo {\"guid\":\"GUID\",\"user_list\":[\"788123456789\"]}\n",
        "POST /contact/sync_contact {\"guid\":\"GUID\",\"seq\":\"18446744073709551615\",\"limit\":9}\n",
        "POST /sync/sync_msg {\"guid\":\"GUID\",\"sync_key\":\"7000000\"}\n",
        "POST /user/logout {\"guid\":\"GUID\"}\n",
        "GET /_sandbox/state\n",
        "POST /_sandbox/instances/GUID {\"status\":2}\n",
        "POST /_sandbox/instances/GUID/scan {\"step\":\"confirm\"}\n",
        "POST /_sandbox/instances/GUID/message {\"conversation_id\":\"R:1\",\"content\":\"x\"}\n",
        "POST /_sandbox/faults {\"fault\":\"busy\"}\n",
        "!svr-fail*1\n",
        "!html-after*1\n",
        "!http-after=502*1\n",
        "!object-after*1\n",
        "!truncated*1\n",
        "!code=1014@/msg/**1\n",
        "!logout*1\n",
        "*{\"app_key\":\"KEY\",\"app_secret\":\"SECRET\",\"path\":\"/msg/send_text\",\"data\":{\"guid\":\"GUID\",\"conversation_id\":\"R:1\",\"content\":\"SECRET\"}}\n",
        "*{\"app_key\":\"KEY\",\"app_secret\":\"x\",\"path\":\"/SECRET\",\"data\":{}}\n",
        "*{\"app_key\":\"KEY\",\"app_secret\":\"SECRET\",\"path\":\"/SECRET\",\"data\":[\"SECRET\"]}\n",
        "*{\"app_secret\":\"SECRET\"",
        "SECRET",
        "+1\n",
        "+100\n",
    ];

    proptest! {
        #[test]
        fn every_fault_with_every_endpoint(
            kind in 0..FAULT_KINDS.len(),
            value in "[0-9]{1,3}(ms|s|\\.5s|m)?|-[1-9]{1,4}|[45][0-9]{2}",
            behind in "(@/msg/(send_text|\\*)?)?(\\*[1-9])?",
        ) {
            let kind = &FAULT_KINDS[kind];
            let value = if kind.value.is_empty() { String::new() } else { format!("={value}") };
            sandbox_spec(format!("{}{value}{behind}", kind.name).as_bytes());
        }
        #[test]
        fn parsed_specs_read_back(text in token_sequences(SPECS)) {
            sandbox_spec(&text);
        }
        #[test]
        fn any_websocket_message_is_read_or_refused(text in token_sequences(MESSAGES)) {
            sandbox_websocket(&text);
        }
        #[test]
        fn send_outcomes_match_deliveries(scenario: [u8; 5], script in token_sequences(SCRIPT)) {
            sandbox(&[scenario.to_vec(), script].concat());
        }
    }
}
