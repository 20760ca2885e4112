//! Retries: requests that were not executed, and reads.

use std::net::TcpListener;

use crate::support::raw::{RawServer, closed_port, ok};
use crate::support::{GROUP, Qiwei, requests, sandbox, sandbox_on_own_address};

const SENT: &str = r#"{"error_code":0,"data":{"msg_data":{"id":"1"}}}"#;

#[test]
fn retries_refused_connection() {
    let (socket, address) = closed_port();
    let args = ["send", GROUP, "x", "--guid", "g", "--retries", "20", "-v"];
    let mut run = Qiwei::on(&format!("http://{address}"), args).start();
    while !run.stderr_line().starts_with("~ trying again in ") {}
    socket.listen(8).unwrap();
    let server = RawServer::serve(TcpListener::from(socket), |connection| {
        connection.write(ok(SENT))
    });
    let run = run.end().ends_with(0);
    assert_eq!(run.stdout, format!("accepted {GROUP} message 1\n"));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn retries_deliver_once() {
    let server = sandbox_on_own_address();
    server.add_fault("refuse=300ms".parse().unwrap());
    let guid = &server.guids()[0];
    let args = ["send", GROUP, "x", "--guid", guid, "--retries", "8"];
    Qiwei::on(&server.base_url(), args).run().ends_with(0);
    assert_eq!(server.deliveries().len(), 1);
    assert_eq!(requests(&server).len(), 1);
}

#[test]
fn retries_are_bounded_by_number_and_time() {
    let (_socket, address) = closed_port();
    let url = format!("http://{address}");
    let send = ["send", GROUP, "x", "--guid", "g", "-v"];
    let tries = |args: &[&str]| {
        let run = Qiwei::on(&url, send).args(args).run();
        assert!(run.took.as_secs() < 20, "{run:?}");
        let tries = run.stderr.matches("> POST ").count();
        run.ends_with(5);
        tries
    };
    assert_eq!(tries(&["--retries", "0"]), 1);
    assert_eq!(tries(&["--retries", "1"]), 2);
    assert_eq!(tries(&[]), 3);
    // Twenty waits that double would take more than a minute.
    let in_time = tries(&["--retries", "20", "--timeout", "1s"]);
    assert!((2..20).contains(&in_time), "{in_time}");
}

/// The handshake of TLS never ends, so there is no connection to send on, whatever the time left at the
/// last retry.
#[test]
fn request_without_connection_is_not_sent() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", silent.local_addr().unwrap());
    for timeout in [
        "5ms", "20ms", "100ms", "150ms", "300ms", "500ms", "1s", "2s",
    ] {
        let args = ["send", GROUP, "x", "--guid", "g", "--json"];
        let run = Qiwei::on(&url, args)
            .args(["--retries", "20", "--timeout", timeout])
            .run();
        let error = run.message_error(5, "not_sent");
        assert_eq!(error["retryable"], true, "{timeout}: {error}");
    }
}

#[test]
fn retries_not_ready() {
    let server = sandbox();
    let guid = &server.guids()[0];
    let send = ["send", GROUP, "x", "--guid", guid, "--json"];
    server.add_fault("code=1014@/msg/send_text*2".parse().unwrap());
    Qiwei::on(&server.base_url(), send).run().ends_with(0);
    assert_eq!(server.deliveries().len(), 1);
    assert_eq!(requests(&server).len(), 3);

    server.add_fault("code=1014@/msg/send_text".parse().unwrap());
    let run = Qiwei::on(&server.base_url(), send)
        .args(["--retries", "0"])
        .run();
    let error = run.ends_with(1).error();
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&1014.into(), &true.into())
    );
    assert_eq!(error["outcome"], "rejected");
    assert_eq!(server.deliveries().len(), 1);
    // Four sends and one status request.
    assert_eq!(requests(&server).len(), 5);
}

#[test]
fn never_retries_unknown() {
    for fault in ["drop-before", "http=503", "empty", "reset"] {
        let server = sandbox();
        server.add_fault(format!("{fault}*1").parse().unwrap());
        let guid = &server.guids()[0];
        let args = ["send", GROUP, "x", "--guid", guid, "--retries", "20"];
        Qiwei::on(&server.base_url(), args).run().ends_with(6);
        assert_eq!(
            server.deliveries().len(),
            0,
            "{fault}: a second try would have arrived"
        );
        assert_eq!(requests(&server).len(), 1, "{fault}");
    }
}

#[test]
fn does_not_retry_other_refusals() {
    for fault in ["code=-1", "http=429", "http=404", "busy", "svr-fail"] {
        let server = sandbox();
        server.add_fault(format!("{fault}@/msg/send_text*1").parse().unwrap());
        let guid = &server.guids()[0];
        let args = ["send", GROUP, "x", "--guid", guid, "--retries", "20"];
        Qiwei::on(&server.base_url(), args).run().ends_with(1);
        assert_eq!(server.deliveries().len(), 0, "{fault}");
    }
}

#[test]
fn retries_reads() {
    for (retries, tries) in [(None, 3), (Some("0"), 1), (Some("1"), 2)] {
        let server = sandbox();
        server.add_fault("http=500".parse().unwrap());
        let run = Qiwei::on(
            &server.base_url(),
            ["sessions", "--guid", &server.guids()[0]],
        )
        .env("QIWEI_RETRIES", retries.unwrap_or(""))
        .run();
        run.ends_with(5);
        assert_eq!(requests(&server).len(), tries, "{retries:?}");
    }
    let server = sandbox();
    server.add_fault("http=500".parse().unwrap());
    let run = Qiwei::on(
        &server.base_url(),
        ["sessions", "--guid", &server.guids()[0]],
    )
    .config("retries = 1\n")
    .run();
    run.ends_with(5);
    assert_eq!(requests(&server).len(), 2);
}

#[test]
fn validates_number_of_retries() {
    for number in ["21", "-1", "many", "1.5"] {
        let flag = format!("--retries={number}");
        let run = Qiwei::new(["sessions", "--guid", "g", &flag]).run();
        run.ends_with(2)
            .assert_stderr_contains("--retries: must be a number from 0 to 20");
        let run = Qiwei::new(["sessions", "--guid", "g"])
            .env("QIWEI_RETRIES", number)
            .run();
        run.ends_with(3)
            .assert_stderr_contains("QIWEI_RETRIES: must be a number from 0 to 20");
    }
}
