//! Creating, starting, stopping and removing an instance.

use super::support::{first, first_guid, post};
use crate::sandbox::state::State;
use crate::sandbox::{Scenario, Status};
use serde_json::{Value, json};

fn status(state: &mut State, guid: &str) -> Value {
    post(state, "/client/get_client_status", &json!({ "guid": guid }))["data"]["status"].clone()
}

#[test]
fn creates_and_removes_instances() {
    let mut state = State::new(&Scenario {
        online: 0,
        ..Scenario::default()
    });
    let created = post(
        &mut state,
        "/client/create_client",
        &json!({"client_type": 247}),
    );
    let guid = created["data"].as_str().unwrap().to_string();
    assert_eq!(status(&mut state, &guid), 0);
    let body = json!({ "guid": guid });
    post(&mut state, "/client/restore_client", &body);
    assert_eq!(status(&mut state, &guid), 1);
    assert_eq!(
        post(&mut state, "/client/get_client_version", &body)["data"],
        json!({"client_type": 247, "client_version": "4.1.22.150331"})
    );
    post(&mut state, "/client/stop_client", &body);
    assert_eq!(status(&mut state, &guid), 0);
    assert_eq!(
        post(&mut state, "/client/remove_client", &body)["data"],
        json!({})
    );
    let again = post(&mut state, "/client/remove_client", &body);
    assert_eq!(again["error_message"], "invalid guid");
}

#[test]
fn honors_auto_start() {
    let mut state = State::new(&Scenario::default());
    for (body, expected) in [(json!({}), 0), (json!({"auto_start": true}), 1)] {
        let created = post(&mut state, "/client/create_client", &body);
        assert_eq!(
            status(&mut state, created["data"].as_str().unwrap()),
            expected
        );
    }
}

#[test]
fn reports_instance_limit() {
    let mut state = State::new(&Scenario {
        limit: 1,
        ..Scenario::default()
    });
    let answer = post(&mut state, "/client/create_client", &json!({}));
    assert!(
        answer["error_message"].as_str().unwrap().contains("上限"),
        "{answer}"
    );
    post(&mut state, "/client/remove_client", &first());
    assert_eq!(
        post(&mut state, "/client/create_client", &json!({}))["error_code"],
        0
    );
}

#[test]
fn lists_initial_instances_in_order() {
    let scenario = Scenario {
        online: 2,
        running: 1,
        stopped: 1,
        ..Scenario::default()
    };
    let mut state = State::new(&scenario);
    let all = post(&mut state, "/client/all_clients", &json!({}));
    let guids: Vec<String> = serde_json::from_value(all["data"].clone()).unwrap();
    let shown: Vec<Value> = guids.iter().map(|guid| status(&mut state, guid)).collect();
    assert_eq!(shown, [2, 2, 1, 0]);
    let logged_in = post(&mut state, "/client/get_clients", &json!({}));
    assert_eq!(logged_in["data"], json!(guids[..2]));
    assert_eq!(guids[0], first_guid());
}

#[test]
fn calling_stopped_instance_starts_it() {
    for path in [
        "/msg/send_text",
        "/session/get_session_list",
        "/user/logout",
        "/user/get_profile",
    ] {
        let mut state = State::new(&Scenario {
            online: 0,
            stopped: 1,
            ..Scenario::default()
        });
        let answer = post(&mut state, path, &first());
        assert_eq!(answer["error_message"], "instance not started", "{path}");
        assert_eq!(status(&mut state, &first_guid()), 1, "{path}");
        let answer = post(&mut state, path, &first());
        assert!(
            answer["error_message"].as_str().unwrap().contains("未登录"),
            "{path}: {answer}"
        );
    }
}

#[test]
fn settings_do_not_start_instance() {
    let mut state = State::new(&Scenario {
        online: 0,
        stopped: 1,
        ..Scenario::default()
    });
    for (path, field) in [
        ("/client/set_proxy", "proxy"),
        ("/client/set_bridge", "bridge"),
        ("/client/set_notify_url", "notify_url"),
    ] {
        let answer = post(&mut state, path, &json!({"guid": first_guid(), field: "v"}));
        assert_eq!(answer["data"], json!({}), "{path}");
    }
    assert_eq!(status(&mut state, &first_guid()), 0);
    let view = &state.view()[0];
    for field in ["proxy", "bridge", "notify_url"] {
        assert_eq!(view[field], "v");
    }
    post(
        &mut state,
        "/global/set_notify_url",
        &json!({"notify_url": "http://x"}),
    );
    assert_eq!(state.global_notify_url, "http://x");
}

#[test]
fn logout_keeps_instance_running() {
    let mut state = State::new(&Scenario::default());
    post(&mut state, "/user/logout", &first());
    assert_eq!(status(&mut state, &first_guid()), 1);
}

#[test]
fn reconnecting_instance_reports_0_and_works() {
    let mut state = State::new(&Scenario::default());
    state.instance(&first_guid()).unwrap().status = Status::Reconnecting;
    assert_eq!(status(&mut state, &first_guid()), 0);
    let profile = post(&mut state, "/user/get_profile", &first());
    assert_eq!(profile["data"]["user_id"], "1688850000000001");
}
