//! `qiwei status --watch` and `--wait`, and `qiwei logout`.

use std::net::SocketAddr;
use std::sync::Arc;

use qiwei::sandbox::{Sandbox, Scenario, Status};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::background::{BackgroundChild, end, eventually, parse};
use crate::support::login::{bodies, events, listen, listening, paths, waiting};
use crate::support::{Qiwei, sandbox, sandbox_with};

/// `qiwei status --json` for the first instance, with `more` arguments.
fn status(server: &Sandbox, more: &str) -> Qiwei {
    let guid = &server.guids()[0];
    Qiwei::on(
        &server.base_url(),
        ["status", "--json", "--guid", guid]
            .into_iter()
            .chain(more.split_whitespace()),
    )
}

/// The first line that is this event with this state.
#[track_caller]
fn check_event(running: &BackgroundChild, event: &str, state: &str) -> Value {
    let fits = |line: &str| {
        let line = parse(line);
        line["event"] == event && line["status"] == state
    };
    parse(&running.out.wait_for(&format!("{event} {state}"), fits))
}

#[test]
fn prints_event_per_change() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let mut running = BackgroundChild::start(status(&server, "--watch --interval 20ms"));
    let first = check_event(&running, "status", "online");
    assert_eq!(first["guid"], guid.as_str());
    assert!(
        first["at"]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .is_ok()
    );
    server.set_status(&guid, Status::Running);
    check_event(&running, "changed", "running");
    check_event(&running, "status", "running");
    server.set_status(&guid, Status::Stopped);
    check_event(&running, "changed", "stopped");
    server.set_status(&guid, Status::Online);
    check_event(&running, "changed", "online");
    running.signal(Signal::TERM);
    let run = running.finish().ends_with(143);
    let told = events(&run);
    assert_eq!(told[0]["event"], "status");
    let changed = told
        .iter()
        .filter(|event| event["event"] == "changed")
        .count();
    assert_eq!(changed, 3, "{told:#?}");
}

#[test]
fn unreachable_server_is_not_offline_account() {
    let server = sandbox();
    let address: SocketAddr = server.addr();
    let mut running =
        BackgroundChild::start(status(&server, "--watch --interval 20ms --retries 0"));
    check_event(&running, "status", "online");
    drop(server);
    check_event(&running, "unreachable", "unknown");
    let _server = eventually("the server again", || {
        Sandbox::start(address, Scenario::default(), Arc::new(|_| {})).ok()
    });
    check_event(&running, "changed", "online");
    running.signal(Signal::INT);
    let run = running.finish().ends_with(130);
    let offline =
        |event: &Value| ["stopped", "running"].contains(&event["status"].as_str().unwrap());
    assert!(!events(&run).iter().any(offline), "{run:?}");
}

#[test]
fn reconnecting_account_is_not_stopped() {
    let server = sandbox();
    let mut running = BackgroundChild::start(status(&server, "--watch --interval 20ms"));
    for round in 1..4 {
        server.add_fault("reconnecting*1".parse().unwrap());
        // The fault was applied, and lines came after it.
        let is_applied = || {
            let exchanges = server.exchanges();
            exchanges.iter().filter(|e| e.fault.is_some()).count() == round
        };
        eventually("the fault", || is_applied().then_some(()));
        let lines = running.out.all().len();
        running.out.wait_for_count(lines + 2);
    }
    running.signal(Signal::INT);
    let run = running.finish().ends_with(130);
    for event in events(&run) {
        assert_eq!(
            (&event["event"], &event["status"]),
            (&json!("status"), &json!("online"))
        );
    }
}

#[test]
fn timeout_ends_watch_with_status_exit_code() {
    for (state, code) in [
        (Status::Online, 0),
        (Status::Running, 4),
        (Status::Stopped, 4),
    ] {
        let server = sandbox();
        server.set_status(&server.guids()[0], state);
        let run = end(status(&server, "--watch --interval 20ms --timeout 300ms"));
        let run = run.ends_with(code);
        assert!(!run.stdout.is_empty(), "{run:?}");
        if code != 0 {
            assert_eq!(run.error()["kind"], "not_logged_in");
        }
    }
    let args = [
        "status",
        "--json",
        "--watch",
        "--guid",
        "g",
        "--timeout",
        "300ms",
    ];
    let run = end(Qiwei::new(args)).ends_with(5);
    assert_eq!(events(&run)[0]["event"], "unreachable");
}

#[test]
fn prints_time_and_status_as_text() {
    let server = sandbox();
    let args = [
        "status",
        "--watch",
        "--interval",
        "20ms",
        "--timeout",
        "200ms",
    ];
    let run = end(Qiwei::on(&server.base_url(), args)).ends_with(0);
    let line = run.stdout.lines().next().unwrap();
    let (time, state) = line.rsplit_once(' ').unwrap();
    assert_eq!((time.len(), state), ("2026-01-02 03:04:05".len(), "online"));
}

#[test]
fn signal_ends_second_status_check() {
    for more in ["--watch --interval 1h", "--wait online --interval 1h"] {
        let server = sandbox();
        server.set_status(&server.guids()[0], Status::Stopped);
        let mut running = BackgroundChild::start(status(&server, more));
        eventually("the first look", || {
            (!bodies(&server, "/client/get_client_status").is_empty()).then_some(())
        });
        running.signal(Signal::TERM);
        running.finish().ends_with(143);
    }
}

#[test]
fn wait_ends_when_online() {
    let server = waiting("never");
    let guid = server.guids()[0].clone();
    let mut running = BackgroundChild::start(status(&server, "--wait online --interval 20ms"));
    eventually("two looks", || {
        (bodies(&server, "/client/get_client_status").len() >= 2).then_some(())
    });
    server.set_status(&guid, Status::Online);
    let run = running.finish().ends_with(0);
    let told = events(&run);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0]["event"], &told[0]["status"]),
        (&json!("status"), &json!("online"))
    );
    assert_eq!(told[0]["guid"], guid.as_str());
}

#[test]
fn waits_for_other_statuses() {
    let server = sandbox();
    server.set_status(&server.guids()[0], Status::Running);
    end(status(&server, "--wait running")).ends_with(0);
    server.set_status(&server.guids()[0], Status::Stopped);
    end(status(&server, "--wait stopped --interval 20ms")).ends_with(0);
    // A reconnecting instance does not satisfy `--wait stopped`.
    server.set_status(&server.guids()[0], Status::Online);
    server.add_fault("reconnecting*1".parse().unwrap());
    end(status(
        &server,
        "--wait stopped --interval 20ms --timeout 300ms",
    ))
    .ends_with(7);
}

#[test]
fn wait_times_out() {
    let server = waiting("never");
    let run = end(status(
        &server,
        "--wait online --interval 20ms --timeout 300ms",
    ))
    .ends_with(7);
    let error = run.error();
    assert_eq!(
        (&error["kind"], &error["retryable"]),
        (&json!("deadline"), &json!(true))
    );
    assert!(
        error["message"].as_str().unwrap().contains("it is running"),
        "{error}"
    );
    assert_eq!(run.stdout, "");
    let looks = || bodies(&server, "/client/get_client_status").len();
    let before = looks();
    let mut running = BackgroundChild::start(status(&server, "--wait online"));
    eventually("a look", || (looks() > before).then_some(()));
    running.signal(Signal::INT);
    running.finish().ends_with(130);
}

/// `qiwei status --wait online` without a named instance.
fn wait_for_any(url: &str, more: &str) -> Qiwei {
    let args = "status --json --wait online --interval 20ms".split(' ');
    Qiwei::on(url, args.chain(more.split_whitespace()))
}

#[test]
fn waits_for_server_that_is_not_up_yet() {
    for is_named in [false, true] {
        let server = sandbox();
        let (address, url) = (server.addr(), server.base_url());
        // The next server on this address has the same instance.
        let guid = server.guids()[0].clone();
        drop(server);
        let run = wait_for_any(&url, "-v --retries 0");
        let run = match is_named {
            true => run.args(["--guid", &guid]),
            false => run,
        };
        let mut running = BackgroundChild::start(run);
        running
            .err
            .wait_for("the first failure", |line| line.contains("cannot connect"));
        let _server = eventually("the server", || {
            Sandbox::start(address, Scenario::default(), Arc::new(|_| {})).ok()
        });
        let run = running.finish().ends_with(0);
        assert_eq!(events(&run)[0]["guid"], guid.as_str());
    }
}

#[test]
fn waits_for_one_instance_to_choose() {
    for (online, changed) in [(0, 1), (2, 1)] {
        let server = sandbox_with(|scenario| {
            (scenario.online, scenario.running) = (online, 2 - online);
        });
        let guids = server.guids();
        let mut running = BackgroundChild::start(wait_for_any(&server.base_url(), ""));
        eventually("two look-ups", || {
            (bodies(&server, "/client/all_clients").len() > 1).then_some(())
        });
        let (status, expected) = match online {
            0 => (Status::Online, &guids[changed]),
            _ => (Status::Running, &guids[0]),
        };
        server.set_status(&guids[changed], status);
        let run = running.finish().ends_with(0);
        assert_eq!(events(&run)[0]["guid"], expected.as_str(), "{online}");
    }
    let nobody = sandbox_with(|scenario| scenario.online = 0);
    let run = end(wait_for_any(&nobody.base_url(), "--timeout 200ms")).ends_with(7);
    let message = run.error()["message"].to_string();
    assert!(message.contains("the server has no instance"), "{run:?}");
}

#[test]
fn wait_ends_at_credential_error() {
    let server = sandbox();
    server.add_fault("http=401".parse().unwrap());
    let run = end(wait_for_any(&server.base_url(), "")).ends_with(1);
    assert!(run.error()["hint"].to_string().contains("base URL"));
    end(status(&server, "--wait online")).ends_with(1);
}

#[test]
fn silent_server_does_not_delay_wait_timeout() {
    let server = waiting("never");
    server.add_fault("hang@/client/get_client_status".parse().unwrap());
    end(status(&server, "--wait online --timeout 500ms")).ends_with(7);
}

#[test]
fn rejects_conflicting_flags() {
    let server = sandbox();
    for more in ["--watch --wait online", "--interval 1s", "--wait elsewhere"] {
        assert_eq!(end(status(&server, more)).code, 2, "{more}");
    }
    assert!(server.exchanges().is_empty());
}

#[test]
fn closed_stdout_ends_watch() {
    let server = sandbox();
    let mut running = BackgroundChild::start_unread(status(&server, "--watch --interval 20ms"));
    running.close_stdout();
    let run = running.finish().ends_with(8);
    assert_eq!(run.error()["kind"], "partial");
}

#[test]
fn logout_keeps_instance_running_and_triggers_callback() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let (mut listener, _) = listening(&server, listen(&server, "--count 1"));
    let args = ["logout", "--json", "--guid", &guid];
    let run = end(Qiwei::on(&server.base_url(), args)).ends_with(0);
    assert_eq!(run.json(), json!({"guid": guid, "logged_out": true}));
    let heard = events(&listener.finish().ends_with(0));
    assert_eq!(heard[0]["name"], "logged_out");
    let again = end(Qiwei::on(
        &server.base_url(),
        ["status", "--json", "--guid", &guid],
    ));
    assert_eq!(again.ends_with(4).json()["status"], "running");
}

#[test]
fn logout_needs_unambiguous_instance_and_has_dry_run() {
    let server = sandbox_with(|scenario| scenario.online = 2);
    end(Qiwei::on(&server.base_url(), ["logout", "--json"])).ends_with(3);
    let guid = server.guids()[1].clone();
    let args = ["logout", "--dry-run", "--json", "--guid", &guid];
    let run = end(Qiwei::on(&server.base_url(), args)).ends_with(0);
    assert!(run.stdout.contains("/user/logout"), "{run:?}");
    assert!(!paths(&server).contains(&"/user/logout".to_owned()));
    let run = end(Qiwei::on(&server.base_url(), ["logout", "--guid", &guid])).ends_with(0);
    assert_eq!(run.stdout, format!("logged out {guid}\n"));
    let nobody = waiting("never");
    end(Qiwei::on(&nobody.base_url(), ["logout", "--json"])).ends_with(4);
}
