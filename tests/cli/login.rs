//! `qiwei login`: outcomes, output and requests.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use qiwei::sandbox::{Sandbox, ScanStep, Scenario, Status};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::background::{BackgroundChild, end, eventually};
use crate::support::client::{ask, post};
use crate::support::login::{
    CONFIGURED_URL, bodies, body, callback, events, first_url, listen, listening, login, names,
    notify_urls, paths, posted, waiting,
};
use crate::support::raw::{RawServer, ok};
use crate::support::{Finished, Qiwei, sandbox_with};

pub const FAST_SCAN: &str = "after=20ms";

/// The line of the only account's login.
pub fn logged_in(guid: &str, via: &str) -> Value {
    json!({
        "event": "logged_in", "guid": guid, "user_id": "1688850000000001", "name": "小助手",
        "corp_id": "1970324989107254", "corp_name": "沙箱", "via": via,
    })
}

#[test]
fn login_prints_each_event_once() {
    let server = waiting(FAST_SCAN);
    let run = end(login(&server, "--json --no-poll")).ends_with(0);
    let told = events(&run);
    let key = told[0]["key"].as_str().unwrap();
    let content = format!("https://wx.work.weixin.qq.com/cgi-bin/crtx_auth?key={key}&wx=1");
    let expected = [
        json!({"event": "qrcode", "content": content, "key": key}),
        json!({"event": "qr_status", "status": 1, "name": "scanned"}),
        json!({"event": "qr_status", "status": 2, "name": "success"}),
        logged_in(&server.guids()[0], "callback"),
    ];
    assert_eq!(told, expected);
    assert!(run.stderr.contains(&format!("link: {content}\n")));
}

#[test]
fn login_prints_progress_on_stderr_and_result_on_stdout() {
    let server = waiting(FAST_SCAN);
    let run = end(login(&server, "--no-poll --qr link")).ends_with(0);
    let guid = &server.guids()[0];
    assert_eq!(
        run.stdout,
        format!("logged in: 小助手 (1688850000000001) of 沙箱, instance {guid}\n")
    );
    let told: Vec<&str> = run.stderr.lines().collect();
    let in_order = [
        "the only instance",
        "link: https://wx.work.weixin.qq.com/",
        "scanned; confirm the login on the phone",
        "confirmed on the phone; the account is being logged in",
        "no notify_url is configured",
    ];
    assert_eq!(told.len(), in_order.len(), "{told:#?}");
    for (line, part) in told.iter().zip(in_order) {
        assert!(line.contains(part), "{line}");
    }
}

#[test]
fn login_sends_expected_requests_in_order() {
    let server = waiting(FAST_SCAN);
    let guid = server.guids()[0].clone();
    let run = login(&server, "--json --no-poll --bridge 7 --guid").arg(&guid);
    end(run.env("QIWEI_NOTIFY_URL", CONFIGURED_URL)).ends_with(0);
    assert_eq!(
        paths(&server),
        [
            "/client/get_client_status",
            "/client/set_bridge",
            "/client/set_notify_url",
            "/login/get_login_qrcode",
            // The server confirms the callback that reports the login.
            "/client/get_client_status",
            "/client/set_notify_url",
        ]
    );
    let bridge = bodies(&server, "/client/set_bridge");
    assert_eq!(bridge, [json!({"guid": guid, "bridge": "7"})]);
    let qrcode = bodies(&server, "/login/get_login_qrcode");
    assert_eq!(qrcode, [json!({"guid": guid, "verify_login": false})]);
    for request in bodies(&server, "/client/set_notify_url") {
        assert_eq!(request["guid"], guid.as_str());
    }
}

#[test]
fn final_callback_is_answered() {
    for _ in 0..5 {
        let server = waiting(FAST_SCAN);
        end(login(&server, "--no-poll")).ends_with(0);
        assert_eq!(posted(&server, 3), [Some(200); 3]);
    }
}

#[test]
fn notify_url_is_short_loopback_with_new_token() {
    let tokens = [(); 2].map(|()| {
        let server = waiting(FAST_SCAN);
        end(login(&server, "--no-poll")).ends_with(0);
        let url = notify_urls(&server).pop().unwrap();
        assert!(url.len() < 90, "{url}");
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        let (path, token) = url.rsplit_once('/').unwrap();
        assert!(path.ends_with("/webhook"), "{url}");
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        assert!(token.len() == 22 && token.chars().all(fits), "{url}");
        token.to_owned()
    });
    assert_ne!(tokens[0], tokens[1]);
}

#[test]
fn listener_is_bound_before_notify_url_is_set() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let answers = seen.clone();
    let scenario = Scenario {
        online: 0,
        running: 1,
        scan: FAST_SCAN.parse().unwrap(),
        ..Scenario::default()
    };
    // Called before the server answers, that is before it could post anything.
    let observer = move |exchange: &qiwei::sandbox::Exchange| {
        if exchange.path == "/client/set_notify_url" {
            let url = body(exchange)["notify_url"].as_str().unwrap().to_owned();
            answers.lock().unwrap().push(ask("GET", &url).status);
        }
    };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Sandbox::start(address, scenario, Arc::new(observer)).unwrap();
    end(login(&server, "--no-poll")).ends_with(0);
    assert_eq!(*seen.lock().unwrap(), [200]);
}

#[test]
fn only_global_notify_changes_every_instance() {
    let server = waiting(FAST_SCAN);
    let run = login(&server, "--no-poll --global-notify").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
    let run = end(run).ends_with(0);
    assert!(run.stderr.contains("warning: --global-notify"), "{run:?}");
    assert_eq!(notify_urls(&server), [""; 0]);
    let global = bodies(&server, "/global/set_notify_url");
    assert_eq!(global.len(), 2);
    assert_eq!(global[1], json!({"notify_url": CONFIGURED_URL}));
}

#[test]
fn no_wait_prints_code_and_keeps_notify_url() {
    let server = waiting("never");
    let run = end(login(&server, "--json --no-wait --qr link")).ends_with(0);
    assert_eq!(names(&run), ["qrcode"]);
    assert!(run.stderr.contains("link: https://"), "{run:?}");
    assert!(notify_urls(&server).is_empty());
    // The login completes after the command has ended.
    assert!(server.scan_step(&server.guids()[0], &ScanStep::Confirm));
    end(Qiwei::on(&server.base_url(), ["status"])).ends_with(0);
}

#[test]
fn polling_finds_success_without_callbacks() {
    let server = waiting("after=150ms");
    let quiet = sandbox_with(|scenario| {
        (scenario.online, scenario.running) = (0, 1);
        scenario.scan = "after=150ms".parse().unwrap();
        scenario.callbacks = false;
    });
    let run = end(login(&quiet, "--json --poll 30ms")).ends_with(0);
    assert_eq!(
        events(&run).last(),
        Some(&logged_in(&quiet.guids()[0], "poll"))
    );
    drop(server);
}

#[test]
fn polling_finds_rejection_without_callbacks() {
    let server = sandbox_with(|scenario| {
        (scenario.online, scenario.running) = (0, 1);
        scenario.scan = "refuse,after=20ms".parse().unwrap();
        scenario.callbacks = false;
    });
    let run = end(login(&server, "--json --poll 30ms")).ends_with(1);
    assert_eq!(names(&run).last().unwrap(), "refused");
}

#[test]
fn no_poll_sends_no_status_requests() {
    let server = waiting(FAST_SCAN);
    end(login(&server, "--no-poll")).ends_with(0);
    assert!(bodies(&server, "/login/check_login_qrcode").is_empty());
    let clash = end(login(&server, "--no-poll --poll 1s"));
    assert_eq!(clash.code, 2);
}

#[test]
fn refusal_on_phone_is_rejected() {
    let server = waiting("refuse,after=20ms");
    let run = end(login(&server, "--json --no-poll")).ends_with(1);
    assert_eq!(names(&run), ["qrcode", "scanned", "refused"]);
    let error = run.error();
    assert_eq!(error["kind"], "rejected");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("refused on the phone")
    );
}

#[test]
fn failed_scan_is_rejected() {
    let server = waiting("manual");
    let mut running = BackgroundChild::start(login(&server, "--json --no-poll"));
    running.event("qrcode");
    server.scan_step(&server.guids()[0], &ScanStep::Fail);
    let run = running.finish().ends_with(1);
    assert_eq!(names(&run), ["qrcode", "failed"]);
}

#[test]
fn login_failure_includes_server_text() {
    for (notify_type, data) in [
        (
            11008,
            json!({"error_code": -1, "error_message": "设备异常"}),
        ),
        (
            11004,
            json!({"error_code": -1, "error_message": "设备异常"}),
        ),
    ] {
        let server = waiting("manual");
        let mut running = BackgroundChild::start(login(&server, "--json --no-poll"));
        running.event("qrcode");
        // The QR code's state cannot be read, so the callback is all there is.
        server.add_fault("http=404@/login/check_login_qrcode".parse().unwrap());
        server.post_callback(&server.guids()[0], notify_type, data);
        let run = running
            .finish()
            .ends_with(1)
            .assert_stderr_contains("the server did not confirm the end of the login");
        let error = run.error();
        assert!(
            error["message"].as_str().unwrap().contains("设备异常"),
            "{error}"
        );
    }
}

#[test]
fn unconfirmed_callback_does_not_end_login() {
    for (notify_type, data, ignored) in [
        (
            11003,
            json!({"user_id": "1", "name": "x"}),
            "ignored a callback that reports a login, because the account is not online",
        ),
        (
            11004,
            json!("账号已在其他设备登录"),
            "ignored a callback that reports the end of the login",
        ),
        (
            11002,
            json!({"status": 4}),
            "ignored a callback that reports the end of the login",
        ),
    ] {
        let server = waiting("manual");
        let guid = &server.guids()[0];
        let mut running = BackgroundChild::start(login(&server, "--json --no-poll"));
        running.event("qrcode");
        server.post_callback(guid, notify_type, data);
        running
            .err
            .wait_for("the warning", |line| line.contains(ignored));
        // The login goes on, and ends when the server agrees.
        server.scan_step(guid, &ScanStep::Scanned);
        server.scan_step(guid, &ScanStep::Confirm);
        running.event("logged_in");
        running.finish().ends_with(0);
    }
}

#[test]
fn later_callback_does_not_hide_earlier_one() {
    let server = waiting("manual");
    let guid = &server.guids()[0];
    let mut running = BackgroundChild::start(login(&server, "--json --no-poll"));
    running.event("qrcode");
    // The status lags, and a callback of an earlier login arrives meanwhile.
    server.add_fault("reconnecting*3".parse().unwrap());
    server.scan_step(guid, &ScanStep::Confirm);
    server.post_callback(guid, 11004, json!("账号已退出"));
    running.event("logged_in");
    running.finish().ends_with(0);
}

#[test]
fn login_waits_for_status_that_lags_behind_callback() {
    let server = waiting("manual");
    let guid = &server.guids()[0];
    let mut running = BackgroundChild::start(login(&server, "--json --no-poll"));
    running.event("qrcode");
    server.add_fault("reconnecting*3".parse().unwrap());
    server.scan_step(guid, &ScanStep::Confirm);
    running.finish().ends_with(0);
    let checks = paths(&server)
        .iter()
        .filter(|path| *path == "/client/get_client_status")
        .count();
    assert!(checks >= 4, "{:?}", paths(&server));
}

#[test]
fn redraws_expired_qr_code() {
    let server = waiting("expire,after=20ms");
    let run = end(login(&server, "--json --no-poll --qr link")).ends_with(0);
    assert_eq!(
        names(&run),
        [
            "qrcode",
            "refreshed",
            "not_scanned",
            "scanned",
            "success",
            "logged_in"
        ]
    );
    let told = events(&run);
    assert_ne!(told[0]["content"], told[1]["content"]);
    let links: Vec<&str> = run
        .stderr
        .lines()
        .filter_map(|l| l.strip_prefix("link: "))
        .collect();
    assert_eq!(
        links,
        [
            told[0]["content"].as_str().unwrap(),
            told[1]["content"].as_str().unwrap()
        ]
    );
}

#[test]
fn polling_replaces_expired_qr_code() {
    let given = Mutex::new(0);
    let server = RawServer::start(move |connection| {
        let path = connection.request.split(' ').nth(1).unwrap_or_default();
        let mut given = given.lock().unwrap();
        let answer = match path {
            "/login/get_login_qrcode" => {
                *given += 1;
                format!(
                    r#"{{"error_code":0,"data":{{"qrcode_content":"https://x/{given}","key":"K{given}"}}}}"#
                )
            }
            "/login/check_login_qrcode" if *given == 1 => {
                r#"{"error_code":-1,"error_message":"二维码已过期"}"#.into()
            }
            "/client/get_client_status" if *given == 2 => r#"{"data":{"status":2}}"#.into(),
            "/client/get_client_status" => r#"{"data":{"status":1}}"#.into(),
            _ => r#"{"error_code":0,"data":{}}"#.into(),
        };
        use std::io::Write;
        let _ = connection.stream.write_all(ok(&answer).as_bytes());
    });
    let args = [
        "login", "--json", "--poll", "30ms", "--guid", "g-1", "--qr", "none",
    ];
    let run = end(Qiwei::on(&server.base_url(), args)).ends_with(0);
    let told = events(&run);
    assert_eq!(
        told[1],
        json!({"event": "refreshed", "content": "https://x/2", "key": "K2"})
    );
}

#[test]
fn unauthenticated_requests_change_nothing() {
    let server = waiting("never");
    let mut running = BackgroundChild::start(login(&server, "--json --no-poll"));
    running.event("qrcode");
    let (url, guid) = (first_url(&server), server.guids()[0].clone());
    let base = url.rsplit_once('/').unwrap().0;
    let forged = callback(&guid, 11003, r#"{"user_id":"666"}"#);
    let refused = callback(&guid, 11002, r#"{"status":4}"#);
    let wrong = format!("{base}/{}", "A".repeat(22));
    for (url, body, status) in [
        (base, &forged, 403),
        (wrong.as_str(), &forged, 403),
        (wrong.as_str(), &refused, 403),
        (&format!("{}x", url), &forged, 403),
        (&url[..url.len() - 1], &forged, 403),
        (url.as_str(), &callback("another-guid", 11003, "{}"), 403),
        (
            url.as_str(),
            &callback("another-guid", 11002, r#"{"status":4}"#),
            403,
        ),
    ] {
        assert_eq!(post(url, body).status, status, "{body}");
    }
    let health = base.replace("/webhook", "/health");
    assert_eq!(ask("GET", &health).json()["login"], "not_scanned");
    server.scan_step(&guid, &ScanStep::Scanned);
    eventually("the scan in /health", || {
        (ask("GET", &health).json()["login"] == "scanned").then_some(())
    });
    server.scan_step(&guid, &ScanStep::Confirm);
    let run = running.finish().ends_with(0);
    assert_eq!(names(&run), ["qrcode", "scanned", "success", "logged_in"]);
    assert_eq!(events(&run)[3]["user_id"], "1688850000000001");
}

#[test]
fn timeout_error_names_missing_step() {
    for (scan, timeout, status, hint) in [
        ("never", "500ms", None, "not scanned"),
        ("manual", "2s", Some(ScanStep::Scanned), "not confirmed"),
    ] {
        let server = waiting(scan);
        let mut running =
            BackgroundChild::start(login(&server, "--json --no-poll --timeout").arg(timeout));
        running.event("qrcode");
        if let Some(step) = status {
            server.scan_step(&server.guids()[0], &step);
        }
        let error = running.finish().ends_with(7).error();
        assert_eq!(error["kind"], "deadline");
        assert_eq!(error["retryable"], true);
        assert!(error["hint"].as_str().unwrap().contains(hint), "{error}");
    }
}

/// A second run beside the first: the same user on the same machine.
fn run_concurrently(first: &BackgroundChild, second: Qiwei) -> Finished {
    let home = first.home().to_owned();
    end(second.env("HOME", home))
}

#[test]
fn second_listener_for_instance_is_busy() {
    let server = waiting("never");
    let guid = server.guids()[0].clone();
    let mut first = BackgroundChild::start(login(&server, "--json --no-poll"));
    first.event("qrcode");
    let second = run_concurrently(&first, login(&server, "--json --no-poll")).ends_with(9);
    assert_eq!(second.error()["kind"], "busy");
    assert_eq!(second.error()["outcome"], "not_sent");
    run_concurrently(&first, listen(&server, "--json --guid").arg(&guid)).ends_with(9);
    assert_eq!(
        notify_urls(&server).len(),
        1,
        "the second login changed the notify_url"
    );
    first.signal(Signal::INT);
    first.finish().ends_with(130);
    // The lock is released.
    run_concurrently(&first, login(&server, "--no-poll --timeout 500ms")).ends_with(7);
}

#[test]
fn login_refuses_to_take_callbacks_of_listen() {
    let server = sandbox_with(|_| {});
    let guid = server.guids()[0].clone();
    let (listener, _) = listening(&server, listen(&server, "--json --guid").arg(&guid));
    run_concurrently(&listener, login(&server, "--json --force --no-poll")).ends_with(9);
    assert_eq!(notify_urls(&server).len(), 1);
    server.set_status(&guid, Status::Running);
    run_concurrently(&listener, login(&server, "--json --no-poll")).ends_with(9);
}

#[test]
fn token_is_sent_to_server_only() {
    let server = waiting("manual");
    let mut running = BackgroundChild::start(login(&server, "--json -vv --qr none --poll 50ms"));
    running.event("qrcode");
    let url = first_url(&server);
    let token = url.rsplit_once('/').unwrap().1;
    let arguments = std::fs::read(format!("/proc/{}/cmdline", running.id())).unwrap_or_default();
    assert!(!String::from_utf8_lossy(&arguments).contains(token));
    // The file by which `probe callback` finds it is for this user only.
    let mut files = Vec::new();
    collect(running.home(), &mut files);
    let holders: Vec<_> = files
        .iter()
        .filter(|file| std::fs::read_to_string(file).is_ok_and(|text| text.contains(token)))
        .collect();
    assert_eq!(holders.len(), 1, "{files:?}");
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(holders[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    server.scan_step(&server.guids()[0], &ScanStep::Confirm);
    let run = running.finish().ends_with(0);
    assert!(run.stderr.contains("/client/set_notify_url"), "{run:?}");
    assert!(
        !run.stdout.contains(token) && !run.stderr.contains(token),
        "{run:?}"
    );
}

/// Every file below a folder.
fn collect(folder: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => collect(&path, files),
            false => files.push(path),
        }
    }
}

#[test]
fn listen_and_notify_url_override_address() {
    let server = waiting(FAST_SCAN);
    let taken = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let long = format!("http://hook.example/{}", "x".repeat(60));
    for (options, part) in [
        (["--listen", &address].as_slice(), "cannot listen on"),
        (&["--listen", "0.0.0.0:0"], "--notify-url"),
        (&["--notify-url", &long], "shorter"),
        (&["--notify-url", "http://h/?x=1"], "token"),
    ] {
        let run = login(&server, "--json --new").args(options);
        let error = end(run).ends_with(2).error();
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
    }
    assert!(
        server.exchanges().is_empty(),
        "the server was asked although nobody can listen"
    );

    let run = login(
        &server,
        "--no-poll --timeout 500ms --notify-url http://127.0.0.1:1/q/",
    );
    end(run).ends_with(7);
    let url = notify_urls(&server).pop().unwrap();
    let token = url.strip_prefix("http://127.0.0.1:1/q/").unwrap();
    assert_eq!(token.len(), 22);
}
