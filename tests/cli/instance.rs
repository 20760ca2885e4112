//! Creating, choosing and removing instances, and which ones are not removed.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::raw::{RawServer, http, ok};
use crate::support::{Home, Qiwei, requests, sandbox, sandbox_with};

const STOPPED: [&str; 5] = ["instance", "rm", "--stopped", "--settle", "10ms"];

fn removes(requests: &[String]) -> bool {
    requests
        .iter()
        .any(|request| request.contains("/client/remove_client"))
}

#[test]
fn failed_removal_does_not_stop_others() {
    let server = sandbox_with(|scenario| scenario.running = 2);
    let [a, b, c] = server.guids().try_into().unwrap();
    let run = Qiwei::on(
        &server.base_url(),
        ["instance", "rm", &a, "gone", &b, "--yes", "--json"],
    )
    .run();
    let printed = run.json();
    assert_eq!(
        printed[0],
        json!({"guid": a, "removed": true, "error": null})
    );
    assert_eq!(printed[1]["removed"], false);
    assert_eq!(printed[1]["error"]["outcome"], "rejected");
    assert_eq!(
        printed[2],
        json!({"guid": b, "removed": true, "error": null})
    );
    let error = run.ends_with(8).error();
    assert_eq!(error["kind"], "partial");
    assert_eq!(error["message"], "1 of 3 were not removed: gone");
    assert_eq!(server.guids(), [c.as_str()]);

    let run = Qiwei::on(&server.base_url(), ["instance", "rm", "gone", &c, "--yes"]).run();
    run.assert_output(
        8,
        &format!("failed  gone the server refused: invalid guid (code -1)\nremoved {c}\n"),
        "error: 1 of 2 were not removed: gone\n",
    );
}

#[test]
fn single_failed_removal_decides_exit_code() {
    let server = sandbox();
    let run = Qiwei::on(
        &server.base_url(),
        ["instance", "rm", "gone", "--yes", "--json"],
    )
    .run();
    assert_eq!(run.json()[0]["removed"], false);
    let error = run.ends_with(1).error();
    assert_eq!(
        (&error["code"], &error["outcome"]),
        (&json!(-1), &json!("rejected"))
    );
}

#[test]
fn keeps_instance_stopped_in_one_check_only() {
    let server = sandbox();
    server.add_fault("reconnecting*1".parse().unwrap());
    let run = Qiwei::on(&server.base_url(), STOPPED)
        .args(["--yes", "--json"])
        .run();
    let guids = server.guids();
    assert_eq!(guids.len(), 1, "a live account was removed");
    let short = &guids[0][..8];
    run.assert_output(
        0,
        "[]\n",
        &format!("1 stopped; checking again in 10ms\n{short}… is no longer stopped; not removed\n"),
    );
    assert!(!removes(&requests(&server)));
}

#[test]
fn keeps_instance_whose_second_check_fails() {
    let looks = AtomicUsize::new(0);
    let server = RawServer::start(move |connection| {
        let is_list = connection.request.starts_with("POST /client/all_clients ");
        connection.write(match is_list {
            true => ok(r#"["g"]"#),
            false if looks.fetch_add(1, Ordering::SeqCst) == 0 => ok(r#"{"status":0}"#),
            false => http("500 Oops", ""),
        });
    });
    let run = Qiwei::on(&server.base_url(), STOPPED)
        .args(["--yes", "--json", "--retries", "0"])
        .run();
    let error = run.ends_with(5).error();
    assert_eq!(
        error["message"],
        "the status of g cannot be read; not removed"
    );
    assert_eq!(error["outcome"], "not_sent");
    assert!(!removes(&server.requests()));
}

#[test]
fn failed_check_does_not_keep_other_stopped_instances() {
    let server = sandbox_with(|scenario| (scenario.online, scenario.stopped) = (0, 3));
    server.add_fault("http=502@/client/get_client_status*1".parse().unwrap());
    let run = Qiwei::on(&server.base_url(), STOPPED)
        .args(["--yes", "--json", "--retries", "0"])
        .run();
    let left = server.guids();
    assert_eq!(left.len(), 1);
    let warning = format!(
        "warning: the status of {} cannot be read; not removed\n",
        left[0]
    );
    assert_eq!(
        run.assert_stderr_contains(&warning)
            .ends_with(0)
            .json()
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn removes_only_stopped_instances() {
    let server = sandbox_with(|scenario| {
        scenario.running = 1;
        scenario.stopped = 3;
    });
    let before = server.guids();
    let run = Qiwei::on(&server.base_url(), STOPPED)
        .arg("--yes")
        .run()
        .ends_with(0);
    let lines: Vec<String> = before[2..]
        .iter()
        .map(|guid| format!("removed {guid}"))
        .collect();
    assert_eq!(run.stdout.lines().collect::<Vec<_>>(), lines);
    assert_eq!(server.guids(), before[..2]);
    let run = Qiwei::on(&server.base_url(), STOPPED).arg("--yes").run();
    run.assert_output(0, "", "no instance is stopped\n");
}

#[test]
fn rm_stopped_needs_yes_without_terminal() {
    let server = sandbox_with(|scenario| scenario.stopped = 1);
    for stdin in ["", "y\n"] {
        let run = Qiwei::on(&server.base_url(), STOPPED).stdin(stdin).run();
        run.assert_output(
            2,
            "",
            "error: --stopped removes instances permanently and needs a confirmation\n\
             hint: add --yes, or check first with --dry-run\n",
        );
    }
    assert_eq!(
        requests(&server),
        [""; 0],
        "refused before anything was asked"
    );
}

#[test]
fn dry_run_checks_and_removes_nothing() {
    let server = sandbox_with(|scenario| scenario.stopped = 1);
    let guid = &server.guids()[1];
    let run = Qiwei::on(&server.base_url(), STOPPED)
        .args(["--dry-run", "--json"])
        .run();
    let planned = run.ends_with(0).json();
    assert_eq!(planned.as_array().unwrap().len(), 1);
    assert_eq!(planned[0]["body"], json!({"guid": guid}));
    assert_eq!(server.guids().len(), 2);
    assert!(!removes(&requests(&server)));
}

#[test]
fn rejects_settle_longer_than_timeout() {
    let args = ["instance", "rm", "--stopped", "--yes"];
    let run = Qiwei::new(args).args(["--settle", "1min"]).run();
    run.ends_with(2)
        .assert_stderr_contains("--settle 1m exceeds --timeout 30s");
    let run = Qiwei::new(args).args(["--timeout", "15s"]).run();
    run.ends_with(2)
        .assert_stderr_contains("--settle 15s exceeds --timeout 15s");
}

#[test]
fn rm_without_guid_is_a_usage_error() {
    Qiwei::new(["instance", "rm"]).run().ends_with(2);
    Qiwei::new(["instance", "rm", "g", "--stopped"])
        .run()
        .ends_with(2);
    Qiwei::new(["instance", "rm", "two words"])
        .run()
        .ends_with(2)
        .assert_stderr_contains("not a guid");
}

#[test]
fn removal_clears_current_instance() {
    let server = sandbox_with(|scenario| scenario.running = 2);
    let [a, b, c] = server.guids().try_into().unwrap();
    let home = Home::new();
    home.write_config(&format!(
        "retries = 2 # mine\nguid = '{a}'\n\n[profiles.night]\nguid = '{b}'\nretries = 1\n"
    ));
    let rm = |args: &[&str]| {
        let run = Qiwei::on(&server.base_url(), ["instance", "rm", "--yes"]).with_home(&home);
        run.args(args).run().ends_with(0);
        home.config()
    };
    let before = home.config();
    assert_eq!(rm(&[&c]), before, "another instance");
    assert_eq!(
        rm(&[&b, "--profile", "night"]),
        before.replace(&format!("guid = '{b}'\n"), "")
    );
    assert_eq!(
        rm(&[&a]),
        "retries = 2 # mine\n\n[profiles.night]\nretries = 1\n"
    );
}

#[test]
fn removal_succeeds_when_config_is_unwritable() {
    let server = sandbox();
    let guid = &server.guids()[0];
    let home = Home::new();
    home.write_config(&format!("guid = '{guid}'\n"));
    make_unwritable(&home);
    let run = Qiwei::on(&server.base_url(), ["instance", "rm", guid, "--yes"])
        .with_home(&home)
        .run();
    assert_eq!(run.stdout, format!("removed {guid}\n"));
    run.ends_with(0).assert_stderr_contains(
        "was removed, but is still the current instance: cannot write the config",
    );
}

/// Makes the configuration readable but not writable, also for root: a folder replaces the
/// lock file.
fn make_unwritable(home: &Home) {
    let mut path = home.config_path().into_os_string();
    path.push(".lock");
    std::fs::create_dir(path).unwrap();
}

#[test]
fn create_makes_instance_current() {
    let server = sandbox();
    let home = Home::new();
    let create = |args: &[&str]| {
        let run = Qiwei::on(&server.base_url(), ["instance", "create"]).with_home(&home);
        run.args(args).run().ends_with(0).stdout
    };
    let first = create(&[]);
    assert_eq!(home.config(), format!("guid = \"{}\"\n", first.trim()));
    let second = create(&["--no-use"]);
    assert_ne!(first, second);
    assert_eq!(home.config(), format!("guid = \"{}\"\n", first.trim()));
    let args = ["instance", "create", "--no-use", "--json"];
    let run = Qiwei::on(&server.base_url(), args).with_home(&home).run();
    assert_eq!(run.json()["current"], false);
}

#[test]
fn create_sends_requested_options() {
    let server = sandbox();
    let args = [
        "instance",
        "create",
        "--client-type",
        "247",
        "--proxy",
        "socks5://h:1",
        "--bridge",
        "b1",
        "--no-start",
        "--json",
    ];
    let run = Qiwei::on(&server.base_url(), args).run();
    assert_eq!(run.json()["client_type"], 247);
    let body = r#"{"client_type":247,"proxy":"socks5://h:1","bridge":"b1","auto_start":false}"#;
    assert_eq!(
        requests(&server),
        [format!("POST /client/create_client {body}")]
    );
    for (flag, value) in [("--client-type", "new"), ("--proxy", "h:1")] {
        let run = Qiwei::on(&server.base_url(), ["instance", "create", flag, value]).run();
        run.ends_with(2);
    }
    assert_eq!(requests(&server).len(), 1);
}

#[test]
fn unwritable_config_prevents_create() {
    let server = sandbox();
    let home = Home::new();
    home.write_config("# mine\n");
    make_unwritable(&home);
    let create = |more: &[&str]| {
        Qiwei::on(&server.base_url(), ["instance", "create", "--json"])
            .args(more)
            .with_home(&home)
            .run()
    };
    let run = create(&[]);
    let error = run.ends_with(3).error();
    assert_eq!(error["outcome"], "not_sent");
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("cannot write the config"), "{error}");
    assert_eq!(server.guids().len(), 1);
    create(&["--no-use"]).ends_with(0);
    assert_eq!(server.guids().len(), 2);
}

#[test]
fn instance_limit_has_hint() {
    let server = sandbox_with(|scenario| scenario.limit = 1);
    let run = Qiwei::on(&server.base_url(), ["instance", "create"]).run();
    run.assert_output(
        1,
        "",
        "error: the server refused: 实例数已达到上限 (code -1)\n\
         hint: the server's limit of instances is reached; `qiwei instance rm --stopped` removes the stopped ones\n",
    );
}

#[test]
fn unknown_create_saves_nothing() {
    let server = sandbox();
    server.add_fault("drop-after".parse().unwrap());
    let home = Home::new();
    let run = Qiwei::on(&server.base_url(), ["instance", "create", "--json"])
        .with_home(&home)
        .run();
    assert_eq!(run.ends_with(6).error()["outcome"], "unknown");
    assert_eq!(server.guids().len(), 2);
    assert_eq!(home.config(), "");
    for body in [
        "{}",
        r#"{"error_code":0,"data":{}}"#,
        r#"{"guid":""}"#,
        r#""two words""#,
    ] {
        let server = RawServer::answering(ok(body));
        let run = Qiwei::on(&server.base_url(), ["instance", "create"]).run();
        run.ends_with(6);
    }
}

#[test]
fn use_checks_and_saves_instance() {
    let server = sandbox_with(|scenario| scenario.running = 1);
    let [online, running] = server.guids().try_into().unwrap();
    let home = Home::new();
    let qiwei = |args: &[&str]| Qiwei::on(&server.base_url(), args).with_home(&home);
    qiwei(&["instance", "use", &running]).run().ends_with(0);
    assert_eq!(home.config(), format!("guid = \"{running}\"\n"));
    let run = qiwei(&["instance", "use", "gone"]).run();
    run.assert_output(
        3,
        "",
        &format!("error: the server has no instance gone\nhint: it has: {online}, {running}\n"),
    );
    assert_eq!(home.config(), format!("guid = \"{running}\"\n"));
    qiwei(&["instance", "use", "--auto"]).run().ends_with(0);
    assert_eq!(home.config(), format!("guid = \"{online}\"\n"));
    qiwei(&["instance", "use", "g-9", "--profile", "p", "--no-check"])
        .run()
        .ends_with(0);
    assert!(
        home.config().ends_with("[profiles.p]\nguid = \"g-9\"\n"),
        "{}",
        home.config()
    );

    let list = qiwei(&["instance", "ls", "--json"]).run().json();
    let current = |at: usize| list[at]["current"].clone();
    assert_eq!((current(0), current(1)), (true.into(), false.into()));
    let run = qiwei(&["instance", "use", &running])
        .env("QIWEI_GUID", "other")
        .run();
    run.ends_with(0)
        .assert_stderr_contains("warning: QIWEI_GUID is set and overrides the saved instance\n");
    qiwei(&["instance", "use"]).run().ends_with(2);
}

#[test]
fn use_no_check_needs_no_server() {
    let home = Home::new();
    let run = Qiwei::new(["instance", "use", "g", "--retries", "0"])
        .with_home(&home)
        .run();
    run.ends_with(5).assert_stderr_contains("--no-check");
    assert_eq!(home.config(), "");
    let run = Qiwei::new(["instance", "use", "g", "--no-check"])
        .with_home(&home)
        .run();
    run.assert_output(0, "g\n", "");
    assert_eq!(home.config(), "guid = \"g\"\n");
}

#[test]
fn start_and_stop_of_missing_instance_are_rejected() {
    let server = sandbox();
    for verb in ["start", "stop"] {
        let run = Qiwei::on(&server.base_url(), ["instance", verb, "gone", "--json"]).run();
        assert_eq!(run.stdout, "");
        let error = run.ends_with(1).error();
        assert_eq!(
            (&error["code"], &error["outcome"]),
            (&json!(-1), &json!("rejected"))
        );
        assert_ne!(error["hint"], Value::Null);
    }
}

#[test]
fn removal_of_online_instance_needs_confirmation() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let args = ["instance", "rm", &guid];
    let run = Qiwei::on(&server.base_url(), args).run().ends_with(2);
    run.assert_stderr_contains("is online, and removing it needs a confirmation")
        .assert_stderr_contains("--yes");
    assert!(server.guids().contains(&guid));
    Qiwei::on(&server.base_url(), args)
        .arg("--yes")
        .run()
        .ends_with(0);
    assert!(!server.guids().contains(&guid));
}

#[test]
fn removal_of_instance_with_unreadable_status_needs_confirmation() {
    for fault in ["busy", "http=500", "drop-before"] {
        let server = sandbox();
        let guid = server.guids()[0].clone();
        server.add_fault(
            format!("{fault}@/client/get_client_status")
                .parse()
                .unwrap(),
        );
        let args = ["instance", "rm", &guid, "--retries", "0"];
        let run = Qiwei::on(&server.base_url(), args).run().ends_with(2);
        run.assert_stderr_contains("may be online, and removing it needs a confirmation");
        assert!(server.guids().contains(&guid), "{fault}");
    }
}

#[test]
fn logout_of_detected_instance_needs_confirmation() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let logout = || Qiwei::on(&server.base_url(), ["logout"]);
    logout()
        .run()
        .ends_with(2)
        .assert_stderr_contains(&format!("--guid {guid}"));
    assert!(!requests(&server).iter().any(|r| r.contains("/user/logout")));
    logout().arg("--yes").run().ends_with(0);
    let server = sandbox();
    let guid = server.guids()[0].clone();
    Qiwei::on(&server.base_url(), ["logout", "--guid", &guid])
        .run()
        .ends_with(0);
}

#[test]
fn create_keeps_online_current_instance() {
    let (server, home) = (sandbox(), Home::new());
    let old = server.guids()[0].clone();
    let run = |args: &[&str]| Qiwei::on(&server.base_url(), args).with_home(&home).run();
    run(&["instance", "use", &old]).ends_with(0);
    run(&["instance", "create"])
        .ends_with(0)
        .assert_stderr_contains("the current instance is still ");
    assert!(home.config().contains(&old));
    let created = run(&["instance", "create", "--use"]).ends_with(0);
    let created = created
        .assert_stderr_contains("the current instance is now ")
        .assert_stderr_contains("it was ");
    assert!(!home.config().contains(&old), "{created:?}");
}

#[test]
fn password_of_proxy_is_never_printed() {
    let server = RawServer::answering(ok(
        r#"{"error_code":-3,"error_message":"bad proxy socks5://user:sekret@h:1"}"#,
    ));
    for (proxy, code) in [
        ("socks5h://user:sekret@h:1", 2),
        ("socks5://user:sekret@h:1", 1),
        ("user:sekret@h:1", 2),
    ] {
        for flags in [&[][..], &["--json"], &["-vv"], &["--dry-run"]] {
            let run = Qiwei::on(&server.base_url(), ["instance", "create", "--proxy", proxy])
                .args(flags)
                .run();
            if flags != ["--dry-run"] {
                assert_eq!(run.code, code, "{run:?}");
            }
            assert!(!run.stdout.contains("sekret"), "{run:?}");
            assert!(!run.stderr.contains("sekret"), "{run:?}");
        }
    }
}
