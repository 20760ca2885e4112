//! The configuration file: what is saved, what is kept, and errors when it is invalid.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{GROUP, Home, PipedChild, Qiwei, sandbox};

/// `qiwei config …` without a server.
fn config(home: &Home, args: &[&str]) -> Qiwei {
    Qiwei::new(["config"])
        .args(args)
        .with_home(home)
        .without_env("QIWEI_BASE_URL")
}

/// The row of one setting in the JSON of `explain`.
fn row(all: &Value, key: &str) -> Value {
    let rows = all.as_array().unwrap();
    let found = rows.iter().find(|row| row["key"] == key);
    found.unwrap_or_else(|| panic!("no {key} in {all}")).clone()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn sets_reads_and_removes_settings() {
    let home = Home::new();
    let path = home.config_path();
    let place = path.display();
    config(&home, &["path"])
        .run()
        .assert_output(0, &format!("{place}\n"), "");
    let missing = json!({"path": path, "exists": false});
    assert_eq!(config(&home, &["path", "--json"]).run().json(), missing);
    config(&home, &["get", "guid"]).run().assert_output(
        3,
        "",
        "error: guid is not set\nhint: set it with `qiwei config set guid VALUE`\n",
    );
    let saved = format!("guid saved in {place}\n");
    config(&home, &["set", "guid", "g-1"])
        .run()
        .assert_output(0, "", &saved);
    config(&home, &["get", "guid"])
        .run()
        .assert_output(0, "g-1\n", "");
    let told = json!({"key": "guid", "value": "g-1", "source": "config"});
    assert_eq!(config(&home, &["get", "guid", "--json"]).run().json(), told);
    assert_eq!(
        config(&home, &["path", "--json"]).run().json()["exists"],
        true
    );
    let removed = format!("guid removed from {place}\n");
    config(&home, &["unset", "guid"])
        .run()
        .assert_output(0, "", &removed);
    let absent = format!("guid was not in {place}\n");
    config(&home, &["unset", "guid"])
        .run()
        .assert_output(0, "", &absent);
    assert_eq!(home.config(), "");
}

#[test]
fn saves_every_setting() {
    let home = Home::new();
    for (name, value) in [
        ("base_url", "http://127.0.0.1:8080/p"),
        ("timeout", "45s"),
        ("retries", "3"),
        ("insecure", "no"),
        ("cacert", "/etc/ca.pem"),
        ("headers.X-Token", "t"),
        ("aliases.ops", "R:10001"),
        ("aliases.夜班", "R:10002"),
        ("profiles.prod.guid", "g-2"),
        ("profiles.prod.aliases.ops", "R:10003"),
    ] {
        config(&home, &["set", name, value]).run().ends_with(0);
    }
    let run = config(&home, &["explain", "--json", "--profile", "prod"]).run();
    let all = run.ends_with(0).json();
    for (key, value, source) in [
        ("base_url", "http://127.0.0.1:8080/p", "config"),
        ("guid", "g-2", "profile"),
        ("timeout", "45s", "config"),
        ("retries", "3", "config"),
        ("cacert", "/etc/ca.pem", "config"),
        ("insecure", "false", "config"),
        ("headers.X-Token", "[redacted]", "config"),
        ("aliases.ops", "R:10003", "profile"),
        ("aliases.夜班", "R:10002", "config"),
    ] {
        let row = row(&all, key);
        assert_eq!(
            (&row["value"], &row["source"]),
            (&json!(value), &json!(source)),
            "{key}"
        );
    }
    config(&home, &["unset", "headers.X-Token"])
        .run()
        .ends_with(0);
    assert!(!home.config().contains("X-Token"), "{}", home.config());
}

#[test]
fn explain_names_every_source() {
    let home = Home::new();
    home.write_config("timeout = '9s'\nfrob = 1\n[profiles.p]\nretries = 1\n");
    let run = config(&home, &["explain", "--insecure", "--profile", "p"])
        .env("QIWEI_GUID", "g-env")
        .run();
    let path = home.config_path();
    let path = path.to_str().unwrap();
    let rows: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0], ["KEY", "VALUE", "FROM"]);
    for row in [
        &["base_url", "http://localhost:8080", "default"][..],
        &["guid", "g-env", "QIWEI_GUID"],
        &["timeout", "9s", path],
        &["retries", "1", "profile", "p", "in", path],
        &["cacert", "-", "-"],
        &["insecure", "true", "--insecure"],
    ] {
        assert!(
            rows.iter().any(|found| found == row),
            "no {row:?} in {rows:?}"
        );
    }
    let note = "frob is not a known setting; it has no effect\n";
    assert_eq!((run.code, run.stderr.as_str()), (0, note));
}

#[test]
fn reads_secret_from_stdin() {
    let home = Home::new();
    let run = config(&home, &["set", "headers.X-Token", "-"])
        .stdin("s3cret\n")
        .run();
    assert!(!run.ends_with(0).stderr.contains("s3cret"));
    assert_eq!(home.config(), "[headers]\nX-Token = \"s3cret\"\n");
    let run = config(&home, &["set", "headers.X-Token", "-"])
        .stdin("two\nlines")
        .run();
    run.ends_with(2)
        .assert_stderr_contains("one line without control characters");
}

#[test]
fn keeps_comments_order_and_unknown_keys() {
    let home = Home::new();
    let before = "# mine, since 2024\n\nfrob = [ 1,2 ]   # not known\nguid = 'old' # the one\n\n\
                  [headers] # secrets\nX-A = '1'\n\n[profiles.p]\n# nothing yet\n";
    home.write_config(before);
    config(&home, &["set", "guid", "new"]).run().ends_with(0);
    let after = before.replace("'old'", "\"new\"");
    assert_eq!(home.config(), after);
    config(&home, &["set", "guid", "new"]).run().ends_with(0);
    assert_eq!(home.config(), after, "saving the same changes nothing");
    config(&home, &["set", "headers.X-B", "2"])
        .run()
        .ends_with(0);
    assert_eq!(
        home.config(),
        after.replace("X-A = '1'\n", "X-A = '1'\nX-B = \"2\"\n")
    );
    config(&home, &["unset", "headers.X-B"]).run().ends_with(0);
    assert_eq!(home.config(), after);
}

#[test]
fn config_file_and_directory_are_private() {
    let home = Home::new();
    config(&home, &["set", "guid", "g"]).run().ends_with(0);
    let path = home.config_path();
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    config(&home, &["set", "guid", "h"]).run().ends_with(0);
    // What its owner has set stays; a file with secrets that others can read is warned of.
    assert_eq!(mode(&path), 0o644);
    let left: Vec<_> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name != "config.toml" && name != "config.toml.lock")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn concurrent_saves_lose_nothing() {
    let home = Home::new();
    home.write_config("# mine\nfrob = true\n\n[headers]\nX = '1' # one\n");
    let runs: Vec<PipedChild> = (0..20)
        .map(|n| {
            let (name, id) = (format!("aliases.a{n}"), format!("R:{}", 10_000 + n));
            config(&home, &["set", &name, &id]).start()
        })
        .collect();
    for run in runs {
        run.end().ends_with(0);
    }
    let text = home.config();
    assert!(
        text.starts_with("# mine\nfrob = true\n\n[headers]\nX = '1' # one\n"),
        "{text}"
    );
    let all = config(&home, &["explain", "--json", "-q"])
        .run()
        .ends_with(0)
        .json();
    for n in 0..20 {
        let id = format!("R:{}", 10_000 + n);
        assert_eq!(row(&all, &format!("aliases.a{n}"))["value"], id, "{text}");
    }
    assert_eq!(text.matches("aliases").count(), 1, "{text}");
}

#[test]
fn names_line_of_broken_config_and_keeps_it() {
    for (text, line, part) in [
        ("a = 1\nguid = \n", 2, ""),
        ("guid = 'a'\nguid = 'b'\n", 2, "duplicate"),
        ("\n\ntimeout = 'soon'\n", 3, "timeout: not a duration"),
        (
            "retries = 99\n",
            1,
            "retries: must be a number from 0 to 20",
        ),
        ("guid = ['a']\n", 1, "guid must be a string"),
        ("headers = 5\n", 1, "headers must be a table"),
        (
            "[aliases]\nops = '10001'\n",
            2,
            "aliases.ops: a conversation id needs its prefix",
        ),
        (
            "[profiles.p]\nguid = 'two words'\n",
            2,
            "profiles.p.guid: not a guid",
        ),
        ("[profiles]\np = 1\n", 2, "profiles.p must be a table"),
        (
            "base_url = 'ftp://u:hunter2@h'\n",
            1,
            "base_url: a base URL must start with",
        ),
    ] {
        let home = Home::new();
        home.write_config(text);
        let place = format!("{}:{line}: ", home.config_path().display());
        for args in [
            &["sessions"][..],
            &["send", GROUP, "x"],
            &["config", "get", "guid"],
            &["config", "explain"],
        ] {
            let run = Qiwei::new(args)
                .with_home(&home)
                .run()
                .ends_with(3)
                .assert_stderr_contains(&place)
                .assert_stderr_contains(part);
            assert!(!run.stderr.contains("hunter2"), "{run:?}");
        }
        assert_eq!(home.config(), text);
    }
}

#[test]
fn never_rewrites_unparsable_config() {
    let home = Home::new();
    let text = "# mine\nguid = \n";
    home.write_config(text);
    let server = sandbox();
    for args in [
        &["config", "set", "guid", "g"][..],
        &["config", "unset", "guid"],
        &["instance", "use", "--auto"],
        &["instance", "create"],
    ] {
        let run = Qiwei::on(&server.base_url(), args).with_home(&home).run();
        run.ends_with(3).assert_stderr_contains("config.toml:2: ");
        assert_eq!(home.config(), text);
    }
    assert_eq!(
        server.guids().len(),
        1,
        "nothing is created that could not be saved"
    );
    config(&home, &["path"]).run().ends_with(0);
}

#[test]
fn set_corrects_invalid_value() {
    let home = Home::new();
    home.write_config("timeout = 'soon'\n");
    config(&home, &["set", "timeout", "5s"]).run().ends_with(0);
    assert_eq!(home.config(), "timeout = \"5s\"\n");
}

#[test]
fn validates_before_saving() {
    let home = Home::new();
    for (name, value, part) in [
        ("frob", "1", "no setting \"frob\"; there are base_url, guid"),
        ("base-url", "http://h", "did you mean base_url?"),
        ("timeout", "soon", "timeout: not a duration"),
        ("retries", "21", "retries: must be a number from 0 to 20"),
        ("insecure", "maybe", "insecure: must be true or false"),
        ("guid", "two words", "guid: not a guid"),
        ("aliases.ops", "10001", "did you mean R:10001?"),
        ("aliases.12", "R:1", "looks like a conversation id"),
        ("profiles.p", "x", "profiles.NAME.KEY"),
    ] {
        config(&home, &["set", name, value])
            .run()
            .ends_with(2)
            .assert_stderr_contains(part);
    }
    assert!(!home.config_path().exists());
    let run = config(&home, &["get", "profiles.p.guid"]).run();
    run.ends_with(2)
        .assert_stderr_contains("use `--profile p` with the bare key");
}

#[test]
fn follows_symbolic_link() {
    let home = Home::new();
    let real = home.file("dotfile.toml", "# real\nretries = 1\n");
    fs::create_dir_all(home.config_path().parent().unwrap()).unwrap();
    symlink(&real, home.config_path()).unwrap();
    config(&home, &["set", "guid", "g"]).run().ends_with(0);
    assert!(
        fs::symlink_metadata(home.config_path())
            .unwrap()
            .is_symlink()
    );
    assert_eq!(
        fs::read_to_string(&real).unwrap(),
        "# real\nretries = 1\nguid = \"g\"\n"
    );
    config(&home, &["get", "guid"])
        .run()
        .assert_output(0, "g\n", "");
}

#[test]
fn explicit_config_file_must_exist() {
    let home = Home::new();
    let missing = home.path().join("none.toml");
    let name = missing.to_str().unwrap();
    for run in [
        Qiwei::new(["sessions", "--config", name]),
        Qiwei::new(["sessions"]).env("QIWEI_CONFIG", name),
        Qiwei::new(["config", "explain", "--config", name]),
    ] {
        let run = run
            .run()
            .ends_with(3)
            .assert_stderr_contains(&format!("cannot read the config {name}: "));
        run.assert_stderr_contains(
            "hint: fix --config or QIWEI_CONFIG, or create the file with `qiwei config set`",
        );
    }
    config(&home, &["set", "guid", "g", "--config", name])
        .run()
        .ends_with(0);
    assert_eq!(fs::read_to_string(&missing).unwrap(), "guid = \"g\"\n");
    assert_eq!(mode(&missing), 0o600);
    let run = config(&home, &["get", "guid"])
        .env("QIWEI_CONFIG", name)
        .run();
    run.assert_output(0, "g\n", "");
    // The flag wins over the variable.
    let other = home.file("other.toml", "guid = 'o'\n");
    let run = config(&home, &["get", "guid", "--config", &other])
        .env("QIWEI_CONFIG", name)
        .run();
    run.assert_output(0, "o\n", "");
}

#[test]
fn unknown_profile_lists_profiles() {
    let home = Home::new();
    let run = config(&home, &["explain", "--profile", "p"])
        .run()
        .ends_with(3);
    run.assert_stderr_contains("the config has no profile \"p\"")
        .assert_stderr_contains("hint: create one with `qiwei config set profiles.p.base_url URL`");
    home.write_config("[profiles.a]\n[profiles.b]\n");
    let run = config(&home, &["explain"]).env("QIWEI_PROFILE", "p").run();
    run.ends_with(3)
        .assert_stderr_contains("hint: it has: a, b\n");
    config(&home, &["set", "retries", "1", "--profile", "c"])
        .run()
        .ends_with(0);
    assert_eq!(
        home.config(),
        "[profiles.a]\n[profiles.b]\n\n[profiles.c]\nretries = 1\n"
    );
}

#[test]
fn names_unwritable_location() {
    let home = Home::new();
    // A file where the folder should be: not even root can write below it.
    let path = format!("{}/config.toml", home.file("file", ""));
    let run = config(&home, &["set", "guid", "g", "--config", &path])
        .run()
        .ends_with(3);
    run.assert_stderr_contains(&format!("cannot write the config {path}: "))
        .assert_stderr_contains("hint: choose another file with --config or QIWEI_CONFIG");
}

#[test]
fn empty_variable_counts_as_unset() {
    let home = Home::new();
    home.write_config("guid = 'g'\nbase_url = 'http://h:1'\nretries = 1\n");
    let names = [
        "BASE_URL", "GUID", "PROFILE", "CONFIG", "TIMEOUT", "RETRIES", "CACERT", "INSECURE",
    ];
    let run = config(&home, &["explain", "--json"]);
    let run = names
        .iter()
        .fold(run, |run, name| run.env(&format!("QIWEI_{name}"), ""));
    let all = run.run().ends_with(0).json();
    for (key, source) in [
        ("base_url", json!("config")),
        ("guid", json!("config")),
        ("timeout", json!("default")),
        ("retries", json!("config")),
        ("cacert", Value::Null),
        ("insecure", json!("default")),
    ] {
        assert_eq!(row(&all, key)["source"], source, "{key}");
    }
}

#[test]
fn names_non_utf8_variable() {
    let bad = std::ffi::OsStr::from_bytes(b"g-\xff");
    for name in [
        "QIWEI_GUID",
        "QIWEI_BASE_URL",
        "QIWEI_TIMEOUT",
        "QIWEI_PROFILE",
    ] {
        let run = Qiwei::new(["sessions"]).env(name, bad).run();
        run.ends_with(3)
            .assert_stderr_contains(&format!("{name} is not valid UTF-8"));
    }
    // Commands that do not read the variable still work.
    Qiwei::new(["config", "path"])
        .env("QIWEI_GUID", bad)
        .run()
        .ends_with(0);
}

#[test]
fn explicit_config_works_without_home() {
    let server = sandbox();
    let home = Home::new();
    let file = home.file("c.toml", format!("base_url = '{}'\n", server.base_url()));
    let run = Qiwei::new(["send", GROUP, "x", "-q", "--config", &file])
        .without_env("HOME")
        .without_env("QIWEI_BASE_URL")
        .run();
    run.ends_with(0);
}
