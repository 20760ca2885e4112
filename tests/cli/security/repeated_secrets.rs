//! Secrets that a server repeats in its errors are masked.

use serde_json::json;

use crate::support::background::end;
use crate::support::login::listen;
use crate::support::raw::{RawServer, ok};
use crate::support::{Finished, PERSON, Qiwei, sandbox};

/// A server that repeats each request in its error: head and body in the message, the body in the
/// data.
fn echo() -> RawServer {
    RawServer::start(|connection| {
        let (head, body) = connection.request.split_once("\r\n\r\n").unwrap();
        let answer = json!({
            "error_code": -9,
            "error_message": format!("bad: {body} {head}"),
            "data": {"input": body},
        });
        connection.write(ok(&answer.to_string()));
    })
}

#[track_caller]
fn check(run: &Finished, secrets: &[&str]) {
    for secret in secrets {
        let is_shown = run.stdout.contains(secret) || run.stderr.contains(secret);
        assert!(!is_shown, "{secret} is in {run:?}");
    }
    let is_masked = run.stdout.contains("[redacted]") || run.stderr.contains("[redacted]");
    assert!(is_masked, "nothing was repeated: {run:?}");
}

#[test]
fn masks_credentials_repeated_by_server() {
    let server = echo();
    let url = server.base_url().replace("//", "//user:hunter2%21@");
    let config = "[headers]\nX-Token = 't0ken\"value'\n";
    let secrets = ["hunter2", "dXNlcjpodW50ZXIyIQ==", "t0ken"];
    for flags in [&["-vv"][..], &["-vv", "--json"], &["-vv", "--lang", "zh"]] {
        for args in [
            &["send", PERSON, "x"][..],
            &["instance", "rm", "g", "h", "--yes"],
            &["status"],
        ] {
            let run = Qiwei::on(&url, args).args(flags).args(["--guid", "g"]);
            check(&run.config(config).run(), &secrets);
        }
        let batch = Qiwei::on(&url, ["send", "--batch", "-", "--guid", "g"])
            .args(flags)
            .config(config)
            .stdin(format!(r#"{{"to":"{PERSON}","text":"x"}}"#));
        check(&batch.run(), &secrets);
    }
}

#[test]
fn masks_callback_url_repeated_by_server() {
    let server = echo();
    for args in ["listen", "probe callback"] {
        for flags in ["-vv", "-vv --json"] {
            let args = args.split(' ').chain(flags.split(' '));
            let run = Qiwei::on(&server.base_url(), args).args(["--guid", "g"]);
            let run = end(run);
            let sent = server.requests();
            let token = sent.last().and_then(|request| {
                let (_, rest) = request.split_once("/webhook/")?;
                rest.split('"').next()
            });
            check(&run, &[token.unwrap()]);
        }
    }
}

#[test]
fn masks_login_code_repeated_by_server() {
    let server = echo();
    for flags in [&["-vv"][..], &["-vv", "--json"]] {
        let args = ["login", "--code", "-", "--guid", "g"];
        let run = Qiwei::on(&server.base_url(), args)
            .args(flags)
            .stdin("864209\n");
        check(&run.run().ends_with(1), &["864209"]);
    }
    // Output without secrets is not masked.
    let run = listen(&sandbox(), "--for 10ms").run();
    assert!(!run.stderr.contains("[redacted]"), "{run:?}");
}
