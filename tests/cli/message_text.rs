//! Texts and targets: a text arrives unchanged from every kind of input.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use qiwei::sandbox::Sandbox;

use crate::support::{Finished, GROUP, Home, PERSON, Qiwei, requests, sandbox};

/// Texts that may be altered in transit.
const UNUSUAL_TEXTS: [&str; 12] = [
    "plain",
    " spaces around ",
    "备份完成 ✅ 👨‍👩‍👧",
    "tab\tquote\"back\\slash/",
    "two\nlines",
    "dos\r\nlines\r",
    "\u{feff}byte order mark",
    "\u{2028}line separator\u{202e}reversed",
    "{$@} 100% $HOME `x` {}",
    "control \u{1} \u{7f} \u{9b}",
    "e\u{301} is not é",
    "\\u0041\\n",
];

fn send(server: &Sandbox) -> Qiwei {
    let args = ["send", GROUP, "--quiet"];
    Qiwei::on(&server.base_url(), args)
}

/// The text that arrived last.
fn arrived(server: &Sandbox) -> String {
    server.deliveries().last().unwrap().content.clone()
}

/// A usage error after which nothing was asked of any server.
#[track_caller]
fn refused(server: &Sandbox, run: Qiwei, part: &str) -> Finished {
    let run = run.run().ends_with(2).assert_stderr_contains(part);
    assert_eq!(run.stdout, "");
    assert_eq!(requests(server), [""; 0]);
    run
}

#[test]
fn file_dash_is_standard_input() {
    let server = sandbox();
    let run = send(&server).args(["--file", "-"]).stdin("a\nb\n").run();
    run.ends_with(0);
    assert_eq!(server.deliveries()[0].content, "a\nb");
}

/// What a shell makes of a file with Windows line ends.
#[test]
fn blanks_around_target_and_guid_are_removed() {
    let server = sandbox();
    let guid = format!("{}\r", server.guids()[0]);
    for to in [format!("{GROUP}\r"), format!(" {GROUP}\n"), "ops\r".into()] {
        let args = ["send", &to, "x", "--guid", &guid];
        Qiwei::on(&server.base_url(), args)
            .config(&format!("[aliases]\nops = \"{GROUP}\"\n"))
            .run()
            .ends_with(0);
    }
    let sent = server.deliveries();
    assert!(sent.iter().all(|d| d.conversation_id == GROUP), "{sent:?}");
    assert_eq!(sent.len(), 3);
}

#[test]
fn text_arrives_unchanged_by_every_input() {
    let server = sandbox();
    let home = Home::new();
    for text in UNUSUAL_TEXTS {
        send(&server).arg(text).run().ends_with(0);
        assert_eq!(arrived(&server), text, "as an argument");
        send(&server).arg("-").stdin(text).run().ends_with(0);
        assert_eq!(arrived(&server), text, "from standard input");
        let path = home.file("text", text);
        send(&server).args(["--file", &path]).run().ends_with(0);
        assert_eq!(arrived(&server), text, "from a file");
        let at = ["at", GROUP, "-", "--all", "--no-check", "-q"];
        Qiwei::on(&server.base_url(), at)
            .stdin(text)
            .run()
            .ends_with(0);
        assert_eq!(arrived(&server), text, "as a mention");
    }
    refused(
        &sandbox(),
        send(&server).arg("-").stdin("a\0b"),
        "the text contains a NUL character",
    );
}

#[test]
fn strips_one_trailing_newline_of_stdin() {
    let server = sandbox();
    for (given, sent) in [
        ("x\n", "x"),
        ("x\r\n", "x"),
        ("x\n\n", "x\n"),
        ("x \n", "x "),
        ("\n\nx", "\n\nx"),
    ] {
        send(&server).arg("-").stdin(given).run().ends_with(0);
        assert_eq!(arrived(&server), sent, "{given:?}");
    }
    let home = Home::new();
    let path = home.file("text", "x\n");
    send(&server).args(["--file", &path]).run().ends_with(0);
    assert_eq!(arrived(&server), "x\n", "a file is sent byte for byte");
    send(&server).arg("x\n").run().ends_with(0);
    assert_eq!(arrived(&server), "x\n", "so is an argument");
}

#[test]
fn long_text_arrives_whole() {
    let server = sandbox();
    let text: String = "第一行，很长\n".chars().cycle().take(400_000).collect();
    assert!(text.len() > 1024 * 1024);
    send(&server)
        .arg("-")
        .stdin(text.as_str())
        .run()
        .ends_with(0);
    assert!(arrived(&server) == text, "{} bytes", arrived(&server).len());
    let argument = "x".repeat(100_000);
    send(&server).arg(&argument).run().ends_with(0);
    assert!(arrived(&server) == argument);
}

#[test]
fn rejects_non_utf8_text_with_position_and_hint() {
    let server = sandbox();
    let gb = b"ok \xb1\xb8\xb7\xdd";
    let run = refused(
        &server,
        send(&server).arg("-").stdin(gb.as_slice()),
        "iconv",
    );
    run.assert_stderr_contains("standard input is not UTF-8 text (at byte 3)");
    let home = Home::new();
    let path = home.file("gb.txt", gb);
    let run = refused(&server, send(&server).args(["--file", &path]), "iconv");
    run.assert_stderr_contains(&format!("{path} is not UTF-8 text (at byte 3)"));
    refused(&server, send(&server).arg(OsStr::from_bytes(gb)), "UTF-8");
}

#[test]
fn rejects_empty_text() {
    let server = sandbox();
    let home = Home::new();
    let empty = home.file("empty", "");
    let why = "the text is empty; empty messages are not sent";
    refused(&server, send(&server).arg(""), why);
    refused(&server, send(&server).arg("-").stdin(""), why);
    refused(&server, send(&server).arg("-").stdin("\n"), why);
    refused(&server, send(&server).arg("-"), why);
    refused(&server, send(&server).args(["--file", &empty]), why);
}

#[test]
fn missing_text_lists_input_options() {
    let server = sandbox();
    let ways = "hint: give TEXT as an argument, `-` to read standard input, or --file PATH\n";
    refused(&server, send(&server), ways);
    // Standard input is read only on request.
    refused(&server, send(&server).stdin("x"), ways);
    let at = Qiwei::on(&server.base_url(), ["at", GROUP, "--all"]).stdin("x");
    refused(&server, at, ways);
    refused(
        &server,
        send(&server).args(["x", "--file", "y"]),
        "cannot be used with",
    );
    refused(
        &server,
        send(&server).args(["--file", "/nonexistent"]),
        "cannot read /nonexistent: ",
    );
    refused(
        &server,
        send(&server).args(["--file", "/"]),
        "cannot read /: ",
    );
}

#[test]
fn accepts_text_with_dash_after_double_dash() {
    let server = sandbox();
    for text in ["-x", "--json", "- done", "--", "-"] {
        send(&server)
            .args(["--", text])
            .stdin("-")
            .run()
            .ends_with(0);
        assert_eq!(arrived(&server), text);
    }
}

#[test]
fn rejects_mistyped_option_as_text() {
    let server = sandbox();
    for text in [
        "-5",
        "-5 degrees",
        "- done",
        "-hello world",
        "--- report ---",
        "--x y",
    ] {
        send(&server).arg(text).run().ends_with(0);
        assert_eq!(arrived(&server), text);
    }
    let server = sandbox();
    for option in ["--dryrun", "--jsn", "--keyy=5", "-x", "-hello", "-vhello"] {
        refused(&server, send(&server).arg(option), "looks like an option");
    }
    let help = send(&server).arg("-h").run().ends_with(0);
    assert!(help.stdout.contains("Usage:"), "{help:?}");
    assert!(server.exchanges().is_empty());
}

#[test]
fn resolves_aliases() {
    let server = sandbox();
    let config = format!(
        "[aliases]\nops = '{GROUP}'\n'夜班' = '{PERSON}'\n[profiles.p]\naliases = {{ ops = 'R:10001' }}\n"
    );
    let to = |name: &str| Qiwei::on(&server.base_url(), ["send", name, "x", "-q"]).config(&config);
    for (name, profile, id) in [
        ("ops", None, GROUP),
        ("夜班", None, PERSON),
        ("ops", Some("p"), "R:10001"),
        ("夜班", Some("p"), PERSON),
        ("R:42", None, "R:42"),
    ] {
        let flags = profile.map(|p| ["--profile", p]);
        let run = to(name).args(flags.into_iter().flatten()).run();
        assert_eq!(run.ends_with(0).stdout.split(' ').nth(1), Some(id));
        assert_eq!(server.deliveries().last().unwrap().conversation_id, id);
    }
    let run = to("opps").run();
    run.ends_with(2)
        .assert_stderr_contains("hint: the nearest alias is ops; name:NAME finds");
}

#[test]
fn suggests_prefix_for_bare_id() {
    let server = sandbox();
    for (to, part) in [
        ("7881300000000001", "did you mean S:7881300000000001?"),
        ("1688856814580613", "did you mean S:1688856814580613?"),
        ("1012345678901", "did you mean R:1012345678901?"),
        ("42", "S:42 for a user, R:42 for a group"),
        ("s:42", "did you mean S:42?"),
        ("", "the conversation id is empty"),
        ("S:", "is not a conversation id"),
        ("R:1 2", "is not a conversation id"),
        ("X:12", "is not a conversation id"),
        ("R:123456789012345678901", "is not a conversation id"),
    ] {
        let run = Qiwei::on(&server.base_url(), ["send", to, "x"]);
        refused(&server, run, part).assert_stderr_contains("`qiwei sessions` lists all");
    }
}

#[test]
fn warns_of_long_text() {
    let server = sandbox();
    for (length, warned) in [(2048, false), (2049, true)] {
        let run = send(&server).arg("x".repeat(length)).run().ends_with(0);
        assert_eq!(run.stderr.contains("2048 bytes"), warned, "{run:?}");
    }
    let line = serde_json::json!({"to": GROUP, "text": "x".repeat(3000)}).to_string();
    let run = Qiwei::on(&server.base_url(), ["send", "--batch", "-"])
        .stdin(format!("{line}\n{line}\n"))
        .run()
        .ends_with(0)
        .assert_stderr_contains("line 1: the text has 3000 bytes");
    assert_eq!(run.stderr.matches("3000 bytes").count(), 1, "{run:?}");
}
