//! Somebody who uses every command, one after the other.

use std::net::SocketAddr;
use std::process::{Output, Stdio};

use tempfile::TempDir;

use super::common::program::qiwei;
use super::pace::{Pace, Span};

/// What came of it.
#[derive(Default)]
pub struct Account {
    pub logins: u64,
    pub commands: u64,
    pub failed: u64,
}

/// Rounds a second.
const ROUNDS: f64 = 0.5;

/// Creates an instance, logs in, sends, logs out, removes, again and again.
pub fn run(server: SocketAddr, span: &Span) -> Account {
    let user = User {
        base_url: format!("http://{server}"),
        home: tempfile::tempdir().unwrap(),
    };
    let mut account = Account::default();
    let mut pace = Pace::new(ROUNDS);
    while pace.wait(span) {
        user.round(&mut account);
    }
    account
}

struct User {
    base_url: String,
    home: TempDir,
}

impl User {
    fn round(&self, account: &mut Account) {
        let created = self.qiwei(&["--json", "instance", "create", "--no-use"], account);
        let created: serde_json::Value =
            serde_json::from_slice(&created.stdout).unwrap_or_default();
        let Some(guid) = created["guid"].as_str() else {
            return;
        };
        let login = ["--guid", guid, "login", "--qr", "none", "--poll", "1s"];
        account.logins += u64::from(self.qiwei(&login, account).status.success());
        for command in [
            ["--guid", guid, "sessions"].as_slice(),
            &["--guid", guid, "send", "S:788123456789", "hello"],
            &["--guid", guid, "status", "--wait", "online"],
            &["--guid", guid, "logout"],
            &["instance", "rm", "--yes", guid],
        ] {
            self.qiwei(command, account);
        }
    }

    fn qiwei(&self, args: &[&str], account: &mut Account) -> Output {
        let output = qiwei()
            .env("HOME", self.home.path())
            .args(["--base-url", &self.base_url])
            .args(args)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        account.commands += 1;
        if !output.status.success() {
            account.failed += 1;
            let why = String::from_utf8_lossy(&output.stderr);
            println!("qiwei {args:?}: {}: {why}", output.status);
        }
        output
    }
}
