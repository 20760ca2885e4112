//! Servers that break the rules of HTTP, or of everything: bare sockets do to the program what
//! no server made of a library would.

use std::io::Write;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::raw::{Guest, RawServer, closed_port, http, ok, reset};
use crate::support::{Finished, GROUP, Qiwei, check_all};

/// What comes back for a request, in the end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Comes {
    /// Something that cannot be trusted, or nothing and then the end.
    Nonsense,
    /// Nothing, for longer than the command waits.
    Silence,
    /// A refusal in proper form.
    Refusal,
}

use Comes::{Nonsense, Refusal, Silence};

/// An answer that would be a success if it came whole: a message, and a list of sessions.
const GOOD: &str = r#"{"error_code":0,"error_message":"ok","data":{"session_list":[],"msg_data":{"id":"1066173","seq":"7"},"is_svr_fail":false}}"#;

type Behaviour = fn(&mut Guest);

/// What a server does once it has read a whole request.
const AFTER_THE_REQUEST: [(&str, Comes, Behaviour); 34] = [
    ("reset", Nonsense, |g| g.reset()),
    ("closed", Nonsense, |_| {}),
    ("closed in the status line", Nonsense, |g| {
        g.write("HTTP/1.1 20")
    }),
    ("closed in the head", Nonsense, |g| g.write(&ok(GOOD)[..40])),
    ("closed before the body", Nonsense, |g| {
        g.write(ok(GOOD).replace(GOOD, ""))
    }),
    ("closed in the body", Nonsense, |g| {
        g.write(&ok(GOOD)[..ok(GOOD).len() - 1])
    }),
    ("reset in the body", Nonsense, |g| {
        g.write(&ok(GOOD)[..ok(GOOD).len() - 1]);
        g.reset();
    }),
    ("closed in a chunk", Nonsense, |g| {
        g.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"er");
    }),
    ("closed between chunks", Nonsense, |g| {
        let length = GOOD.len();
        g.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        g.write(format!("{length:x}\r\n{GOOD}\r\n"));
    }),
    ("half a JSON", Nonsense, |g| {
        g.write(ok(&GOOD[..GOOD.len() / 2]))
    }),
    ("HTML", Nonsense, |g| {
        g.write(ok("<html><body>It works!</body></html>"))
    }),
    ("bytes", Nonsense, |g| {
        g.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n");
        g.write(b"\x00\xff\xfe{\x80");
    }),
    ("an empty body", Nonsense, |g| g.write(ok(""))),
    ("only spaces", Nonsense, |g| g.write(ok(" \r\n "))),
    ("no content", Nonsense, |g| {
        g.write("HTTP/1.1 204 No Content\r\n\r\n")
    }),
    ("null", Nonsense, |g| g.write(ok("null"))),
    ("a list", Nonsense, |g| g.write(ok("[]"))),
    ("a number", Nonsense, |g| g.write(ok("0"))),
    ("a truth", Nonsense, |g| g.write(ok("true"))),
    ("a word", Nonsense, |g| g.write(ok(r#""ok""#))),
    ("null in a string", Nonsense, |g| g.write(ok(r#""null""#))),
    ("a code that is no number", Nonsense, |g| {
        g.write(ok(r#"{"error_code":"ok","data":{}}"#))
    }),
    ("a message under HTTP 500", Nonsense, |g| {
        g.write(http("500 Oops", GOOD))
    }),
    ("502 of a proxy", Nonsense, |g| {
        g.write(http("502 Bad Gateway", "<html>nginx</html>"))
    }),
    ("a status there is not", Nonsense, |g| {
        g.write(http("999 What", GOOD))
    }),
    ("a redirect", Nonsense, |g| {
        g.write(
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n",
        );
    }),
    ("an endless body", Nonsense, |g| {
        g.write("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n\"");
        while g.stream.write_all(&[b'a'; 65536]).is_ok() {}
    }),
    ("no HTTP at all", Nonsense, |g| {
        g.write("SSH-2.0-OpenSSH_9.6\r\n")
    }),
    ("a head that never ends", Nonsense, |g| {
        g.write("HTTP/1.1 200 OK\r\n");
        while g
            .stream
            .write_all(b"x-padding: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")
            .is_ok()
        {}
    }),
    ("nothing", Silence, |g| g.wait()),
    ("a head and then nothing", Silence, |g| {
        g.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{");
        g.wait();
    }),
    ("a byte now and then", Silence, |g| {
        g.drip(ok(GOOD), Duration::from_millis(100))
    }),
    ("403 of a proxy", Refusal, |g| {
        g.write(http("403 Forbidden", "<html>nginx</html>"))
    }),
    ("429 in words", Refusal, |g| {
        g.write(http("429 Too Many", "slow down"))
    }),
];

/// An answer that promises more than the program is willing to read.
fn more_than_16_mib(guest: &mut Guest) {
    let body = format!("\"{}\"", "a".repeat(16 * 1024 * 1024));
    guest.write(ok(&body));
}

fn send(base_url: &str, flags: &[&str]) -> Finished {
    Qiwei::on(base_url, ["send", GROUP, "x", "--guid", "g", "--json"])
        .args(flags)
        .run()
}

fn sessions(base_url: &str, flags: &[&str]) -> Finished {
    Qiwei::on(base_url, ["sessions", "--guid", "g", "--json"])
        .args(flags)
        .run()
}

fn flags(comes: Comes) -> [&'static str; 2] {
    match comes {
        Silence => ["--timeout", "2s"],
        _ => ["--timeout", "30s"],
    }
}

#[test]
fn a_good_answer_from_a_bare_socket_is_accepted() {
    let server = RawServer::answering(ok(GOOD));
    let run = send(&server.base_url(), &[]);
    assert_eq!(run.ends_with(0).json()["message_id"], "1066173");
    let run = Qiwei::on(&server.base_url(), ["instance", "rm", "g", "--json"]).run();
    assert_eq!(run.ends_with(0).json()[0]["removed"], true);
    assert_eq!(
        sessions(&server.base_url(), &[]).ends_with(0).json(),
        json!([])
    );
    // A drip in time is only slow.
    let server = RawServer::start(|guest| guest.drip(ok(GOOD), Duration::from_millis(1)));
    send(&server.base_url(), &[]).ends_with(0);
}

#[test]
fn a_send_is_unknown_unless_it_was_answered() {
    check_all(&AFTER_THE_REQUEST, |&(name, comes, behaviour)| {
        let server = RawServer::start(behaviour);
        let run = send(&server.base_url(), &flags(comes));
        assert!(run.took.as_secs() < 29, "{name}: {run:?}");
        assert_eq!(run.stdout, "", "{name}");
        let (code, outcome) = match comes {
            Refusal => (1, "rejected"),
            Nonsense | Silence => (6, "unknown"),
        };
        assert_eq!(run.code, code, "{name}: {run:?}");
        assert_eq!(run.error()["outcome"], outcome, "{name}");
        assert_eq!(server.requests().len(), 1, "{name}: sent more than once");
    });
}

#[test]
fn a_removal_is_unknown_unless_it_was_answered() {
    check_all(&AFTER_THE_REQUEST, |&(name, comes, behaviour)| {
        let server = RawServer::start(behaviour);
        let run = Qiwei::on(&server.base_url(), ["instance", "rm", "g", "--json"])
            .args(flags(comes))
            .run();
        let (code, outcome) = match comes {
            Refusal => (1, "rejected"),
            Nonsense | Silence => (6, "unknown"),
        };
        assert_eq!(run.code, code, "{name}: {run:?}");
        assert_eq!(run.json()[0]["removed"], false, "{name}");
        assert_eq!(run.error()["outcome"], outcome, "{name}");
        assert_eq!(server.requests().len(), 1, "{name}: sent more than once");
    });
}

#[test]
fn a_read_is_tried_again_and_then_unreachable() {
    check_all(&AFTER_THE_REQUEST, |&(name, comes, behaviour)| {
        let server = RawServer::start(behaviour);
        let flags = [&flags(comes)[..], &["--retries", "1"]].concat();
        let run = sessions(&server.base_url(), &flags);
        assert!(run.took.as_secs() < 29, "{name}: {run:?}");
        assert_eq!(run.stdout, "", "{name}");
        // A refusal is an answer, and silence uses the whole time up.
        let (code, tries) = match comes {
            Nonsense => (5, 2),
            Silence => (5, 1),
            Refusal => (1, 1),
        };
        assert_eq!(run.code, code, "{name}: {run:?}");
        assert_eq!(server.requests().len(), tries, "{name}");
    });
}

#[test]
fn a_200_that_names_no_message_is_no_success_of_a_send() {
    for body in [
        "{}",
        r#""{}""#,
        r#"{"error_code":0}"#,
        r#"{"error_code":0,"data":{}}"#,
        r#"{"error_code":0,"data":null}"#,
        r#"{"error_code":0,"data":[]}"#,
        r#"{"error_code":0,"data":"ok"}"#,
        r#"{"err_code":0,"err_msg":"success","data":{"msg_data":{}}}"#,
        r#"{"msg_data":{"id":""}}"#,
        r#"{"msg_data":{"id":"0"}}"#,
        r#"{"msg_data":null}"#,
        r#"{"message":"ok"}"#,
        r#"{"detail":"Not Found"}"#,
    ] {
        let server = RawServer::answering(ok(body));
        let run = send(&server.base_url(), &[]);
        let error = run.ends_with(6).error();
        assert_eq!(error["outcome"], "unknown", "{body}");
        assert_eq!(server.requests().len(), 1, "{body}");
    }
}

#[test]
fn a_body_over_16_mib_is_not_read() {
    let server = RawServer::start(more_than_16_mib);
    let error = send(&server.base_url(), &[]).ends_with(6).error();
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("larger than 16 MiB"), "{message}");
}

#[test]
fn no_4xx_is_more_than_a_refusal_and_no_5xx_less_than_unknown() {
    let known = [404, 405, 422, 429, 500, 503, 504];
    let codes: Vec<u16> = (400..600)
        .filter(|code| code % 9 == 4 || known.contains(code))
        .collect();
    check_all(&codes, |&status| {
        let server = RawServer::answering(http(&format!("{status} X"), r#"{"detail":"words"}"#));
        let run = send(&server.base_url(), &[]);
        assert_eq!(run.code, if status < 500 { 1 } else { 6 }, "{status}");
        let message = run.error()["message"].as_str().unwrap().to_owned();
        let start = format!("the server answered HTTP {status}: words");
        assert!(message.starts_with(&start), "{message}");
    });
}

#[test]
fn a_redirect_is_never_followed() {
    for status in ["301", "302", "303", "307", "308"] {
        let target = RawServer::answering(ok(GOOD));
        let location = target.base_url().replace("//", "//u:hunter2@");
        let server = RawServer::answering(format!(
            "HTTP/1.1 {status} Moved\r\nlocation: {location}/x\r\ncontent-length: 0\r\n\r\n"
        ));
        let run = send(&server.base_url(), &[]);
        let hint = run.error()["hint"].as_str().unwrap().to_owned();
        let shown = target.base_url().replace("//", "//***@");
        assert!(hint.contains(&format!("points to {shown}/x;")), "{hint}");
        run.ends_with(6);
        assert_eq!(target.requests().len(), 0, "{status} was followed");
    }
}

#[test]
fn connections_that_cannot_be_made_send_nothing() {
    let (_socket, address) = closed_port();
    let run = send(&format!("http://{address}"), &["--retries", "0"]);
    let error = run.ends_with(5).error();
    assert_eq!(error["outcome"], "not_sent");
    assert_eq!(error["retryable"], true);
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("cannot connect: "), "{message}");
    let run = send("http://no-such-host.invalid", &["--retries", "0"]);
    assert_eq!(run.ends_with(5).error()["outcome"], "not_sent");
}

#[test]
fn a_connection_that_ends_before_the_request_is_read_is_not_trusted() {
    let server = RawServer::unread(drop);
    let run = send(&server.base_url(), &["--retries", "0"]);
    assert_eq!(run.ends_with(6).error()["outcome"], "unknown");
    // Reset at once, it may be gone before the client knows that it had one.
    let server = RawServer::unread(|stream| reset(&stream));
    let run = send(&server.base_url(), &["--retries", "0"]);
    let came = (run.code, run.error()["outcome"].clone());
    assert!(
        came == (6, json!("unknown")) || came == (5, json!("not_sent")),
        "{run:?}"
    );
}

#[test]
fn a_peer_that_does_not_speak_tls_gets_nothing() {
    let garbage = RawServer::unread(|mut stream| {
        let _ = stream.write_all(b"\x16\x03\x03garbage that is no handshake at all\r\n\r\n");
    });
    let plain = RawServer::unread(|mut stream| {
        let _ = stream.write_all(http("400 Bad Request", "plain").as_bytes());
    });
    let closing = RawServer::unread(drop);
    for server in [garbage, plain, closing] {
        let url = format!("https://{}", server.address());
        let run = send(&url, &["--insecure", "--retries", "0"]);
        let error = run.ends_with(5).error();
        assert_eq!(error["outcome"], "not_sent");
    }
}

#[test]
fn a_tls_handshake_that_stands_still_ends_in_time() {
    let (held, streams) = mpsc::channel();
    let server = RawServer::unread(move |stream| held.send(stream).unwrap());
    let url = format!("https://{}", server.address());
    let run = send(&url, &["--insecure", "--retries", "0", "--timeout", "1s"]);
    assert_eq!(run.ends_with(5).error()["outcome"], "not_sent");
    assert_eq!(streams.iter().take(1).count(), 1);
}

#[test]
fn a_large_request_meets_a_server_that_answers_early() {
    // The refusal is there before the request is; it may be read or lost, but never a success.
    let server = RawServer::unread(|mut stream| {
        let _ = stream.write_all(http("413 Payload Too Large", "").as_bytes());
        thread::sleep(Duration::from_millis(50));
    });
    let run = Qiwei::on(
        &server.base_url(),
        ["send", GROUP, "-", "--guid", "g", "--json"],
    )
    .stdin("x".repeat(8 * 1024 * 1024))
    .run();
    assert!([1, 6].contains(&run.code), "{run:?}");
}
