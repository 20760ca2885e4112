//! Missing, unwritable and relative home folders, and deleted working directories.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use qiwei::sandbox::Sandbox;
use rustix::process::geteuid;

use crate::support::background::end;
use crate::support::state::{everything_in, sends};
use crate::support::{Finished, GROUP, Home, Qiwei, sandbox};

/// A home that cannot be used.
struct Place {
    what: &'static str,
    prepare: fn(&Home) -> Vec<(&'static str, String)>,
}

/// A file in place of a folder: not even root can create files in it.
fn a_file(home: &Home) -> String {
    home.file("file", "")
}

const UNWRITABLE: [Place; 4] = [
    Place {
        what: "the home folder is a file",
        prepare: |home| vec![("HOME", a_file(home))],
    },
    Place {
        what: "the home folder is a device, as service accounts have it",
        prepare: |_| vec![("HOME", "/dev/null".into())],
    },
    Place {
        what: "the XDG folders are files",
        prepare: |home| {
            let file = a_file(home);
            let names = ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"];
            names.map(|name| (name, file.clone())).into()
        },
    },
    Place {
        what: "the home folder is relative",
        prepare: |_| vec![("HOME", "some/where".into())],
    },
];

fn run(server: &Sandbox, home: &Home, place: &Place, args: &[&str]) -> Finished {
    let run = Qiwei::on(&server.base_url(), args)
        .with_home(home)
        .in_folder(home.path())
        .arg("--json");
    let variables = (place.prepare)(home);
    let run = variables
        .iter()
        .fold(run, |run, (name, value)| run.env(name, value));
    end(run)
}

/// Platforms without XDG folders ignore the XDG variables.
fn applies(place: &Place) -> bool {
    cfg!(target_os = "linux") || !place.what.contains("XDG")
}

#[test]
fn works_without_home_where_none_is_needed() {
    for place in UNWRITABLE.iter().filter(|place| applies(place)) {
        let (server, home) = (sandbox(), Home::new());
        for args in [
            &["send", GROUP, "x"][..],
            &["at", GROUP, "x", "--all"],
            &["instance", "ls"],
            &["instance", "create", "--no-use"],
            &["sessions"],
            &["status"],
            &["config", "explain"],
            &["completions", "bash"],
        ] {
            let run = run(&server, &home, place, args);
            assert_eq!(run.code, 0, "{}: {args:?} {run:?}", place.what);
        }
        assert_eq!(sends(&server), 2);
    }
}

#[test]
fn reports_missing_home_before_any_request() {
    for place in UNWRITABLE.iter().filter(|place| applies(place)) {
        let (server, home) = (sandbox(), Home::new());
        let guid = server.guids()[0].clone();
        for (args, remedy) in [
            (&["send", GROUP, "x", "--key", "k"][..], "QIWEI_STATE_DIR"),
            (&["send", GROUP, "x", "--pace", "9/s"], "QIWEI_STATE_DIR"),
            (&["config", "set", "timeout", "9s"], "QIWEI_CONFIG"),
            (&["instance", "create"], "QIWEI_CONFIG"),
            (&["instance", "use", &guid], "QIWEI_CONFIG"),
        ] {
            let run = run(&server, &home, place, args);
            assert_eq!(run.code, 3, "{}: {args:?} {run:?}", place.what);
            let error = run.error();
            let hint = error["hint"].as_str().unwrap_or_default();
            assert!(hint.contains(remedy), "{}: {args:?} {error}", place.what);
            assert_eq!(error["outcome"], "not_sent");
        }
        assert_eq!(sends(&server), 0, "{}", place.what);
        assert_eq!(server.guids().len(), 1, "{}", place.what);
        // No file was created elsewhere.
        let left = everything_in(home.path());
        assert!(left.iter().all(|path| path.ends_with("file")), "{left:?}");
    }
}

/// With a ledger per working directory, the same key would be sent from each.
#[test]
fn relative_home_does_not_create_ledger_per_directory() {
    let (server, home) = (sandbox(), Home::new());
    for name in ["a", "b"] {
        let folder = home.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let run = Qiwei::on(&server.base_url(), ["send", GROUP, "x", "--key", "k"])
            .env("HOME", "h")
            .in_folder(&folder);
        run.run()
            .ends_with(3)
            .assert_stderr_contains("there is no home directory");
    }
    assert_eq!(sends(&server), 0);
}

/// Per the XDG Base Directory specification, a relative path is ignored and an empty one counts as
/// unset.
#[test]
#[cfg(target_os = "linux")]
fn ignores_empty_and_relative_xdg_directories() {
    for value in ["", "rel", "./rel"] {
        let home = Home::new();
        let path = Qiwei::new(["config", "path"])
            .with_home(&home)
            .env("XDG_CONFIG_HOME", value)
            .run();
        path.assert_output(0, &format!("{}\n", home.config_path().display()), "");
    }
}

/// Without a home, `listen` runs without its lock, which only detects a second listener. An
/// unusable `QIWEI_STATE_DIR` is an error.
#[test]
fn listen_works_without_home() {
    let server = sandbox();
    let args = ["listen", "--for", "50ms"];
    let home = Home::new();
    let run = Qiwei::on(&server.base_url(), args)
        .in_folder(home.path())
        .env("HOME", "rel");
    let run = end(run).ends_with(0);
    run.assert_stderr_contains("there is no home directory, so a second listener");
    let run = Qiwei::on(&server.base_url(), args).env("QIWEI_STATE_DIR", "/dev/null/x");
    let run = end(run).ends_with(3);
    run.assert_stderr_contains("QIWEI_STATE_DIR");
}

/// A user id without a passwd entry has no home unless `HOME` is set.
#[test]
fn unknown_user_has_no_home() {
    if !geteuid().is_root() {
        // Only root can change the user id.
        return;
    }
    const UNKNOWN_UID: u32 = 54_321;
    let server = sandbox();
    // The other user must be able to reach the program. `cp` makes the copy: if this process wrote
    // it, a child started by another thread could hold it open, and exec would fail (ETXTBSY).
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let shared = folder.path().join("qiwei");
    let copied = Command::new("cp")
        .args([Path::new(env!("CARGO_BIN_EXE_qiwei")), &shared])
        .status();
    assert!(copied.unwrap().success());
    let command = |args: &[&str]| {
        Qiwei::on(&server.base_url(), args)
            .program(&shared)
            .without_env("HOME")
            .user(UNKNOWN_UID)
            .run()
    };
    command(&["send", GROUP, "x", "-q"]).ends_with(0);
    for args in [
        &["send", GROUP, "x", "--key", "k"][..],
        &["config", "set", "timeout", "9s"],
        &["config", "path"],
    ] {
        command(args)
            .ends_with(3)
            .assert_stderr_contains("there is no home directory");
    }
    assert_eq!(sends(&server), 1);
}

/// A home without write permission; root ignores permissions.
#[test]
fn names_read_only_home() {
    if geteuid().is_root() {
        // The tests with files in place of folders cover root.
        return;
    }
    let (server, home) = (sandbox(), Home::new());
    let lock = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(home.path(), mode).unwrap();
    };
    lock(0o500);
    let send = |more: &[&str]| {
        let run = Qiwei::on(&server.base_url(), ["send", GROUP, "x"]);
        run.with_home(&home).args(more).run()
    };
    send(&[]).ends_with(0);
    send(&["--key", "k"])
        .ends_with(3)
        .assert_stderr_contains("Permission denied");
    lock(0o700);
    assert_eq!(sends(&server), 1);
}

#[test]
fn only_sandbox_needs_temporary_directory() {
    for nowhere in ["/nowhere/at/all", "/dev/null"] {
        let (server, home) = (sandbox(), Home::new());
        let file = home.file(
            "in.ndjson",
            format!("{{\"to\":\"{GROUP}\",\"text\":\"x\"}}\n"),
        );
        let journal = format!("{file}.journal");
        let picture = format!("{file}.png");
        for args in [
            &["send", GROUP, "x", "--key", "k"][..],
            &["send", "--batch", &file, "--journal", &journal],
            &["config", "set", "timeout", "9s"],
            &["login", "--force", "--qr", "none", "--qr-file", &picture],
        ] {
            let run = Qiwei::on(&server.base_url(), args).with_home(&home);
            end(run.env("TMPDIR", nowhere)).ends_with(0);
        }
        let run = Qiwei::new(["sandbox", "--", "true"])
            .env("PATH", "/usr/bin:/bin")
            .env("TMPDIR", nowhere)
            .run();
        let run = run.ends_with(3);
        run.assert_stderr_contains("cannot create a directory for the sandbox's config")
            .assert_stderr_contains("TMPDIR");
    }
}

/// The working directory is deleted before the program starts.
#[test]
#[cfg(target_os = "linux")]
fn deleted_working_directory_affects_only_relative_paths() {
    let (server, home) = (sandbox(), Home::new());
    let good = home.file(
        "in.ndjson",
        format!("{{\"to\":\"{GROUP}\",\"text\":\"x\"}}\n"),
    );
    for (args, code, words) in [
        (&["send", GROUP, "x", "--key", "k"][..], 0, ""),
        (&["sessions"], 0, ""),
        (&["config", "set", "timeout", "9s"], 0, ""),
        (&["login", "--force", "--qr", "none"], 0, ""),
        (&["completions", "bash"], 0, ""),
        (&["send", GROUP, "--file", "text"], 2, "cannot read text"),
        (&["send", "--batch", "in"], 2, "cannot read the batch in"),
        (
            &["send", "--batch", &good, "--journal", "j"],
            3,
            "cannot use the journal j",
        ),
        (
            &["config", "set", "timeout", "9s", "--config", "c"],
            3,
            "cannot write the config c",
        ),
        (
            &["sandbox", "--record", "r", "--", "true"],
            2,
            "cannot write the record r",
        ),
    ] {
        let gone = home.path().join("gone");
        std::fs::create_dir(&gone).unwrap();
        let run = Qiwei::on(&server.base_url(), args)
            .with_home(&home)
            .in_folder(&gone)
            .after_shell("rmdir \"$PWD\"")
            .env("PATH", "/usr/bin:/bin")
            .run()
            .ends_with(code);
        run.assert_stderr_contains(words);
        assert!(!Path::exists(&gone), "{args:?}");
    }
    assert_eq!(sends(&server), 1);
}
