//! Low limits on file descriptors: the command works, or the error names the remedy.

use std::net::TcpStream;
use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::background::{BackgroundChild, eventually};
use crate::support::client::post;
use crate::support::login::{callback, events, listen, listening, login_server};
use crate::support::state::{field, results, sends, with_state};
use crate::support::{GROUP, Home, Qiwei, check_all, sandbox};

/// From enough for every command to too few for nearly all. Below 5 the dynamic loader fails.
const LIMITS: [u32; 6] = [32, 16, 10, 8, 6, 5];

/// Commands of every kind, as arguments separated by spaces.
const COMMANDS: [&str; 15] = [
    "send R:1012345678901 x",
    "send R:1012345678901 x --key k --pace 1000/s",
    "at R:1012345678901 x --all",
    "instance ls",
    "instance create",
    "sessions",
    "status",
    "status --watch --interval 50ms --timeout 3s",
    "login --force --qr none --timeout 20s",
    "listen --for 50ms",
    "config set timeout 9s",
    "config explain",
    "ledger ls",
    "sandbox -- true",
    "completions bash",
];

fn with_descriptor_limit(count: u32) -> String {
    format!("ulimit -n {count}")
}

#[track_caller]
fn check_hint(error: &Value) {
    let hint = error["hint"].as_str().unwrap_or_default();
    assert!(hint.contains("`ulimit -n"), "{error}");
}

#[test]
fn descriptor_shortage_is_named_with_hint() {
    let cells: Vec<(u32, &str)> = LIMITS
        .into_iter()
        .flat_map(|limit| COMMANDS.map(|command| (limit, command)))
        .collect();
    check_all(&cells, |(limit, command)| {
        let (server, home) = (login_server(), Home::new());
        let mut args: Vec<&str> = vec!["--json"];
        args.extend(command.split(' '));
        let run = with_state(&server, &home, &args)
            .env("PATH", "/usr/bin:/bin")
            .after_shell(&with_descriptor_limit(*limit))
            .run();
        let sent = sends(&server);
        if run.code == 0 {
            let is_send = command.starts_with("send") || command.starts_with("at");
            assert_eq!(sent, usize::from(is_send), "{limit} {command}: {run:?}");
            return;
        }
        assert!(*limit < 32, "{limit} {command}: {run:?}");
        assert_eq!(sent, 0, "{limit} {command}: {run:?}");
        // Nothing was sent: the exit code is neither an unknown outcome nor an internal error.
        assert!([2, 3, 5].contains(&run.code), "{limit} {command}: {run:?}");
        check_hint(&run.error());
    });
}

/// Every line is sent or reports why not; the same command without the limit sends the rest.
#[test]
fn batch_sends_each_line_once_with_few_descriptors() {
    let input: String = (0..12)
        .map(|n| format!("{{\"to\":\"R:10{n}\",\"text\":\"{n}\",\"key\":\"k{n}\"}}\n"))
        .collect();
    let cells: Vec<(u32, &str)> = LIMITS
        .into_iter()
        .chain([12, 14, 20, 24])
        .flat_map(|limit| [(limit, "1"), (limit, "8")])
        .collect();
    check_all(&cells, |(limit, jobs)| {
        let (server, home) = (sandbox(), Home::new());
        let file = home.file("in.ndjson", &input);
        let journal = home.path().join("run.journal");
        let journal = journal.to_str().unwrap();
        let args = [
            "--json",
            "send",
            "--batch",
            &file,
            "--jobs",
            jobs,
            "--journal",
            journal,
        ];
        let run = with_state(&server, &home, &args)
            .after_shell(&with_descriptor_limit(*limit))
            .run();
        let lines = results(&run);
        let outcomes = field(&lines, "outcome");
        let accepted = outcomes.iter().filter(|o| *o == "accepted").count();
        assert_eq!(accepted, sends(&server), "{limit} {jobs}: {run:?}");
        match run.code {
            0 => assert_eq!(accepted, 12),
            8 => {
                for line in lines.iter().filter(|line| line["outcome"] != "accepted") {
                    assert_eq!(line["outcome"], "not_sent", "{limit} {jobs}: {line}");
                    check_hint(&line["error"]);
                }
            }
            3 | 5 => {
                assert_eq!(accepted, 0, "{limit} {jobs}: {run:?}");
                check_hint(&run.error());
            }
            code => panic!("{limit} {jobs}: {code} {run:?}"),
        }
        let again = with_state(&server, &home, &args).run().ends_with(0);
        assert_eq!(results(&again).len(), 12);
        assert_eq!(sends(&server), 12, "{limit} {jobs}: sent twice or never");
    });
}

#[test]
fn sequential_batch_needs_few_descriptors() {
    let (server, home) = (sandbox(), Home::new());
    let file = home.file(
        "in.ndjson",
        format!("{{\"to\":\"{GROUP}\",\"text\":\"x\"}}\n"),
    );
    let args = [
        "send",
        "--batch",
        &file,
        "--journal",
        &format!("{file}.journal"),
    ];
    let run = with_state(&server, &home, &args)
        .after_shell(&with_descriptor_limit(24))
        .run();
    run.ends_with(0);
}

/// Opens `count` connections that send nothing.
fn open_connections(url: &str, count: usize) -> Vec<TcpStream> {
    let host = url.strip_prefix("http://").unwrap();
    let host = host.split('/').next().unwrap();
    (0..count)
        .map(|_| TcpStream::connect(host).unwrap())
        .collect()
}

/// The number of open descriptors of a process.
fn open_files(id: u32) -> Option<usize> {
    Some(
        std::fs::read_dir(Path::new("/proc").join(id.to_string()).join("fd"))
            .ok()?
            .count(),
    )
}

#[test]
fn listen_receives_callbacks_beyond_descriptor_limit() {
    let server = sandbox();
    let guid = server.guids()[0].clone();
    let command = listen(&server, "--json")
        .env("QIWEI_NOTIFY_URL", "http://127.0.0.1:9/configured")
        .after_shell(&with_descriptor_limit(32));
    let (mut running, url) = listening(&server, command);
    let clients = open_connections(&url, 100);
    let message = |n: u8| callback(&guid, 11010, &format!("{{\"id\":\"{n}\"}}"));
    assert_eq!(post(&url, &message(1)).status, 200);
    // Descriptors stay free for the connection that restores the notify_url.
    if cfg!(target_os = "linux") {
        let open = open_files(running.id()).unwrap();
        assert!(open < 30, "{open} of 32 in use");
    }
    drop(clients);
    assert_eq!(post(&url, &message(2)).status, 200);
    let _silent = open_connections(&url, 100);
    running.signal(Signal::TERM);
    let run = running.finish().ends_with(143);
    assert_eq!(events(&run).len(), 2, "{run:?}");
    run.assert_stderr_contains("restored notify_url");
}

#[test]
fn sandbox_recovers_from_descriptor_shortage() {
    let running = BackgroundChild::start(
        Qiwei::new(["sandbox", "--listen", "127.0.0.1:0"]).after_shell(&with_descriptor_limit(32)),
    );
    let url = running.out.wait_for_count(1).remove(0);
    let clients = open_connections(&url, 60);
    if cfg!(target_os = "linux") {
        eventually("every descriptor in use", || {
            open_files(running.id()).filter(|open| *open >= 31)
        });
    }
    drop(clients);
    let send = [
        "send",
        GROUP,
        "x",
        "--guid",
        "e220a839-7b1d-4daf-ae78-9e6aa1b965f4",
    ];
    Qiwei::on(&url, send).run().ends_with(0);
}
