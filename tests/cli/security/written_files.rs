//! Files the program writes: only regular files are replaced, and they keep their owner, group and mode.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use qiwei::sandbox::Sandbox;

use crate::support::{GROUP, Home, Qiwei, sandbox};

/// A user and group that own nothing here.
const OTHER: u32 = 65534;

/// Every way to name a file that is written, with the exit code of a refusal.
fn writers(server: &Sandbox, path: &Path) -> Vec<(&'static str, Qiwei, i32)> {
    let run = |args: &[&str]| Qiwei::on(&server.base_url(), args).arg(path);
    let line = format!(r#"{{"to":"{GROUP}","text":"x"}}"#);
    vec![
        (
            "config",
            Qiwei::new(["config", "set", "guid", "g", "--timeout", "300ms"])
                .env("QIWEI_CONFIG", path),
            3,
        ),
        (
            "QR code",
            run(&["login", "--force", "--no-wait", "--qr", "none", "--qr-file"]),
            2,
        ),
        (
            "record",
            Qiwei::new(["sandbox", "--record"]).arg(path).args([
                "--",
                "qiwei",
                "completions",
                "bash",
            ]),
            2,
        ),
        (
            "journal",
            run(&["send", "--batch", "-", "--journal"]).stdin(line),
            3,
        ),
    ]
}

/// Checks that nothing writes to this path, and that nothing waits for it.
#[track_caller]
fn check_refused(path: &Path) {
    let server = sandbox();
    for (name, qiwei, code) in writers(&server, path) {
        let run = qiwei.run().ends_with(code);
        assert!(run.took < Duration::from_secs(8), "{name}: {run:?}");
        assert!(!fs::metadata(path).unwrap().is_file(), "{name}: {run:?}");
    }
    assert_eq!(server.deliveries().len(), 0);
}

/// A name that every writer accepts, in a folder of its own.
fn place(home: &Home) -> std::path::PathBuf {
    home.path().join("file.png")
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn device_is_never_replaced() {
    let home = Home::new();
    let device = place(&home);
    // A node of our own: the system's /dev/null must survive a failure of this test.
    let made = Command::new("mknod")
        .arg(&device)
        .args(["c", "1", "3"])
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        eprintln!("skipped device_is_never_replaced: mknod is not permitted");
        return;
    }
    check_refused(&device);
    assert!(fs::metadata(&device).unwrap().file_type().is_char_device());
    let link = home.path().join("link.png");
    symlink(&device, &link).unwrap();
    check_refused(&link);
}

#[test]
fn pipe_is_never_replaced_or_waited_for() {
    let home = Home::new();
    let pipe = place(&home);
    let status = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(status.success());
    check_refused(&pipe);
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
}

#[test]
fn folder_is_never_replaced() {
    let home = Home::new();
    fs::create_dir(place(&home)).unwrap();
    check_refused(&place(&home));
}

#[test]
fn missing_target_of_link_is_created() {
    for name in ["config", "QR code", "record", "journal"] {
        let server = sandbox();
        let home = Home::new();
        let (link, file) = (place(&home), home.path().join("target"));
        symlink("target", &link).unwrap();
        let writer = writers(&server, &link)
            .into_iter()
            .find(|writer| writer.0 == name);
        let run = writer.unwrap().1;
        // Reading needs the file, so only the default place can be created.
        let run = match name {
            "config" => {
                fs::create_dir_all(home.config_path().parent().unwrap()).unwrap();
                symlink(&file, home.config_path()).unwrap();
                run.without_env("QIWEI_CONFIG").with_home(&home)
            }
            _ => run,
        };
        let done = run.run().ends_with(0);
        assert!(
            file.metadata().is_ok_and(|file| file.is_file()),
            "{name}: {done:?}"
        );
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600, "{name}");
        assert!(link.symlink_metadata().unwrap().is_symlink(), "{name}");
    }
}

#[test]
fn changed_config_keeps_owner_group_and_mode() {
    let home = Home::new();
    home.write_config("retries = 1\n");
    let path = home.config_path();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let is_root = rustix::process::geteuid().is_root();
    if is_root {
        chown(&path, Some(OTHER), Some(OTHER)).unwrap();
    }
    Qiwei::new(["config", "set", "guid", "g"])
        .with_home(&home)
        .run()
        .ends_with(0);
    assert_eq!(home.config(), "retries = 1\nguid = \"g\"\n");
    let changed = path.metadata().unwrap();
    assert_eq!(changed.mode() & 0o7777, 0o640);
    if is_root {
        assert_eq!((changed.uid(), changed.gid()), (OTHER, OTHER));
    }
}

#[test]
fn config_pipe_without_writer_ends_at_timeout() {
    let server = sandbox();
    let home = Home::new();
    let pipe = place(&home);
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let run = Qiwei::on(&server.base_url(), ["status", "--timeout", "300ms"])
        .env("QIWEI_CONFIG", &pipe)
        .run()
        .ends_with(3)
        .assert_stderr_contains("no data was written to it in time");
    assert!(run.took < Duration::from_secs(8), "{run:?}");
    Qiwei::on(&server.base_url(), ["status"])
        .env("QIWEI_CONFIG", "/dev/stdin")
        .stdin(format!("guid = \"{}\"\n", server.guids()[0]))
        .run()
        .ends_with(0);
}

/// `HOME` of another user, as `sudo -u` and service managers leave it. Only the administrator can
/// change the user.
#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn unreadable_default_config_is_a_warning_when_it_is_not_needed() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can run the program as another user");
        return;
    }
    let server = sandbox();
    let home = Home::new();
    home.write_config("guid = \"other\"\n");
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let binary = folder.path().join("qiwei");
    let copied = Command::new("cp")
        .args([Path::new(env!("CARGO_BIN_EXE_qiwei")), &binary])
        .status();
    assert!(copied.unwrap().success());
    let run = |args: &[&str]| {
        let run = Qiwei::on(&server.base_url(), args);
        run.with_home(&home).program(&binary).user(OTHER)
    };
    let guid = server.guids()[0].clone();
    run(&["send", GROUP, "x", "--guid", &guid])
        .run()
        .ends_with(0)
        .assert_stderr_contains("Permission denied (os error 13); it is not used");
    run(&["instance", "ls"])
        .run()
        .ends_with(0)
        .assert_stderr_contains("not used");
    // The unread file may name the instance, or the server.
    run(&["send", GROUP, "x"])
        .run()
        .ends_with(3)
        .assert_stderr_contains("--guid");
    run(&["send", GROUP, "x", "--guid", &guid])
        .without_env("QIWEI_BASE_URL")
        .run()
        .ends_with(3)
        .assert_stderr_contains("Permission denied");
    assert_eq!(server.deliveries().len(), 1);
}
