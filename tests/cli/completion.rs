//! Shell completion, called as the completion scripts call it.

use crate::support::{Home, Qiwei};

/// What is offered for the last of `words`, a line each; with zsh's descriptions.
fn complete_words(home: &Home, words: &[&str]) -> Qiwei {
    Qiwei::new(["--"])
        .args(words)
        .with_home(home)
        .env("QIWEI_COMPLETE", "zsh")
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
}

#[test]
fn completes_values_by_position() {
    let home = Home::new();
    home.write_config("aliases = { ops = 'R:10001' }\n[profiles.prod]\n");
    let cases: [(&[&str], &str); 6] = [
        (&["qiwei", "send", "o"], "ops"),
        (&["qiwei", "at", "o"], "ops"),
        (&["qiwei", "--profile", "p"], "prod"),
        (&["qiwei", "status", "--wait", "o"], "online:Logged in"),
        (&["qiwei", "listen", "--type", "new"], "new_message"),
        (&["qiwei", "config", "get", "base"], "base_url"),
    ];
    for (words, offer) in cases {
        let run = complete_words(&home, words).run().ends_with(0);
        assert_eq!(run.stdout.trim(), offer, "{words:?} {}", run.stderr);
    }
    let second = complete_words(&home, &["qiwei", "send", "ops", "o"]).run();
    assert_eq!(second.ends_with(0).stdout.trim(), "", "TEXT is no alias");
}

#[test]
fn descriptions_follow_language() {
    let home = Home::new();
    let chinese = |words: &[&str]| {
        let run = complete_words(&home, words)
            .env("LANG", "zh_CN.UTF-8")
            .run();
        run.ends_with(0).stdout
    };
    assert_eq!(
        chinese(&["qiwei", "sess"]).trim(),
        "sessions:查看账号的会话列表"
    );
    let states = chinese(&["qiwei", "status", "--wait", ""]);
    assert!(states.contains("online:已登录并在线\n"), "{states}");
}
