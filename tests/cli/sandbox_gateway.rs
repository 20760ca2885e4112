//! `qiwei sandbox --gateway`: what it prints, hands to a command, and records.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{GROUP, Home, PipedChild, Qiwei, client};

const PATH: &str = "/usr/bin:/bin";

fn start(args: &[&str]) -> PipedChild {
    Qiwei::new(["sandbox", "--gateway", "--listen", "127.0.0.1:0"])
        .args(args)
        .start()
}

/// The values of the lines `export NAME=VALUE`.
fn exports(sandbox: &mut PipedChild) -> [String; 4] {
    let names = ["BASE_URL", "APP_KEY", "APP_SECRET", "GUID"];
    names.map(|name| {
        let line = sandbox.stdout_line();
        let value = line.strip_prefix(&format!("export QIWEI_{name}="));
        value.unwrap_or_else(|| panic!("{line}")).to_owned()
    })
}

fn call(url: &str, key: &str, secret: &str, path: &str, data: &Value) -> Value {
    let body = json!({ "app_key": key, "app_secret": secret, "path": path, "data": data });
    client::post(&format!("{url}/open/GuidRequest"), &body.to_string()).json()
}

#[test]
fn prints_variables_to_export_and_a_line_per_call() {
    let mut sandbox = start(&["--prefix", "gw"]);
    let [url, key, secret, guid] = exports(&mut sandbox);
    assert!(
        url.starts_with("http://127.0.0.1:") && url.ends_with("/gw"),
        "{url}"
    );
    assert_eq!(
        sandbox.stderr_line(),
        "the sandbox is listening; press Ctrl-C to stop"
    );
    let data = json!({ "guid": guid, "conversation_id": GROUP, "content": "hello" });
    let answer = call(&url, &key, &secret, "/msg/send_text", &data);
    assert_eq!(answer["error_code"], 0, "{answer}");
    let answer = call(&url, &key, "wrong", "/msg/send_text", &data);
    assert_eq!(
        answer,
        json!({"code": 401, "msg": "app_key or app_secret is invalid"})
    );
    assert_eq!(
        sandbox.stdout_line(),
        format!("export QIWEI_CDN_URL={url}/conversion")
    );
    sandbox.signal(Signal::TERM);
    sandbox.end().assert_output(
        143,
        "",
        &format!(
            "POST /gw/open/GuidRequest 200 /msg/send_text message 1066173 to {GROUP} \"hello\"\n\
             POST /gw/open/GuidRequest 200 refused by the gateway: app_key or app_secret is invalid\n"
        ),
    );
}

#[test]
fn prints_credentials_as_json() {
    let mut sandbox = start(&["--json", "-q", "--block-after", "1", "--block-for", "1h"]);
    let listening: Value = serde_json::from_str(&sandbox.stdout_line()).unwrap();
    let field = |name: &str| listening[name].as_str().unwrap();
    let status = || {
        call(
            field("base_url"),
            field("app_key"),
            field("app_secret"),
            "/client/get_client_status",
            &json!({ "guid": field("guid") }),
        )
    };
    assert_eq!(status(), json!({"error_code": 0, "data": {"status": 2}}));
    assert_eq!(
        status(),
        json!({"code": 429, "msg": "请求过于频繁，已被限制"})
    );
    let request = sandbox.stdout_line();
    assert!(request.contains(r#""app_secret":"***""#), "{request}");
    sandbox.signal(Signal::TERM);
    let run = sandbox.end().ends_with(143);
    assert!(!run.stdout.contains(field("app_secret")), "{run:?}");
}

#[test]
fn hands_credentials_to_the_command_and_records_no_secret() {
    let home = Home::new();
    let path = home.path().join("record.ndjson");
    let script = "echo \"$QIWEI_APP_KEY\"; echo \"$QIWEI_APP_SECRET\"; echo \"$QIWEI_GUID\"
        qiwei probe POST /client/get_client_status --with-guid -q";
    let run = Qiwei::new(["sandbox", "--gateway", "--record", path.to_str().unwrap()])
        .args(["--", "/bin/sh", "-c", script])
        .env("PATH", PATH)
        .env("QIWEI_APP_SECRET", "of the real gateway")
        .run();
    let lines: Vec<&str> = run.stdout.lines().collect();
    let [key, secret, guid, status] = lines.try_into().unwrap();
    assert_eq!(status, r#"{"error_code":0,"data":{"status":2}}"#);
    assert!(
        key.starts_with("app") && secret.len() == 64 && guid.len() == 36,
        "{run:?}"
    );
    let record = std::fs::read_to_string(&path).unwrap();
    assert!(!record.is_empty());
    for shown in [&record, &run.stderr] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn logs_handshakes_and_no_messages_of_websockets() {
    let mut sandbox = start(&[]);
    let [url, key, secret, guid] = exports(&mut sandbox);
    sandbox.stderr_line();
    let url = format!("{}/ws/juwe", url.replacen("http", "ws", 1));
    let (mut client, _) = tungstenite::connect(&url).unwrap();
    for secret in [&*secret, "wrong-secret"] {
        let auth = json!({"type": "auth", "app_key": key, "app_secret": secret, "guid": guid});
        client.send(auth.to_string().into()).unwrap();
        let answer = client.read().unwrap();
        assert!(!answer.to_text().unwrap().contains(secret), "{answer}");
    }
    sandbox.signal(Signal::TERM);
    let run = sandbox.end();
    assert_eq!(run.code, 143);
    assert_eq!(run.stderr, "GET /ws/juwe 101 WebSocket opened\n");
}

#[test]
fn limits_need_the_gateway() {
    for flags in [["--block-after", "5"], ["--block-for", "5s"]] {
        let run = Qiwei::new(["sandbox"]).args(flags).run().ends_with(2);
        run.assert_stderr_contains("--gateway");
    }
}
