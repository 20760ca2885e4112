//! Closed standard streams and broken pipes.
//!
//! The Rust runtime opens `/dev/null` for standard streams that are closed at startup, so no file
//! of the program gets descriptor 0, 1 or 2.

use std::fs::File;
use std::io::pipe;
use std::path::Path;

use crate::support::login::{login_server, waiting};
use crate::support::state::{sends, state_file, with_state};
use crate::support::{GROUP, Home, Qiwei, check_all, sandbox};

/// Every combination of closed standard streams.
const CLOSED: [&str; 7] = [
    "<&-",
    ">&-",
    "2>&-",
    "<&- >&-",
    "<&- 2>&-",
    ">&- 2>&-",
    "<&- >&- 2>&-",
];

/// Commands that open files or sockets, and the number of messages each sends.
const COMMANDS: [(&str, usize); 10] = [
    ("send R:1012345678901 x --key k", 1),
    ("at R:1012345678901 x --all --key k --pace 9/s", 1),
    ("send --batch IN --journal JOURNAL", 3),
    ("send --batch IN --journal JOURNAL --jobs 3", 3),
    ("instance ls", 0),
    ("instance create", 0),
    ("config set timeout 9s", 0),
    ("login --force", 0),
    ("listen --for 20ms", 0),
    ("sandbox -- true", 0),
];

#[test]
fn works_with_closed_standard_streams() {
    let cells: Vec<(&str, &str, usize)> = CLOSED
        .into_iter()
        .flat_map(|closed| COMMANDS.map(|(command, count)| (closed, command, count)))
        .collect();
    check_all(&cells, |(closed, command, count)| {
        let (server, home) = (login_server(), Home::new());
        home.write_config("retries = 1\n");
        let line = |n: usize| format!("{{\"to\":\"R:1{n}\",\"text\":\"x\",\"key\":\"k{n}\"}}\n");
        let input = home.file("in.ndjson", (0..3).map(line).collect::<String>());
        let journal = format!("{input}.journal");
        let args: Vec<&str> = command
            .split(' ')
            .map(|word| match word {
                "IN" => input.as_str(),
                "JOURNAL" => journal.as_str(),
                word => word,
            })
            .collect();
        let run = with_state(&server, &home, &args)
            .env("PATH", "/usr/bin:/bin")
            .redirected(closed)
            .run();
        assert_eq!(run.code, 0, "{command} {closed}: {run:?}");
        assert_eq!(sends(&server), *count, "{command} {closed}");
        let is_dropped = closed.split(' ').any(|stream| stream == ">&-");
        let is_empty = is_dropped || is_silent(command);
        assert_eq!(
            run.stdout.is_empty(),
            is_empty,
            "{command} {closed}: {run:?}"
        );
        check_integrity(&state_file(&home));
        check_integrity(Path::new(&journal));
        assert!(
            home.config().starts_with("retries = 1\n"),
            "{}",
            home.config()
        );
        // The sends are recorded, so a second run sends nothing.
        if *count > 0 {
            with_state(&server, &home, &args).run().ends_with(0);
            assert_eq!(sends(&server), *count, "{command} {closed}: sent twice");
        }
    });
}

/// Whether a successful run prints nothing on stdout.
fn is_silent(command: &str) -> bool {
    ["listen", "sandbox", "config"]
        .iter()
        .any(|name| command.starts_with(name))
}

/// Checks that the database, if it exists, is not corrupt.
#[track_caller]
fn check_integrity(path: &Path) {
    if path.exists() {
        let db = rusqlite::Connection::open(path).unwrap();
        let check = "PRAGMA integrity_check";
        let answer: String = db.query_row(check, [], |row| row.get(0)).unwrap();
        assert_eq!(answer, "ok", "{}", path.display());
    }
}

#[test]
fn closed_stdin_is_empty() {
    let server = sandbox();
    for (args, code, words) in [
        (&["send", GROUP, "-"][..], 2, "the text is empty"),
        (&["at", GROUP, "-", "--all"], 2, "the text is empty"),
        (&["send", "--batch", "-"], 0, "the batch is empty"),
        (&["instance", "rm", "--stopped"], 2, "needs a confirmation"),
        (&["config", "set", "headers.X-Key", "-"], 2, "empty"),
    ] {
        let run = Qiwei::on(&server.base_url(), args).redirected("<&-").run();
        run.ends_with(code).assert_stderr_contains(words);
    }
    assert_eq!(sends(&server), 0);
}

/// Stdin is a folder, or a file opened only for writing.
#[test]
fn unreadable_stdin_is_a_usage_error() {
    let (server, home) = (sandbox(), Home::new());
    let file = home.path().join("out");
    for args in [&["send", GROUP, "-"][..], &["send", "--batch", "-"]] {
        let run = Qiwei::on(&server.base_url(), args)
            .stdin_from(File::open(home.path()).unwrap())
            .run();
        run.ends_with(2).assert_stderr_contains("Is a directory");
        let run = Qiwei::on(&server.base_url(), args)
            .stdin_from(File::create(&file).unwrap())
            .run();
        // The standard library reads a write-only stdin as empty.
        assert!([0, 2].contains(&run.code), "{run:?}");
    }
    assert_eq!(sends(&server), 0);
}

/// Stderr is a broken pipe, but the exit code is still correct.
#[test]
fn closed_stderr_keeps_exit_code() {
    let server = sandbox();
    for (args, code) in [
        (&["send", GROUP, "x"][..], 0),
        (&["send", GROUP, "x", "-vv"], 0),
        (&["send", GROUP, "x", "--json"], 0),
        (&["send", "42", "x"], 2),
        (&["send", GROUP, "x", "--frob"], 2),
        (&["sessions", "--profile", "none"], 3),
        (&["listen", "--for", "20ms"], 0),
        (&["login", "--force"], 0),
        (&["sandbox", "--", "true"], 0),
    ] {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let run = Qiwei::on(&server.base_url(), args)
            .env("PATH", "/usr/bin:/bin")
            .stderr_to(writer);
        assert_eq!(run.run().code, code, "{args:?}");
    }
    assert_eq!(sends(&server), 3);
}

/// The QR code goes to stderr and the result to stdout; the login needs neither.
#[test]
fn login_continues_with_closed_stderr() {
    for redirection in ["2>&-", "2>/dev/null", ">&- 2>&-"] {
        let server = waiting("after=10ms");
        let run = crate::support::login::login(&server, "").redirected(redirection);
        let run = run.run().ends_with(0);
        let told = !redirection.starts_with(">&-");
        assert_eq!(run.stdout.starts_with("logged in: "), told, "{run:?}");
    }
}

#[test]
fn pipe_into_head_ends_quietly() {
    let server = sandbox();
    for (args, lines) in [
        (&["sessions"][..], 0),
        (&["sessions"], 1),
        (&["sessions", "--json"], 0),
        (&["completions", "bash"], 1),
        (&["--help"], 1),
    ] {
        // The exit code is that of the program, not of `head`.
        let tail = format!("2>\"$HOME/err\" | head -n {lines}; cat \"$HOME/err\" >&2");
        let run = Qiwei::on(&server.base_url(), args)
            .arg("-q")
            .env("PATH", "/usr/bin:/bin")
            .piped(&tail)
            .run()
            .ends_with(0);
        assert_eq!(run.stderr, "", "{args:?}");
        assert_eq!(run.stdout.lines().count(), lines, "{args:?}");
        assert!(run.took.as_secs() < 15, "{args:?} {run:?}");
    }
}

#[test]
fn stream_into_head_is_no_success() {
    let server = sandbox();
    let watch = "status --watch --interval 10ms --timeout 20s";
    let run = Qiwei::on(&server.base_url(), watch.split(' '))
        .env("PATH", "/usr/bin:/bin")
        .piped("2>\"$HOME/err\" | head -n 1; cat \"$HOME/err\" >&2")
        .run()
        .ends_with(8);
    assert_eq!(run.stdout.lines().count(), 1, "{run:?}");
    assert!(run.took.as_secs() < 15, "{run:?}");
    run.assert_stderr_contains("standard output was closed before the end");
}

/// Child processes have the default SIGPIPE action.
#[test]
fn children_receive_sigpipe() {
    let script = "yes | head -n 1";
    let run = Qiwei::new(["sandbox", "-q", "--", "sh", "-c", script])
        .env("PATH", "/usr/bin:/bin")
        .run();
    run.assert_output(0, "y\n", "");
}
