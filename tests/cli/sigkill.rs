//! SIGKILL at random times: nothing is sent twice, and a lost message is reported as `unknown`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use qiwei::sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::background::eventually;
use crate::support::state::{command, field, results_in, sends, texts};
use crate::support::{CHILD_TIMEOUT, GROUP, Home, Qiwei, check_all, sandbox, sandbox_with};

/// Number of lines in each batch.
const LINES: usize = 30;

/// Where a batch records its sends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Record {
    Journal,
    Keys,
    Both,
}

/// A batch that is killed repeatedly.
#[derive(Debug)]
struct KillCase {
    seed: u64,
    record: Record,
    jobs: &'static str,
}

/// How a run ended.
struct End {
    /// `None` when it was killed.
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs a program for `time`, then kills it.
fn run_for(time: Duration, command: &mut Command) -> End {
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    while start.elapsed() < time && child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_micros(200));
    }
    end(child)
}

fn end(mut child: Child) -> End {
    // Does nothing if it has ended.
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    End {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn text(line: usize) -> String {
    format!("text {line}")
}

fn input(record: Record) -> String {
    (1..=LINES).fold(String::new(), |mut lines, n| {
        let key = (record != Record::Journal).then(|| format!("key {n}"));
        let line = json!({"to": format!("R:{}", n % 7), "text": text(n), "key": key});
        writeln!(lines, "{line}").unwrap();
        lines
    })
}

fn batch(server: &Sandbox, home: &Home, case: &KillCase) -> Command {
    let file = home.file("in.ndjson", input(case.record));
    let mut command = command(
        server,
        home,
        &["send", "--batch", &file, "--jobs", case.jobs],
    );
    if case.record != Record::Keys {
        command
            .arg("--journal")
            .arg(home.path().join("run.journal"));
    }
    command
}

/// The message ids of each delivered text.
fn deliveries(server: &Sandbox) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for delivery in server.deliveries() {
        all.entry(delivery.content).or_default().push(delivery.id);
    }
    all
}

/// The complete results in the output of a run that may have been killed, by line number.
fn by_line(stdout: &str) -> BTreeMap<usize, Value> {
    let whole = stdout.rfind('\n').map_or("", |end| &stdout[..=end]);
    let line = |result: Value| (result["line"].as_u64().unwrap() as usize, result);
    results_in(whole).into_iter().map(line).collect()
}

impl KillCase {
    /// Kills the batch until a run ends by itself, and returns the number of kills.
    fn run(&self) -> usize {
        let mut rng = Rng::with_seed(self.seed);
        let latency = Duration::from_micros(rng.u64(500..2500));
        let (server, home) = (sandbox_with(|s| s.latency = latency), Home::new());
        let mut printed: BTreeMap<usize, Value> = BTreeMap::new();
        let mut kills = 0;
        let start = Instant::now();
        let last = loop {
            assert!(start.elapsed() < CHILD_TIMEOUT, "{self:?} never ends");
            // The time grows with the kills, so that the batch also ends on a slow machine.
            let most = 60_000 * (1 + kills as u64 / 2);
            let run = run_for(
                Duration::from_micros(rng.u64(0..most)),
                &mut batch(&server, &home, self),
            );
            if run.code.is_some() {
                break run;
            }
            kills += 1;
            self.check_killed(&run, &mut printed);
        };
        let unknown = self.check_resumed(&server, &last, &printed, kills);
        self.check_resent(&server, &home, &unknown);
        kills
    }

    /// Checks that the outcome of an accepted line never changes.
    fn check_killed(&self, run: &End, printed: &mut BTreeMap<usize, Value>) {
        for (line, result) in by_line(&run.stdout) {
            match result["outcome"].as_str().unwrap() {
                "accepted" | "duplicate" => {
                    let earlier = printed.entry(line).or_insert_with(|| result.clone());
                    assert_eq!(result["message_id"], earlier["message_id"], "{self:?}");
                }
                "unknown" => assert!(!printed.contains_key(&line), "{self:?}: {result}"),
                _ => panic!("{self:?}: {result}"),
            }
        }
    }

    /// Checks that every line is reported and none was sent twice; returns the `unknown` lines.
    fn check_resumed(
        &self,
        server: &Sandbox,
        last: &End,
        printed: &BTreeMap<usize, Value>,
        kills: usize,
    ) -> Vec<usize> {
        let results = by_line(&last.stdout);
        let lines: Vec<usize> = results.keys().copied().collect();
        assert_eq!(
            lines,
            (1..=LINES).collect::<Vec<_>>(),
            "{self:?}: {}",
            last.stderr
        );
        assert_eq!(last.stdout.lines().count(), LINES, "{self:?}: a line twice");
        let delivered = deliveries(server);
        let mut unknown = Vec::new();
        for (line, result) in &results {
            let ids = delivered.get(&text(*line)).cloned().unwrap_or_default();
            assert!(
                ids.len() <= 1,
                "{self:?}: line {line} was sent {} times",
                ids.len()
            );
            match result["outcome"].as_str().unwrap() {
                "accepted" | "duplicate" => assert_eq!(
                    vec![json!(ids)],
                    [json!([result["message_id"]])],
                    "{self:?}: {result}"
                ),
                "unknown" => unknown.push(*line),
                _ => panic!("{self:?}: {result}"),
            }
            if printed.contains_key(line) {
                assert_eq!(result["outcome"], "duplicate", "{self:?}: {result}");
            }
        }
        let jobs: usize = self.jobs.parse().unwrap();
        assert!(
            unknown.len() <= kills * jobs,
            "{self:?}: {unknown:?} after {kills} kills"
        );
        let code = if unknown.is_empty() { 0 } else { 8 };
        assert_eq!(last.code, Some(code), "{self:?}: {}", last.stderr);
        unknown
    }

    /// Checks that `--resend` sends only the unknown lines, and that another run sends nothing.
    fn check_resent(&self, server: &Sandbox, home: &Home, unknown: &[usize]) {
        let before = deliveries(server);
        for (flag, wanted) in [("--resend", "accepted"), ("-q", "duplicate")] {
            let run = end_of(batch(server, home, self).arg(flag));
            assert_eq!(run.code, Some(0), "{self:?}: {}", run.stderr);
            for (line, result) in by_line(&run.stdout) {
                let outcome = if unknown.contains(&line) {
                    wanted
                } else {
                    "duplicate"
                };
                assert_eq!(result["outcome"], outcome, "{self:?}: {result}");
            }
        }
        let after = deliveries(server);
        assert_eq!(after.len(), LINES, "{self:?}: every text is there");
        for (text, ids) in &after {
            let earlier = before.get(text).map_or(0, Vec::len);
            let again = unknown.iter().any(|line| *text == self::text(*line));
            assert_eq!(ids.len(), earlier + usize::from(again), "{self:?}: {text}");
        }
    }
}

fn end_of(command: &mut Command) -> End {
    let output = command.output().unwrap();
    End {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn run_all_cases(record: Record, jobs: &'static str, cases: u64) {
    let kills = AtomicUsize::new(0);
    let cases: Vec<KillCase> = (0..cases)
        .map(|seed| KillCase { seed, record, jobs })
        .collect();
    check_all(&cases, |case| {
        kills.fetch_add(case.run(), Ordering::Relaxed);
    });
    let kills = kills.into_inner();
    assert!(kills >= cases.len() / 4, "hardly any were killed: {kills}");
}

#[test]
fn batch_with_journal_survives_sigkill() {
    run_all_cases(Record::Journal, "1", 24);
}

#[test]
fn parallel_batch_with_journal_survives_sigkill() {
    run_all_cases(Record::Journal, "4", 16);
}

#[test]
fn batch_with_keys_survives_sigkill() {
    run_all_cases(Record::Keys, "1", 12);
}

#[test]
fn batch_with_keys_and_journal_survives_sigkill() {
    run_all_cases(Record::Both, "3", 12);
}

/// The kill may come before the ledger exists.
#[test]
fn send_with_key_survives_sigkill() {
    let kills = AtomicUsize::new(0);
    let seeds: Vec<u64> = (0..100).collect();
    check_all(&seeds, |seed| {
        let mut rng = Rng::with_seed(*seed);
        let (server, home) = (sandbox(), Home::new());
        server.add_fault("latency=2ms".parse().unwrap());
        let send = || {
            command(
                &server,
                &home,
                &["send", GROUP, "x", "--key", "k", "--json"],
            )
        };
        let time = Duration::from_micros(rng.u64(0..50_000));
        let first = run_for(time, &mut send());
        kills.fetch_add(usize::from(first.code.is_none()), Ordering::Relaxed);
        let second = end_of(&mut send());
        let sent = sends(&server);
        assert!(sent <= 1, "seed {seed}: {sent} sends; {}", second.stderr);
        match second.code {
            Some(0) => {
                let result = &results_in(&second.stdout)[0];
                let first = results_in(&first.stdout);
                let outcome = if sent == 1 && !first.is_empty() {
                    json!("duplicate")
                } else {
                    result["outcome"].clone()
                };
                assert_eq!(result["outcome"], outcome, "seed {seed}");
                assert_eq!(texts(&server), ["x"], "seed {seed}");
                assert_eq!(
                    result["message_id"],
                    server.deliveries()[0].id.as_str(),
                    "seed {seed}"
                );
            }
            Some(6) => assert!(first.code.is_none(), "seed {seed}: {}", second.stderr),
            other => panic!("seed {seed}: {other:?}: {}", second.stderr),
        }
        let third = end_of(send().arg("--resend"));
        assert_eq!(third.code, Some(0), "seed {seed}: {}", third.stderr);
        let outcome = if second.code == Some(0) {
            "duplicate"
        } else {
            "accepted"
        };
        assert_eq!(
            field(&results_in(&third.stdout), "outcome"),
            [outcome],
            "seed {seed}"
        );
    });
    let kills = kills.into_inner();
    assert!(kills > 10, "hardly any were killed: {kills}");
}

/// The request cannot be interrupted, so the run reports the outcome as unknown and ends.
#[test]
fn signal_during_send_reports_outcome() {
    use rustix::process::Signal;

    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let server = sandbox();
        server.add_fault("hang-after@/msg/send_text".parse().unwrap());
        let guid = server.guids()[0].clone();
        let args = ["send", GROUP, "x", "--json", "--guid", &guid];
        let live = Qiwei::on(&server.base_url(), args).start();
        eventually("the request", || {
            (server.exchanges().len() == 1).then_some(())
        });
        #[cfg(target_os = "linux")]
        live.wait_for_handler(signal);
        live.signal(signal);
        let run = live.end().ends_with(code);
        run.message_error(code, "unknown");
        assert_eq!(server.deliveries().len(), 1);
    }
}

#[test]
fn second_signal_ends_batch_immediately() {
    use rustix::process::Signal;

    let server = sandbox();
    server.add_fault("hang-after@/msg/send_text".parse().unwrap());
    let guid = server.guids()[0].clone();
    let args = ["send", "--batch", "-", "--json", "--guid", &guid];
    let mut live = Qiwei::on(&server.base_url(), args)
        .stdin("{\"to\":\"R:1\",\"text\":\"x\"}\n{\"to\":\"R:1\",\"text\":\"y\"}\n")
        .start();
    eventually("the request", || {
        (server.exchanges().len() == 1).then_some(())
    });
    live.signal(Signal::TERM);
    assert!(
        live.stderr_line()
            .starts_with("waiting for the server's answer")
    );
    // A service manager sends this one after SIGTERM; it does not shorten the wait.
    live.signal(Signal::HUP);
    live.signal(Signal::INT);
    let run = live.end().ends_with(130);
    assert_eq!(run.error()["outcome"], "unknown");
    assert_eq!(server.deliveries().len(), 1);
}
