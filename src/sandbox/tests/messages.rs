//! Sending.

use super::support::{NOW, ask, first_guid, post};
use crate::sandbox::state::State;
use crate::sandbox::{FORBIDDEN_CONTACT, Scenario, Status};
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};

fn send(state: &mut State, path: &str, conversation_id: &str, content: &str) -> Value {
    let body = json!({
        "guid": first_guid(), "conversation_id": conversation_id, "content": content,
        "at_list": ["1688850000000009"],
    });
    post(state, path, &body)
}

fn decoded(value: &Value) -> Vec<u8> {
    BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn group_text_answer_matches_reference() {
    let mut state = State::new(&Scenario::default());
    let answer = send(&mut state, "/msg/send_text", "R:10696049218574013", "test");
    assert_eq!(answer["data"]["is_svr_fail"], false);
    let mut message = answer["data"]["msg_data"].clone();
    assert_eq!(decoded(&message["sendername"]), "小助手".as_bytes());
    let appinfo = BASE64_STANDARD
        .decode(decoded(&message["appinfo"]))
        .unwrap();
    assert_eq!(appinfo[..3], [8, 5, 16]);
    message
        .as_object_mut()
        .unwrap()
        .retain(|key, _| !["sendername", "appinfo"].contains(&key.as_str()));
    assert_eq!(
        message,
        json!({
            "id": "1066173", "seq": "7272188", "messagetype": 4, "sender": "1688850000000001",
            "receiver": "0", "roomid": "10696049218574013", "contenttype": 2, "content": "CgoIABIGCgR0ZXN0",
            "sendtime": NOW, "flag": 0, "devinfo": "65537", "asid": "0",
        })
    );
}

#[test]
fn ids_increase_and_peers_differ() {
    let mut state = State::new(&Scenario::default());
    send(&mut state, "/msg/send_text", "R:10696049218574013", "one");
    let answer = send(&mut state, "/msg/send_text", "S:7881234567890", "two");
    let message = &answer["data"]["msg_data"];
    assert_eq!(message["id"], "1066174");
    assert_eq!(message["seq"], "7272189");
    assert_eq!(message["receiver"], "7881234567890");
    assert_eq!(message["roomid"], "0");
    let deliveries = state.deliveries.handles();
    let seen: Vec<(&str, &str)> = deliveries
        .iter()
        .map(|d| (d.id.as_str(), d.content.as_str()))
        .collect();
    assert_eq!(seen, [("1066173", "one"), ("1066174", "two")]);
}

#[test]
fn mentions_keep_their_types() {
    let mut state = State::new(&Scenario::default());
    for at_list in [json!([0]), json!(["168"]), json!([168])] {
        let body = json!({
            "guid": first_guid(), "conversation_id": "R:10696049218574013", "content": "{$@}", "at_list": at_list,
        });
        post(&mut state, "/msg/send_room_at", &body);
        let delivery = state.deliveries.handles().pop().unwrap();
        assert_eq!(json!(delivery.at_list), at_list);
    }
}

#[test]
fn refusals_deliver_nothing() {
    let forbidden = FORBIDDEN_CONTACT;
    let silent = "head rsp code error, error_msg: ";
    for (path, conversation_id, status, code, message) in [
        ("/msg/send_text", "788", Status::Online, -2003, silent),
        ("/msg/send_text", "", Status::Online, -2003, silent),
        (
            "/msg/send_room_at",
            "S:7881234567890",
            Status::Online,
            -2003,
            silent,
        ),
        (
            "/msg/send_text",
            forbidden,
            Status::Online,
            -4017,
            "对方无外部联系人权限",
        ),
        ("/msg/send_text", "R:1", Status::Running, -1, "未登录"),
        ("/msg/send_text", "R:1", Status::Stopped, -1, "not started"),
    ] {
        let mut state = State::new(&Scenario::default());
        state.instance(&first_guid()).unwrap().status = status;
        let answer = send(&mut state, path, conversation_id, "x");
        assert_eq!(
            answer["error_code"], code,
            "{path} {conversation_id}: {answer}"
        );
        let text = answer["error_message"].as_str().unwrap();
        assert!(
            text.ends_with(message) || text.contains(message),
            "{answer}"
        );
        assert_eq!(state.deliveries.len(), 0);
    }
}

#[test]
fn rejects_unknown_guid() {
    let mut state = State::new(&Scenario::default());
    let (_, answer) = ask(&mut state, "POST", "/msg/send_text", r#"{"guid":123}"#);
    assert_eq!(answer["error_message"], "invalid guid");
}

#[test]
fn send_updates_session_list() {
    let mut state = State::new(&Scenario::default());
    send(&mut state, "/msg/send_text", "S:168987654321", "x");
    let sessions = &state.instance(&first_guid()).unwrap().sessions;
    assert_eq!(sessions[1].last_msg_time, NOW);
}
