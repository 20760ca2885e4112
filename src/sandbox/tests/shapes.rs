//! FastAPI's refusals, the dialects, and the quirks that change an answer's shape.

use super::support::{ask, first, post};
use crate::sandbox::state::State;
use crate::sandbox::{Dialect, Quirk, Scenario};
use serde_json::{Value, json};

fn with_quirks(quirks: &[Quirk]) -> State {
    State::new(&Scenario {
        quirks: quirks.to_vec(),
        sessions: 1,
        ..Scenario::default()
    })
}

#[test]
fn checks_path_method_body_then_business_rules() {
    let mut state = State::new(&Scenario::default());
    for (method, path, body, status, detail) in [
        ("POST", "/nope", "junk", 404, json!("Not Found")),
        ("POST", "/msg/send_gif", "{}", 404, json!("Not Found")),
        ("POST", "/msg/send_text/", "{}", 404, json!("Not Found")),
        (
            "GET",
            "/msg/send_text",
            "junk",
            405,
            json!("Method Not Allowed"),
        ),
        (
            "GET",
            "/client/all_clients",
            "",
            405,
            json!("Method Not Allowed"),
        ),
        (
            "POST",
            "/msg/send_text",
            r#"{"content":"x"}"#,
            422,
            json!([{"loc":["body","guid"],"msg":"field required","type":"value_error.missing"}]),
        ),
        (
            "POST",
            "/client/set_proxy",
            r#"{"guid":"unknown"}"#,
            422,
            json!([{"loc":["body","proxy"],"msg":"field required","type":"value_error.missing"}]),
        ),
    ] {
        let answer = ask(&mut state, method, path, body);
        assert_eq!(
            answer,
            (status, json!({ "detail": detail })),
            "{method} {path} {body}"
        );
    }
}

#[test]
fn lists_clients_in_every_dialect() {
    for (dialect, created, listed) in [
        (Dialect::A, json!("/data"), json!("/data")),
        (Dialect::B, json!("/data/guid"), json!("/data")),
        (Dialect::C, json!("/guid"), json!("")),
    ] {
        let mut state = State::new(&Scenario {
            dialect,
            ..Scenario::default()
        });
        let answer = post(&mut state, "/client/create_client", &json!({}));
        let guid = answer.pointer(created.as_str().unwrap()).unwrap();
        assert!(guid.is_string(), "{dialect}: {answer}");
        let answer = post(&mut state, "/client/all_clients", &json!({}));
        let list = answer.pointer(listed.as_str().unwrap()).unwrap();
        assert_eq!(list.as_array().unwrap().len(), 2, "{dialect}: {answer}");
    }
}

#[test]
fn dialect_d_wraps_a_in_a_string() {
    let mut state = State::new(&Scenario {
        dialect: Dialect::D,
        ..Scenario::default()
    });
    for (path, body) in [
        ("/client/get_client_status", first()),
        ("/user/get_profile", json!({"guid": "x"})),
    ] {
        let answer = post(&mut state, path, &body);
        let inner: Value = serde_json::from_str(answer.as_str().unwrap()).unwrap();
        assert!(inner["error_code"].is_i64(), "{inner}");
    }
}

#[test]
fn status_answer_has_no_message() {
    let mut state = State::new(&Scenario::default());
    let answer = post(&mut state, "/client/get_client_status", &first());
    assert_eq!(answer, json!({"error_code": 0, "data": {"status": 2}}));
}

#[test]
fn quirks_change_shapes() {
    let guid = &first()["guid"];
    for (quirk, path, body, pointer, expected) in [
        (
            Quirk::ObjectClients,
            "/client/all_clients",
            json!({}),
            "/data/0/guid",
            guid.clone(),
        ),
        (
            Quirk::NoEnvelopeClients,
            "/client/all_clients",
            json!({}),
            "",
            json!({"data": [guid]}),
        ),
        (
            Quirk::ObjectSessions,
            "/session/get_session_list",
            first(),
            "/data/session_list/0/name",
            json!("张三"),
        ),
        (
            Quirk::AltSessionKeys,
            "/session/get_session_list",
            first(),
            "/data/session_list/0/nick_name",
            json!("张三"),
        ),
        (
            Quirk::ZeroCursor,
            "/session/get_session_list",
            first(),
            "/data/begin_seq",
            json!("0"),
        ),
        (
            Quirk::StringNumbers,
            "/client/get_client_status",
            first(),
            "/data/status",
            json!("2"),
        ),
        (
            Quirk::NumberIds,
            "/user/get_profile",
            first(),
            "/data/user_id",
            json!(1_688_850_000_000_001_u64),
        ),
    ] {
        let answer = post(&mut with_quirks(&[quirk]), path, &body);
        assert_eq!(
            answer.pointer(pointer),
            Some(&expected),
            "{quirk}: {answer}"
        );
    }
}

#[test]
fn quirk_lists_clients_by_get_only() {
    let mut state = with_quirks(&[Quirk::GetOnlyClients]);
    assert_eq!(ask(&mut state, "POST", "/client/all_clients", "{}").0, 405);
    assert_eq!(ask(&mut state, "GET", "/client/all_clients", "").0, 200);
    assert_eq!(ask(&mut state, "GET", "/client/get_clients", "").0, 405);
}

#[test]
fn empty_lists_are_null_only_with_quirk() {
    for (quirks, expected) in [(vec![], json!([])), (vec![Quirk::NullLists], Value::Null)] {
        let scenario = Scenario {
            online: 0,
            quirks: quirks.clone(),
            ..Scenario::default()
        };
        let mut state = State::new(&scenario);
        for path in ["/client/all_clients", "/client/get_clients"] {
            assert_eq!(
                post(&mut state, path, &json!({}))["data"],
                expected,
                "{path}"
            );
        }
        let mut state = State::new(&Scenario {
            sessions: 0,
            quirks,
            ..Scenario::default()
        });
        let answer = post(&mut state, "/session/get_session_list", &first());
        assert_eq!(answer["data"]["session_list"], expected);
    }
}
