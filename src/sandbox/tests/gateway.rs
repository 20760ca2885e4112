//! The hosted gateway over real sockets: calls, refusals, the block, and what is recorded.

use super::support::{HttpResponse, exchange, first, first_guid, start, start_observed, text};
use crate::sandbox::{Dialect, Gateway, Quirk, Sandbox, Scenario, Status};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const PATH: &str = "/open/GuidRequest";

fn gateway_with(change: impl FnOnce(&mut Scenario)) -> Sandbox {
    start(scenario(change))
}

fn scenario(change: impl FnOnce(&mut Scenario)) -> Scenario {
    let mut scenario = Scenario {
        gateway: Some(Gateway::with_random_credentials().unwrap()),
        ..Scenario::default()
    };
    change(&mut scenario);
    scenario
}

/// The body of a call with the right credentials.
fn wrapped(sandbox: &Sandbox, path: &str, data: &Value) -> Value {
    let gateway = sandbox.gateway().unwrap();
    json!({
        "app_key": gateway.app_key,
        "app_secret": gateway.app_secret.reveal(),
        "path": path,
        "data": data,
    })
}

fn post(sandbox: &Sandbox, body: &Value) -> HttpResponse {
    exchange(sandbox, "POST", PATH, &body.to_string()).unwrap()
}

fn call(sandbox: &Sandbox, path: &str, data: &Value) -> Value {
    let answer = post(sandbox, &wrapped(sandbox, path, data));
    assert_eq!(answer.status, 200, "{path}");
    answer.json()
}

fn message(content: &str) -> Value {
    serde_json::from_str(&text(content)).unwrap()
}

#[test]
fn answers_like_the_server_inside() {
    for dialect in [Dialect::A, Dialect::B] {
        let sandbox = gateway_with(|scenario| scenario.dialect = dialect);
        let private = start(Scenario {
            dialect,
            ..Scenario::default()
        });
        let long = json!({ "guid": first_guid(), "limit": 18_446_744_073_709_551_615_u64 });
        for (path, data) in [
            ("/client/get_client_status", first()),
            ("/session/get_session_list", first()),
            ("/session/get_session_list", long),
            ("/user/get_profile", first()),
            ("/user/get_profile", json!({})),
            ("/user/get_profile", json!([])),
            ("/msg/send_room_at", message("not a mention")),
            ("/nowhere", first()),
        ] {
            let through = post(&sandbox, &wrapped(&sandbox, path, &data));
            let direct = exchange(&private, "POST", path, &data.to_string()).unwrap();
            let answers = [&through, &direct].map(|answer| (answer.status, answer.json()));
            if path != "/msg/send_room_at" {
                assert_eq!(answers[0], answers[1], "{path} {data}");
            }
            assert_eq!(answers[0].0, answers[1].0, "{path} {data}");
        }
        assert_eq!(
            call(&sandbox, "/msg/send_text", &message("hi"))["data"]["is_svr_fail"],
            false
        );
        assert_eq!(sandbox.deliveries().pop().unwrap().content, "hi");
    }
}

#[test]
fn only_the_gateway_path_and_the_admin_interface_exist() {
    let sandbox = gateway_with(|scenario| scenario.prefix = "/p".into());
    for (method, path, status) in [
        ("POST", "/p/client/get_client_status", 404),
        ("POST", "/p/open", 404),
        ("POST", "/open/GuidRequest", 404),
        ("GET", "/p/open/GuidRequest", 405),
        ("GET", "/p/_sandbox/state", 200),
        ("POST", "/p/open/GuidRequest?a=b", 200),
    ] {
        let answer = exchange(&sandbox, method, path, &first().to_string()).unwrap();
        assert_eq!(answer.status, status, "{method} {path}");
    }
    let private = start(Scenario::default());
    assert!(private.gateway().is_none());
    let body = wrapped(&sandbox, "/client/get_client_status", &first());
    assert_eq!(post(&private, &body).status, 404);
}

#[test]
fn refuses_wrong_credentials_and_malformed_bodies() {
    let sandbox = gateway_with(|_| {});
    let valid = wrapped(&sandbox, "/msg/send_text", &message("x"));
    let with = |name: &str, value: Value| {
        let mut body = valid.clone();
        body[name] = value;
        body
    };
    let without = |name: &str| {
        let mut body = valid.clone();
        body.as_object_mut().unwrap().remove(name);
        body
    };
    for (body, code) in [
        (with("app_key", json!("other")), 401),
        (with("app_secret", json!("other")), 401),
        (without("app_key"), 401),
        (without("app_secret"), 401),
        (json!({}), 401),
        (with("app_secret", json!(1)), 400),
        (without("path"), 400),
        (with("path", json!("msg/send_text")), 400),
        (without("data"), 400),
        (json!([]), 400),
    ] {
        let answer = post(&sandbox, &body);
        assert_eq!(answer.status, 200, "{body}");
        assert_eq!(answer.json()["code"], code, "{body}");
        assert!(!answer.json()["msg"].as_str().unwrap().is_empty());
    }
    assert!(sandbox.deliveries().is_empty());
}

#[test]
fn refuses_endpoints_of_its_console_unless_told() {
    for (quirks, code) in [
        (
            vec![],
            json!({"code": 403, "msg": "this interface is not offered by the gateway"}),
        ),
        (
            vec![Quirk::GatewayMessageKey],
            json!({"code": 403, "message": "this interface is not offered by the gateway"}),
        ),
        (
            vec![Quirk::GatewayEnvelope],
            json!({"error_code": 403, "error_message": "this interface is not offered by the gateway", "data": {}}),
        ),
        (
            vec![Quirk::GatewayListsClients],
            json!({"error_code": 0, "error_message": "ok", "data": [first_guid()]}),
        ),
    ] {
        let sandbox = gateway_with(|scenario| scenario.quirks = quirks);
        assert_eq!(call(&sandbox, "/client/all_clients", &json!({})), code);
    }
}

#[test]
fn faults_apply_to_endpoint_path() {
    let sandbox = gateway_with(|scenario| {
        scenario.faults = vec![
            "http=502@/client/get_client_status*1".parse().unwrap(),
            "drop-after@/msg/send_text*1".parse().unwrap(),
            "code=9003@/msg/send_text*1".parse().unwrap(),
        ];
    });
    let status = wrapped(&sandbox, "/client/get_client_status", &first());
    let wrong = json!({"path": "/client/get_client_status", "data": first()});
    assert_eq!(post(&sandbox, &wrong).json()["code"], 401);
    assert_eq!(post(&sandbox, &status).status, 502);
    assert_eq!(post(&sandbox, &status).status, 200);
    let body = wrapped(&sandbox, "/msg/send_text", &message("once")).to_string();
    assert!(exchange(&sandbox, "POST", PATH, &body).is_err());
    assert_eq!(sandbox.deliveries().len(), 1);
    let answer = call(&sandbox, "/msg/send_text", &message("no"));
    assert_eq!(answer["error_code"], 9003);
    assert_eq!(answer["error_message"], "坐席已过期");
    let faults: Vec<Option<String>> = sandbox.exchanges().into_iter().map(|e| e.fault).collect();
    assert_eq!(
        faults[1].as_deref(),
        Some("http=502@/client/get_client_status*1")
    );
}

#[test]
fn unknown_guid_and_offline_account_have_one_code() {
    let sandbox = gateway_with(|scenario| {
        scenario.running = 1;
        scenario.stopped = 1;
    });
    let guids = sandbox.guids();
    let code = |path: &str, guid: &str| {
        call(&sandbox, path, &json!({ "guid": guid }))["error_code"].clone()
    };
    for guid in ["nobody", &guids[1], &guids[2]] {
        assert_eq!(code("/user/get_profile", guid), 1002, "{guid}");
    }
    assert_eq!(code("/client/get_client_status", "nobody"), 1002);
    assert_eq!(code("/client/get_client_status", &guids[1]), 0);
    sandbox.set_status(&guids[1], Status::Stopped);
    assert_eq!(code("/login/get_login_qrcode", &guids[1]), -1);
    assert_eq!(code("/login/get_login_qrcode", &guids[1]), 0);
}

#[test]
fn blocks_account_that_calls_too_often() {
    let sandbox = gateway_with(|scenario| {
        scenario.online = 2;
        let gateway = scenario.gateway.as_mut().unwrap();
        gateway.block_after = 3;
        gateway.block_for = Duration::from_millis(300);
    });
    let guids = sandbox.guids();
    let status = |guid: &str| {
        call(
            &sandbox,
            "/client/get_client_status",
            &json!({ "guid": guid }),
        )
    };
    for _ in 0..3 {
        assert_eq!(status(&guids[0])["error_code"], 0);
    }
    let begin = Instant::now();
    let refused = json!({"code": 429, "msg": "请求过于频繁，已被限制"});
    assert_eq!(status(&guids[0]), refused);
    let state = exchange(&sandbox, "GET", "/_sandbox/state", "").unwrap();
    assert_eq!(state.json()["gateway"]["blocked"], json!([guids[0]]));
    assert_eq!(status(&guids[1])["error_code"], 0, "another account");
    // Calls without a known guid count for the key.
    assert_eq!(status("nobody")["error_code"], 1002);
    assert_eq!(
        call(&sandbox, "/client/get_clients", &json!({}))["error_code"],
        0
    );
    assert_eq!(status("somebody")["error_code"], 1002);
    assert_eq!(call(&sandbox, "/client/get_clients", &json!({})), refused);
    while status(&guids[0]) == refused {
        assert!(begin.elapsed() < Duration::from_secs(20));
        std::thread::yield_now();
    }
    assert!(begin.elapsed() >= Duration::from_millis(300));
}

#[test]
fn personal_wechat_answers_in_its_own_shape() {
    let sandbox = gateway_with(|scenario| {
        scenario.quirks = vec![Quirk::PersonalWechat];
        scenario.faults = vec!["code=9003@/msg/send_text*1".parse().unwrap()];
    });
    let expired = call(&sandbox, "/msg/send_text", &message("x"));
    assert_eq!(expired["list"], json!([{"ret": 9003}]));
    let sent = json!({"baseResponse": {"ret": 0}, "list": [{"ret": 0}]});
    assert_eq!(call(&sandbox, "/msg/send_text", &message("x")), sent);
    let status = call(&sandbox, "/client/get_client_status", &first());
    assert_eq!(status["status"], 1);
    sandbox.set_status(&first_guid(), Status::Running);
    let refused = call(&sandbox, "/msg/send_text", &message("x"));
    assert_eq!(refused["baseResponse"]["ret"], 1002);
}

/// The calls contain the secret, and one taken for it, in every place.
#[test]
fn no_record_shows_a_secret() {
    let seen = Arc::new(Mutex::new(String::new()));
    let log = seen.clone();
    let sandbox = start_observed(scenario(|_| {}), move |exchange| {
        let line = serde_json::to_string(exchange).unwrap();
        log.lock().unwrap().push_str(&line);
    });
    let secret = sandbox.gateway().unwrap().app_secret.reveal().to_owned();
    let wrong = "5ecret-of-another";
    let guid = first_guid();
    let mut answers = String::new();
    for secret in [&*secret, wrong] {
        let body = |path: &str, data: &Value| {
            let mut body = wrapped(&sandbox, path, data);
            body["app_secret"] = json!(secret);
            body.to_string()
        };
        let url = json!({ "guid": guid, "notify_url": format!("http://h/{secret}") });
        for (target, body) in [
            (PATH.to_owned(), body("/msg/send_text", &message(secret))),
            (format!("{PATH}?app_secret={secret}"), body("/a", &first())),
            (PATH.into(), body(&format!("/{secret}"), &json!([secret]))),
            (PATH.into(), body("/client/set_notify_url", &url)),
            (PATH.into(), format!("{{\"app_secret\": \"{secret}\"")),
            (format!("/{PATH}"), body("/a", &first())),
        ] {
            let answer = exchange(&sandbox, "POST", &target, &body).unwrap();
            answers.push_str(&String::from_utf8_lossy(&answer.body));
        }
    }
    for place in ["state", "requests", "deliveries", "callbacks", "faults"] {
        let shown = exchange(&sandbox, "GET", &format!("/_sandbox/{place}"), "").unwrap();
        answers.push_str(&String::from_utf8_lossy(&shown.body));
    }
    let seen = seen.lock().unwrap().clone();
    assert!(seen.contains(r#""app_secret":"***""#), "{seen}");
    for shown in [answers, seen] {
        assert!(!shown.contains(&secret), "{shown}");
        assert!(!shown.contains(wrong), "{shown}");
    }
    assert_eq!(sandbox.deliveries()[0].content, "***");
}

#[test]
fn private_server_records_no_secret_either() {
    let sandbox = start(Scenario::default());
    let body =
        json!({"app_key": "k", "app_secret": "of-the-real-gateway", "path": "/a", "data": {}});
    assert_eq!(post(&sandbox, &body).status, 404);
    let recorded = String::from_utf8(sandbox.exchanges()[0].body.clone()).unwrap();
    assert_eq!(
        recorded,
        r#"{"app_key":"k","app_secret":"***","data":{},"path":"/a"}"#
    );
}
