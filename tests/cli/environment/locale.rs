//! Missing, unknown and non-UTF-8 locales, and non-UTF-8 input.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use qiwei::sandbox::{Quirk, Scenario};

use crate::support::state::{sends, texts, with_state};
use crate::support::{GROUP, Home, Qiwei, check_all, sandbox, sandbox_with};

/// Variable, locale, and whether messages are in Chinese.
const LOCALES: [(&str, &[u8], bool); 11] = [
    ("LANG", b"", false),
    ("LANG", b"garbage", false),
    ("LANG", b"\xff\xfe", false),
    ("LC_ALL", b"C", false),
    ("LC_ALL", b"POSIX", false),
    ("LC_ALL", b"C.UTF-8", false),
    ("LC_ALL", b"zh_CN.UTF-8", true),
    ("LANG", b"zh_CN.utf8", true),
    ("LANG", b"zh_CN", true),
    // Chinese messages are UTF-8, which a terminal with another encoding cannot display.
    ("LANG", b"zh_CN.GB18030", false),
    ("LC_ALL", b"zh_CN.GBK", false),
];

const TEXT: &str = "告警：磁盘已满 💾";

#[test]
fn locale_changes_texts_but_no_message_bytes() {
    check_all(&LOCALES, |(name, value, chinese)| {
        let with_names = |scenario: &mut Scenario| scenario.quirks = vec![Quirk::ObjectSessions];
        let (server, home) = (sandbox_with(with_names), Home::new());
        let value = OsStr::from_bytes(value);
        let file = home.file("text", TEXT);
        let batch = home.file(
            "in",
            format!("{{\"to\":\"{GROUP}\",\"text\":\"{TEXT}\"}}\n"),
        );
        let run = |args: &[&str]| with_state(&server, &home, args).env(name, value);
        run(&["send", GROUP, TEXT]).run().ends_with(0);
        run(&["send", GROUP, "-"]).stdin(TEXT).run().ends_with(0);
        run(&["send", GROUP, "--file", &file]).run().ends_with(0);
        run(&["send", "--batch", &batch]).run().ends_with(0);
        run(&["send", GROUP, TEXT, "--key", TEXT])
            .run()
            .ends_with(0);
        assert_eq!(texts(&server), [TEXT; 5]);

        // Names and keys are printed unchanged in tables and JSON.
        let list = run(&["sessions"]).run().ends_with(0);
        assert!(list.stdout.contains("张三"), "{list:?}");
        let list = run(&["sessions", "--json"]).run().ends_with(0);
        assert!(list.stdout.contains("\"张三\""), "{list:?}");
        let list = run(&["ledger", "ls"]).run().ends_with(0);
        assert!(list.stdout.contains(TEXT), "{list:?}");

        let refused = run(&["send", "42", "x"]).run().ends_with(2);
        let word = if *chinese { "错误：" } else { "error: " };
        assert!(refused.stderr.starts_with(word), "{value:?}: {refused:?}");
        let help = run(&["--help"]).run().ends_with(0);
        let word = if *chinese { "用法: " } else { "Usage: " };
        assert!(help.stdout.contains(word), "{value:?}: {help:?}");
        if !chinese {
            assert!(refused.stderr.is_ascii(), "{refused:?}");
        }
    });
}

/// `中文` encoded in GB18030.
const GB18030: &[u8] = b"\xd6\xd0\xce\xc4";
const REMEDY: &str = "iconv -f GB18030 -t UTF-8";

#[test]
fn rejects_non_utf8_arguments_with_hint() {
    let server = sandbox();
    let bad = OsStr::from_bytes(GB18030);
    let words = |args: &[&str]| -> Vec<OsString> { args.iter().map(Into::into).collect() };
    for (before, after) in [
        (words(&["send", GROUP]), words(&[])),
        (words(&["send", GROUP]), words(&["--key", "k"])),
        (words(&["send"]), words(&["x"])),
        (words(&["send", GROUP, "x", "--key"]), words(&[])),
        (words(&["at", GROUP]), words(&["--all"])),
        (words(&["config", "set", "guid"]), words(&[])),
        (words(&["login", "--code"]), words(&[])),
        (words(&["sessions", "--guid"]), words(&[])),
    ] {
        for lang in ["en", "zh"] {
            let run = Qiwei::on(&server.base_url(), &before)
                .arg(bad)
                .args(&after)
                .env("QIWEI_LANG", lang)
                .run()
                .ends_with(2);
            assert!(run.stderr.contains("UTF-8"), "{run:?}");
            run.assert_stderr_contains(REMEDY);
        }
        let run = Qiwei::on(&server.base_url(), &before)
            .arg(bad)
            .args(&after)
            .arg("--json")
            .run()
            .ends_with(2);
        let error = run.error();
        assert_eq!(error["message"], "an argument is not valid UTF-8");
        assert!(error["hint"].as_str().unwrap().contains(REMEDY), "{error}");
        assert_eq!(error["outcome"], "not_sent");
    }
    assert!(server.exchanges().is_empty());
}

#[test]
fn rejects_non_utf8_batch_lines_with_hint() {
    let (server, home) = (sandbox(), Home::new());
    let good = format!("{{\"to\":\"{GROUP}\",\"text\":\"x\"}}\n");
    let bad = [b"{\"to\":\"R:1\",\"text\":\"", GB18030, b"\"}\n"].concat();
    let input = home.file("in.ndjson", [good.as_bytes(), &bad].concat());
    let run = with_state(&server, &home, &["send", "--batch", &input]).run();
    run.ends_with(2)
        .assert_stderr_contains("line 2: not UTF-8 (at byte 20)")
        .assert_stderr_contains(REMEDY);
    assert_eq!(sends(&server), 0);
    let piped = with_state(&server, &home, &["send", "--batch", "-"]);
    let run = piped
        .stdin([good.as_bytes(), &bad].concat())
        .run()
        .ends_with(8);
    assert!(run.stdout.contains(REMEDY), "{run:?}");
    assert_eq!(sends(&server), 1);
}

/// File names are bytes and need not be UTF-8.
#[test]
#[cfg(target_os = "linux")]
fn accepts_non_utf8_file_names() {
    let (server, home) = (sandbox(), Home::new());
    let place = |name: &[u8]| {
        let name = OsString::from_vec([name, b"-\xff"].concat());
        home.path().join(name).into_os_string()
    };
    let write = |name: &[u8], text: &str| {
        std::fs::write(place(name), text).unwrap();
        place(name)
    };
    let line = format!("{{\"to\":\"{GROUP}\",\"text\":\"x\"}}\n");
    let run = |args: &[&OsStr]| {
        Qiwei::on(&server.base_url(), args)
            .with_home(&home)
            .env("QIWEI_STATE_DIR", place(b"state"))
            .env("QIWEI_X", OsStr::from_bytes(b"\xff"))
    };
    let word = |word: &'static str| OsStr::new(word);
    let text = write(b"text", "x");
    run(&[word("send"), word(GROUP), word("--file"), &text])
        .run()
        .ends_with(0);
    let key = [
        word("send"),
        word(GROUP),
        word("x"),
        word("--key"),
        word("k"),
    ];
    run(&key).run().ends_with(0);
    assert!(
        std::path::Path::new(&place(b"state"))
            .join("state.sqlite3")
            .exists()
    );
    let batch = write(b"in", &line);
    let journal = place(b"journal");
    let args = [
        word("send"),
        word("--batch"),
        &batch,
        word("--journal"),
        &journal,
    ];
    run(&args).run().ends_with(0);
    run(&args).run().ends_with(0);
    assert_eq!(sends(&server), 3);
    let config = place(b"config");
    let args = [
        word("config"),
        word("set"),
        word("timeout"),
        word("9s"),
        word("--config"),
        &config,
    ];
    run(&args).run().ends_with(0);
    let got = run(&[word("config"), word("get"), word("timeout")]).env("QIWEI_CONFIG", &config);
    got.run().assert_output(0, "9s\n", "");
}

/// Variables of other programs may have any value.
#[test]
fn ignores_unrelated_environment_variables() {
    let server = sandbox();
    for name in [
        "TERM",
        "NO_COLOR",
        "CLICOLOR",
        "TZ",
        "PATH",
        "HTTP_PROXY",
        "LC_MESSAGES",
    ] {
        for value in [&b"\xff"[..], b"garbage", b""] {
            let run = Qiwei::on(&server.base_url(), ["sessions"])
                .env(name, OsStr::from_bytes(value))
                .run();
            assert_eq!(run.code, 0, "{name}={value:?} {run:?}");
        }
    }
}
