//! Folders that other users can write to: files they create there are neither followed,
//! waited for nor trusted, and our own files are private.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::login::{listen, listening};
use crate::support::{GROUP, Home, PERSON, Qiwei, sandbox};

/// A home, and a folder in it with the permissions of `/tmp`.
fn shared() -> (Home, PathBuf) {
    let home = Home::new();
    let shared = home.path().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
    (home, shared)
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

/// Creates a FIFO, which blocks a program that opens it.
fn create_fifo(path: &Path) {
    let status = Command::new("mkfifo").arg(path).status().unwrap();
    assert!(status.success());
}

/// Creates a file system object at the first path; links point to the second.
type CreateReplacement = fn(&Path, &Path);

/// Objects in place of a lock file.
const LOCK_REPLACEMENTS: [(&str, CreateReplacement); 4] = [
    ("a link to a file", |place, victim| {
        symlink(victim, place).unwrap()
    }),
    ("a link to nothing", |place, victim| {
        symlink(victim.with_extension("missing"), place).unwrap();
    }),
    ("a pipe", |place, _| create_fifo(place)),
    ("a folder", |place, _| fs::create_dir(place).unwrap()),
];

#[test]
fn lock_files_are_not_followed_through_links() {
    let server = sandbox();
    for (name, set) in LOCK_REPLACEMENTS {
        let (home, shared) = shared();
        let victim = PathBuf::from(home.file("victim", "precious"));
        let config = shared.join("c.toml");
        set(&shared.join("c.toml.lock"), &victim);
        let args = ["config", "set", "guid", "g", "--config"];
        let run = Qiwei::new(args).arg(&config).run().ends_with(3);
        assert!(run.took < Duration::from_secs(8), "{name}: {run:?}");

        set(&shared.join("j.lock"), &victim);
        let batch = ["send", "--batch", "-", "--journal"];
        let run = Qiwei::on(&server.base_url(), batch)
            .arg(shared.join("j"))
            .stdin(format!(r#"{{"to":"{GROUP}","text":"x"}}"#))
            .run()
            .ends_with(3);
        assert!(run.took < Duration::from_secs(8), "{name}: {run:?}");

        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious", "{name}");
        assert!(!victim.with_extension("missing").exists(), "{name}");
        assert!(!config.exists(), "{name}");
    }
    assert_eq!(server.deliveries().len(), 0);
}

#[test]
fn ledger_must_be_a_regular_file() {
    let server = sandbox();
    for beside in ["", "-wal", "-shm", "-journal"] {
        for (name, set) in &LOCK_REPLACEMENTS[1..] {
            // Our own link; what SQLite creates beside the file follows none.
            if beside.is_empty() && *name == "a link to nothing" {
                continue;
            }
            let (home, shared) = shared();
            let victim = PathBuf::from(home.file("victim", "precious"));
            set(&shared.join(format!("state.sqlite3{beside}")), &victim);
            let run = Qiwei::on(&server.base_url(), ["send", GROUP, "x", "--key", "k"])
                .env("QIWEI_STATE_DIR", &shared)
                .run()
                .ends_with(3);
            assert!(run.took < Duration::from_secs(8), "{name}{beside}: {run:?}");
            assert!(!victim.with_extension("missing").exists(), "{name}{beside}");
        }
    }
    assert_eq!(server.deliveries().len(), 0);
}

/// Only root can change the owner of a file, so other users skip this test. A unit test in
/// `src/files/ownership.rs` checks which owners are accepted.
#[test]
fn refuses_files_of_other_users() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let server = sandbox();
    let stranger = |path: &Path| {
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
        chown(path, Some(65534), Some(65534)).unwrap();
    };
    for name in [
        "state.sqlite3",
        "state.sqlite3-wal",
        "state.sqlite3-journal",
    ] {
        let (_home, shared) = shared();
        stranger(&shared.join(name));
        Qiwei::on(&server.base_url(), ["send", GROUP, "x", "--key", "k"])
            .env("QIWEI_STATE_DIR", &shared)
            .run()
            .ends_with(3)
            .assert_stderr_contains("belongs to another user");
    }
    let (_home, shared) = shared();
    stranger(&shared.join("c.toml.lock"));
    Qiwei::new(["config", "set", "guid", "g", "--config"])
        .arg(shared.join("c.toml"))
        .run()
        .ends_with(3)
        .assert_stderr_contains("belongs to another user");
    // The file in which a listener stores its callback URL.
    let state = |qiwei: Qiwei| qiwei.env("QIWEI_STATE_DIR", &shared);
    let (listener, _) = listening(&server, state(listen(&server, "--for 1min")));
    let place = fs::read_dir(&shared)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("callbacks-"))
        .unwrap();
    drop(listener);
    stranger(&place);
    state(listen(&server, "--for 1s"))
        .run()
        .ends_with(3)
        .assert_stderr_contains("belongs to another user");
    assert_eq!(fs::read_to_string(&place).unwrap(), "");
    assert_eq!(server.deliveries().len(), 0);
}

/// Only the administrator can give links away.
#[test]
fn qr_file_is_not_written_through_link_of_other_user() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let server = sandbox();
    let (home, shared) = shared();
    let victim = home.file("victim", "precious");
    let picture = shared.join("code.png");
    symlink(&victim, &picture).unwrap();
    std::os::unix::fs::lchown(&picture, Some(65534), Some(65534)).unwrap();
    let args = ["login", "--force", "--no-wait", "--qr", "none", "--qr-file"];
    Qiwei::on(&server.base_url(), args)
        .arg(&picture)
        .run()
        .ends_with(2)
        .assert_stderr_contains("belongs to another user");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert!(fs::symlink_metadata(&picture).unwrap().is_symlink());
    let left: Vec<_> = fs::read_dir(&shared).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

/// Every file and folder below a folder.
fn everything(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(everything(&path));
        }
        found.push(path);
    }
    found
}

#[test]
fn files_are_private_under_any_umask() {
    let server = sandbox();
    let home = Home::new();
    let path = |name: &str| {
        home.path()
            .join(name)
            .into_os_string()
            .into_string()
            .unwrap()
    };
    let (journal, picture, record) = (path("journal"), path("code.svg"), path("record"));
    let line = format!(r#"{{"to":"{PERSON}","text":"x"}}"#);
    for args in [
        &["config", "set", "guid", &server.guids()[0]][..],
        &["send", PERSON, "x", "--key", "k", "--pace", "1000/min"],
        &["send", "--batch", "-", "--journal", &journal],
        &[
            "login",
            "--force",
            "--no-wait",
            "--qr",
            "none",
            "--qr-file",
            &picture,
        ],
        &[
            "sandbox", "--record", &record, "--", "qiwei", "send", PERSON, "x",
        ],
        &["listen", "--for", "10ms"],
    ] {
        let run = Qiwei::on(&server.base_url(), args).after_shell("umask 000");
        run.with_home(&home).stdin(line.as_str()).run().ends_with(0);
    }
    let made = everything(home.path());
    for place in [&journal, &picture, &record] {
        assert!(
            made.contains(&PathBuf::from(place)),
            "{place} is not in {made:?}"
        );
    }
    assert!(made.len() > 10, "{made:?}");
    for path in made {
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
}
