//! Hints of refusals: what to type instead, ready to paste.

use crate::support::{GROUP, PERSON, Qiwei, check_all, sandbox};

#[test]
fn text_of_several_words_is_shown_in_quotes() {
    let rows: [(&str, &str); 5] = [
        ("send ops hello world", "`qiwei send ops 'hello world'`"),
        (
            "send ops hello big world -q",
            "`qiwei send ops 'hello big world' -q`",
        ),
        ("at ops disk full --all", "`qiwei at ops 'disk full' --all`"),
        (
            "send R:1 S:2 hello world",
            "`qiwei send --to R:1 --to S:2 'hello world'`",
        ),
        (
            "at R:1 R:2 hello --all",
            "run `qiwei at` once for each group",
        ),
    ];
    check_all(&rows, |(line, hint)| {
        for lang in ["en", "zh"] {
            let run = Qiwei::new(line.split(' ')).env("QIWEI_LANG", lang).run();
            let run = run.ends_with(2);
            assert_eq!(run.stderr.lines().count(), 2, "{}", run.stderr);
            if lang == "en" {
                run.assert_stderr_contains(hint);
            }
        }
        let run = Qiwei::new(line.split(' ')).arg("--json").run().ends_with(2);
        assert_eq!(run.error()["outcome"], "not_sent");
        assert!(run.json()["error"]["hint"].is_string());
    });
}

#[test]
fn text_that_names_a_file_is_refused() {
    let server = sandbox();
    let send = |args: &[&str]| {
        let run = Qiwei::on(&server.base_url(), ["send", PERSON]).args(args);
        std::fs::write(run.home().join("message.txt"), "from a file").unwrap();
        let home = run.home().to_owned();
        run.in_folder(&home).run()
    };
    send(&["@message.txt"])
        .ends_with(2)
        .assert_stderr_contains("--file message.txt");
    send(&["--", "@message.txt"]).ends_with(0);
    send(&["@all"]).ends_with(0);
    send(&["@message.txt and more"]).ends_with(0);
    send(&["--file", "@message.txt"]).ends_with(0);
    send(&["--file", "message.txt"]).ends_with(0);
    let texts: Vec<String> = sent(&server);
    assert_eq!(
        texts,
        [
            "@message.txt",
            "@all",
            "@message.txt and more",
            "from a file",
            "from a file"
        ]
    );
}

fn sent(server: &qiwei::sandbox::Sandbox) -> Vec<String> {
    crate::support::requests(server)
        .iter()
        .filter_map(|request| request.strip_prefix("POST /msg/send_text "))
        .map(|body| {
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            body["content"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn batch_and_settings_are_read_from_named_files() {
    let server = sandbox();
    let batch = Qiwei::on(&server.base_url(), ["send", "--batch", "@lines"]);
    let line = format!("{{\"to\":\"{GROUP}\",\"text\":\"x\"}}\n");
    std::fs::write(batch.home().join("lines"), line).unwrap();
    let home = batch.home().to_owned();
    batch.in_folder(&home).run().ends_with(0);

    let set = Qiwei::new(["config", "set", "headers.X-Api-Key", "@secret"]);
    std::fs::write(set.home().join("secret"), "s3cret-value\n").unwrap();
    let (home, config) = (set.home().to_owned(), set.config_path());
    let run = set.in_folder(&home);
    let file = {
        let mut run = run;
        let status = run.spawn().wait().unwrap();
        assert!(status.success());
        std::fs::read_to_string(&config).unwrap()
    };
    assert!(file.contains("X-Api-Key = \"s3cret-value\""), "{file}");
}

#[test]
fn hints_name_the_instance() {
    let server = sandbox();
    let run = Qiwei::on(&server.base_url(), ["at", PERSON, "look here", "--all"]).run();
    run.ends_with(2)
        .assert_stderr_contains(&format!("`qiwei send {PERSON} 'look here'`"));
}
