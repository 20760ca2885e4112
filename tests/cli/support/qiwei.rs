//! The program under test, run with nothing of the developer's own environment.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{Home, PipedChild};

/// One run in preparation.
pub struct Qiwei {
    command: Command,
    home: Home,
    stdin: Option<Vec<u8>>,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Finished {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Qiwei {
    /// Without a server: one that nobody listens on, so that a forgotten one is noticed.
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

    /// Against this server.
    pub fn on<S: AsRef<OsStr>>(base_url: &str, args: impl IntoIterator<Item = S>) -> Self {
        Self::new(args).env("QIWEI_BASE_URL", base_url)
    }

    /// In a home folder that other runs use too.
    pub fn at(mut self, home: &Home) -> Self {
        self.command.env("HOME", home.path());
        self.home = home.clone();
        self
    }

    /// With this configuration in its usual place.
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

    /// What is piped into standard input, which then ends.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Standard input of another kind; nothing is written to it here.
    pub fn stdin_from(mut self, stdin: impl Into<Stdio>) -> Self {
        self.command.stdin(stdin);
        self
    }

    pub fn stdout_to(mut self, stdout: impl Into<Stdio>) -> Self {
        self.command.stdout(stdout);
        self
    }

    /// In a shell that does something first, such as setting a limit.
    pub fn after(self, script: &str) -> Self {
        self.in_shell(&format!("{script}\nexec \"$0\" \"$@\""))
    }

    /// With its streams redirected by a shell: `>&-` closes one.
    pub fn redirected(self, redirection: &str) -> Self {
        self.in_shell(&format!("exec \"$0\" \"$@\" {redirection}"))
    }

    /// With its output in a pipeline; ends with the program's own exit code.
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

    /// The same by another copy of the program.
    pub fn program(self, path: &Path) -> Self {
        self.run_by(Command::new(path))
    }

    /// Hands arguments, environment and working directory over.
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

    /// As this user, where we are the one who may choose.
    pub fn user(mut self, id: u32) -> Self {
        self.command.uid(id).gid(id);
        self
    }

    /// In this working directory.
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub fn stderr_to(mut self, stderr: impl Into<Stdio>) -> Self {
        self.command.stderr(stderr);
        self
    }

    /// The home folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn config_path(&self) -> PathBuf {
        self.home.config_path()
    }

    /// The command, for those who start it in their own way.
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
    /// Checks the whole output of a run.
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

    /// Checks that stderr contains `part`.
    #[track_caller]
    pub fn says(self, part: &str) -> Self {
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

    /// The error of a message that `send --json` or `at --json` did not deliver: stdout has a result
    /// with the same error and outcome as stderr, for `jq -e`.
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
