//! Location of the ledger, and failures to store it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::ledger::expect_failed_send;
use crate::support::state::{
    change_state, command, everything_in, on_a_full_disk, state_file, state_folder, with_state,
};
use crate::support::{GROUP, Home, Qiwei, check_all, requests, sandbox};

type Breaks = fn(&Home);

/// Ways for the ledger to be unusable.
const BROKEN: [(&str, Breaks); 5] = [
    ("its folder's parent is a file", |home| {
        std::fs::write(state_folder(home), "").unwrap();
    }),
    ("it is a folder", |home| {
        std::fs::create_dir_all(state_file(home)).unwrap();
    }),
    ("it is something else", |home| {
        std::fs::create_dir(state_folder(home)).unwrap();
        std::fs::write(state_file(home), "not a database at all. ".repeat(500)).unwrap();
    }),
    ("it is damaged", |home| {
        std::fs::create_dir(state_folder(home)).unwrap();
        change_state(home, "CREATE TABLE t (x); PRAGMA user_version = 1;");
    }),
    ("a newer program made it", |home| {
        std::fs::create_dir(state_folder(home)).unwrap();
        change_state(home, "PRAGMA user_version = 99");
    }),
];

#[test]
fn unrecordable_message_is_not_sent() {
    check_all(&BROKEN, |(what, breaks)| {
        let (server, home) = (sandbox(), Home::new());
        breaks(&home);
        for args in [
            &["send", GROUP, "x", "--key", "k"][..],
            &["at", GROUP, "x", "--all", "--key", "k"],
            &["send", GROUP, "x", "--key", "k", "--resend"],
            &["send", GROUP, "x", "--pace", "1/s"],
        ] {
            let error = expect_failed_send(
                &with_state(&server, &home, args).arg("--json").run(),
                3,
                "not_sent",
            );
            let place = state_folder(&home);
            let message = error["message"].as_str().unwrap();
            assert!(
                message.contains(place.to_str().unwrap()),
                "{what}: {message}"
            );
            assert!(
                error["hint"].as_str().unwrap().contains("QIWEI_STATE_DIR"),
                "{what}: {error}"
            );
        }
        assert_eq!(requests(&server), [""; 0], "{what}");
        // A send that needs no ledger still works.
        with_state(&server, &home, &["send", GROUP, "x"])
            .run()
            .ends_with(0);
    });
}

#[test]
fn foreign_file_is_refused_and_unchanged() {
    let (server, home) = (sandbox(), Home::new());
    BROKEN[2].1(&home);
    let before = std::fs::read(state_file(&home)).unwrap();
    with_state(&server, &home, &["send", GROUP, "x", "--key", "k"])
        .run()
        .ends_with(3);
    with_state(&server, &home, &["ledger", "ls"])
        .run()
        .ends_with(3);
    assert_eq!(std::fs::read(state_file(&home)).unwrap(), before);
}

/// Wherever the space runs out, the message is refused before sending, or sent exactly once.
#[test]
fn full_disk_neither_loses_nor_duplicates() {
    let limits: Vec<u32> = (0..16)
        .map(|n| n * 4)
        .chain([72, 90, 100, 110, 130, 160])
        .collect();
    let refused = AtomicUsize::new(0);
    check_all(&limits, |limit| {
        let (server, home) = (sandbox(), Home::new());
        let args = ["send", GROUP, "x", "--key", "k", "--json"];
        let mut limited = on_a_full_disk(*limit, &command(&server, &home, &args));
        let output = limited.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let code = output.status.code();
        let sent = server.deliveries().len();
        assert!(
            (code, sent) == (Some(3), 0) || (code, sent) == (Some(0), 1),
            "{limit}: {code:?} with {sent} sent: {stderr}"
        );
        if sent == 0 {
            refused.fetch_add(1, Ordering::Relaxed);
            assert!(
                stderr.contains("\"outcome\":\"not_sent\""),
                "{limit}: {stderr}"
            );
        }
        let again = with_state(&server, &home, &args).run();
        assert!(
            again.code == 0 || (sent == 1 && again.code == 6),
            "{limit}: {again:?}"
        );
        assert_eq!(server.deliveries().len(), 1, "{limit}: {again:?}");
    });
    let refused = refused.into_inner();
    assert!(refused > 0 && refused < limits.len(), "{refused}");
}

#[test]
fn ledger_is_private_in_state_directory() {
    let (server, home) = (sandbox(), Home::new());
    let send = || {
        let args = ["send", GROUP, "x", "--key", "k", "-q"];
        Qiwei::on(&server.base_url(), args).with_home(&home)
    };
    let folder = home.path().join("xdg/qiwei");
    if cfg!(target_os = "linux") {
        send()
            .env("XDG_STATE_HOME", home.path().join("xdg"))
            .run()
            .ends_with(0);
        send().run().ends_with(0);
        assert!(folder.join("state.sqlite3").exists());
        assert!(
            home.path()
                .join(".local/state/qiwei/state.sqlite3")
                .exists()
        );
    }
    send()
        .env("QIWEI_STATE_DIR", state_folder(&home))
        .run()
        .ends_with(0);
    assert_eq!(mode(&state_folder(&home)), 0o700);
    for path in everything_in(&state_folder(&home)) {
        let wanted = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), wanted, "{}", path.display());
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn plain_send_opens_no_database() {
    let (server, home) = (sandbox(), Home::new());
    let lines = home.file(
        "in.ndjson",
        format!("{{\"to\":\"{GROUP}\",\"text\":\"x\"}}\n"),
    );
    let before = everything_in(home.path());
    for args in [
        &["send", GROUP, "x"][..],
        &["at", GROUP, "x", "--all"],
        &[
            "send",
            GROUP,
            "x",
            "--max-wait",
            "1s",
            "--resend",
            "--pace",
            "off",
        ],
        &["send", "--batch", &lines],
        &["send", "--batch", &lines, "--jobs", "4"],
        &["send", GROUP, "x", "--key", "k", "--dry-run"],
    ] {
        Qiwei::on(&server.base_url(), args)
            .with_home(&home)
            .run()
            .ends_with(0);
        assert_eq!(everything_in(home.path()), before, "{args:?}");
    }
    // An unusable state folder does not matter.
    Qiwei::on(&server.base_url(), ["send", GROUP, "x"])
        .env("QIWEI_STATE_DIR", "/dev/null/x")
        .run()
        .ends_with(0);
}
