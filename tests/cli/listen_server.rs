//! `qiwei listen` while the server restarts or vanishes.

use std::sync::Arc;

use qiwei::sandbox::{IncomingMessage, Sandbox, Scenario};
use rustix::process::Signal;

use crate::support::background::{BackgroundChild, end, eventually};
use crate::support::login::{CONFIGURED_URL, listen, listening, notify_urls};
use crate::support::{Qiwei, sandbox};

#[test]
fn sets_notify_url_again_after_server_restart() {
    let server = sandbox();
    let address = server.addr();
    let run = listen(&server, "--poll 20ms --retries 0").env("QIWEI_NOTIFY_URL", CONFIGURED_URL);
    let (mut running, url) = listening(&server, run);
    drop(server);
    running.err.wait_for("the loss", |line| {
        line.starts_with("warning: the server, or the instance on it, is lost: cannot connect")
    });
    let server = eventually("the server", || {
        Sandbox::start(address, Scenario::default(), Arc::new(|_| {})).ok()
    });
    running.err.wait_for("the return", |line| {
        line == "the server is back; notify_url was set again"
    });
    assert_eq!(notify_urls(&server), [url]);
    let message = IncomingMessage {
        conversation_id: "S:7881".into(),
        content: "after the restart".into(),
        ..IncomingMessage::default()
    };
    server
        .deliver_incoming(&server.guids()[0], &message)
        .unwrap();
    running
        .out
        .wait_for("the message", |line| line.contains("after the restart"));
    running.signal(Signal::TERM);
    running.finish().ends_with(143);
    assert_eq!(notify_urls(&server).last().unwrap(), CONFIGURED_URL);
}

#[test]
fn failed_setting_is_repeated() {
    let server = sandbox();
    let run = listen(&server, "--poll 20ms --retries 0");
    let (mut running, url) = listening(&server, run);
    server.add_fault("http=503@/client/set_notify_url*2".parse().unwrap());
    server.add_fault("http=503@/client/get_client_status*1".parse().unwrap());
    running.err.wait_for("success", |line| {
        line == "the server is back; notify_url was set again"
    });
    assert_eq!(notify_urls(&server), vec![url; 4]);
    running.signal(Signal::TERM);
    running.finish().ends_with(143);
}

#[test]
fn exits_when_server_or_instance_is_lost() {
    let flags = "--poll 20ms --retries 0 --exit-when-lost --json";
    let server = sandbox();
    let (mut running, _) = listening(&server, listen(&server, flags));
    drop(server);
    let run = running.finish().ends_with(5);
    let error = run.error();
    assert_eq!(error["kind"], "unreachable");
    assert!(error["message"].to_string().contains("is lost"), "{error}");

    let server = sandbox();
    let guid = server.guids()[0].clone();
    let (mut running, _) = listening(&server, listen(&server, flags));
    let remove = ["instance", "rm", &guid, "--yes"];
    end(Qiwei::on(&server.base_url(), remove)).ends_with(0);
    let run = running.finish();
    assert_ne!(run.code, 0, "{run:?}");
    assert!(run.error()["message"].to_string().contains("is lost"));
}

#[test]
fn does_not_poll_when_told_so() {
    let server = sandbox();
    let run = listen(&server, "--no-poll --for 300ms --json");
    BackgroundChild::start(run).finish().ends_with(0);
    let polled = |path: &str| server.exchanges().iter().any(|e| e.path == path);
    // Once, to choose the instance.
    assert!(polled("/client/all_clients") && polled("/client/set_notify_url"));
    let looks = server.exchanges();
    let looks = looks
        .iter()
        .filter(|e| e.path == "/client/get_client_status");
    assert_eq!(looks.count(), 1);
}
