//! Logins, with an injected clock.

use super::support::{ask_at, at, first, first_guid};
use crate::sandbox::state::{State, StepError};
use crate::sandbox::{Quirk, Scenario, Status};
use serde_json::{Value, json};

/// A state whose only instance is running, listened to, and follows `scan`.
fn running(scan: &str) -> State {
    let mut state = State::new(&Scenario {
        online: 0,
        running: 1,
        scan: scan.parse().unwrap(),
        ..Scenario::default()
    });
    state.instance(&first_guid()).unwrap().notify_url = "http://receiver/".into();
    state
}

/// `data` of an answer so many milliseconds after the start.
fn data(state: &mut State, millis: i64, path: &str) -> Value {
    let (status, answer) = ask_at(state, millis, "POST", path, &first().to_string());
    assert_eq!(
        (status, &answer["error_code"]),
        (200, &json!(0)),
        "{path}: {answer}"
    );
    answer["data"].clone()
}

fn get_code(state: &mut State, millis: i64) -> Value {
    data(state, millis, "/login/get_login_qrcode")
}

fn poll(state: &mut State, millis: i64) -> Value {
    data(state, millis, "/login/check_login_qrcode")["status"].clone()
}

fn verify(state: &mut State, millis: i64, code: &str) -> Value {
    let body = json!({ "guid": first_guid(), "code": code }).to_string();
    let (_, answer) = ask_at(state, millis, "POST", "/login/verify_login_qrcode", &body);
    answer
}

/// Types of the events since the last call, with the QR status where there is one.
fn events(state: &mut State) -> Vec<(i64, Value)> {
    let events = state.take_events();
    events
        .into_iter()
        .map(|event| (event.notify_type, event.data["status"].clone()))
        .collect()
}

#[test]
fn returns_qr_link_and_picture() {
    let mut state = running("never");
    let code = get_code(&mut state, 0);
    let key = code["key"].as_str().unwrap();
    assert_eq!(key.len(), 32);
    assert!(key.bytes().all(|byte| b"0123456789ABCDEF".contains(&byte)));
    let link = format!("https://wx.work.weixin.qq.com/cgi-bin/crtx_auth?key={key}&wx=1");
    assert_eq!(code["qrcode_content"], link);
    assert!(
        code["qrcode"].as_str().unwrap().starts_with("/9j/"),
        "base64 of a JPEG"
    );
    assert_ne!(get_code(&mut state, 1)["key"], code["key"]);
}

#[test]
fn quirk_returns_link_in_qrcode_field() {
    let mut state = State::new(&Scenario {
        quirks: vec![Quirk::LinkInQrcode],
        ..Scenario::default()
    });
    let code = get_code(&mut state, 0);
    assert_eq!(code["qrcode"], code["qrcode_content"]);
}

#[test]
fn login_is_visible_by_polling_and_events() {
    let mut state = running("after=2s");
    assert_eq!(poll(&mut state, 0), 0);
    get_code(&mut state, 0);
    for (millis, status, instance) in [
        (1999, 0, 1),
        (2000, 1, 1),
        (2499, 1, 1),
        (2500, 2, 1),
        (3000, 2, 2),
        (9000, 2, 2),
    ] {
        assert_eq!(poll(&mut state, millis), status, "{millis}");
        let shown = data(&mut state, millis, "/client/get_client_status");
        assert_eq!(shown["status"], instance, "{millis}");
    }
    assert_eq!(
        events(&mut state),
        [(11002, json!(1)), (11002, json!(2)), (11003, Value::Null)]
    );
    assert_eq!(state.next_due(), None);
}

#[test]
fn ids_are_numbers_in_11002_and_strings_in_11003() {
    let mut state = running("after=0s");
    get_code(&mut state, 0);
    state.advance(at(0));
    let events = state.take_events();
    assert_eq!(events[0].data["vid"], 1_688_850_000_000_001_u64);
    assert!(events[0].data["corp_id"].is_u64());
    let logged_in = &events[2].data;
    assert_eq!(logged_in["user_id"], "1688850000000001");
    assert!(logged_in["corp_id"].is_string());
}

#[test]
fn requires_and_checks_verification_code() {
    let mut state = running("require-code=246810");
    get_code(&mut state, 0);
    assert_ne!(
        verify(&mut state, 100, "246810")["error_code"],
        0,
        "not asked yet"
    );
    assert_eq!(poll(&mut state, 1500), 10);
    for wrong in ["", "246811", "24681"] {
        let answer = verify(&mut state, 2000, wrong);
        assert_eq!(answer["error_message"], "验证码错误", "{wrong}");
    }
    assert_eq!(poll(&mut state, 60_000), 10, "it waits for the code");
    assert_eq!(verify(&mut state, 60_000, "246810")["error_code"], 0);
    assert!(state.take_rescheduled(), "the clock must know");
    assert_eq!(poll(&mut state, 60_500), 2);
    assert_eq!(
        events(&mut state),
        [
            (11002, json!(1)),
            (11002, json!(10)),
            (11002, json!(2)),
            (11003, Value::Null)
        ]
    );
}

#[test]
fn new_qr_code_restarts_refused_login() {
    let mut state = running("refuse");
    get_code(&mut state, 0);
    assert_eq!(poll(&mut state, 1500), 4);
    assert_eq!(events(&mut state), [(11002, json!(1)), (11002, json!(4))]);
    get_code(&mut state, 2000);
    assert_eq!(poll(&mut state, 2000), 0);
}

#[test]
fn replaces_expired_qr_code_once() {
    let mut state = running("expire");
    let first_code = get_code(&mut state, 0);
    state.advance(at(1000));
    let new_code = state.take_events().remove(0);
    assert_eq!(
        (new_code.notify_type, &new_code.data["status"]),
        (11002, &json!(0))
    );
    assert_ne!(
        new_code.data["qrcode_content"],
        first_code["qrcode_content"]
    );
    assert_eq!(
        poll(&mut state, 3000),
        2,
        "the login goes on with the new code"
    );

    let mut state = running("expire");
    get_code(&mut state, 0);
    state.advance(at(1000));
    state.take_events();
    get_code(&mut state, 1200);
    assert_eq!(
        poll(&mut state, 2200),
        1,
        "a code asked for after that does not expire"
    );
}

#[test]
fn performs_manual_steps() {
    let mut state = running("manual");
    let guid = first_guid();
    let step = |state: &mut State, name: &str| state.step_by_hand(&guid, &name.parse().unwrap());
    assert_eq!(step(&mut state, "scanned"), Err(StepError::NoLogin));
    assert_eq!(
        state.step_by_hand("x", &"fail".parse().unwrap()),
        Err(StepError::UnknownGuid)
    );
    get_code(&mut state, 0);
    for (name, status) in [
        ("scanned", 1),
        ("expire", 0),
        ("require-code=7", 10),
        ("fail", 3),
        ("refuse", 4),
        ("confirm", 2),
    ] {
        step(&mut state, name).unwrap();
        assert_eq!(poll(&mut state, 1), status, "{name}");
    }
    assert_eq!(events(&mut state).last(), Some(&(11003, Value::Null)));
}

#[test]
fn checks_manually_required_code() {
    let mut state = running("manual");
    get_code(&mut state, 0);
    state
        .step_by_hand(&first_guid(), &"require-code=7".parse().unwrap())
        .unwrap();
    assert_ne!(verify(&mut state, 1, "8")["error_code"], 0);
    assert_eq!(verify(&mut state, 1, "7")["error_code"], 0);
    assert_eq!(poll(&mut state, 2000), 2);
}

#[test]
fn stop_ends_login() {
    let mut state = running("after=1s");
    get_code(&mut state, 0);
    data(&mut state, 500, "/client/stop_client");
    assert_eq!(state.next_due(), None);
    state.advance(at(9000));
    assert_eq!(
        state.instance(&first_guid()).unwrap().status,
        Status::Stopped
    );
}

#[test]
fn stopped_instance_starts_before_qr_code() {
    let mut state = State::new(&Scenario {
        online: 0,
        stopped: 1,
        ..Scenario::default()
    });
    let body = first().to_string();
    let (_, answer) = ask_at(&mut state, 0, "POST", "/login/get_login_qrcode", &body);
    assert_eq!(answer["error_message"], "instance not started");
    get_code(&mut state, 1);
}

#[test]
fn logout_posts_event() {
    for (leave, expected) in [
        (
            (|state: &mut State| state.log_out(&first_guid())) as fn(&mut State),
            json!({"error_code": -1, "error_message": "用户主动注销"}),
        ),
        (|state| state.kick(&first_guid()), json!({})),
    ] {
        let mut state = running("never");
        leave(&mut state);
        assert!(state.take_events().is_empty(), "nobody is logged in");
        state.set_status(&first_guid(), Status::Online).unwrap();
        leave(&mut state);
        assert_eq!(state.take_events()[0].data, expected);
        assert_eq!(
            state.instance(&first_guid()).unwrap().status,
            Status::Running
        );
    }
}
