//! Running programs and measuring the resources they use.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wait4::Wait4;

/// Resources used by one run of a program.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Usage {
    pub wall_time: Duration,
    pub cpu: Duration,
    /// Peak resident memory in bytes.
    pub memory: u64,
}

/// Returns whether `program --version` runs.
pub fn is_installed(program: &str) -> bool {
    let probe = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    probe.is_ok_and(|status| status.success())
}

/// Runs a command once and discards its output.
pub fn run_once(command: &mut Command) -> Usage {
    let [runs] = &run_in_helper(1, std::slice::from_ref(command))[..] else {
        unreachable!("one command");
    };
    runs[0]
}

/// Runs the commands in the order A B C A B C … and returns the median usage of each.
pub fn run_interleaved(rounds: usize, commands: &mut [Command]) -> Vec<Usage> {
    let runs = run_in_helper(rounds + 1, commands);
    // The first round is warm-up.
    runs.iter().map(|runs| median_usage(&runs[1..])).collect()
}

/// Runs groups of commands, one group after another and each interleaved, and returns the median usage of
/// the commands with the same place in their group. The order differs between groups, so that no command
/// always follows the same one.
pub fn run_groups(rounds: usize, groups: Vec<Vec<Command>>) -> Vec<Usage> {
    let mut all: Vec<Vec<Usage>> = Vec::new();
    for (number, mut commands) in groups.into_iter().enumerate() {
        let size = commands.len();
        all.resize_with(size, Vec::new);
        let shift = number % size;
        commands.rotate_left(shift);
        let runs = run_in_helper(rounds + 1, &commands);
        for (place, runs) in runs.into_iter().enumerate() {
            // The first round is warm-up.
            all[(place + shift) % size].extend(&runs[1..]);
        }
    }
    all.iter().map(|runs| median_usage(runs)).collect()
}

/// Runs the commands from a small helper process. The kernel reports for a child at least the peak
/// memory of the process it was forked from, and this one contains a server.
fn run_in_helper(rounds: usize, commands: &[Command]) -> Vec<Vec<Usage>> {
    let commands: Vec<CommandSpec> = commands.iter().map(CommandSpec::new).collect();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--measure", &rounds.to_string()])
        .arg(serde_json::to_string(&commands).unwrap())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Is the helper process: runs the commands and prints what each run used, as JSON.
pub fn run_helper(rounds: &str, commands: &str) {
    let commands: Vec<CommandSpec> = serde_json::from_str(commands).unwrap();
    let mut runs = vec![Vec::new(); commands.len()];
    for _ in 0..rounds.parse().unwrap() {
        for (command, runs) in commands.iter().zip(&mut runs) {
            runs.push(command.run());
        }
    }
    println!("{}", serde_json::to_string(&runs).unwrap());
}

/// A command in a form that can be passed to the helper process.
#[derive(Serialize, Deserialize)]
struct CommandSpec {
    program: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
}

impl CommandSpec {
    fn new(command: &Command) -> Self {
        let text = |text: &OsStr| text.to_str().unwrap().to_owned();
        let path = std::env::var("PATH").unwrap_or_default();
        let env = command.get_envs();
        Self {
            program: text(command.get_program()),
            args: command.get_args().map(text).collect(),
            env: env
                .filter_map(|(name, value)| Some((text(name), text(value?))))
                .chain([("PATH".to_owned(), path)])
                .collect(),
        }
    }

    fn run(&self) -> Usage {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .env_clear()
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let start = Instant::now();
        let mut child = command.spawn().unwrap();
        let exit = child.wait4().unwrap();
        let wall_time = start.elapsed();
        assert!(exit.status.success(), "{command:?} failed");
        Usage {
            wall_time,
            cpu: exit.rusage.utime + exit.rusage.stime,
            memory: exit.rusage.maxrss,
        }
    }
}

fn median_usage(runs: &[Usage]) -> Usage {
    Usage {
        wall_time: median(runs.iter().map(|run| run.wall_time)),
        cpu: median(runs.iter().map(|run| run.cpu)),
        memory: median(runs.iter().map(|run| run.memory)),
    }
}

fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort();
    values[values.len() / 2]
}
