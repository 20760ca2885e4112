//! The notify_url is restored however a login ends.

use qiwei::sandbox::Sandbox;
use rustix::process::Signal;

use crate::login::FAST_SCAN;
use crate::support::background::{BackgroundChild, end, eventually};
use crate::support::login::{CONFIGURED_URL, bodies, login, notify_urls, waiting};

#[test]
fn restores_notify_url_despite_server_faults() {
    let server = waiting(FAST_SCAN);
    let run = login(&server, "--no-poll --json").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
    let mut run = BackgroundChild::start(run);
    run.event("qrcode");
    server.add_fault("drop-before@/client/set_notify_url*1".parse().unwrap());
    let run = run.finish().ends_with(0);
    assert!(run.stderr.contains("restored notify_url"), "{run:?}");
    assert_eq!(notify_urls(&server)[1..], [CONFIGURED_URL, CONFIGURED_URL]);
}

/// Ends a login in one way, with and without a configured URL, and looks at what the server was
/// told last.
fn check_restores_notify_url(
    scan: &str,
    timeout: &str,
    code: i32,
    end: impl Fn(&Sandbox, &mut BackgroundChild),
) {
    for configured in [true, false] {
        let server = waiting(scan);
        let run = login(&server, "--json --no-poll --timeout").arg(timeout);
        let run = if configured {
            run.config(&format!("notify_url = \"{CONFIGURED_URL}\"\n"))
        } else {
            run
        };
        let mut running = BackgroundChild::start_unread(run);
        end(&server, &mut running);
        let run = running.finish().ends_with(code);
        let urls = notify_urls(&server);
        if configured {
            assert_eq!(
                (urls.len(), urls[1].as_str()),
                (2, CONFIGURED_URL),
                "{run:?}"
            );
            assert!(run.stderr.contains("restored notify_url"), "{run:?}");
        } else {
            assert_eq!(urls.len(), 1, "{run:?}");
            assert!(
                run.stderr.contains("no notify_url is configured"),
                "{run:?}"
            );
            assert!(run.stderr.contains("config set notify_url"), "{run:?}");
        }
    }
}

#[test]
fn restores_notify_url_after_success() {
    check_restores_notify_url(FAST_SCAN, "60s", 0, |_, running| running.read());
}

#[test]
fn restores_notify_url_after_rejection() {
    check_restores_notify_url("refuse,after=20ms", "60s", 1, |_, running| running.read());
}

#[test]
fn restores_notify_url_after_timeout() {
    check_restores_notify_url("never", "500ms", 7, |_, running| running.read());
}

#[test]
fn restores_notify_url_after_sigint() {
    check_restores_notify_url("never", "60s", 130, |_, running| {
        running.read();
        running.event("qrcode");
        running.signal(Signal::INT);
    });
}

#[test]
fn restores_notify_url_after_sigterm() {
    check_restores_notify_url("never", "60s", 143, |_, running| {
        running.read();
        running.event("qrcode");
        running.signal(Signal::TERM);
    });
}

/// The terminal was closed.
#[test]
fn restores_notify_url_after_sighup() {
    check_restores_notify_url("never", "60s", 129, |_, running| {
        running.read();
        running.event("qrcode");
        running.signal(Signal::HUP);
    });
}

#[test]
fn restores_notify_url_after_closed_stdout() {
    check_restores_notify_url("never", "60s", 8, |_, running| running.close_stdout());
}

#[test]
fn restores_notify_url_when_no_qr_code_is_available() {
    let server = waiting("never");
    server.add_fault("code=77@/login/get_login_qrcode".parse().unwrap());
    let run = login(&server, "--json").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
    end(run).ends_with(1);
    assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
}

#[test]
fn signal_ends_wait_for_qr_code() {
    for fault in [
        "code=1014@/login/get_login_qrcode",
        "hang@/login/get_login_qrcode",
    ] {
        let server = waiting("never");
        server.add_fault(fault.parse().unwrap());
        let run = login(&server, "--json").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
        let mut running = BackgroundChild::start(run);
        eventually("a request for the code", || {
            (!bodies(&server, "/login/get_login_qrcode").is_empty()).then_some(())
        });
        running.signal(Signal::TERM);
        running.finish().ends_with(143);
        assert_eq!(
            notify_urls(&server).last().unwrap(),
            CONFIGURED_URL,
            "{fault}"
        );
    }
}

#[test]
fn warns_when_notify_url_cannot_be_restored() {
    let server = waiting("never");
    let run = login(&server, "--json --no-poll").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
    let mut running = BackgroundChild::start(run);
    running.event("qrcode");
    drop(server);
    running.signal(Signal::INT);
    let run = running.finish().ends_with(130);
    assert!(
        run.stderr.contains("could not restore notify_url"),
        "{run:?}"
    );
}
