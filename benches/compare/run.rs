//! Running programs and measuring them from outside.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use wait4::Wait4;

/// What one run took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
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

/// Runs a command to its end, its output thrown away.
pub fn once(command: &mut Command) -> Cost {
    let [costs] = &apart(1, std::slice::from_ref(command))[..] else {
        unreachable!("one command");
    };
    costs[0]
}

/// Runs several commands in turn, A B C A B C …, and returns the median cost of each.
pub fn in_turn(rounds: usize, commands: &mut [Command]) -> Vec<Cost> {
    let costs = apart(rounds + 1, commands);
    // The first round warms up.
    costs.iter().map(|costs| median(&costs[1..])).collect()
}

/// Runs commands in turn, from a small process that does nothing else: a process is told at least
/// the memory of the one it comes from, and this one has a server in it.
fn apart(rounds: usize, commands: &[Command]) -> Vec<Vec<Cost>> {
    let orders: Vec<Order> = commands.iter().map(Order::of).collect();
    let said = Command::new(std::env::current_exe().unwrap())
        .args(["--costs", &rounds.to_string()])
        .arg(serde_json::to_string(&orders).unwrap())
        .output()
        .unwrap();
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    serde_json::from_slice(&said.stdout).unwrap()
}

/// The other side of it: runs them and prints what they took.
pub fn print_costs(rounds: &str, orders: &str) {
    let orders: Vec<Order> = serde_json::from_str(orders).unwrap();
    let mut costs = vec![Vec::new(); orders.len()];
    for _ in 0..rounds.parse().unwrap() {
        for (order, costs) in orders.iter().zip(&mut costs) {
            costs.push(order.cost());
        }
    }
    println!("{}", serde_json::to_string(&costs).unwrap());
}

/// A command, to hand on.
#[derive(Serialize, Deserialize)]
struct Order {
    program: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
}

impl Order {
    fn of(command: &Command) -> Self {
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

    fn cost(&self) -> Cost {
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
        let used = child.wait4().unwrap();
        let wall = start.elapsed();
        assert!(used.status.success(), "{command:?} failed");
        Cost {
            wall,
            cpu: used.rusage.utime + used.rusage.stime,
            memory: used.rusage.maxrss,
        }
    }
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
