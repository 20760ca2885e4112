//! `probe` in every dialect, and raw calls.

use qiwei::sandbox::Dialect;
use serde_json::json;

use crate::commands::{CommandFixture, all_clients, forget_times};
use crate::support::{DIALECTS, Home, Qiwei, requests};

#[test]
fn probe_prints_every_endpoint() {
    for dialect in DIALECTS {
        let fixture = CommandFixture::new(dialect);
        let run = fixture.run(&["probe", "--json"]).ends_with(0);
        assert_eq!(run.stderr, "");
        let mut printed = run.json();
        forget_times(&mut printed);
        let row = |method: &str, path: &str, result: &str, http_status: u16| {
            let dialect = (result == "ok").then(|| dialect.to_string());
            json!({"method": method, "path": path, "result": result,
                   "http_status": http_status, "dialect": dialect})
        };
        let expected = json!([
            row("POST", "/client/all_clients", "ok", 200),
            row("GET", "/client/all_clients", "not_allowed", 405),
            row("POST", "/client/get_clients", "ok", 200),
            row("GET", "/client/get_clients", "not_allowed", 405),
            row("GET", "/clients", "not_found", 404),
            row("GET", "/client/list", "not_found", 404),
            row("GET", "/instance/list", "not_found", 404),
            row("GET", "/api/clients", "not_found", 404),
            row("POST", "/client/all_infos", "not_found", 404),
            row("POST", "/client/get_client_status", "invalid", 422),
            row("POST", "/client/get_client_version", "invalid", 422),
            row("POST", "/login/check_login_qrcode", "invalid", 422),
            row("POST", "/user/get_profile", "invalid", 422),
            row("POST", "/user/get_corp_info", "not_found", 404),
            row("POST", "/session/get_session_list", "invalid", 422),
            row("POST", "/session/get_session_config", "not_found", 404),
            row("POST", "/room/get_room_list", "invalid", 422),
            row("POST", "/cdn/get_cdn_info", "invalid", 422),
        ]);
        assert_eq!(printed, expected);
        let asked: Vec<String> = expected
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let (method, path) = (row["method"].as_str(), row["path"].as_str());
                let body = if method == Some("POST") { " {}" } else { "" };
                format!("{} {}{body}", method.unwrap(), path.unwrap())
            })
            .collect();
        assert_eq!(requests(&fixture.server), asked);
    }
}

#[test]
fn raw_probe_prints_response_body_unchanged() {
    let bodies = [
        r#"{"error_code":0,"data":{"status":2}}"#,
        r#"{"err_code":0,"err_msg":"success","data":{"status":2},"hint":"success"}"#,
        r#"{"status":2}"#,
        r#""{\"error_code\":0,\"data\":{\"status\":2}}""#,
    ];
    let refusals = [
        r#"{"error_code":-1,"error_message":"invalid guid","data":{}}"#,
        r#"{"err_code":-1,"err_msg":"invalid guid","data":null}"#,
        r#"{"error_code":-1,"error_message":"invalid guid","data":{}}"#,
        r#""{\"error_code\":-1,\"error_message\":\"invalid guid\",\"data\":{}}""#,
    ];
    for ((dialect, body), refusal) in DIALECTS.into_iter().zip(bodies).zip(refusals) {
        let fixture = CommandFixture::new(dialect);
        // Spaces and order as given: the body is not touched either.
        let data = format!(r#"{{ "guid": "{}" }}"#, fixture.online);
        let args = ["probe", "POST", "/client/get_client_status", "-d", &data];
        fixture.run(&args).assert_output(0, body, "");
        let asked = format!("POST /client/get_client_status {data}");
        assert_eq!(requests(&fixture.server), [asked]);
        let args = [
            "probe",
            "post",
            "client/get_client_status",
            "-d",
            r#"{"guid":"no"}"#,
        ];
        fixture.run(&args).assert_output(
            1,
            refusal,
            "error: the server refused: invalid guid (code -1)\n\
             hint: the server has no such instance; `qiwei instance ls` lists its instances\n",
        );
    }
}

#[test]
fn raw_probe_reads_body_from_argument_file_and_stdin() {
    let fixture = CommandFixture::new(Dialect::C);
    let home = Home::new();
    let body = format!(r#"{{"guid":"{}"}}"#, fixture.running);
    let file = format!("@{}", home.file("body.json", &body));
    let call = ["probe", "POST", "/client/get_client_status"];
    let url = fixture.server.base_url();
    let from_file = Qiwei::on(&url, call).arg("-d").arg(file).run();
    from_file.assert_output(0, r#"{"status":1}"#, "");
    let from_stdin = Qiwei::on(&url, call).arg("-d").arg("-").stdin(body).run();
    from_stdin.assert_output(0, r#"{"status":1}"#, "");
    let with_guid = Qiwei::on(&url, call)
        .arg("--with-guid")
        .arg("--quiet")
        .run();
    with_guid.assert_output(0, r#"{"status":2}"#, "");
    let nothing = Qiwei::on(&url, ["probe", "POST", "/client/all_clients"]).run();
    assert_eq!(
        nothing.ends_with(0).stdout,
        json!(fixture.server.guids()).to_string()
    );
    assert_eq!(requests(&fixture.server).last().unwrap(), &all_clients());
    for (args, part) in [
        (&["probe", "POST"][..], "<PATH>"),
        (&["probe", "/client/list", "x"], "the method comes first"),
        (&["probe", "FETCH", "/x"], "is not an HTTP method"),
        (&["probe", "GET", "http://h/x"], "must be a path, not a URL"),
        (&["probe", "POST", "/x", "-d", "{"], "-d is not JSON"),
        (
            &["probe", "POST", "/x", "-d", "@/nonexistent"],
            "cannot read /nonexistent",
        ),
        (
            &["probe", "POST", "/x", "-d", "[]", "--with-guid"],
            "a JSON object",
        ),
    ] {
        fixture.run(args).ends_with(2).assert_stderr_contains(part);
    }
}
