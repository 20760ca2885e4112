//! Which instance `login` logs an account in on, and the outcome.

use qiwei::sandbox::ScanStep;
use serde_json::json;

use crate::login::{FAST_SCAN, logged_in};
use crate::support::background::{BackgroundChild, end, eventually};
use crate::support::client::ask;
use crate::support::login::{bodies, events, first_url, login, names, notify_urls, paths, waiting};
use crate::support::sandbox_with;

#[test]
fn bridge_is_set_after_instance_start() {
    let server = sandbox_with(|scenario| (scenario.online, scenario.stopped) = (0, 1));
    end(login(&server, "--no-wait --bridge 7")).ends_with(0);
    let state = ask("GET", &format!("{}/_sandbox/state", server.base_url())).json();
    let instance = &state["instances"][0];
    assert_eq!(
        (&instance["state"], &instance["bridge"]),
        (&json!("running"), &json!("7"))
    );
}

#[test]
fn ends_with_not_ready_when_device_stays_unready() {
    let server = waiting(FAST_SCAN);
    server.add_fault("code=1014@/login/get_login_qrcode".parse().unwrap());
    let run = end(login(&server, "--json --retries 0 --timeout 2s")).ends_with(1);
    let error = run.error();
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&json!(1014), &json!(true))
    );
}

#[test]
fn lists_several_instances_and_changes_none() {
    let server = sandbox_with(|scenario| (scenario.running, scenario.stopped) = (1, 1));
    let run = end(login(&server, "--json")).ends_with(3);
    let error = run.error();
    let message = error["message"].as_str().unwrap();
    for (guid, state) in server.guids().iter().zip(["online", "running", "stopped"]) {
        assert!(message.contains(&format!("{guid} ({state})")), "{message}");
    }
    assert!(error["hint"].as_str().unwrap().contains("--new"));
    assert_eq!((run.stdout.as_str(), notify_urls(&server).len()), ("", 0));
}

#[test]
fn empty_server_hints_at_instance_create() {
    let server = sandbox_with(|scenario| scenario.online = 0);
    let error = end(login(&server, "--json")).ends_with(3).error();
    assert!(error["hint"].as_str().unwrap().contains("--new"));
}

#[test]
fn uses_configured_instance() {
    let server = sandbox_with(|scenario| {
        scenario.running = 2;
        scenario.scan = FAST_SCAN.parse().unwrap();
    });
    let guid = server.guids()[2].clone();
    let run = login(&server, "--json --no-poll").config(&format!("guid = \"{guid}\"\n"));
    let run = end(run).ends_with(0);
    assert_eq!(events(&run).last().unwrap()["guid"], guid.as_str());
}

#[test]
fn new_creates_saves_and_logs_in() {
    let server = sandbox_with(|scenario| scenario.scan = FAST_SCAN.parse().unwrap());
    let old = server.guids()[0].clone();
    let mut running = BackgroundChild::start(
        login(&server, "--new --bridge B7 --json --no-poll")
            .config(&format!("# mine\nguid = \"{old}\"\n")),
    );
    let run = running.finish().ends_with(0);
    let new = server.guids().pop().unwrap();
    assert_ne!(new, old);
    assert_eq!(events(&run).last().unwrap()["guid"], new.as_str());
    let create = bodies(&server, "/client/create_client");
    assert_eq!(
        create,
        [json!({"client_type": 262, "proxy": "", "bridge": "B7", "auto_start": true})]
    );
    let config = std::fs::read_to_string(running.config_path()).unwrap();
    assert_eq!(config, format!("# mine\nguid = \"{new}\"\n"));
}

#[test]
fn new_instance_is_kept_after_timeout() {
    let server = waiting("never");
    let flags = "--new --no-poll --timeout 500ms --json";
    let mut running = BackgroundChild::start(login(&server, flags));
    let error = running.finish().ends_with(7).error();
    let config = std::fs::read_to_string(running.config_path()).unwrap();
    let created = &server.guids()[1];
    assert!(config.contains(created), "{config}");
    // Running the same command again would create a third instance.
    assert_eq!(error["retryable"], false);
    let hint = error["hint"].as_str().unwrap();
    assert!(
        hint.ends_with(&format!("`qiwei login --guid {created}`")),
        "{hint}"
    );
}

#[test]
fn starts_instance_stopped_in_two_checks() {
    let server = sandbox_with(|scenario| {
        (scenario.online, scenario.stopped) = (0, 1);
        scenario.scan = FAST_SCAN.parse().unwrap();
    });
    let run = end(login(&server, "--json --no-poll")).ends_with(0);
    assert_eq!(names(&run), ["qrcode", "scanned", "success", "logged_in"]);
    assert_eq!(
        paths(&server),
        [
            "/client/all_clients",
            "/client/get_client_status",
            "/client/get_client_status",
            "/client/restore_client",
            "/client/set_notify_url",
            "/login/get_login_qrcode",
            "/client/get_client_status",
        ]
    );
}

#[test]
fn does_not_start_reconnecting_instance() {
    let server = sandbox_with(|scenario| {
        scenario.faults = vec!["reconnecting*1".parse().unwrap()];
    });
    let run = end(login(&server, "--json")).ends_with(0);
    assert_eq!(names(&run), ["logged_in"]);
    assert!(bodies(&server, "/client/restore_client").is_empty());
}

#[test]
fn online_account_is_unchanged() {
    let server = sandbox_with(|_| {});
    let run = end(login(&server, "--json")).ends_with(0);
    assert_eq!(
        events(&run),
        [logged_in(&server.guids()[0], "already_online")]
    );
    assert!(run.stderr.contains("--force"), "{run:?}");
    assert_eq!(
        paths(&server),
        [
            "/client/all_clients",
            "/client/get_client_status",
            "/user/get_profile"
        ]
    );
}

#[test]
fn force_logs_in_again() {
    let server = sandbox_with(|scenario| scenario.scan = FAST_SCAN.parse().unwrap());
    let run = end(login(&server, "--json --force --no-poll")).ends_with(0);
    assert_eq!(names(&run), ["qrcode", "scanned", "success", "logged_in"]);
}

#[test]
fn forced_login_ignores_previous_online_status() {
    let server = sandbox_with(|scenario| scenario.scan = "never".parse().unwrap());
    let run = login(&server, "--json --force --poll 20ms --timeout 1s");
    assert_eq!(names(&end(run).ends_with(7)), ["qrcode", "not_scanned"]);
}

#[test]
fn forged_callback_does_not_end_forced_login() {
    let server = sandbox_with(|scenario| scenario.scan = "manual".parse().unwrap());
    let guid = &server.guids()[0];
    let mut running = BackgroundChild::start(login(&server, "--json --force --no-poll"));
    running.event("qrcode");
    // The account was online before, so that it is online confirms nothing.
    server.post_callback(guid, 11003, json!({"user_id": "1", "name": "forged"}));
    running.err.wait_for("the warning", |line| {
        line.contains("ignored a callback that reports a login")
    });
    server.scan_step(guid, &ScanStep::Confirm);
    let ended = running.event("logged_in");
    assert_ne!(ended["name"], "forged", "{ended}");
    running.finish().ends_with(0);
}

#[test]
fn forced_login_without_callbacks_ends_with_scan() {
    let server = sandbox_with(|scenario| {
        scenario.scan = "after=300ms".parse().unwrap();
        scenario.callbacks = false;
    });
    let run = end(login(&server, "--json --force --poll 50ms")).ends_with(0);
    assert_eq!(events(&run).last().unwrap()["via"], "poll");
    assert!(names(&run).contains(&"success".to_owned()), "{run:?}");
}

#[test]
fn retries_device_not_ready() {
    let server = waiting(FAST_SCAN);
    server.add_fault("code=1014@/login/get_login_qrcode*2".parse().unwrap());
    let run = end(login(&server, "--json --no-poll")).ends_with(0);
    assert_eq!(names(&run)[0], "qrcode");
    assert_eq!(bodies(&server, "/login/get_login_qrcode").len(), 3);
}

#[test]
fn saves_instance_with_closed_stdout() {
    let server = waiting("manual");
    let mut running = BackgroundChild::start_unread(login(&server, "--no-poll"));
    first_url(&server);
    running.close_stdout();
    eventually("the login", || {
        server
            .scan_step(&server.guids()[0], &ScanStep::Confirm)
            .then_some(())
    });
    running.finish().ends_with(0);
    let config = std::fs::read_to_string(running.config_path()).unwrap();
    assert!(config.contains(&server.guids()[0]), "{config}");
}
