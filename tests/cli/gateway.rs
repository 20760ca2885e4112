//! The hosted gateway: the same commands through one URL, its refusals, and its limit of calls.

use std::thread;

use qiwei::sandbox::{Quirk, Status};
use serde_json::{Value, json};

use crate::support::gateway::GatewaySandbox;
use crate::support::raw::{RawServer, ok};
use crate::support::state::everything_in;
use crate::support::{DIALECTS, GROUP, Home, PERSON, Qiwei};

/// Every command that calls the server, split at spaces, with its exit code.
const COMMANDS: &[(&str, i32)] = &[
    ("status", 0),
    ("instance ls", 0),
    ("instance use --auto", 0),
    ("instance start GUID", 0),
    ("send R:1012345678901 hello", 0),
    ("send R:1012345678901 hello --key k", 0),
    ("send --batch -", 0),
    ("at R:1012345678901 hello --all", 0),
    ("sessions --all", 0),
    ("probe", 0),
    ("probe POST /user/get_profile --with-guid", 0),
    ("instance stop GUID", 0),
    ("logout --yes", 0),
    ("instance create", 0),
    ("instance rm GUID --yes", 0),
];

#[test]
fn every_command_works_through_the_gateway() {
    for dialect in &DIALECTS[..2] {
        let server = GatewaySandbox::with(|scenario, _| {
            scenario.dialect = *dialect;
            scenario.quirks.push(Quirk::GatewayListsClients);
        });
        let guid = &server.sandbox.guids()[0];
        for (command, code) in COMMANDS {
            server.sandbox.set_status(guid, Status::Online);
            let args = command.split(' ').map(|arg| match arg {
                "GUID" => guid.as_str(),
                arg => arg,
            });
            let run = server
                .run(args)
                .env("QIWEI_PACE", "off")
                .stdin(format!(r#"{{"to":"{PERSON}","text":"x"}}"#))
                .run();
            assert_eq!(run.code, *code, "{command} {dialect:?}: {run:?}");
        }
        // All of them as calls of the gateway.
        assert!(server.calls().len() > COMMANDS.len());
        assert_eq!(server.sandbox.deliveries().len(), 4, "{dialect:?}");
    }
}

#[test]
fn wraps_the_request_of_a_private_server() {
    let server = GatewaySandbox::start();
    let run = server.run(["--json", "send", GROUP, "备 \"a\""]).run();
    let guid = &server.sandbox.guids()[0];
    assert_eq!(run.json()["outcome"], "accepted", "{run:?}");
    let exchange = &server.sandbox.exchanges()[0];
    let body: Value = serde_json::from_slice(&exchange.body).unwrap();
    let expected = json!({
        "app_key": server.gateway.app_key,
        "app_secret": body["app_secret"],
        "path": "/msg/send_text",
        "data": {"guid": guid, "conversation_id": GROUP, "content": "备 \"a\""},
    });
    assert_eq!((body, exchange.method.as_str()), (expected, "POST"));
}

#[test]
fn accepts_the_gateway_path_in_the_base_url() {
    let server = GatewaySandbox::start();
    let url = format!("{}/open/GuidRequest/", server.sandbox.base_url());
    let home = Home::new();
    for url in [url.clone(), server.sandbox.base_url()] {
        let run = server
            .run(["--json", "send", GROUP, "x", "--key", "k"])
            .env("QIWEI_BASE_URL", url)
            .with_home(&home)
            .run();
        assert_eq!(run.code, 0, "{run:?}");
    }
    // One identity in the ledger, also after the credentials were changed.
    assert_eq!(server.sandbox.deliveries().len(), 1);
    Qiwei::new(["status"])
        .env("QIWEI_BASE_URL", &url)
        .run()
        .ends_with(3)
        .assert_stderr_contains("needs app_key and app_secret");
}

#[test]
fn rejects_incomplete_credentials_before_any_call() {
    let server = GatewaySandbox::start();
    for (without, part) in [
        ("QIWEI_APP_KEY", "app_secret is set, but app_key is not"),
        ("QIWEI_APP_SECRET", "app_key is set, but app_secret is not"),
    ] {
        let run = server
            .run(["--json", "send", GROUP, "x"])
            .without_env(without)
            .run();
        let error = run.message_error(3, "not_sent");
        assert_eq!(error["message"], part);
        assert!(
            error["hint"]
                .as_str()
                .unwrap()
                .contains("config set app_secret -")
        );
    }
    assert_eq!(server.sandbox.exchanges().len(), 0);
}

#[test]
fn profile_can_disable_gateway() {
    let server = crate::support::sandbox();
    let config = format!(
        "app_key = 'k'\napp_secret = 'a-secret'\n[profiles.own]\napp_key = ''\napp_secret = ''\nbase_url = '{}'\n",
        server.base_url()
    );
    Qiwei::new(["--profile", "own", "status"])
        .without_env("QIWEI_BASE_URL")
        .config(&config)
        .run()
        .ends_with(0);
}

/// Credentials of the config are for the gateway, not for a server that a stronger source names.
#[test]
fn credentials_do_not_follow_to_another_server() {
    let server = crate::support::sandbox();
    let url = server.base_url();
    let config = format!(
        "app_key = 'k'\napp_secret = 'a-secret'\n[profiles.own]\nbase_url = '{url}'\n\
         [profiles.gateway]\nbase_url = '{url}/open/GuidRequest'\n"
    );
    let run = |args: &[&str]| {
        Qiwei::new(args)
            .without_env("QIWEI_BASE_URL")
            .config(&config)
            .run()
    };
    run(&["--profile", "own", "status"]).ends_with(0);
    run(&["--base-url", &url, "status"])
        .ends_with(0)
        .assert_stderr_contains("app_key and app_secret are not used");
    let bodies = |server: &qiwei::sandbox::Sandbox| {
        let exchanges = server.exchanges();
        exchanges
            .iter()
            .map(|e| String::from_utf8_lossy(&e.body).into_owned())
            .collect::<String>()
    };
    assert!(!bodies(&server).contains("secret"), "{}", bodies(&server));
    // A URL that ends so is a gateway, wherever it comes from.
    run(&["--profile", "gateway", "status", "--guid", "g-1"]);
    assert!(bodies(&server).contains("app_secret"));
}

#[test]
fn nested_refusal_is_no_confirmation() {
    for body in [
        r#"{"baseResponse":{"ret":0},"list":[{"ret":-2}]}"#,
        r#"{"errcode":0,"list":[{"ret":-1}]}"#,
        r#"{"code":0,"data":[{"err_code":-1}]}"#,
        r#"{"code":0,"data":"{\"err_code\":-1}"}"#,
        r#"{"code":0,"data":{"data":{"error_code":-1}}}"#,
    ] {
        let server = RawServer::answering(ok(body));
        let run = Qiwei::on(
            &server.base_url(),
            ["instance", "stop", "g-1", "--retries", "0"],
        )
        .env("QIWEI_APP_KEY", "app1")
        .env("QIWEI_APP_SECRET", "a-secret-of-the-gateway")
        .env("QIWEI_PACE", "off")
        .run();
        assert!([1, 6].contains(&run.code), "{body}: {run:?}");
    }
}

#[test]
fn repeated_secret_reaches_no_output_and_no_file() {
    let secret = "a-secret-of-the-gateway";
    let body = format!(r#"{{"error_code":0,"data":{{"msg_data":{{"id":"{secret}"}}}}}}"#);
    let server = RawServer::answering(ok(&body));
    let home = Home::new();
    for args in [
        &["--json", "send", GROUP, "x", "--key", "k"][..],
        &["probe", "POST", "/x/y"],
    ] {
        let run = Qiwei::on(&server.base_url(), args)
            .env("QIWEI_APP_KEY", "app1")
            .env("QIWEI_APP_SECRET", secret)
            .env("QIWEI_GUID", "g-1")
            .with_home(&home)
            .run();
        assert_eq!(run.code, 0, "{run:?}");
        assert!(!format!("{run:?}").contains(secret), "{run:?}");
    }
    for path in everything_in(home.path()) {
        let bytes = std::fs::read(&path).unwrap_or_default();
        let found = bytes
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!found, "{path:?}");
    }
}

#[test]
fn explains_every_refusal_of_the_gateway() {
    let cases = [
        ("code=9003", 1, "rejected", "renew", false),
        ("code=1002", 1, "rejected", "status", false),
        ("http=429", 9, "not_sent", "100 calls a minute", true),
        ("http=401", 3, "not_sent", "app_secret", false),
        ("http=403", 3, "not_sent", "app_secret", false),
        ("http=502", 6, "unknown", "not repeated", false),
        ("html", 6, "unknown", "not repeated", false),
    ];
    for (fault, code, outcome, hint, retryable) in cases {
        let server = GatewaySandbox::start();
        let spec = format!("{fault}@/msg/send_text");
        server.sandbox.add_fault(spec.parse().unwrap());
        let run = server
            .run(["--json", "send", GROUP, "x"])
            .env("QIWEI_PACE", "off")
            .run();
        let error = run.message_error(code, outcome);
        assert!(
            error["hint"].as_str().unwrap().contains(hint),
            "{fault}: {error}"
        );
        assert_eq!(error["retryable"], retryable, "{fault}: {error}");
        let blocked = code == 9;
        assert_eq!(
            error["retry_after"].is_number(),
            blocked,
            "{fault}: {error}"
        );
    }
}

#[test]
fn wrong_credentials_are_a_configuration_error() {
    let server = GatewaySandbox::start();
    for args in [&["send", GROUP, "x"][..], &["status"], &["sessions"]] {
        let run = server
            .run(["--json"])
            .args(args)
            .env("QIWEI_APP_SECRET", "another-secret")
            .run();
        assert_eq!(run.error()["kind"], "config", "{run:?}");
        assert_eq!(run.code, 3);
        assert!(!run.stderr.contains("another-secret"), "{run:?}");
    }
    assert_eq!(server.sandbox.deliveries().len(), 0);
}

#[test]
fn tells_offline_account_from_wrong_guid() {
    let server = GatewaySandbox::start();
    let guid = &server.sandbox.guids()[0];
    server.sandbox.set_status(guid, Status::Running);
    server
        .run(["send", GROUP, "x"])
        .run()
        .ends_with(4)
        .assert_stderr_contains("not logged in: run `qiwei login`");
    server
        .run(["send", GROUP, "x"])
        .env("QIWEI_GUID", "no-such-guid")
        .run()
        .ends_with(1)
        .assert_stderr_contains("probably wrong; copy it from the gateway's console");
    server
        .run(["logout"])
        .run()
        .ends_with(4)
        .assert_stderr_contains("not logged in: run `qiwei login`");
    server
        .run(["logout"])
        .env("QIWEI_GUID", "no-such-guid")
        .run()
        .ends_with(1)
        .assert_stderr_contains("probably wrong; copy it from the gateway's console");
    server
        .run(["status"])
        .env("QIWEI_GUID", "no-such-guid")
        .run()
        .ends_with(4)
        .assert_stderr_contains("probably wrong; copy it from the gateway's console");
}

#[test]
fn refers_to_the_console_for_instances() {
    let server = GatewaySandbox::start();
    for (args, code) in [
        (&["instance", "ls"][..], 3),
        (&["instance", "create"], 1),
        (&["login", "--new"], 1),
    ] {
        server
            .run(args)
            .run()
            .ends_with(code)
            .assert_stderr_contains("copy the guid from there: `qiwei config set guid GUID`");
    }
    let run = server
        .run(["--json", "send", GROUP, "x"])
        .without_env("QIWEI_GUID")
        .run();
    let error = run.message_error(3, "not_sent");
    assert_eq!(error["message"], "the gateway does not list instances");
    // What the gateway does not list can still be selected and shown.
    let guid = &server.sandbox.guids()[0];
    server.run(["instance", "use", guid]).run().ends_with(0);
    let status = server.run(["--json", "status"]).run();
    assert_eq!(status.json()["counts"]["online"], 1, "{status:?}");
}

#[test]
fn refuses_instances_of_personal_wechat() {
    let server = GatewaySandbox::with(|scenario, _| {
        scenario.quirks.push(Quirk::PersonalWechat);
    });
    for args in [&["status"][..], &["sessions"]] {
        server
            .run(args)
            .run()
            .ends_with(3)
            .assert_stderr_contains("personal WeChat");
    }
    let run = server.run(["send", GROUP, "x"]).run();
    assert_ne!(run.code, 0, "{run:?}");
    run.assert_stderr_contains("personal WeChat");
}

#[test]
fn needs_a_public_url_for_a_listener() {
    let server = GatewaySandbox::start();
    for args in [
        &["probe", "callback"][..],
        &["listen", "--listen", "127.0.0.1:0"],
        &["login", "--listen", "127.0.0.1:0"],
        &["listen", "--global-notify"],
    ] {
        server
            .run(args)
            .run()
            .ends_with(2)
            .assert_stderr_contains("needs --notify-url");
    }
    let long = format!("https://example.com/{}", "x".repeat(60));
    server
        .run(["listen", "--notify-url", &long])
        .run()
        .ends_with(2)
        .assert_stderr_contains("must be shorter than 90");
    assert_eq!(server.sandbox.exchanges().len(), 0);
}

#[test]
fn takes_only_post() {
    let server = GatewaySandbox::start();
    server
        .run(["probe", "GET", "/client/all_clients"])
        .run()
        .ends_with(2)
        .assert_stderr_contains("the gateway takes only POST");
    assert_eq!(server.sandbox.exchanges().len(), 0);
}

#[test]
fn processes_share_the_default_pace_over_all_calls() {
    let server = GatewaySandbox::start();
    let home = Home::new();
    let codes: Vec<i32> = thread::scope(|scope| {
        let runs: Vec<_> = (0..12)
            .map(|number| {
                let run = server
                    .run(["--json", "send", GROUP, "x", "--max-wait", "0s"])
                    .arg(format!("--key=k{number}"))
                    .with_home(&home);
                scope.spawn(move || run.run())
            })
            .collect();
        let ends = runs.into_iter().map(|run| run.join().unwrap());
        ends.map(|run| {
            if run.code == 9 {
                assert!(run.message_error(9, "not_sent")["retry_after"].is_number());
            }
            run.code
        })
        .collect()
    });
    // Ten at once; a slow machine may have begun the next interval of 1.2 s.
    let sent = codes.iter().filter(|code| **code == 0).count();
    assert!((10..=12).contains(&sent), "{codes:?}");
    assert_eq!(server.sandbox.deliveries().len(), sent);
    // A read counts too.
    let run = server
        .run(["--json", "status", "--timeout", "1ms"])
        .with_home(&home)
        .run();
    assert_ne!(run.code, 0, "{run:?}");
}

#[test]
fn block_pauses_the_account_for_all_processes() {
    let server = GatewaySandbox::with(|_, gateway| gateway.block_after = 3);
    let home = Home::new();
    let send = || {
        let run = server
            .run(["--json", "send", GROUP, "x"])
            .with_home(&home)
            .run();
        (run.code, run)
    };
    for _ in 0..3 {
        assert_eq!(send().0, 0);
    }
    let (code, blocked) = send();
    assert_eq!(code, 9, "{blocked:?}");
    let error = blocked.message_error(9, "not_sent");
    assert_eq!(error["retry_after"], 1800.0, "{error}");
    let calls = server.calls().len();
    // Another process makes no call at all.
    let error = send().1.message_error(9, "not_sent");
    assert!(error["retry_after"].as_f64().unwrap() > 1700.0, "{error}");
    let status = server.run(["--json", "status"]).with_home(&home).run();
    assert_eq!(status.error()["kind"], "busy", "{status:?}");
    assert_eq!(server.calls().len(), calls);
}

#[test]
fn pace_can_be_off_or_chosen() {
    for (variable, flag, sent) in [
        ("off", None, 15),
        ("60/min", None, 1),
        ("off", Some("1/h"), 1),
    ] {
        let server = GatewaySandbox::start();
        let home = Home::new();
        let accepted = (0..15)
            .filter(|_| {
                let run = server
                    .run(["send", GROUP, "x", "--max-wait", "0s"])
                    .args(flag.map(|pace| format!("--pace={pace}")))
                    .env("QIWEI_PACE", variable)
                    .with_home(&home);
                run.run().code == 0
            })
            .count();
        match (variable, flag) {
            ("60/min", None) => assert!(accepted >= sent, "{accepted}"),
            _ => assert_eq!(accepted, sent, "{variable} {flag:?}"),
        }
    }
}

#[test]
fn applies_no_default_pace_without_state_folder() {
    let server = GatewaySandbox::start();
    let home = Home::new();
    let file = home.file("file", "");
    let run = |pace: &[&str]| {
        server
            .run(["send", GROUP, "x"])
            .args(pace)
            .env("QIWEI_STATE_DIR", &file)
            .run()
    };
    run(&[])
        .ends_with(0)
        .assert_stderr_contains("the rate limit cannot be enforced");
    run(&["--pace", "20/min"]).ends_with(3);
    assert_eq!(server.sandbox.deliveries().len(), 1);
}

#[test]
fn default_server_is_the_public_gateway() {
    let run = Qiwei::new(["--json", "config", "explain"])
        .without_env("QIWEI_BASE_URL")
        .env("QIWEI_APP_KEY", "app1")
        .env("QIWEI_APP_SECRET", "a-secret-of-the-gateway")
        .run();
    let rows = run.json();
    let value = |key: &str| {
        let row = rows
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["key"] == key);
        row.unwrap()["value"].clone()
    };
    assert_eq!(value("base_url"), "https://chat-api.juhebot.com");
    assert_eq!(value("pace"), "48/min,burst=10");
    assert_eq!(value("app_secret"), "[redacted]");
    assert!(!run.stdout.contains("a-secret-of-the-gateway"));
}

#[test]
fn secret_is_set_from_standard_input_only() {
    let secret = "a-secret-of-the-gateway";
    let argument = Qiwei::new(["config", "set", "app_secret", secret]);
    let path = argument.config_path();
    let run = argument
        .run()
        .ends_with(2)
        .assert_stderr_contains("standard input");
    assert!(!run.stderr.contains(secret) && !path.exists());
    let home = Home::new();
    Qiwei::new(["config", "set", "app_secret", "-"])
        .with_home(&home)
        .stdin(format!("{secret}\n"))
        .run()
        .ends_with(0);
    assert_eq!(home.config(), format!("app_secret = \"{secret}\"\n"));
    let run = Qiwei::new(["config", "get", "app_secret"])
        .with_home(&home)
        .run();
    assert_eq!(run.stdout, "[redacted]\n");
}

#[test]
fn warns_of_plain_http() {
    for (url, warns) in [
        ("http://gateway.invalid", true),
        ("https://gateway.invalid", false),
        ("http://127.0.0.1:1", false),
    ] {
        let run = Qiwei::new(["send", GROUP, "x", "--dry-run"])
            .env("QIWEI_BASE_URL", url)
            .env("QIWEI_APP_KEY", "app1")
            .env("QIWEI_APP_SECRET", "a-secret-of-the-gateway")
            .env("QIWEI_GUID", "g-1")
            .run();
        let warned = run.stderr.contains("app_secret is sent unencrypted");
        assert_eq!((run.code, warned), (0, warns), "{url}: {run:?}");
    }
}

/// Everything written: both streams of each command, and every file in the home but the configuration.
#[test]
fn secret_appears_only_in_the_config_file() {
    let server = GatewaySandbox::with(|scenario, _| {
        scenario.quirks.push(Quirk::GatewayListsClients);
    });
    let secret = server.gateway.app_secret.reveal();
    let home = Home::new();
    home.write_config(&format!("app_secret = '{secret}'\n"));
    let repeat = format!("{secret} / {PERSON}");
    let mut seen = String::new();
    for args in [
        &["-vv", "send", GROUP, "x", "--key", "k"][..],
        &["-vv", "--json", "send", GROUP, &repeat, "--key", "l"],
        &["send", GROUP, "x", "--dry-run"],
        &["--json", "send", GROUP, "x", "--dry-run"],
        &["-vv", "status"],
        &["-vv", "instance", "ls"],
        &["-vv", "sessions"],
        &["-vv", "probe", "POST", "/user/get_profile", "--with-guid"],
        &["-vv", "probe"],
        &["config", "explain"],
        &["--json", "config", "explain"],
        &["config", "get", "app_secret"],
        &["-vv", "listen", "--for", "1s"],
        &["-vv", "login", "--force", "--timeout", "2s"],
    ] {
        let run = server
            .run(args)
            .without_env("QIWEI_APP_SECRET")
            .env("QIWEI_PACE", "off")
            .with_home(&home)
            .run();
        // The text to send is the user's own; it is not repeated in output.
        seen += &format!("{args:?}\n{}\n{}\n", run.stdout, run.stderr);
    }
    let repeated = seen.replace(&format!("{repeat:?}"), "");
    assert!(!repeated.contains(secret), "{repeated}");
    for path in everything_in(home.path()) {
        if path.is_file() && path != home.config_path() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "{path:?}");
        }
    }
}
