//! `qiwei at`: who is mentioned, and where.

use serde_json::{Value, json};

use crate::support::{GROUP, PERSON, Qiwei, requests, sandbox};

#[test]
fn accepts_mentioned_users_in_every_form() {
    let forms: [&[&str]; 7] = [
        &["hello", "--user", "1688", "7881"],
        &["hello", "--user", "1688,7881"],
        &["hello", "--user", "1688", "--user", "7881"],
        &["--user=1688", "--user=7881", "hello"],
        &["--user", "1688,7881", "--", "hello"],
        &["--user", "1688", "7881", "hello"],
        &["--user", "1688,7881", "hello"],
    ];
    let server = sandbox();
    for form in forms {
        let run = Qiwei::on(&server.base_url(), ["at", GROUP, "-q"])
            .args(form)
            .run();
        run.ends_with(0);
        let message = server.deliveries().pop().unwrap();
        assert_eq!(message.at_list, [json!("1688"), json!("7881")], "{form:?}");
        assert_eq!(message.content, "hello", "{form:?}");
    }
}

#[test]
fn mention_of_everyone_sends_integer_zero() {
    let server = sandbox();
    Qiwei::on(&server.base_url(), ["at", GROUP, "x", "--all", "-q"])
        .run()
        .ends_with(0);
    assert_eq!(server.deliveries()[0].at_list, [json!(0)]);
    let sent = requests(&server).pop().unwrap();
    assert!(sent.ends_with(r#""at_list":[0]}"#), "{sent}");
}

#[test]
fn rejects_placeholder_count_other_than_mentions() {
    for (text, flags, fits) in [
        ("x", &["--user", "1", "2"][..], true),
        ("{$@} x", &["--user", "1"], true),
        ("{$@} and {$@}", &["--user", "1,2"], true),
        ("{$@}", &["--all"], true),
        ("{$@}", &["--user", "1", "2"], false),
        ("{$@} {$@}", &["--user", "1"], false),
        ("{$@} {$@}", &["--all"], false),
    ] {
        let server = sandbox();
        let at = || Qiwei::on(&server.base_url(), ["at", GROUP, text, "-q"]).args(flags);
        let run = at().run();
        if fits {
            run.ends_with(0);
        } else {
            run.ends_with(2)
                .assert_stderr_contains("--no-check sends it anyway");
            assert_eq!(requests(&server), [""; 0], "{text}");
            at().arg("--no-check").run().ends_with(0);
        }
        assert_eq!(server.deliveries().len(), 1, "{text}");
        assert_eq!(server.deliveries()[0].content, text);
    }
}

#[test]
fn rejects_invalid_mentions() {
    let server = sandbox();
    for (args, part) in [
        (
            &["at", PERSON, "x", "--all"][..],
            "is a person; only groups have mentions",
        ),
        (
            &["at", PERSON, "x", "--all"],
            "`qiwei send S:788123456789 x`",
        ),
        (
            &["at", GROUP, "x", "--user", "zhang"],
            "a user id is digits",
        ),
        (
            &["at", GROUP, "x", "--user", "@all"],
            "to mention everyone use --all",
        ),
        (
            &["at", GROUP, "x", "--user", "1", "1"],
            "--user 1 is given twice",
        ),
        (&["at", GROUP, "x", "--user", "1,"], "a user id is digits"),
        (&["at", GROUP, "x"], "--user"),
        (
            &["at", GROUP, "x", "--user", "1", "--all"],
            "cannot be used with",
        ),
        (&["at", GROUP, "--user", "1", "2"], "no text given"),
    ] {
        let run = Qiwei::on(&server.base_url(), args).run();
        run.ends_with(2).assert_stderr_contains(part);
    }
    assert_eq!(requests(&server), [""; 0]);
}

#[test]
fn at_reads_stdin_and_aliases() {
    let server = sandbox();
    let args = ["at", "ops", "-", "--user", "1688", "--json", "-q"];
    let run = Qiwei::on(&server.base_url(), args)
        .config(&format!("aliases = {{ ops = '{GROUP}' }}\n"))
        .stdin("{$@} build broken\n")
        .run();
    let printed: Value = run.ends_with(0).json();
    assert_eq!(printed["conversation_id"], GROUP);
    assert_eq!(server.deliveries()[0].content, "{$@} build broken");
}

#[test]
fn at_placeholder_survives_double_quotes() {
    let server = sandbox();
    let text = "{at} and {$@}: build broken";
    let args = ["at", GROUP, text, "--user", "1", "2", "-q"];
    Qiwei::on(&server.base_url(), args).run().ends_with(0);
    assert_eq!(
        server.deliveries()[0].content,
        "{$@} and {$@}: build broken"
    );
    Qiwei::on(&server.base_url(), args)
        .arg("--no-check")
        .run()
        .ends_with(0);
    assert_eq!(server.deliveries()[1].content, text);
    let batch = json!({"to": GROUP, "text": "see {at}", "at": ["1"]}).to_string();
    Qiwei::on(&server.base_url(), ["send", "--batch", "-", "-q"])
        .stdin(batch)
        .run()
        .ends_with(0);
    assert_eq!(server.deliveries()[2].content, "see {$@}");
}

#[test]
fn rejects_braces_left_by_a_shell() {
    let server = sandbox();
    let args = ["at", GROUP, "build broken {}", "--user", "1"];
    let run = Qiwei::on(&server.base_url(), args).run().ends_with(2);
    run.assert_stderr_contains("use single quotes, or {at}");
    assert_eq!(server.deliveries().len(), 0);
    // A text with a placeholder may contain braces, and so may any text with --no-check.
    for args in [
        &["at", GROUP, "{} {at}", "--user", "1"][..],
        &["at", GROUP, "{}", "--user", "1", "--no-check"],
        &["send", GROUP, "{}"],
    ] {
        Qiwei::on(&server.base_url(), args).run().ends_with(0);
    }
}
