//! Which instance a command acts on: named, or the only one online, never guessed.

use qiwei::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::raw::{RawServer, http, ok};
use crate::support::{GROUP, Qiwei, requests, sandbox, sandbox_with};

/// Commands that act on the chosen instance.
const CHANGING_COMMANDS: [&[&str]; 3] = [
    &["send", GROUP, "x"],
    &["at", GROUP, "x", "--all"],
    &["sessions"],
];

fn server_of(online: usize, running: usize, stopped: usize) -> Sandbox {
    sandbox_with(|scenario| {
        scenario.online = online;
        scenario.running = running;
        scenario.stopped = stopped;
    })
}

/// Nothing but look-ups reached the server.
fn only_read_requests(server: &Sandbox) -> bool {
    let looks = [
        "POST /client/all_clients ",
        "POST /client/get_client_status ",
        "POST /user/get_profile ",
    ];
    requests(server)
        .iter()
        .all(|request| looks.iter().any(|look| request.starts_with(look)))
}

#[test]
fn several_online_instances_are_listed() {
    let server = server_of(2, 1, 0);
    let guids = server.guids();
    for args in CHANGING_COMMANDS {
        let run = Qiwei::on(&server.base_url(), args).run();
        run.assert_output(
            3,
            "",
            &format!(
                "error: 2 instances are online: {0} (小助手, 沙箱), {1} (小助手2, 沙箱)\n\
                 hint: select one, such as --guid {0}, or permanently with `qiwei instance use {0}`\n",
                guids[0], guids[1]
            ),
        );
        let run = Qiwei::on(&server.base_url(), args).arg("--json").run();
        let error = run.ends_with(3).error();
        assert_eq!(
            (&error["kind"], &error["outcome"]),
            (&json!("config"), &json!("not_sent"))
        );
    }
    assert!(only_read_requests(&server));
    assert_eq!(server.deliveries().len(), 0);
}

#[test]
fn no_online_instance_lists_running_ones() {
    let server = server_of(0, 2, 1);
    let guids = server.guids();
    for args in CHANGING_COMMANDS {
        let run = Qiwei::on(&server.base_url(), args).run();
        let running = format!("running: {}, {}", guids[0], guids[1]);
        let run = run
            .ends_with(4)
            .assert_stderr_contains("error: no instance is online\n")
            .assert_stderr_contains(&running);
        assert!(!run.stderr.contains(&guids[2]), "stopped: {run:?}");
        let run = Qiwei::on(&server.base_url(), args).arg("--json").run();
        assert_eq!(run.ends_with(4).error()["outcome"], "not_sent");
    }
    assert!(only_read_requests(&server));
    let server = server_of(0, 0, 1);
    let run = Qiwei::on(&server.base_url(), ["send", GROUP, "x"]).run();
    run.ends_with(4)
        .assert_stderr_contains(&format!("`qiwei login --guid {}`", server.guids()[0]));
}

#[test]
fn empty_server_has_hint() {
    let server = server_of(0, 0, 0);
    for args in CHANGING_COMMANDS {
        let run = Qiwei::on(&server.base_url(), args).run();
        run.ends_with(3).assert_stderr_contains(
            "error: the server has no instance\nhint: create one with `qiwei instance create`",
        );
    }
}

#[test]
fn uses_and_names_only_online_instance() {
    let server = server_of(1, 1, 1);
    let note = format!(
        "using {}…, the only online instance\n",
        &server.guids()[0][..8]
    );
    for args in CHANGING_COMMANDS {
        let run = Qiwei::on(&server.base_url(), args).run().ends_with(0);
        assert!(run.stderr.starts_with(&note), "{run:?}");
        let run = Qiwei::on(&server.base_url(), args)
            .arg("--json")
            .run()
            .ends_with(0);
        assert!(run.stderr.starts_with(&note), "{run:?}");
        let run = Qiwei::on(&server.base_url(), args)
            .arg("--quiet")
            .run()
            .ends_with(0);
        assert_eq!(run.stderr, "");
    }
    assert!(
        server
            .deliveries()
            .iter()
            .all(|d| d.guid == server.guids()[0])
    );
}

/// A server of two instances: `g-1` is online, and the look-up of `g-2` fails.
fn server_with_failing_lookup() -> RawServer {
    RawServer::start(|connection| {
        let answer = if connection.request.starts_with("POST /client/all_clients ") {
            ok(r#"{"error_code":0,"data":["g-1","g-2"]}"#)
        } else if connection.request.ends_with(r#"{"guid":"g-2"}"#) {
            http("500 Oops", "lost")
        } else {
            ok(r#"{"error_code":0,"data":{"status":2}}"#)
        };
        connection.write(answer);
    })
}

#[test]
fn failed_status_lookup_prevents_detection() {
    for args in CHANGING_COMMANDS {
        let server = server_with_failing_lookup();
        let run = Qiwei::on(&server.base_url(), args)
            .args(["--json", "--retries", "0"])
            .run();
        let error = run.ends_with(5).error();
        assert_eq!(error["outcome"], "not_sent");
        assert_eq!(error["retryable"], true);
        let message = "the status of g-2 cannot be read, so the instance cannot be detected";
        assert_eq!(error["message"], message);
        assert_eq!(server.requests().len(), 3, "looked, and did nothing else");
    }
}

#[test]
fn failed_status_lookup_hides_no_other_instance() {
    let server = server_with_failing_lookup();
    let run = Qiwei::on(
        &server.base_url(),
        ["instance", "ls", "--json", "--retries", "0"],
    )
    .run();
    let expected = json!([
        {"guid": "g-1", "status": "online", "current": false, "account": null},
        {"guid": "g-2", "status": "unknown", "current": false, "account": null},
    ]);
    assert_eq!(run.json(), expected);
    assert_eq!(
        (run.code, run.stderr.as_str()),
        (
            0,
            "the status of g-2 is unknown: the server answered HTTP 500: lost\n\
             2 instances: 1 online, 1 unknown\n"
        )
    );
    let run = Qiwei::on(&server.base_url(), ["status", "--json", "--retries", "0"]).run();
    assert_eq!(run.json()["counts"]["unknown"], 1);
    assert_eq!(run.ends_with(5).error()["kind"], "unreachable");
}

#[test]
fn guid_precedence_is_flag_env_profile_config() {
    let config = "guid = 'top'\n[profiles.p]\nguid = 'profile'\n[profiles.q]\n";
    for (flag, variable, profile, (chosen, source)) in [
        (Some("flag"), Some("env"), Some("p"), ("flag", "flag")),
        (None, Some("env"), Some("p"), ("env", "env")),
        (None, Some(""), Some("p"), ("profile", "profile")),
        (None, None, Some("p"), ("profile", "profile")),
        (None, None, Some("q"), ("top", "config")),
        (None, None, None, ("top", "config")),
    ] {
        let server = sandbox();
        let prepare = |args: &[&str]| {
            let mut run = Qiwei::on(&server.base_url(), args).config(config);
            if let Some(guid) = flag {
                run = run.args(["--guid", guid]);
            }
            if let Some(guid) = variable {
                run = run.env("QIWEI_GUID", guid);
            }
            if let Some(name) = profile {
                run = run.args(["--profile", name]);
            }
            run
        };
        prepare(&["send", GROUP, "x"]).run().ends_with(1);
        let exchanges = server.exchanges();
        let body: Value = serde_json::from_slice(&exchanges[0].body).unwrap();
        assert_eq!(
            exchanges[0].path, "/msg/send_text",
            "a known guid is not looked up"
        );
        assert_eq!(body["guid"], chosen);
        let told = prepare(&["config", "get", "guid", "--json"]).run().json();
        assert_eq!(
            told,
            json!({"key": "guid", "value": chosen, "source": source})
        );
    }
}

#[test]
fn profile_from_environment() {
    let server = sandbox();
    let config = format!("[profiles.box]\nbase_url = '{}'\n", server.base_url());
    let run = Qiwei::new(["send", GROUP, "x"])
        .without_env("QIWEI_BASE_URL")
        .config(&config)
        .env("QIWEI_PROFILE", "box")
        .run();
    run.ends_with(0);
    assert_eq!(server.deliveries().len(), 1);
}

#[test]
fn rejects_invalid_guid_naming_its_source() {
    for bad in ["", "two words", "实例"] {
        let run = Qiwei::new(["send", GROUP, "x", "--guid", bad]).run();
        run.ends_with(2).assert_stderr_contains("--guid: ");
    }
    let run = Qiwei::new(["send", GROUP, "x"])
        .env("QIWEI_GUID", "two words")
        .run();
    run.ends_with(3)
        .assert_stderr_contains("QIWEI_GUID: not a guid");
}
