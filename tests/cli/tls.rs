//! Certificate verification.

use std::io::Write;

use crate::support::raw::{RawServer, http, ok};
use crate::support::tls::{Certificate, TlsServer};
use crate::support::{Finished, PERSON, Qiwei};

const ACCEPTED: &str =
    r#"{"error_code":0,"data":{"msg_data":{"id":"7","seq":"8"},"is_svr_fail":false}}"#;

fn send(base_url: &str, args: &[&str]) -> Finished {
    Qiwei::on(
        base_url,
        ["--guid", "11111111-2222-3333-4444-555555555555", "--json"],
    )
    .args(args)
    .args(["send", PERSON, "hello"])
    .run()
}

/// Checks that the certificate was refused before the server received a request.
fn assert_untrusted(run: Finished, server: &TlsServer, why: &str) {
    let run = run
        .ends_with(5)
        .assert_stderr_contains("the server's certificate is not trusted")
        .assert_stderr_contains(why);
    assert_eq!(run.error()["outcome"], "not_sent");
    assert_eq!(server.requests(), [""; 0]);
}

/// Checks that the message was sent.
fn assert_accepted(run: Finished, server: &TlsServer) {
    let run = run.ends_with(0);
    assert_eq!(run.json()["outcome"], "accepted");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn unknown_certificate_is_refused_unless_named() {
    for (certificate, why) in [
        (
            Certificate::for_name("localhost"),
            "it is not signed by a trusted authority",
        ),
        (Certificate::self_signed("localhost"), ""),
    ] {
        let server = TlsServer::start(&certificate, &ok(ACCEPTED));
        let url = server.base_url("localhost");
        assert_untrusted(send(&url, &[]), &server, why);
        let file = certificate.file();
        assert_accepted(send(&url, &["--cacert", file.to_str().unwrap()]), &server);
    }
}

#[test]
fn accepts_ip_address_certificate() {
    let certificate = Certificate::for_name("127.0.0.1");
    let server = TlsServer::start(&certificate, &ok(ACCEPTED));
    let file = certificate.file();
    let url = server.base_url("127.0.0.1");
    assert_accepted(send(&url, &["--cacert", file.to_str().unwrap()]), &server);
}

#[test]
fn trusted_authority_does_not_accept_wrong_name() {
    for (certificate, hint) in [
        (Certificate::for_name("elsewhere.example"), "host name"),
        (Certificate::self_signed("elsewhere.example"), "host name"),
        (Certificate::expired("localhost"), "renew the certificate"),
    ] {
        let server = TlsServer::start(&certificate, &ok(ACCEPTED));
        let file = certificate.file();
        let run = send(
            &server.base_url("localhost"),
            &["--cacert", file.to_str().unwrap()],
        );
        // Another trusted certificate would not help.
        assert!(!run.stderr.contains("--cacert"), "{run:?}");
        assert_untrusted(run, &server, hint);
    }
    let (shown, named) = (
        Certificate::for_name("localhost"),
        Certificate::for_name("localhost"),
    );
    let server = TlsServer::start(&shown, &ok(ACCEPTED));
    let file = named.file();
    let run = send(
        &server.base_url("localhost"),
        &["--cacert", file.to_str().unwrap()],
    );
    assert_untrusted(run, &server, "");
}

#[test]
fn insecure_skips_verification_with_warning() {
    let certificate = Certificate::expired("elsewhere.example");
    let server = TlsServer::start(&certificate, &ok(ACCEPTED));
    let run = send(&server.base_url("localhost"), &["--insecure"]);
    assert_accepted(
        run.assert_stderr_contains("certificate verification is disabled"),
        &server,
    );
}

#[test]
fn https_to_plain_server_is_not_sent() {
    // What such a server makes of a handshake.
    let server = RawServer::unread(|mut stream| {
        let _ = stream.write_all(http("400 Bad Request", "").as_bytes());
    });
    let url = format!("https://localhost:{}", server.address().port());
    let run = send(&url, &[]);
    let run = run.ends_with(5);
    assert_eq!(run.error()["outcome"], "not_sent");
}

#[test]
fn redirect_away_from_tls_is_not_followed() {
    let open = RawServer::answering(ok(ACCEPTED));
    let certificate = Certificate::for_name("localhost");
    let target = format!("http://{}/msg/send_text", open.address());
    let redirect = http("307 Temporary Redirect", "").replacen(
        "\r\n",
        &format!("\r\nlocation: {target}\r\n"),
        1,
    );
    let server = TlsServer::start(&certificate, &redirect);
    let file = certificate.file();
    let run = send(
        &server.base_url("localhost"),
        &["--cacert", file.to_str().unwrap()],
    );
    assert_ne!(run.code, 0, "{run:?}");
    assert_eq!(open.requests(), [""; 0]);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn wrong_scheme_is_named_with_its_fix() {
    let plain = RawServer::unread(|mut stream| {
        let _ = stream.write_all(http("400 Bad Request", "").as_bytes());
    });
    let url = format!("https://localhost:{}", plain.address().port());
    let error = send(&url, &["--retries", "0"]).ends_with(5).error();
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("does not speak TLS"),
        "{error}"
    );
    assert!(
        error["hint"].as_str().unwrap().contains("http://"),
        "{error}"
    );

    let certificate = Certificate::for_name("localhost");
    let server = TlsServer::start(&certificate, &ok(ACCEPTED));
    let url = server.base_url("localhost").replace("https://", "http://");
    let error = send(&url, &["--retries", "0"]).error();
    assert!(
        error["hint"].as_str().unwrap().contains("https://"),
        "{error}"
    );
}
