//! `qiwei probe callback`: whether callbacks arrive, and simulated callbacks.

use std::io::Write;

use qiwei::sandbox::Sandbox;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::background::{BackgroundChild, end, eventually};
use crate::support::login::{
    CONFIGURED_URL, bodies, events, first_url, listen, listening, notify_urls, waiting,
};
use crate::support::raw::RawServer;
use crate::support::{Qiwei, sandbox, sandbox_with};

/// A healthy webhook's answer, after which it closes the connection.
const OK_RESPONSE: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";

/// `qiwei probe callback --json` with `more` arguments.
fn probe(server: &Sandbox, more: &str) -> Qiwei {
    Qiwei::on(
        &server.base_url(),
        ["probe", "callback", "--json"]
            .into_iter()
            .chain(more.split_whitespace()),
    )
}

/// Name and success of each check.
fn checks(stdout: &Value) -> Vec<(&str, bool)> {
    let list = stdout.as_array().unwrap();
    list.iter()
        .map(|check| (check["check"].as_str().unwrap(), check["ok"] == true))
        .collect()
}

/// The body of a raw request.
fn json_of(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn finds_and_checks_running_listener() {
    let server = sandbox();
    let (listener, _) = listening(&server, listen(&server, ""));
    let run = end(probe(&server, "").env("HOME", listener.home())).ends_with(0);
    let stdout = run.json();
    assert_eq!(checks(&stdout), [("webhook", true), ("health", true)]);
    assert_eq!(stdout[0]["http_status"], 200);
    // The notify_url is unchanged.
    assert_eq!(notify_urls(&server).len(), 1);
    let token = notify_urls(&server)[0]
        .rsplit_once('/')
        .unwrap()
        .1
        .to_owned();
    let chatty = end(probe(&server, "-vv").env("HOME", listener.home())).ends_with(0);
    assert!(!chatty.stdout.contains(&token), "{chatty:?}");
}

#[test]
fn checks_any_webhook_url() {
    let server = sandbox();
    let with_health = RawServer::answering(OK_RESPONSE);
    let run = end(probe(
        &server,
        &format!("{}/hook?x=1", with_health.base_url()),
    ))
    .ends_with(0);
    assert_eq!(checks(&run.json()), [("webhook", true), ("health", true)]);
    let asked = with_health.requests();
    assert!(
        asked[0].starts_with("GET /hook?x=1 HTTP/1.1\r\n"),
        "{asked:?}"
    );
    assert!(
        asked[1].starts_with("GET /health HTTP/1.1\r\n"),
        "{asked:?}"
    );

    let without = RawServer::start(|connection| {
        let answer = match connection.request.starts_with("GET /health") {
            true => "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            false => OK_RESPONSE,
        };
        let _ = connection.stream.write_all(answer.as_bytes());
    });
    let run = end(probe(&server, &without.base_url())).ends_with(0);
    let stdout = run.json();
    assert_eq!(checks(&stdout), [("webhook", true), ("health", true)]);
    assert!(
        stdout[1]["detail"].as_str().unwrap().contains("no /health"),
        "{stdout}"
    );
    assert!(server.exchanges().is_empty());
}

#[test]
fn reports_unhealthy_and_unreachable_webhook() {
    let server = sandbox();
    let ill = RawServer::answering(
        "HTTP/1.1 500 Oops\r\nconnection: close\r\ncontent-length: 4\r\n\r\noops",
    );
    let run = end(probe(&server, &ill.base_url())).ends_with(1);
    assert!(
        run.error()["message"].as_str().unwrap().contains("oops"),
        "{run:?}"
    );
    assert_eq!(run.json()[0]["http_status"], 500);
    let run = end(probe(&server, "http://127.0.0.1:1/hook")).ends_with(5);
    assert_eq!(run.json()[0]["http_status"], Value::Null);
    assert_eq!(run.error()["kind"], "unreachable");
}

#[test]
fn simulates_every_event_to_any_webhook() {
    let server = sandbox_with(|scenario| scenario.online = 0);
    let webhook = RawServer::answering(OK_RESPONSE);
    let url = format!("{}/hook", webhook.base_url());
    let config = "[headers]\nX-Api-Key = \"hunter2\"\n";
    let run = end(probe(&server, &format!("{url} --simulate all")).config(config)).ends_with(0);
    let names = [
        "not-scanned",
        "scanned",
        "success",
        "failed",
        "refused",
        "wechat-scanning",
        "wechat-success",
        "wechat-failed",
        "wechat-refused",
        "wechat-authorised",
        "code",
        "login",
        "logout",
        "message",
        "own-message",
        "batch",
    ];
    let stdout = run.json();
    let told: Vec<(&str, bool)> = checks(&stdout);
    let expected: Vec<String> = names
        .iter()
        .map(|name| format!("simulate {name}"))
        .collect();
    assert_eq!(
        told,
        expected
            .iter()
            .map(|name| (name.as_str(), true))
            .collect::<Vec<_>>()
    );

    let posted = webhook.requests();
    assert_eq!(posted.len(), 16);
    for (place, request) in posted.iter().enumerate() {
        assert!(request.starts_with("POST /hook HTTP/1.1\r\n"), "{request}");
        assert!(
            request
                .to_ascii_lowercase()
                .contains("content-type: application/json")
        );
        assert!(
            !request.contains("hunter2"),
            "the server's secret went to the webhook"
        );
        let body = json_of(request);
        let notify_type = match place {
            0..=10 => 11002,
            11 => 11003,
            12 => 11004,
            13 | 14 => 11010,
            _ => 11013,
        };
        assert_eq!(
            (&body["notify_type"], &body["guid"]),
            (&json!(notify_type), &json!("simulated"))
        );
        if place <= 10 {
            assert_eq!(body["data"]["status"], place);
        }
    }
    let [message, own] = [13, 14].map(|place| json_of(&posted[place])["data"].clone());
    assert_eq!(
        (&message["send_flag"], &own["send_flag"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(json_of(&posted[15])["data"].as_array().unwrap().len(), 2);
}

#[test]
fn fails_when_webhook_rejects_event() {
    let server = sandbox();
    let webhook =
        RawServer::answering("HTTP/1.1 503 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    let url = format!("{} --simulate message", webhook.base_url());
    let run = end(probe(&server, &url)).ends_with(1);
    assert_eq!(checks(&run.json()), [("simulate message", false)]);
    assert_eq!(webhook.requests().len(), 1, "posted more than once");
}

#[test]
fn running_listener_receives_repeated_simulated_events() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let (mut listener, _) = listening(&server, listen(&server, "--count 6"));
    for _ in 0..2 {
        let run = probe(&server, "--simulate message,own-message --simulate logout");
        end(run.env("HOME", listener.home())).ends_with(0);
    }
    let heard = events(&listener.finish().ends_with(0));
    let types: Vec<&Value> = heard.iter().map(|event| &event["notify_type"]).collect();
    assert_eq!(types, [11010, 11010, 11004, 11010, 11010, 11004]);
    assert!(heard.iter().all(|event| event["guid"] == guid.as_str()));
}

#[test]
fn fails_without_running_listener() {
    let server = sandbox();
    let run = end(probe(&server, "--simulate message")).ends_with(2);
    assert!(
        run.error()["hint"]
            .as_str()
            .unwrap()
            .contains("qiwei listen"),
        "{run:?}"
    );
    assert!(notify_urls(&server).is_empty());
}

#[test]
fn rejects_invalid_arguments() {
    let server = sandbox();
    for more in [
        "nonsense",
        "ftp://h/x",
        "http://127.0.0.1:1 --simulate nonsense",
    ] {
        let run = end(probe(&server, more)).ends_with(2);
        assert_eq!(run.error()["kind"], "usage");
    }
    assert!(server.exchanges().is_empty());
}

#[test]
fn receives_callback_through_server() {
    let server = waiting("after=20ms");
    let run = end(probe(&server, "").env("QIWEI_NOTIFY_URL", CONFIGURED_URL)).ends_with(0);
    let stdout = run.json();
    assert_eq!(
        checks(&stdout),
        [
            ("webhook", true),
            ("health", true),
            ("set notify_url", true),
            ("callback", true)
        ]
    );
    let detail = stdout[3]["detail"].as_str().unwrap();
    assert!(detail.contains("login_qrcode"), "{detail}");
    assert!(stdout[3]["latency_ms"].is_f64(), "{stdout}");
    let urls = notify_urls(&server);
    assert_eq!((urls.len(), urls[1].as_str()), (2, CONFIGURED_URL));
}

#[test]
fn triggers_nothing_on_online_account() {
    let server = sandbox();
    let mut running = BackgroundChild::start(probe(&server, ""));
    running
        .err
        .wait_for("what to do", |line| line.contains("send it a message now"));
    server.post_callback(&server.guids()[0], 11010, json!({"id": "1"}));
    let run = running.finish().ends_with(0);
    assert!(checks(&run.json()).iter().all(|(_, ok)| *ok), "{run:?}");
    assert!(bodies(&server, "/login/get_login_qrcode").is_empty());
}

#[test]
fn reports_missing_callback_and_restores_notify_url() {
    let server = sandbox_with(|scenario| {
        (scenario.online, scenario.running) = (0, 1);
        scenario.callbacks = false;
    });
    let run = probe(&server, "--timeout 1s").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
    let run = end(run).ends_with(5);
    assert_eq!(checks(&run.json())[3], ("callback", false));
    assert!(
        run.error()["message"]
            .as_str()
            .unwrap()
            .contains("--notify-url"),
        "{run:?}"
    );
    assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
}

#[test]
fn signal_ends_round_trip_and_restores_notify_url() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let server = sandbox();
        let run = probe(&server, "").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
        let mut running = BackgroundChild::start(run);
        first_url(&server);
        eventually("the wait", || {
            (!bodies(&server, "/client/get_client_status").is_empty()).then_some(())
        });
        running.signal(signal);
        running.finish().ends_with(code);
        assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
    }
}

#[test]
fn round_trip_refuses_to_take_callbacks_of_login() {
    let server = waiting("never");
    let mut login =
        BackgroundChild::start(crate::support::login::login(&server, "--json --no-poll"));
    login.event("qrcode");
    // It checks the login's own listener instead.
    let run = end(probe(&server, "").env("HOME", login.home())).ends_with(0);
    assert_eq!(checks(&run.json()), [("webhook", true), ("health", true)]);
    assert_eq!(notify_urls(&server).len(), 1);
    // A simulated login arrives, and does not end the login: the account is not online.
    end(probe(&server, "--simulate login").env("HOME", login.home())).ends_with(0);
    login.err.wait_for("the warning", |line| {
        line.contains("ignored a callback that reports a login")
    });
    login.signal(Signal::INT);
    login.finish().ends_with(130);
}

#[test]
fn names_status_of_refused_callback() {
    let server = sandbox_with(|scenario| {
        (scenario.online, scenario.running) = (0, 1);
        scenario.callbacks = false;
    });
    let run = probe(&server, "--timeout 2s");
    let mut running = BackgroundChild::start(run);
    let url = first_url(&server);
    assert_eq!(crate::support::client::post(&url, "<html>").status, 400);
    let run = running.finish();
    assert_ne!(run.code, 0, "{run:?}");
    let checks = run.json();
    let callback = checks.as_array().unwrap().last().unwrap();
    assert_eq!(callback["ok"], false, "{run:?}");
    let detail = callback["detail"].as_str().unwrap();
    assert!(detail.contains("HTTP 400"), "{detail}");
}
