//! Running programs and measuring them from outside.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub wall: Duration,
    pub cpu: Duration,
    /// Bytes.
    pub memory: u64,
}

/// Whether a program is there.
pub fn is_installed(program: &str) -> bool {
    let probe = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    probe.is_ok_and(|status| status.success())
}

/// Runs a command to its end, its output thrown away; from a process of its own, because a process
/// is told at least the memory of the one it comes from.
pub fn once(command: &mut Command) -> Cost {
    let mut apart = Command::new(std::env::current_exe().unwrap());
    apart
        .arg("--cost")
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    let said = apart.output().unwrap();
    assert!(said.status.success(), "{command:?} failed");
    let figures: Vec<u64> = String::from_utf8(said.stdout)
        .unwrap()
        .split_whitespace()
        .map(|figure| figure.parse().unwrap())
        .collect();
    Cost {
        wall: Duration::from_nanos(figures[0]),
        cpu: Duration::from_nanos(figures[1]),
        memory: figures[2],
    }
}

/// Runs it and prints what it took: nanoseconds of wall and CPU, bytes of memory.
pub fn print_cost(program: &str, args: &[&str]) {
    let mut command = Command::new(program);
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let used = child.wait4().unwrap();
    let wall = start.elapsed();
    assert!(used.status.success(), "{command:?} failed");
    let cpu = used.rusage.utime + used.rusage.stime;
    println!(
        "{} {} {}",
        wall.as_nanos(),
        cpu.as_nanos(),
        used.rusage.maxrss
    );
}

/// Runs several commands in turn, A B C A B C …, and returns the median cost of each.
pub fn in_turn(rounds: usize, commands: &mut [Command]) -> Vec<Cost> {
    let mut costs = vec![Vec::new(); commands.len()];
    for round in 0..=rounds {
        for (command, costs) in commands.iter_mut().zip(&mut costs) {
            let cost = once(command);
            // The first round warms up.
            if round > 0 {
                costs.push(cost);
            }
        }
    }
    costs.iter().map(|costs| median(costs)).collect()
}

fn median(costs: &[Cost]) -> Cost {
    Cost {
        wall: middle(costs.iter().map(|c| c.wall)),
        cpu: middle(costs.iter().map(|c| c.cpu)),
        memory: middle(costs.iter().map(|c| c.memory)),
    }
}

fn middle<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort();
    values[values.len() / 2]
}
