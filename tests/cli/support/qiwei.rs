//! The program under test, run with nothing of the developer's own environment.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// One run in preparation. Its home is a folder of its own, gone afterwards.
pub struct Qiwei {
    command: Command,
    home: TempDir,
    stdin: Option<Vec<u8>>,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Finished {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Qiwei {
    /// Without a server: one that nobody listens on, so that a forgotten one is noticed.
    pub fn new<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_qiwei"));
        command
            .args(args)
            .env_clear()
            .env("HOME", home.path())
            .env("TZ", "UTC")
            .env("QIWEI_BASE_URL", "http://127.0.0.1:1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self {
            command,
            home,
            stdin: None,
        }
    }

    /// Against this server.
    pub fn on<S: AsRef<std::ffi::OsStr>>(
        base_url: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Self {
        Self::new(args).env("QIWEI_BASE_URL", base_url)
    }

    pub fn arg(mut self, arg: &str) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// What is piped into standard input, which then ends.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// The text of the configuration file, in its usual place.
    pub fn config(self, text: &str) -> Self {
        let path = self.config_path();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub fn config_path(&self) -> PathBuf {
        self.home.path().join(".config/qiwei/config.toml")
    }

    /// A file in the home folder.
    pub fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.home.path().join(name), bytes).unwrap();
        self
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The command itself, for what this does not offer.
    pub fn command(&mut self) -> &mut Command {
        &mut self.command
    }

    pub fn spawn(&mut self) -> Child {
        if self.stdin.is_some() {
            self.command.stdin(Stdio::piped());
        }
        let mut child = self.command.spawn().unwrap();
        if let Some(bytes) = self.stdin.take() {
            // A program that does not read its input may have closed it already.
            let _ = child.stdin.take().unwrap().write_all(&bytes);
        }
        child
    }

    pub fn run(mut self) -> Finished {
        Finished::of(self.spawn())
    }

    /// Runs it and hands back the configuration it left.
    pub fn run_and_read_config(mut self) -> (Finished, String) {
        let finished = Finished::of(self.spawn());
        let config = std::fs::read_to_string(self.config_path()).unwrap_or_default();
        (finished, config)
    }
}

impl Finished {
    pub fn of(child: Child) -> Self {
        let output = child.wait_with_output().unwrap();
        Self {
            code: output.status.code().expect("ended by a signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Pins everything a run says.
    #[track_caller]
    pub fn is(&self, code: i32, stdout: &str, stderr: &str) {
        assert_eq!(
            (self.code, self.stdout.as_str(), self.stderr.as_str()),
            (code, stdout, stderr)
        );
    }

    /// The exit code, with everything else shown when it is another.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// stdout as one JSON document on one line.
    #[track_caller]
    pub fn json(&self) -> Value {
        let line = self
            .stdout
            .strip_suffix('\n')
            .unwrap_or_else(|| panic!("{self:?}"));
        assert!(!line.contains('\n'), "more than one line: {self:?}");
        serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The error of a `--json` run: the last line on stderr, with every field of the contract.
    #[track_caller]
    pub fn error(&self) -> Value {
        let last = self
            .stderr
            .lines()
            .last()
            .unwrap_or_else(|| panic!("{self:?}"));
        let line: Value = serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {self:?}"));
        let error = line["error"].clone();
        for field in [
            "kind",
            "code",
            "message",
            "hint",
            "outcome",
            "retryable",
            "exit",
        ] {
            assert!(error.get(field).is_some(), "{field} is missing: {last}");
        }
        assert_eq!(error["exit"], self.code, "{last}");
        error
    }
}
