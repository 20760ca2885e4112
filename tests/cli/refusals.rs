//! Refusals by the server: the messages and exit codes.

use qiwei::sandbox::{FORBIDDEN_CONTACT, Status};
use serde_json::{Value, json};

use crate::support::raw::{ClientConnection, RawServer, http, ok};
use crate::support::{DIALECTS, Finished, GROUP, Qiwei, requests, sandbox, sandbox_with};

/// A server that refuses every send this way, and shows its instance in this state; without one,
/// the look-up fails.
fn refusing_server(code: i64, text: &str, state: Option<u8>) -> RawServer {
    let refusal = ok(&json!({"error_code": code, "error_message": text, "data": {}}).to_string());
    let state =
        state.map(|state| ok(&json!({"error_code": 0, "data": {"status": state}}).to_string()));
    RawServer::start(move |connection: &mut ClientConnection| {
        if connection
            .request
            .starts_with("POST /client/get_client_status ")
        {
            let answer = state.clone();
            connection.write(answer.unwrap_or_else(|| http("500 Oops", "")));
        } else {
            connection.write(&refusal);
        }
    })
}

fn send(server: &RawServer) -> Finished {
    let args = [
        "send",
        GROUP,
        "x",
        "--guid",
        "g",
        "--json",
        "--retries",
        "0",
    ];
    Qiwei::on(&server.base_url(), args).run()
}

#[test]
fn known_refusals_have_hints() {
    let backend = "head rsp code error, error_msg: ";
    for (code, text, hint) in [
        (-2003, backend, "S:<user id> or R:<group id>"),
        (
            -4017,
            "对方无外部联系人权限",
            "may not message that contact",
        ),
        (1014, "login device not ready", "try again shortly"),
        (1002, "错误", "`qiwei status` shows which"),
        (1002, "账号未登录 offline", "but the instance is online"),
        (9003, "坐席已过期", "renew it"),
        (-4046, "no mini-program", "upgrade the instance"),
        (
            -5_103_011,
            "cdn rule expired",
            "`qiwei api POST /cloud/update_cdn_rule`",
        ),
        (-15_001_500, "heartbeat failed", "`qiwei status`"),
        (-1, "实例数已达到上限", "`qiwei instance rm --stopped`"),
        (-1, "操作过于频繁，请稍后再试", "send more slowly"),
        (-1, "invalid guid", "`qiwei instance ls`"),
        (
            -1,
            "instance not started",
            "`qiwei login` starts the instance",
        ),
        (-1, "授权过期", "an expiry"),
    ] {
        let error = send(&refusing_server(code, text, Some(2)))
            .ends_with(1)
            .error();
        assert_eq!(error["kind"], "rejected", "{code} {text}");
        assert_eq!(error["outcome"], "rejected", "{code} {text}");
        assert_eq!(error["code"], code);
        let told = error["hint"].as_str().unwrap_or_default();
        assert!(told.contains(hint), "{code} {text}: {told}");
        let message = error["message"].as_str().unwrap();
        assert_eq!(
            message,
            format!("the server refused: {} (code {code})", text.trim())
        );
        let retryable = code == 1014 || text.contains("频繁");
        assert_eq!(error["retryable"], retryable, "{code} {text}");
    }
}

#[test]
fn prints_unknown_code_unchanged() {
    let server = refusing_server(-987, "奇怪的错误", Some(2));
    let error = send(&server).ends_with(1).error();
    assert_eq!(
        error["message"],
        "the server refused: 奇怪的错误 (code -987)"
    );
    assert_eq!(error["hint"], Value::Null);
    let server = refusing_server(424_242, "", Some(2));
    let error = send(&server).ends_with(1).error();
    assert_eq!(
        error["message"],
        "the server refused with code 424242 and no text"
    );
    let run = Qiwei::on(&server.base_url(), ["send", GROUP, "x", "--guid", "g"]).run();
    run.assert_output(
        1,
        "",
        "error: the server refused with code 424242 and no text\n",
    );
}

#[test]
fn looks_up_status_to_distinguish_rejected_from_not_logged_in() {
    for (text, state, code, hint) in [
        ("奇怪", Some(2), 1, None),
        ("奇怪", Some(1), 4, Some("not logged in: run `qiwei login`")),
        ("奇怪", Some(0), 4, Some("stopped or reconnecting")),
        ("奇怪", None, 1, None),
        ("账号未登录", Some(2), 1, Some("but the instance is online")),
        ("账号未登录", Some(1), 4, Some("qiwei login")),
        ("账号未登录", None, 4, Some("qiwei login")),
    ] {
        let server = refusing_server(-1, text, state);
        let run = send(&server).ends_with(code);
        let error = run.error();
        assert_eq!(
            error["kind"],
            if code == 4 {
                "not_logged_in"
            } else {
                "rejected"
            }
        );
        assert_eq!(error["outcome"], "rejected", "{text} {state:?}");
        match hint {
            Some(part) => assert!(error["hint"].as_str().unwrap().contains(part), "{error}"),
            None => assert_eq!(error["hint"], Value::Null),
        }
        let paths: Vec<String> = server
            .requests()
            .iter()
            .map(|r| r.split(' ').nth(1).unwrap().to_owned())
            .collect();
        assert_eq!(paths, ["/msg/send_text", "/client/get_client_status"]);
    }
}

#[test]
fn unrelated_refusal_is_reported_as_rejected() {
    // State 0 is also what a online account shows while it reconnects.
    for (code, text) in [(-2003, ""), (-4017, "x"), (-1, "操作频繁")] {
        let server = refusing_server(code, text, Some(0));
        let error = send(&server).ends_with(1).error();
        assert_eq!(error["kind"], "rejected");
        assert_eq!(server.requests().len(), 1, "{code}");
    }
}

#[test]
fn not_logged_in_exits_4_in_every_dialect() {
    for dialect in DIALECTS {
        let server = sandbox_with(|scenario| scenario.dialect = dialect);
        let guid = &server.guids()[0];
        for (status, at_most) in [(Status::Running, 2), (Status::Stopped, 4)] {
            server.set_status(guid, status);
            for args in [&["send", GROUP, "x"][..], &["at", GROUP, "x", "--all"]] {
                let run = Qiwei::on(&server.base_url(), args)
                    .args(["--json", "--guid", guid])
                    .run();
                let error = run.ends_with(4).error();
                assert_eq!(error["kind"], "not_logged_in");
                assert_eq!(error["outcome"], "rejected");
            }
            assert_eq!(
                requests(&server).len(),
                at_most * 2,
                "one call and one status check each"
            );
        }
        assert_eq!(server.deliveries().len(), 0);
    }
}

#[test]
fn reads_refusals_in_every_dialect() {
    for dialect in DIALECTS {
        let server = sandbox_with(|scenario| scenario.dialect = dialect);
        let guid = &server.guids()[0];
        let send = |to: &str| {
            let args = ["send", to, "x", "--guid", guid, "--json"];
            Qiwei::on(&server.base_url(), args).run()
        };
        let error = send(FORBIDDEN_CONTACT).ends_with(1).error();
        assert_eq!(error["code"], -4017);
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .contains("对方无外部联系人权限")
        );
        server.add_fault("svr-fail*1".parse().unwrap());
        let error = send(GROUP).ends_with(1).error();
        assert_eq!(error["outcome"], "rejected");
        let message = "the server reports that delivery failed (is_svr_fail)";
        assert_eq!(error["message"], message);
        assert_eq!(server.deliveries().len(), 0);
        let stale = Qiwei::on(&server.base_url(), ["send", GROUP, "x", "--guid", "gone"]).run();
        stale
            .ends_with(1)
            .assert_stderr_contains("`qiwei instance ls` lists its instances");
    }
}

#[test]
fn names_field_of_http_422() {
    let detail = json!({"detail": [
        {"loc": ["body", "content"], "msg": "field required", "type": "value_error.missing"},
        {"loc": ["body", "at_list", 0], "msg": "str type expected", "type": "type_error.str"},
    ]});
    let server = RawServer::answering(http("422 Unprocessable Entity", &detail.to_string()));
    let error = send(&server).ends_with(1).error();
    assert_eq!(
        error["message"],
        "the server answered HTTP 422: content: field required; at_list.0: str type expected"
    );
    assert_eq!(error["outcome"], "rejected");
    assert_eq!(server.requests().len(), 1);

    let server = sandbox();
    let run = Qiwei::on(&server.base_url(), ["probe", "POST", "/msg/send_text"]).run();
    run.ends_with(1)
        .assert_stderr_contains("HTTP 422: guid: field required");
}

#[test]
fn http_refusals_have_hints_without_further_requests() {
    for (status, hint) in [
        (401, "put the credentials into the base URL"),
        (403, "put the credentials into the base URL"),
        (404, "check the path prefix of the base URL"),
        (405, "`qiwei probe` shows which"),
        (413, "larger than the server"),
        (429, "send more slowly"),
    ] {
        let server = sandbox();
        server.add_fault(format!("http={status}").parse().unwrap());
        let guid = &server.guids()[0];
        let run = Qiwei::on(&server.base_url(), ["send", GROUP, "x", "--guid", guid]).run();
        run.ends_with(1).assert_stderr_contains(hint);
        assert_eq!(requests(&server).len(), 1, "{status}");
    }
}

#[test]
fn http_error_keeps_business_code() {
    let body = r#"{"error_code":-7,"error_message":"no"}"#;
    let server =
        RawServer::start(move |connection| connection.write(http("400 Bad Request", body)));
    let error = send(&server).ends_with(1).error();
    assert_eq!(
        (&error["code"], &error["outcome"]),
        (&json!(-7), &json!("rejected"))
    );
}
