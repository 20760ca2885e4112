//! `qiwei sandbox`, alone and around a command.

use std::net::TcpListener;
use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Finished, GROUP, Home, PipedChild, Qiwei};

const PATH: &str = "/usr/bin:/bin";

/// A sandbox in a process of its own, on a port of its own.
fn start(args: &[&str]) -> PipedChild {
    Qiwei::new(["sandbox", "--listen", "127.0.0.1:0"])
        .args(args)
        .start()
}

/// A script run by the sandbox.
fn sandbox_command(script: &str) -> Qiwei {
    sandbox_command_with(&[], script)
}

fn sandbox_command_with(flags: &[&str], script: &str) -> Qiwei {
    Qiwei::new(["sandbox"])
        .args(flags)
        .args(["--", "/bin/sh", "-c", script])
        .env("PATH", PATH)
}

fn send(url: &str) -> Finished {
    Qiwei::on(url, ["send", GROUP, "hello", "-q"]).run()
}

#[test]
fn prints_address_and_one_line_per_request() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let mut sandbox = start(&[]);
        let url = sandbox.stdout_line();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        assert_eq!(
            sandbox.stderr_line(),
            "the sandbox is listening; press Ctrl-C to stop"
        );
        send(&url).ends_with(0);
        sandbox.signal(signal);
        let run = sandbox.end();
        run.assert_output(
            code,
            "",
            &format!(
                "POST /client/all_clients 200 1 instances\n\
                 POST /client/get_client_status 200 status 2 online\n\
                 POST /msg/send_text 200 message 1066173 to {GROUP} \"hello\"\n"
            ),
        );
        assert!(run.took.as_secs() < 30, "{run:?}");
    }
}

#[test]
fn hanging_request_does_not_prevent_shutdown() {
    let mut sandbox = start(&["--fault", "hang", "-q"]);
    let url = sandbox.stdout_line();
    let waiting = Qiwei::on(&url, ["send", GROUP, "x", "--guid", "g", "-v"]);
    let mut waiting = waiting.start();
    assert!(waiting.stderr_line().starts_with("> POST "));
    sandbox.signal(Signal::TERM);
    let run = sandbox.end();
    run.assert_output(143, "", "");
    assert!(run.took.as_secs() < 30, "{run:?}");
    let code = waiting.end().code;
    assert!([5, 6].contains(&code), "{code}");
}

#[test]
fn events_are_json_lines() {
    let mut sandbox = start(&["--json", "--dialect", "B", "--prefix", "wecom/"]);
    let event = |sandbox: &mut PipedChild| -> Value {
        serde_json::from_str(&sandbox.stdout_line()).unwrap()
    };
    let listening = event(&mut sandbox);
    let url = listening["base_url"].as_str().unwrap();
    assert!(url.ends_with("/wecom"), "{url}");
    let expected = json!({
        "event": "listening", "base_url": url, "app_key": null, "app_secret": null, "guid": null,
        "cdn_url": null,
    });
    assert_eq!(listening, expected);
    let run = Qiwei::on(url, ["probe", "POST", "/client/get_clients", "-q"]).run();
    assert!(run.ends_with(0).stdout.starts_with(r#"{"err_code":0,"#));
    let request = event(&mut sandbox);
    assert_eq!(request["event"], "request");
    assert_eq!(request["path"], "/wecom/client/get_clients");
    assert_eq!(request["http_status"], 200);
    sandbox.signal(Signal::TERM);
    sandbox.end().ends_with(143);
}

#[test]
fn record_has_one_line_per_request() {
    let home = Home::new();
    let path = home.path().join("record.ndjson");
    let record = path.to_str().unwrap();
    let script = format!("qiwei send {GROUP} hello -q && qiwei probe GET /nowhere");
    let flags = [
        "--record",
        record,
        "--fault",
        "http=502@/client/get_client_status*1",
        "-q",
    ];
    let run = sandbox_command_with(&flags, &script).run();
    assert_eq!(run.code, 1, "{run:?}");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let seen: Vec<(&str, u64)> = lines
        .iter()
        .map(|l| {
            (
                l["path"].as_str().unwrap(),
                l["http_status"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("/client/all_clients", 200),
            ("/client/get_client_status", 502),
            ("/client/get_client_status", 200),
            ("/msg/send_text", 200),
            ("/nowhere", 404),
        ]
    );
    assert_eq!(lines[1]["fault"], "http=502@/client/get_client_status*1");
    assert_eq!(lines[3]["body"]["content"], "hello");
    assert_eq!(lines[3]["method"], "POST");
    assert_eq!(lines[3]["headers"]["content-type"], "application/json");
    let run = sandbox_command_with(&["--record", "/dev/null/r"], "true").run();
    run.ends_with(2)
        .assert_stderr_contains("cannot write the record /dev/null/r: ");
}

#[test]
fn exits_with_status_of_command() {
    for (script, code) in [
        ("exit 0", 0),
        ("exit 7", 7),
        ("exit 255", 255),
        ("kill -KILL $$", 137),
        ("kill -TERM $$", 143),
    ] {
        let run = sandbox_command(script).arg("ignored").run();
        assert_eq!(run.code, code, "{script}");
        assert_eq!(run.stdout, "");
        assert!(
            run.stderr.starts_with("sandbox on http://127.0.0.1:"),
            "{run:?}"
        );
        assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
    }
}

#[test]
fn command_owns_stdin_and_stdout() {
    let run = sandbox_command_with(&["--json", "-q"], "cat; echo done")
        .stdin("given\n")
        .run();
    run.assert_output(0, "given\ndone\n", "");
}

#[test]
fn unrunnable_command_is_a_usage_error() {
    let run = Qiwei::new(["sandbox", "-q", "--", "/nonexistent/program"]).run();
    run.assert_output(
        2,
        "",
        "error: cannot run /nonexistent/program: No such file or directory (os error 2)\n\
         hint: after `--` give a program and its arguments; for a script: -- sh -c '…'\n",
    );
}

#[test]
fn forwards_signals_to_command() {
    for (signal, name, killed) in [(Signal::TERM, "TERM", 143), (Signal::INT, "INT", 130)] {
        // The shell waits in the background, where a signal finds it at once.
        let script =
            format!("trap 'kill $!; exit 9' {name}; sleep 60 >/dev/null 2>&1 & echo ready; wait");
        let mut sandbox = sandbox_command_with(&["-q"], &script).start();
        assert_eq!(sandbox.stdout_line(), "ready");
        sandbox.signal(signal);
        let run = sandbox.end().ends_with(9);
        assert!(run.took.as_secs() < 30, "{run:?}");

        let mut sandbox = sandbox_command_with(&["-q"], "echo ready; exec sleep 60").start();
        assert_eq!(sandbox.stdout_line(), "ready");
        sandbox.signal(signal);
        sandbox.end().ends_with(killed);
    }
}

#[test]
fn command_has_this_binary_first_in_path_and_scratch_config() {
    let home = Home::new();
    home.write_config("guid = 'mine'\nbase_url = 'http://127.0.0.1:1'\n");
    let before = home.config();
    let script = "command -v qiwei; echo \"[$QIWEI_GUID$QIWEI_TIMEOUT$QIWEI_PROFILE]\"; \
                  qiwei config path; qiwei instance use --auto; qiwei config get guid; \
                  qiwei config set aliases.ops R:1012345678901; qiwei send ops hi";
    let run = sandbox_command_with(&["-q"], script)
        .with_home(&home)
        .env("QIWEI_GUID", "mine")
        .env("QIWEI_PROFILE", "none")
        .env("QIWEI_TIMEOUT", "1ms")
        .run()
        .ends_with(0);
    let lines: Vec<&str> = run.stdout.lines().collect();
    let [program, variables, config, used, current, sent] = lines.try_into().unwrap();
    assert_eq!(program, env!("CARGO_BIN_EXE_qiwei"));
    assert_eq!(variables, "[]");
    assert!(!Path::new(config).starts_with(home.path()), "{config}");
    assert_eq!(used, current);
    assert_eq!(sent, "accepted R:1012345678901 message 1066173");
    assert_eq!(home.config(), before);
    assert!(
        !Path::new(config).exists(),
        "the scratch config is gone afterwards"
    );
}

#[test]
fn address_in_use_is_reported() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (listen, shown) in [
        (&address, &address),
        (&address.replace("127.0.0.1", ""), &address),
    ] {
        let run = Qiwei::new(["sandbox", "--listen", listen])
            .run()
            .ends_with(2);
        let error = format!("error: cannot listen on {shown}: ");
        assert!(run.stderr.starts_with(&error), "{run:?}");
        run.assert_stderr_contains(
            "hint: choose another address, or any free port with --listen 127.0.0.1:0",
        );
    }
}

#[test]
fn flags_set_the_scenario() {
    let flags = [
        "--online",
        "2",
        "--running",
        "1",
        "--stopped",
        "3",
        "--sessions",
        "8",
        "--limit",
        "6",
        "-q",
    ];
    let script = "qiwei instance ls >/dev/null; qiwei instance create; \
                  qiwei sessions --guid $(qiwei instance ls --status online -q | sed -n '2s/ .*//p') | wc -l";
    let run = sandbox_command_with(&flags, script).run().ends_with(0);
    assert_eq!(run.stdout.trim(), "9", "a header and eight rows");
    run.assert_stderr_contains("6 instances: 2 online, 1 running, 3 stopped")
        .assert_stderr_contains("上限");
    for (flags, part) in [
        (
            &["--online", "11"][..],
            "more instances than --limit 10 allows",
        ),
        (
            &["--dialect", "E"],
            "unknown dialect \"E\"; valid ones are A, B, C, D",
        ),
        (&["--quirk", "odd"], "--quirk odd: unknown quirk"),
        (&["--fault", "odd"], "--fault odd: unknown fault"),
        (
            &["--listen", "here"],
            "must be an address such as 127.0.0.1:8080, or a port",
        ),
        (&["--sessions=-1"], "must be a number from 0 to 10000"),
    ] {
        Qiwei::new(["sandbox"])
            .args(flags)
            .run()
            .ends_with(2)
            .assert_stderr_contains(part);
    }
}

#[test]
fn lists_faults_and_quirks() {
    let quirks = Qiwei::new(["sandbox", "--quirk", "list"])
        .run()
        .ends_with(0);
    let names: Vec<&str> = quirks.stdout.lines().collect();
    assert_eq!(names, qiwei::sandbox::Quirk::NAMES);
    let faults = Qiwei::new(["sandbox", "--fault", "list"])
        .run()
        .ends_with(0);
    assert_eq!(
        faults.stdout.lines().count(),
        qiwei::sandbox::FAULT_KINDS.len()
    );
    assert!(
        faults
            .stdout
            .starts_with("latency=DUR         executed at once, answered DUR later\n")
    );
}

#[test]
fn adds_faults_while_running() {
    let script = format!(
        "qiwei probe POST /_sandbox/faults -d '{{\"fault\":\"drop-after@/msg/send_text*1\"}}' >/dev/null
         qiwei send {GROUP} once; echo $?
         qiwei send {GROUP} twice >/dev/null; echo $?
         qiwei probe GET /_sandbox/deliveries"
    );
    let run = sandbox_command_with(&["-q"], &script).run().ends_with(0);
    let (codes, deliveries) = run.stdout.split_at(4);
    assert_eq!(codes, "6\n0\n");
    let deliveries: Value = serde_json::from_str(deliveries).unwrap();
    let texts: Vec<&Value> = deliveries
        .as_array()
        .unwrap()
        .iter()
        .map(|d| &d["content"])
        .collect();
    assert_eq!(texts, ["once", "twice"]);
}
