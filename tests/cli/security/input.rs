//! External names and values that look like paths, commands or flags.

use std::path::Path;

use crate::support::raw::{RawServer, ok};
use crate::support::{GROUP, Home, Qiwei, sandbox};

/// Every file below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path.display().to_string()),
        }
    }
    found
}

#[test]
fn guid_from_server_cannot_escape_state_directory() {
    for guid in [
        "../../../escaped",
        "/tmp/escaped",
        "a/b",
        "a\\u0000b",
        "a\\nb",
        "",
    ] {
        let server = RawServer::answering(ok(&format!(r#"{{"data":["{guid}"]}}"#)));
        let home = Home::new();
        let run = Qiwei::on(&server.base_url(), ["listen", "--for", "1s"])
            .with_home(&home)
            .run();
        assert_ne!(run.code, 0, "{guid:?}: {run:?}");
        assert_eq!(files(home.path()), [""; 0], "{guid:?}");
    }
    // `..` is a valid guid; it is used only as part of a file name.
    let server = RawServer::answering(ok(r#"{"data":[".."]}"#));
    let home = Home::new();
    Qiwei::on(
        &server.base_url(),
        ["listen", "--guid", "..", "--for", "10ms"],
    )
    .with_home(&home)
    .run();
    let state = home.path().join(".local/state/qiwei").display().to_string();
    assert!(
        files(home.path())
            .iter()
            .all(|file| file.starts_with(&state))
    );
}

#[test]
fn keys_and_profiles_are_not_paths() {
    let server = sandbox();
    let home = Home::new();
    let key = "../../../escaped";
    let args = ["send", GROUP, "x", "--key", key];
    Qiwei::on(&server.base_url(), args)
        .with_home(&home)
        .run()
        .ends_with(0);
    let here = home.path().display().to_string();
    let made = files(home.path());
    assert!(
        made.iter()
            .all(|file| file.starts_with(&here) && !file.contains("escaped")),
        "{made:?}"
    );
    Qiwei::new(["--profile", "../../x", "status"])
        .run()
        .ends_with(3);
    let set = ["config", "set", "profiles.../../x.guid", "g"];
    Qiwei::new(set).with_home(&home).run();
    assert!(
        files(home.path())
            .iter()
            .all(|file| file.starts_with(&here))
    );
}

#[test]
fn aliases_are_not_recursive() {
    for target in ["ops", "night", "-", "S:1 --all", "--batch"] {
        let config = format!("[aliases]\nops = '{target}'\nnight = 'R:1'\n");
        Qiwei::new(["send", "ops", "x", "--guid", "g"])
            .config(&config)
            .run()
            .ends_with(3);
    }
}

#[test]
fn refuses_deeply_nested_config() {
    let home = Home::new();
    for text in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a{} = 1", ".a".repeat(100_000)),
        format!("[{}a]", "a.".repeat(100_000)),
    ] {
        home.write_config(&text);
        Qiwei::new(["status"]).with_home(&home).run().ends_with(3);
        Qiwei::new(["config", "set", "guid", "g"])
            .with_home(&home)
            .run()
            .ends_with(3);
        assert_eq!(home.config(), text, "it was rewritten");
    }
}

#[test]
fn hostile_batch_lines_are_rejected_or_sent_as_text() {
    let server = sandbox();
    let deep = format!(
        r#"{{"to":"{GROUP}","text":"x","at":{}}}"#,
        "[".repeat(100_000)
    );
    let bad = [
        deep,
        format!(r#"{{"to":"{GROUP}","to":"S:1","text":"x"}}"#),
        format!(r#"{{"to":"{GROUP}\nS:1","text":"x"}}"#),
        format!(r#"{{"to":"{GROUP}","text":"x","guid":"other"}}"#),
        format!(r#"{{"to":"{GROUP}","text":"x","at":[1e999]}}"#),
        "\u{0}".to_owned(),
    ];
    let send = |lines: &str| {
        Qiwei::on(&server.base_url(), ["send", "--batch", "-"])
            .stdin(lines)
            .run()
    };
    for line in &bad {
        let run = send(line).ends_with(8);
        assert_eq!(run.json()["outcome"], "not_sent", "{line:.60}");
    }
    assert_eq!(server.deliveries().len(), 0);
    let text = "$(touch x) `id` ; -rf \u{1b}[2J %s {}";
    let line = serde_json::json!({"to": GROUP, "text": text}).to_string();
    send(&line).ends_with(0);
    assert_eq!(server.deliveries()[0].content, text);
}
