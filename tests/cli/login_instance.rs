//! Which instance `login` logs an account in on, and what becomes of it.

use qiwei::sandbox::ScanStep;
use serde_json::json;

use crate::login::{QUICK, logged_in};
use crate::support::background::{Running, end, eventually};
use crate::support::callbacks::{
    bodies, events, first_url, login, names, notify_urls, paths, waiting,
};
use crate::support::client::ask;
use crate::support::sandbox_with;

#[test]
fn a_bridge_survives_the_start_of_a_stopped_instance() {
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
fn a_device_that_stays_unready_is_what_the_command_ends_with() {
    let server = waiting(QUICK);
    server.add_fault("code=1014@/login/get_login_qrcode".parse().unwrap());
    let run = end(login(&server, "--json --retries 0 --timeout 2s")).ends_with(1);
    let error = run.error();
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&json!(1014), &json!(true))
    );
}

#[test]
fn several_instances_are_listed_and_none_is_touched() {
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
fn a_server_without_instances_says_how_to_get_one() {
    let server = sandbox_with(|scenario| scenario.online = 0);
    let error = end(login(&server, "--json")).ends_with(3).error();
    assert!(error["hint"].as_str().unwrap().contains("--new"));
}

#[test]
fn the_configured_instance_is_the_one() {
    let server = sandbox_with(|scenario| {
        scenario.running = 2;
        scenario.scan = QUICK.parse().unwrap();
    });
    let guid = server.guids()[2].clone();
    let run = login(&server, "--json --no-poll").config(&format!("guid = \"{guid}\"\n"));
    let run = end(run).ends_with(0);
    assert_eq!(events(&run).last().unwrap()["guid"], guid.as_str());
}

#[test]
fn a_new_instance_is_created_saved_and_logged_in() {
    let server = sandbox_with(|scenario| scenario.scan = QUICK.parse().unwrap());
    let old = server.guids()[0].clone();
    let mut running = Running::start(
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
fn a_new_instance_is_kept_even_when_nobody_scans() {
    let server = waiting("never");
    let flags = "--new --no-poll --timeout 500ms --json";
    let mut running = Running::start(login(&server, flags));
    let error = running.finish().ends_with(7).error();
    let config = std::fs::read_to_string(running.config_path()).unwrap();
    let made = &server.guids()[1];
    assert!(config.contains(made), "{config}");
    // The same command again would make a third one.
    assert_eq!(error["retryable"], false);
    let hint = error["hint"].as_str().unwrap();
    assert!(
        hint.ends_with(&format!("`qiwei login --guid {made}`")),
        "{hint}"
    );
}

#[test]
fn a_stopped_instance_is_looked_at_twice_and_started() {
    let server = sandbox_with(|scenario| {
        (scenario.online, scenario.stopped) = (0, 1);
        scenario.scan = QUICK.parse().unwrap();
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
        ]
    );
}

#[test]
fn an_account_that_only_reconnects_is_not_started() {
    let server = sandbox_with(|scenario| {
        scenario.faults = vec!["reconnecting*1".parse().unwrap()];
    });
    let run = end(login(&server, "--json")).ends_with(0);
    assert_eq!(names(&run), ["logged_in"]);
    assert!(bodies(&server, "/client/restore_client").is_empty());
}

#[test]
fn an_online_account_is_left_alone() {
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
fn force_logs_an_online_account_in_again() {
    let server = sandbox_with(|scenario| scenario.scan = QUICK.parse().unwrap());
    let run = end(login(&server, "--json --force --no-poll")).ends_with(0);
    assert_eq!(names(&run), ["qrcode", "scanned", "success", "logged_in"]);
}

#[test]
fn a_forced_login_is_not_over_because_the_account_was_online_before() {
    let server = sandbox_with(|scenario| scenario.scan = "never".parse().unwrap());
    let run = login(&server, "--json --force --poll 20ms --timeout 1s");
    assert_eq!(names(&end(run).ends_with(7)), ["qrcode", "not_scanned"]);
}

#[test]
fn a_forced_login_without_callbacks_is_over_when_the_scan_is() {
    let server = sandbox_with(|scenario| {
        scenario.scan = "after=300ms".parse().unwrap();
        scenario.callbacks = false;
    });
    let run = end(login(&server, "--json --force --poll 50ms")).ends_with(0);
    assert_eq!(events(&run).last().unwrap()["via"], "poll");
    assert!(names(&run).contains(&"success".to_owned()), "{run:?}");
}

#[test]
fn a_device_that_is_not_ready_is_asked_again() {
    let server = waiting(QUICK);
    server.add_fault("code=1014@/login/get_login_qrcode*2".parse().unwrap());
    let run = end(login(&server, "--json --no-poll")).ends_with(0);
    assert_eq!(names(&run)[0], "qrcode");
    assert_eq!(bodies(&server, "/login/get_login_qrcode").len(), 3);
}

#[test]
fn the_instance_is_saved_even_when_nobody_reads_the_result() {
    let server = waiting("manual");
    let mut running = Running::start_unread(login(&server, "--no-poll"));
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
