//! The contents of stdout and stderr on a terminal, in a pipe and in a log, and what they must not contain.

use std::fs::{File, OpenOptions};
use std::io::pipe;

use serde_json::{Value, json};

use crate::support::raw::{RawServer, closed_port, ok};
use crate::support::{Finished, GROUP, Home, Qiwei, requests, sandbox, sandbox_with};

/// One run of every kind of command that needs no preparation.
fn commands(guid: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["instance", "ls"],
        vec!["instance", "create"],
        vec!["instance", "use", guid],
        vec!["instance", "start", guid],
        vec!["sessions"],
        vec!["send", GROUP, "x"],
        vec!["at", GROUP, "x", "--all"],
        vec!["status"],
        vec!["probe"],
        vec!["probe", "POST", "/client/all_clients"],
        vec!["config", "path"],
        vec!["config", "get", "timeout"],
        vec!["config", "explain"],
        vec!["send", GROUP, "x", "--dry-run"],
        vec!["instance", "rm", guid, "--yes"],
    ]
}

#[test]
fn json_error_is_last_stderr_line_with_all_fields() {
    let (_socket, address) = closed_port();
    let url = format!("http://{address}");
    let usage = (2, "usage", json!("not_sent"));
    for (args, (exit, kind, outcome)) in [
        (
            &["send", GROUP, "x", "--guid", "g"][..],
            (5, "unreachable", json!("not_sent")),
        ),
        (&["sessions"], (5, "unreachable", Value::Null)),
        (&["send", "42", "x"], usage.clone()),
        (&["send", GROUP], usage.clone()),
        (&["send"], usage.clone()),
        (&["frobnicate"], usage.clone()),
        (&["send", GROUP, "x", "--frob"], usage.clone()),
        (&["sessions", "--limit", "0"], usage.clone()),
        (&["sessions", "--type", "public"], usage.clone()),
        (&["instance"], usage.clone()),
        (&[], usage.clone()),
        (&["sessions", "--timeout", "soon"], usage.clone()),
        (&["sessions", "--base-url", "h"], usage),
        (
            &["sessions", "--profile", "none"],
            (3, "config", json!("not_sent")),
        ),
    ] {
        let run = Qiwei::on(&url, args)
            .args(["--json", "--retries", "0"])
            .run();
        match args.first() {
            Some(&"send") => assert_eq!(run.json()["outcome"], outcome, "{args:?}"),
            _ => assert_eq!(run.stdout, "", "{args:?}"),
        }
        assert_eq!(run.stderr.lines().count(), 1, "{args:?}: {run:?}");
        let error = run.error();
        assert_eq!(error["kind"], kind, "{args:?}");
        assert_eq!(error["outcome"], outcome, "{args:?}");
        assert_eq!(run.code, exit, "{args:?}");
        assert!(!error["message"].as_str().unwrap().is_empty());
        assert!(
            !error["message"].as_str().unwrap().contains('\n'),
            "{error}"
        );
    }
}

#[test]
fn prints_usage_error_as_text_without_json() {
    let run = Qiwei::new(["send", GROUP, "x", "--frob"])
        .run()
        .ends_with(2);
    assert!(
        run.stderr
            .starts_with("error: unexpected argument '--frob' found\n"),
        "{run:?}"
    );
    assert_eq!(run.stderr.matches("error: ").count(), 1, "{run:?}");
    assert_eq!(run.stdout, "");
}

#[test]
fn prints_help_and_version_on_stdout() {
    for args in [
        &["--help"][..],
        &["-h"],
        &["send", "--help"],
        &["instance", "rm", "-h"],
    ] {
        let run = Qiwei::new(args).run().ends_with(0);
        assert!(run.stdout.contains("Usage: qiwei"), "{run:?}");
        assert_eq!(run.stderr, "");
        assert!(!run.stdout.contains('\x1b'), "no colour in a pipe");
    }
    let version = Qiwei::new(["--version"]).run().ends_with(0).stdout;
    let number = concat!("qiwei ", env!("CARGO_PKG_VERSION"), " (");
    assert!(
        version.starts_with(number) && version.ends_with(")\n"),
        "{version}"
    );
    assert!(version.contains(std::env::consts::ARCH), "{version}");
}

#[test]
fn exits_0_when_stdout_is_closed() {
    for flags in [&["-q"][..], &["-q", "--json"]] {
        let server = sandbox();
        let guid = &server.guids()[0];
        for args in commands(guid) {
            let (reader, writer) = pipe().unwrap();
            drop(reader);
            let run = Qiwei::on(&server.base_url(), &args)
                .args(flags)
                .stdout_to(writer)
                .run();
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}");
        }
        assert_eq!(server.deliveries().len(), 2, "printing comes after sending");
    }
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    Qiwei::new(["--help"])
        .stdout_to(writer)
        .run()
        .assert_output(0, "", "");
}

#[test]
#[cfg(target_os = "linux")]
fn reports_accepted_message_when_stdout_is_full() {
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let server = sandbox();
    let url = server.base_url();
    for args in [&["send", GROUP, "x"][..], &["at", GROUP, "x", "--all"]] {
        let run = Qiwei::on(&url, args).arg("--json").stdout_to(full()).run();
        let error = run.ends_with(74).error();
        assert_eq!(
            (&error["kind"], &error["outcome"]),
            (&json!("io"), &json!("accepted"))
        );
        let id = server.deliveries().pop().unwrap().id;
        let message = error["message"].as_str().unwrap();
        assert!(
            message.starts_with(&format!("message {id} was accepted, but ")),
            "{message}"
        );
    }
    let run = Qiwei::on(&url, ["instance", "ls"]).stdout_to(full()).run();
    run.ends_with(74)
        .assert_stderr_contains("cannot write the result to stdout");
}

#[test]
fn ignores_silent_stdin_when_not_needed() {
    let server = sandbox();
    let guid = &server.guids()[0];
    let (reader, _writer) = pipe().unwrap();
    let mut commands = commands(guid);
    commands.push(vec![
        "instance",
        "rm",
        "--stopped",
        "--yes",
        "--settle",
        "1ms",
    ]);
    commands.push(vec!["config", "set", "timeout", "9s"]);
    for args in commands {
        let stdin = reader.try_clone().unwrap();
        let run = Qiwei::on(&server.base_url(), &args).stdin_from(stdin).run();
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
        assert!(run.took.as_secs() < 30, "{args:?} took {:?}", run.took);
    }
}

#[test]
fn stops_reading_endless_stdin_at_timeout() {
    let server = sandbox();
    for args in [
        &["send", GROUP, "-"][..],
        &["at", GROUP, "-", "--all"],
        &["probe", "POST", "/client/all_clients", "-d", "-"],
    ] {
        let (reader, _writer) = pipe().unwrap();
        let run = Qiwei::on(&server.base_url(), args)
            .args(["--timeout", "200ms", "--json"])
            .stdin_from(reader)
            .run();
        let error = run.ends_with(7).error();
        assert_eq!(
            (&error["kind"], &error["outcome"]),
            (&json!("deadline"), &json!("not_sent"))
        );
        assert_eq!(error["message"], "standard input did not end within 200ms");
    }
    assert_eq!(requests(&server), [""; 0]);
}

#[test]
fn quiet_prints_results_warnings_and_errors() {
    let server = sandbox();
    let guid = &server.guids()[0];
    let quiet = |args: &[&str]| Qiwei::on(&server.base_url(), args).arg("-q");
    let run = quiet(&["instance", "ls"]).run().ends_with(0);
    assert!(run.stdout.contains(guid.as_str()));
    assert_eq!(run.stderr, "");
    quiet(&["config", "set", "retries", "1"])
        .run()
        .assert_output(0, "", "");
    let run = quiet(&["instance", "use", guid])
        .env("QIWEI_GUID", "g")
        .run();
    run.ends_with(0)
        .assert_stderr_contains("warning: QIWEI_GUID is set");
    quiet(&["send", "42", "x"])
        .run()
        .ends_with(2)
        .assert_stderr_contains("error: ");
}

#[test]
fn verbose_prints_requests_on_stderr_only() {
    let server = sandbox();
    let guid = &server.guids()[0];
    let args = ["send", GROUP, "hello", "--guid", guid];
    let plain = Qiwei::on(&server.base_url(), args).run();
    assert_eq!(plain.stderr, "");
    let once = Qiwei::on(&server.base_url(), args).arg("-v").run();
    let url = server.base_url();
    let line = format!("> POST {url}/msg/send_text (");
    let once = once
        .ends_with(0)
        .assert_stderr_contains(&line)
        .assert_stderr_contains("< HTTP 200 in ");
    assert_eq!(once.stdout.lines().count(), 1);
    assert!(!once.stderr.contains("hello"), "bodies take -vv: {once:?}");
    let twice = Qiwei::on(&server.base_url(), args).arg("-vv").run();
    let twice = twice
        .ends_with(0)
        .assert_stderr_contains(&line)
        .assert_stderr_contains(r#""content":"hello""#)
        .assert_stderr_contains(&guid[..8]);
    assert!(
        !twice.stderr.contains(guid.as_str()),
        "a guid in full: {twice:?}"
    );
}

#[test]
fn piped_output_has_no_frames_no_color_and_exact_bytes() {
    let evil = "\\u001b[2J\\u202e张三\\u0007";
    let list = format!(r#"{{"session_list":[{{"id":"S:1","name":"{evil}"}}]}}"#);
    let server = RawServer::answering(ok(&list));
    let args = ["sessions", "--guid", "g"];
    let run = Qiwei::on(&server.base_url(), args).run().ends_with(0);
    assert!(run.stdout.contains("\x1b[2J\u{202e}张三\x07"), "{run:?}");
    assert!(!run.stdout.contains(['│', '╭', '|']), "{run:?}");
    let run = Qiwei::on(&server.base_url(), args).arg("--json").run();
    assert_eq!(run.json()[0]["name"], "\x1b[2J\u{202e}张三\x07");

    let server = sandbox();
    for (flags, colour) in [
        (&[][..], false),
        (&["--color", "always"], true),
        (&["--color", "never"], false),
    ] {
        let run = Qiwei::on(&server.base_url(), ["instance", "ls"])
            .args(flags)
            .run();
        assert_eq!(run.stdout.contains("\x1b["), colour, "{flags:?}");
    }
}

#[test]
fn loopback_requests_bypass_the_proxy() {
    let server = sandbox();
    let proxy = RawServer::answering(ok("{}"));
    let names = [
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
        "HTTPS_PROXY",
        "https_proxy",
    ];
    let behind = |url: &str, args: &[&str]| {
        let run = Qiwei::on(url, args);
        names
            .iter()
            .fold(run, |run, name| run.env(name, proxy.base_url()))
            .run()
    };
    let port = server.addr().port();
    for host in ["127.0.0.1", "localhost", "LOCALHOST"] {
        let url = format!("http://{host}:{port}");
        behind(&url, &["send", GROUP, "x"]).ends_with(0);
    }
    assert_eq!(server.deliveries().len(), 3);
    assert_eq!(proxy.requests(), [""; 0]);

    // Any other address does follow the environment.
    let run = behind("http://api.invalid/p", &["send", GROUP, "x", "--guid", "g"]);
    run.ends_with(6);
    assert!(
        proxy.requests()[0].starts_with("POST http://api.invalid/p/msg/send_text HTTP/1.1\r\n")
    );
}

/// A password and a token, in every form they could be shown in.
const SECRETS: [&str; 5] = [
    "hunter2",
    "p%40ss",
    "p@ss",
    "t0ken-value",
    // user:hunter2p@ss in base64
    "dXNlcjpodW50ZXIycEBzcw==",
];

#[test]
fn passwords_and_tokens_are_never_printed() {
    let server = sandbox_with(|scenario| scenario.stopped = 1);
    let guid = &server.guids()[0];
    let (_socket, closed) = closed_port();
    let html = RawServer::answering(ok("<html>"));
    let redirect = RawServer::answering(
        "HTTP/1.1 302 Found\r\nlocation: http://user:hunter2p%40ss@h/\r\ncontent-length: 0\r\n\r\n",
    );
    let places = [
        server.addr().to_string(),
        closed.to_string(),
        html.address().to_string(),
        redirect.address().to_string(),
    ];
    let home = Home::new();
    home.write_config("[headers]\nX-Token = 't0ken-value'\nCookie = 'a=hunter2'\n");
    let check = |run: Finished| {
        for secret in SECRETS {
            let shown = run.stdout.contains(secret) || run.stderr.contains(secret);
            assert!(!shown, "{secret} is in {run:?}");
        }
    };
    for place in places {
        let url = format!("http://user:hunter2p%40ss@{place}");
        let mut all = commands(guid);
        all.push(vec!["config", "get", "base_url"]);
        all.push(vec!["config", "get", "headers.X-Token"]);
        all.push(vec!["send", "nowhere", "x"]);
        for args in all {
            for flags in [&["-vv"][..], &["-vv", "--json"], &["-q"]] {
                let run = Qiwei::on(&url, &args).with_home(&home).args(flags);
                check(run.args(["--retries", "0"]).run());
            }
        }
    }
    assert!(
        server
            .exchanges()
            .iter()
            .all(|e| e.header("x-token") == Some("t0ken-value"))
    );
}

#[test]
fn rejects_invalid_base_url_without_printing_its_password() {
    for bad in [
        "ftp://u:hunter2@h",
        "u:hunter2@h",
        "http://u:hunter2@",
        "http://u:hunter2@h:99999",
        "http://u:hunter2@h?x",
        "http://u:hunter2@h h",
    ] {
        for (code, run) in [
            (2, Qiwei::new(["sessions", "--base-url", bad])),
            (3, Qiwei::on(bad, ["sessions"])),
            (2, Qiwei::new(["config", "set", "base_url", bad])),
            (
                3,
                Qiwei::new(["sessions"])
                    .without_env("QIWEI_BASE_URL")
                    .config(&format!("base_url = '{bad}'\n")),
            ),
        ] {
            let run = run.run().ends_with(code);
            assert!(!run.stderr.contains("hunter2"), "{run:?}");
            assert_eq!(run.stdout, "");
        }
    }
}

#[test]
fn writes_results_to_a_file() {
    let server = sandbox();
    let home = Home::new();
    let path = home.path().join("out.json");
    let run = Qiwei::on(&server.base_url(), ["sessions", "--json", "-q"])
        .stdout_to(File::create(&path).unwrap())
        .run();
    run.assert_output(0, "", "");
    let printed = std::fs::read_to_string(path).unwrap();
    let list: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 6);
}
