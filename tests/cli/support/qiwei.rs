//! Runs the program under test in a clean environment.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{Home, PipedChild};

/// A builder for one run of the program.
pub struct Qiwei {
    command: Command,
    home: Home,
    stdin: Option<Vec<u8>>,
}

/// The result of a run.
#[derive(Debug)]
pub struct Finished {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Qiwei {
    /// A run without a server. Its base URL refuses connections, so a test that forgets to set one
    /// fails.
    pub fn new<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Self {
        let home = Home::new();
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

    /// A run against the server at `base_url`.
    pub fn on<S: AsRef<OsStr>>(base_url: &str, args: impl IntoIterator<Item = S>) -> Self {
        Self::new(args).env("QIWEI_BASE_URL", base_url)
    }

    /// Uses this home folder, which other runs may share.
    pub fn with_home(mut self, home: &Home) -> Self {
        self.command.env("HOME", home.path());
        self.home = home.clone();
        self
    }

    /// Writes this configuration to its default path.
    pub fn config(self, text: &str) -> Self {
        self.home.write_config(text);
        self
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Pipes these bytes into stdin, then closes it.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Uses this file or pipe as stdin.
    pub fn stdin_from(mut self, stdin: impl Into<Stdio>) -> Self {
        self.command.stdin(stdin);
        self
    }

    pub fn stdout_to(mut self, stdout: impl Into<Stdio>) -> Self {
        self.command.stdout(stdout);
        self
    }

    /// Runs the program from a shell after `script`, which may set a limit.
    pub fn after_shell(self, script: &str) -> Self {
        self.in_shell(&format!("{script}\nexec \"$0\" \"$@\""))
    }

    /// Redirects streams in a shell; `>&-` closes stdout.
    pub fn redirected(self, redirection: &str) -> Self {
        self.in_shell(&format!("exec \"$0\" \"$@\" {redirection}"))
    }

    /// Runs the program in a shell, followed by `tail`, such as a pipe. The exit code is the
    /// program's own.
    pub fn piped(self, tail: &str) -> Self {
        let script = format!(
            "{{ \"$0\" \"$@\"; echo $? >\"$HOME/code\"; }} {tail}\nexit $(cat \"$HOME/code\")"
        );
        self.in_shell(&script)
    }

    fn in_shell(self, script: &str) -> Self {
        let mut shell = Command::new("sh");
        let program = self.command.get_program();
        shell.args(["-c", script]).arg(program);
        self.run_by(shell)
    }

    /// Runs another copy of the program.
    pub fn program(self, path: &Path) -> Self {
        self.run_by(Command::new(path))
    }

    /// Replaces the command; keeps its arguments, environment and working directory.
    fn run_by(mut self, mut command: Command) -> Self {
        command
            .args(self.command.get_args())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        if let Some(folder) = self.command.get_current_dir() {
            command.current_dir(folder);
        }
        self.command = command;
        self
    }

    /// Runs as this user; needs root.
    pub fn user(mut self, id: u32) -> Self {
        self.command.uid(id).gid(id);
        self
    }

    /// Sets the working directory.
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub fn stderr_to(mut self, stderr: impl Into<Stdio>) -> Self {
        self.command.stderr(stderr);
        self
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn config_path(&self) -> PathBuf {
        self.home.config_path()
    }

    /// The prepared command, for callers that start it themselves.
    pub fn command(&self) -> &Command {
        &self.command
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

    pub fn start(mut self) -> PipedChild {
        let child = self.spawn();
        PipedChild::new(child, self.home)
    }

    pub fn run(self) -> Finished {
        self.start().end()
    }
}

impl Finished {
    /// Checks the exit code and the whole output.
    #[track_caller]
    pub fn assert_output(&self, code: i32, stdout: &str, stderr: &str) {
        assert_eq!(
            (self.code, self.stdout.as_str(), self.stderr.as_str()),
            (code, stdout, stderr)
        );
    }

    /// Checks the exit code; shows the whole run on failure.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Checks that stderr contains `part`.
    #[track_caller]
    pub fn assert_stderr_contains(self, part: &str) -> Self {
        assert!(self.stderr.contains(part), "no {part:?} in {self:?}");
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

    /// The error of a failed `send --json` or `at --json`. Checks that the result on stdout has the
    /// same error and outcome.
    #[track_caller]
    pub fn message_error(&self, code: i32, outcome: &str) -> Value {
        assert_eq!(self.code, code, "{self:?}");
        let (result, error) = (self.json(), self.error());
        assert_eq!(result["outcome"], outcome, "{self:?}");
        assert_eq!(error["outcome"], outcome, "{self:?}");
        assert_eq!(result["error"], error, "{self:?}");
        assert_eq!(result["message_id"], Value::Null, "{self:?}");
        error
    }

    /// The error of a `--json` run: the last line on stderr, with every documented field.
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
