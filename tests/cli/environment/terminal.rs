//! Terminals of different widths, with and without colours, UTF-8 and escape sequences.

use tabled::grid::util::string::get_string_width;

use crate::support::raw::{RawServer, ok};
use crate::support::state::{results_in, sends, with_state};
use crate::support::terminal::{Terminal, on_terminal};
use crate::support::{GROUP, Home, PERSON, Qiwei, sandbox, sandbox_with};

/// The width of the widest line.
fn widest(text: &str) -> usize {
    text.lines().map(get_string_width).max().unwrap_or_default()
}

/// A server with long session names and ids.
fn many_names() -> RawServer {
    let name = "项目讨论与技术交流以及运维值班群（华东）第十七组";
    let session =
        |id: &str| format!(r#"{{"id":"{id}","name":"{name}","last_msg_time":1711601053}}"#);
    let list = [session("S:788123456789"), session("R:10696049218574013")];
    RawServer::answering(ok(&format!(r#"{{"session_list":[{}]}}"#, list.join(","))))
}

#[test]
fn table_fits_terminal_without_cutting_ids() {
    let server = many_names();
    for (columns, framed, whole, records) in [
        (120, true, true, false),
        (80, false, false, false),
        (60, false, false, false),
        (40, false, true, true),
        (20, false, true, true),
    ] {
        let run = Qiwei::on(&server.base_url(), ["sessions", "--guid", "g"]);
        let seen = on_terminal(run, columns).ends_with(0);
        let what = format!("{columns}: {}", seen.text);
        assert_eq!(seen.text.contains('╭'), framed, "{what}");
        assert_eq!(seen.text.contains("第十七组"), whole, "{what}");
        assert_eq!(seen.text.contains('…'), !whole, "{what}");
        for id in ["S:788123456789", "R:10696049218574013"] {
            assert!(seen.text.contains(id), "{what}");
        }
        assert_eq!(seen.text.contains("\n\n"), records, "{what}");
        // A table always fits; a long name in the record layout may wrap.
        if !records {
            assert!(widest(&seen.text) <= columns.into(), "{what}");
        }
    }
}

#[test]
fn every_table_fits_80_columns() {
    let server = sandbox_with(|scenario| (scenario.running, scenario.stopped) = (2, 1));
    let home = Home::new();
    let key = "backup-2026-11-24-of-the-database";
    with_state(&server, &home, &["send", GROUP, "x", "--key", key])
        .run()
        .ends_with(0);
    for args in [
        &["instance", "ls"][..],
        &["instance", "create", "--client-type", "list"],
        &["sessions"],
        &["ledger", "ls"],
        &["config", "explain"],
        &["status"],
        &["probe"],
    ] {
        for columns in [100, 80, 60, 40, 20] {
            let seen = on_terminal(
                with_state(&server, &home, args).arg("--color=never"),
                columns,
            );
            let seen = seen.ends_with(0);
            let what = format!("{args:?} {columns}: {}", seen.text);
            let framed = seen.text.contains('│');
            if framed || columns >= 80 {
                // Notes are sentences, which the terminal wraps.
                let table = seen
                    .text
                    .lines()
                    .filter(|line| !line.contains("there may be more"));
                let table = table.collect::<Vec<_>>().join("\n");
                assert!(widest(&table) <= columns.into(), "{what}");
            }
            // Ids and keys, which users copy, are never split across lines.
            let copied = match args[0] {
                "instance" if args[1] == "ls" => server.guids()[0].to_string(),
                "sessions" => PERSON.to_owned(),
                "ledger" => key.to_owned(),
                _ => continue,
            };
            assert!(
                seen.text.lines().any(|line| line.contains(&copied)),
                "{what}"
            );
        }
    }
}

/// The terminal width does not apply to a pipe.
#[test]
fn piped_output_is_never_cut() {
    let server = many_names();
    let run = Qiwei::on(&server.base_url(), ["sessions", "--guid", "g"]);
    let seen = Terminal::start_piped(run, 20).end().ends_with(0);
    let lines: Vec<&str> = seen.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{seen:?}");
    assert!(
        lines[1..].iter().all(|line| line.contains("第十七组")),
        "{seen:?}"
    );
    assert!(!seen.stdout.contains(['…', '│', '\x1b']), "{seen:?}");
}

/// Without UTF-8, frames and ellipses are ASCII; names are unchanged.
#[test]
fn uses_ascii_frames_without_utf8() {
    let server = many_names();
    for (columns, mark) in [(120, "+--"), (60, "...")] {
        let run = Qiwei::on(&server.base_url(), ["sessions", "--guid", "g"]);
        let seen = on_terminal(run.env("LC_ALL", "C"), columns).ends_with(0);
        assert!(seen.text.contains(mark), "{seen:?}");
        assert!(!seen.text.contains(['│', '╭', '…']), "{seen:?}");
        assert!(seen.text.contains("项目讨论"), "{seen:?}");
    }
}

#[test]
fn color_follows_options_and_environment() {
    let server = sandbox();
    let plain: &[(&str, &str)] = &[];
    for (variables, flag, colour) in [
        (plain, None, true),
        (plain, Some("auto"), true),
        (plain, Some("always"), true),
        (plain, Some("never"), false),
        (&[("NO_COLOR", "1")], None, false),
        (&[("NO_COLOR", "1")], Some("auto"), false),
        (&[("NO_COLOR", "1")], Some("always"), true),
        (&[("NO_COLOR", "")], None, true),
        (&[("CLICOLOR", "0")], None, false),
        (&[("CLICOLOR", "1")], None, true),
        (&[("CLICOLOR", "0")], Some("always"), true),
        (&[("TERM", "dumb")], None, false),
        (&[("TERM", "dumb")], Some("always"), true),
        (&[("TERM", "")], None, true),
    ] {
        let flags = flag.map(|when| format!("--color={when}"));
        // A result, and an error.
        for args in [&["instance", "ls", "-q"][..], &["send", "42", "x"]] {
            let run = Qiwei::on(&server.base_url(), args).args(flags.as_ref());
            let run = variables
                .iter()
                .fold(run, |run, (name, value)| run.env(name, value));
            let seen = on_terminal(run, 100);
            let what = format!("{variables:?} {flag:?} {args:?}: {:?}", seen.text);
            assert_eq!(seen.text.contains("\x1b["), colour, "{what}");
        }
        let run = Qiwei::on(&server.base_url(), ["--help"]);
        let run = variables
            .iter()
            .fold(run, |run, (name, value)| run.env(name, value));
        // This run has no `--color`, so only the variables apply.
        if flag.is_none() {
            let seen = on_terminal(run, 100).ends_with(0);
            assert_eq!(seen.text.contains("\x1b["), colour, "{variables:?}");
        }
    }
}

/// Chinese help has no spaces between words, and clap wraps only at spaces.
#[test]
fn help_fits_terminal() {
    let commands = [
        "",
        "send",
        "at",
        "login",
        "logout",
        "sessions",
        "status",
        "listen",
        "probe",
        "probe callback",
        "sandbox",
        "completions",
        "instance",
        "instance rm",
        "instance create",
        "config",
        "config set",
        "ledger",
        "ledger prune",
    ];
    crate::support::check_all(&commands, |command| {
        for (lang, help, narrowest) in [("zh", "--help", 60), ("zh", "-h", 80), ("en", "-h", 80)] {
            for columns in [100, 80, narrowest] {
                let args = command.split_whitespace().chain([help, "--lang", lang]);
                let run = Qiwei::new(args).env("NO_COLOR", "1");
                let seen = on_terminal(run, columns).ends_with(0);
                let what = format!("{command} {help} {lang} {columns}: {}", seen.text);
                assert!(widest(&seen.text) <= columns.into(), "{what}");
                assert!(!seen.text.contains('\u{a0}'), "{what}");
            }
        }
        // Without a terminal, lines have at most 100 columns.
        let run = Qiwei::new(command.split_whitespace().chain(["--help", "--lang", "zh"]));
        assert!(widest(&run.run().ends_with(0).stdout) <= 100);
    });
}

/// A QR code wider than the terminal cannot be scanned, so only the link is printed.
#[test]
fn draws_qr_code_where_it_fits() {
    let guid = "e220a839-7b1d-4daf-ae78-9e6aa1b965f4";
    for (columns, variables, drawn) in [
        (80, &[][..], "▀"),
        (80, &[("NO_COLOR", "1")], "▀"),
        (100, &[("LC_ALL", "C")], "\x1b["),
        (100, &[("LC_ALL", "C"), ("TERM", "dumb")], "##"),
        (20, &[], ""),
    ] {
        let server = sandbox_with(|scenario| (scenario.online, scenario.running) = (0, 1));
        let args = ["login", "--no-wait", "--guid", guid];
        let run = variables
            .iter()
            .fold(Qiwei::on(&server.base_url(), args), |run, (name, value)| {
                run.env(name, value)
            });
        let seen = on_terminal(run, columns)
            .ends_with(0)
            .assert_output_contains("link: https://");
        let drawing: Vec<&str> = seen
            .text
            .lines()
            .filter(|l| !l.contains("link: "))
            .collect();
        let drawing = drawing.join("\n");
        assert!(drawing.contains(drawn), "{variables:?}: {drawing}");
        if drawn.is_empty() {
            assert!(!drawing.contains(['▀', '▄', '█', '#', '\x1b']), "{drawing}");
        }
    }
}

#[test]
fn batch_progress_line_keeps_results_intact() {
    for (columns, term) in [(80, "xterm"), (20, "xterm"), (80, "dumb")] {
        let server = sandbox_with(|scenario| {
            // Slow enough for the progress line to be redrawn during the batch.
            scenario.latency = std::time::Duration::from_millis(150);
        });
        let home = Home::new();
        let lines: String = (0..6)
            .map(|n| format!("{{\"to\":\"R:10{n}\",\"text\":\"x\"}}\n"))
            .collect();
        let input = home.file("in.ndjson", lines);
        let args = ["send", "--batch", &input];
        let run = || with_state(&server, &home, &args).env("TERM", term);
        let seen = on_terminal(run(), columns).ends_with(0);
        // Sequences that erase the progress line may precede a result; the result is intact.
        let json: Vec<&str> = seen
            .text
            .lines()
            .filter_map(|line| line.find("{\"line\"").map(|at| &line[at..]))
            .collect();
        assert_eq!(results_in(&json.join("\n")).len(), 6, "{seen:?}");
        assert!(seen.text.contains("6 lines: 6 accepted"), "{seen:?}");
        assert_eq!(
            seen.text.contains('\x1b'),
            term != "dumb",
            "{columns} {term}: {seen:?}"
        );
        let seen = Terminal::start_piped(run(), columns).end().ends_with(0);
        assert_eq!(results_in(&seen.stdout).len(), 6, "{seen:?}");
        assert_eq!(sends(&server), 12);
    }
}

/// Server text must not move the terminal cursor.
#[test]
fn terminal_receives_no_escape_sequences_from_server() {
    let name = "\\u001b[2J\\u001b]0;x\\u0007\\u202e\\r张三";
    let list = format!(r#"{{"session_list":[{{"id":"S:1","name":"{name}"}}]}}"#);
    let server = RawServer::answering(ok(&list));
    for flags in [&["--color=never"][..], &["--json"]] {
        for columns in [100, 20] {
            let run = Qiwei::on(&server.base_url(), ["sessions", "--guid", "g"]).args(flags);
            let seen = on_terminal(run, columns)
                .ends_with(0)
                .assert_output_contains("张三");
            assert!(
                !seen.text.contains(['\x1b', '\x07', '\u{202e}']),
                "{seen:?}"
            );
        }
    }
}
