//! Encrypted connections to the database.

use crate::ledger::expect_failed_send;
use crate::support::cutting_proxy::{Cut, CuttingProxy};
use crate::support::postgres::{Server, database};
use crate::support::state::{sends, with_state};
use crate::support::tls::Certificate;
use crate::support::{Finished, GROUP, Home, sandbox};

fn send_with(url: &str) -> Finished {
    let server = sandbox();
    let run = with_state(
        &server,
        &Home::new(),
        &["send", GROUP, "x", "--key", "k", "--json"],
    )
    .env("QIWEI_STATE", url)
    .run();
    assert_eq!(sends(&server), usize::from(run.code == 0), "{run:?}");
    run
}

/// An address of this machine that no other server uses: each of 127.0.0.0/8 is.
fn free_address(last: u8) -> String {
    let pid = std::process::id().to_be_bytes();
    format!("127.{}.{}.{last}", 64 + pid[2] % 64, pid[3])
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn certificate_is_verified() {
    let address = free_address(1);
    let certificate = Certificate::for_name(&address);
    let other = Certificate::for_name(&address);
    let server = Server::start_with_tls(&certificate, &address);
    let database = server.database();
    let url = database.url_at("postgres", &address);
    let verified = |file: &std::path::Path| {
        format!("{url}?sslmode=verify-full&sslrootcert={}", file.display())
    };
    let cases = [
        (verified(&certificate.file()), 0, ""),
        (format!("{url}?sslmode=require"), 0, ""),
        // On this machine the connection is not encrypted unless that is asked for.
        (url.clone(), 3, "no encryption"),
        (format!("{url}?sslmode=disable"), 3, "no encryption"),
        (format!("{url}?sslmode=verify-full"), 3, "certificate"),
        (verified(&other.file()), 3, "certificate"),
    ];
    for (url, code, part) in cases {
        let run = send_with(&url);
        match code {
            0 => assert_eq!(run.code, 0, "{url}: {run:?}"),
            _ => {
                let error = expect_failed_send(&run, code, "not_sent");
                assert!(
                    error["message"].as_str().unwrap().contains(part),
                    "{url}: {error}"
                );
                assert!(
                    error["hint"]
                        .as_str()
                        .is_some_and(|hint| hint.contains("sslmode")),
                    "{url}: {error}"
                );
            }
        }
    }
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn certificate_of_another_name_is_refused() {
    let address = free_address(2);
    let certificate = Certificate::for_name("db.example.com");
    let server = Server::start_with_tls(&certificate, &address);
    let database = server.database();
    let file = certificate.file();
    let url = database.url_at("postgres", &address);
    let run = send_with(&format!(
        "{url}?sslmode=verify-full&sslrootcert={}",
        file.display()
    ));
    let error = expect_failed_send(&run, 3, "not_sent");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("db.example.com"),
        "{error}"
    );
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn password_is_bound_to_the_encrypted_connection() {
    let address = free_address(3);
    let server = Server::start_with_tls(&Certificate::for_name(&address), &address);
    let database = server.database();
    database.sql("CREATE ROLE scram LOGIN SUPERUSER PASSWORD 'p'");
    let url = database.url_at("scram:p", &address);
    assert_eq!(
        send_with(&format!("{url}?sslmode=require&channel_binding=require")).code,
        0
    );
    let run = send_with(&database.url_at("scram:wrong", &address));
    expect_failed_send(&run, 3, "not_sent");
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "PostgreSQL is not installed")]
fn server_without_encryption_is_refused_if_required() {
    let proxy = CuttingProxy::start(&database(), usize::MAX, Cut::After);
    for mode in ["require", "verify-full"] {
        let url = format!(
            "postgres://postgres@127.0.0.1:{}/postgres?sslmode={mode}",
            proxy.port
        );
        let error = expect_failed_send(&send_with(&url), 3, "not_sent");
        assert!(
            error["message"].as_str().unwrap().contains("TLS"),
            "{error}"
        );
    }
}
