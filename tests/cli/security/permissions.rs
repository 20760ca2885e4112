//! Protection of secrets: config permissions, certificate verification and core files.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::raw::closed_port;
use crate::support::{Home, Qiwei, sandbox};

/// Whether every user can enter a folder.
fn is_open(folder: &Path) -> bool {
    let mode = |folder: &Path| std::fs::metadata(folder).unwrap().permissions().mode();
    folder.ancestors().all(|folder| mode(folder) & 0o1 != 0)
}

#[test]
fn warns_of_config_accessible_to_others() {
    const SECRETS: &str = "base_url = 'http://u:hunter2@127.0.0.1:1'\n";
    const HEADER: &str = "[headers]\nX = 'hunter2'\n";
    let home = Home::new();
    let path = home.file("c.toml", "");
    let config = Path::new(&path);
    for (open, mode, text, part) in [
        (true, 0o644, SECRETS, Some("read the secrets")),
        (true, 0o644, HEADER, Some("read the secrets")),
        (true, 0o644, "retries = 0\n", None),
        (true, 0o600, HEADER, None),
        (true, 0o666, "retries = 0\n", Some("change the config")),
        (false, 0o666, HEADER, None),
    ] {
        let folder_mode = if open { 0o755 } else { 0o700 };
        set_permissions(home.path(), Permissions::from_mode(folder_mode)).unwrap();
        std::fs::write(config, text).unwrap();
        set_permissions(config, Permissions::from_mode(mode)).unwrap();
        let run = Qiwei::new(["--config", &path, "status", "--retries", "0"]).run();
        let run = run.ends_with(5);
        // In a private temporary folder, other users cannot reach the config.
        let part = part.filter(|_| is_open(home.path()));
        let warning = run
            .stderr
            .lines()
            .find(|line| line.starts_with("warning: "));
        match part {
            Some(part) => assert!(warning.is_some_and(|line| line.contains(part)), "{run:?}"),
            None => assert_eq!(warning, None),
        }
        assert!(!run.stderr.contains("hunter2"), "{run:?}");
    }
}

#[test]
fn warns_of_disabled_certificate_check() {
    let (_socket, address) = closed_port();
    for (scheme, flags, is_warned) in [
        ("https", &["--insecure", "-q"][..], true),
        ("https", &[], false),
        ("http", &["--insecure"], false),
    ] {
        let url = format!("{scheme}://{address}");
        let run = Qiwei::on(&url, ["status", "--retries", "0"])
            .args(flags)
            .run();
        let warned = run
            .stderr
            .contains("warning: certificate verification is disabled");
        assert_eq!(warned, is_warned, "{scheme} {flags:?}: {run:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn writes_no_core_file() {
    use std::io::Read;
    use std::os::unix::process::ExitStatusExt;

    use rustix::process::{Pid, Signal, kill_process};

    let server = sandbox();
    let mut qiwei = Qiwei::on(&server.base_url(), ["status", "--watch", "--json"])
        .after_shell("ulimit -c unlimited; cd \"$HOME\"");
    let mut child = qiwei.spawn();
    // The first byte of output shows that the program has started.
    let stdout = child.stdout.as_mut().unwrap();
    stdout.read_exact(&mut [0]).unwrap();
    kill_process(Pid::from_child(&child), Signal::QUIT).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(Signal::QUIT.as_raw()));
    assert!(!status.core_dumped(), "a core file was written");
}
