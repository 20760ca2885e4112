//! `qiwei listen` under a steady load with misbehaving clients, and at full speed.

use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::common::http::{Connection, format_request};
use super::common::listen::{
    CONNECTIONS, CallbackUrl, ListenProcess, callback_body, post_callbacks,
};
use super::delivery_check::{DeliveryCheck, SentCounts};
use super::misbehaving_clients::Target;
use super::process;
use super::report::Report;
use super::timing::{Period, Ticker};
use super::usage::UsageSamples;

/// Callbacks posted before the measurement, because `listen` remembers as many message ids to
/// recognise duplicates, and filling that memory is no leak.
const INITIAL_CALLBACKS: u64 = 100_000;
/// Senders that post one callback at a time. Lower numbers are used for the initial callbacks.
const SENDERS: Range<u64> = 10..14;
/// A sender that pipelines its requests.
const PIPELINING_SENDER: u64 = 20;
const PIPELINE_DEPTH: u64 = 16;
/// A sender whose callbacks must not be accepted.
const REFUSED_SENDER: u64 = 30;
/// The limit that `listen` guarantees, plus a margin for a loaded machine.
const STALL_LIMIT: Duration = Duration::from_secs(45);

/// Runs `listen`, which only prints.
pub fn run(rate: f64, period: &Period, report: &Report) {
    let mut test = ListenTest::start("listen", &[], report);
    post_callbacks(&test.listener.url, INITIAL_CALLBACKS);
    let mut acknowledged = test.apply_load(rate, 1000, &period.restart());
    acknowledged.extend((0..CONNECTIONS).map(|sender| (sender, INITIAL_CALLBACKS / CONNECTIONS)));
    test.finish(&acknowledged);
}

/// Runs `listen --exec` with a command that sometimes fails, at a low rate because every callback
/// starts a process.
pub fn run_with_exec(period: &Period, report: &Report) {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("output");
    let command = format!(
        r#"read -r line; echo "$line" >>{}; case $line in *3\"*) exit 3;; *4\"*) kill -9 $$;; esac"#,
        output.display()
    );
    let mut test = ListenTest::start("listen --exec", &["--exec", &command], report);
    let acknowledged = test.apply_load(3.0, 100, period);
    test.finish(&acknowledged);
    test.report_deliveries("commands run", check_file(&output), &acknowledged);
}

/// Posts `callbacks` as fast as `listen` accepts them.
pub fn run_at_full_speed(callbacks: u64, report: &Report) {
    let mut test = ListenTest::start("listen, at full speed", &[], report);
    let (name, pid) = (test.name, test.listener.child.id());
    // The length only sets the sampling interval; sampling ends with the process.
    let period = Period::start(Duration::from_secs(callbacks / 20_000));
    let samples = thread::spawn(move || UsageSamples::collect(name, pid, &period));
    let rate = post_callbacks(&test.listener.url, callbacks);
    report.value(name, "callbacks per second", format!("{rate:.0}"));
    let acknowledged = (0..CONNECTIONS).map(|sender| (sender, callbacks / CONNECTIONS));
    test.finish(&acknowledged.collect());
    report.usage(&samples.join().unwrap());
}

/// A running listener and a thread that checks its output.
struct ListenTest<'a> {
    name: &'static str,
    listener: ListenProcess,
    output_check: Option<JoinHandle<DeliveryCheck>>,
    report: &'a Report,
}

impl<'a> ListenTest<'a> {
    fn start(name: &'static str, args: &[&str], report: &'a Report) -> Self {
        let mut listener = ListenProcess::start(args);
        let lines = BufReader::new(listener.child.stdout.take().unwrap());
        let output_check = thread::spawn(move || check_lines(lines));
        Self {
            name,
            listener,
            output_check: Some(output_check),
            report,
        }
    }

    /// Posts callbacks at a total of `rate` per second while other clients misbehave; returns how
    /// many of each sender were acknowledged.
    fn apply_load(&self, rate: f64, idle_connections: usize, period: &Period) -> SentCounts {
        let url = &self.listener.url;
        let reconnects = &AtomicU64::new(0);
        let rate = rate / (SENDERS.end - SENDERS.start + 1) as f64;
        let (acknowledged, misbehaving) = thread::scope(|scope| {
            let pid = self.listener.child.id();
            let samples = scope.spawn(move || UsageSamples::collect(self.name, pid, period));
            let misbehaving =
                scope.spawn(move || target(url, idle_connections).run_clients(period));
            let post = move |sender, batch_size| {
                let count = post_at_rate(url, sender, batch_size, rate, period, reconnects);
                (sender, count)
            };
            let senders: Vec<_> = SENDERS
                .map(|sender| scope.spawn(move || post(sender, 1)))
                .collect();
            let pipelined = post(PIPELINING_SENDER, PIPELINE_DEPTH);
            let mut acknowledged: SentCounts =
                senders.into_iter().map(|s| s.join().unwrap()).collect();
            acknowledged.push(pipelined);
            self.report.usage(&samples.join().unwrap());
            (acknowledged, misbehaving.join().unwrap())
        });
        misbehaving.add_to(self.report, self.name);
        let reconnects = reconnects.load(Ordering::SeqCst);
        self.report.value(self.name, "reconnects", reconnects);
        acknowledged
    }

    fn finish(&mut self, acknowledged: &SentCounts) {
        let exit_status = process::terminate(&mut self.listener.child);
        let check = self.output_check.take().unwrap().join().unwrap();
        let total: u64 = acknowledged.iter().map(|(_, count)| count).sum();
        self.report
            .value(self.name, "callbacks acknowledged", total);
        self.report_deliveries("events printed", check, acknowledged);
        self.report
            .value(self.name, "exit code on SIGTERM", exit_status);
    }

    fn report_deliveries(&self, name: &str, mut check: DeliveryCheck, acknowledged: &SentCounts) {
        check.finish(acknowledged);
        self.report.deliveries(self.name, name, &check);
    }
}

/// Posts the callbacks of one sender in batches, repeats those that were not acknowledged, and
/// returns how many were.
fn post_at_rate(
    url: &CallbackUrl,
    sender: u64,
    batch_size: u64,
    rate: f64,
    period: &Period,
    reconnects: &AtomicU64,
) -> u64 {
    let mut ticker = Ticker::new(rate / batch_size as f64);
    let mut connection = None;
    let (mut due, mut acknowledged) = (0, 0);
    loop {
        if acknowledged == due {
            if !ticker.wait(period) {
                return acknowledged;
            }
            due += batch_size;
        }
        let numbers = acknowledged..due;
        match post_batch(&mut connection, url, sender, numbers, &mut acknowledged) {
            Ok(()) => {}
            Err(_) if period.is_over() => return acknowledged,
            Err(_) => {
                connection = None;
                reconnects.fetch_add(1, Ordering::SeqCst);
                period.sleep(Duration::from_millis(50));
            }
        }
    }
}

/// Posts callbacks in one write and counts those that are acknowledged.
fn post_batch(
    connection: &mut Option<Connection>,
    url: &CallbackUrl,
    sender: u64,
    numbers: Range<u64>,
    acknowledged: &mut u64,
) -> std::io::Result<()> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(Connection::open(url.address)?),
    };
    let requests: String = numbers
        .clone()
        .map(|number| format_request("POST", &url.path, &callback_body(&url.guid, sender, number)))
        .collect();
    connection.write(&requests)?;
    for _ in numbers {
        match connection.read_status()? {
            200 => *acknowledged += 1,
            status => return Err(std::io::Error::other(status.to_string())),
        }
    }
    Ok(())
}

/// Returns the listener as a target for misbehaving clients.
fn target(url: &CallbackUrl, idle_connections: usize) -> Target {
    let body = callback_body(&url.guid, REFUSED_SENDER, 0);
    let other_guid = callback_body("3dcd86ac-0000-0000-0000-000000000000", REFUSED_SENDER, 0);
    let wrong_path = "/webhook/AAAAAAAAAAAAAAAAAAAAAA";
    let valid = format_request("POST", &url.path, &body);
    Target {
        address: url.address,
        invalid: vec![
            format_request("POST", wrong_path, &body),
            format_request("POST", wrong_path, &body).replace("localhost", "evil.example"),
            format_request("POST", &url.path, &other_guid),
            format_request("DELETE", &url.path, &body),
            format_request("POST", &url.path, &body[1..]),
            valid.replace("application/json", "text/plain"),
        ],
        valid,
        idle_connections,
        stall_limit: Some(STALL_LIMIT),
    }
}

fn check_file(path: &Path) -> DeliveryCheck {
    std::fs::File::open(path).map_or_else(
        |_| DeliveryCheck::default(),
        |file| check_lines(BufReader::new(file)),
    )
}

fn check_lines(lines: impl BufRead) -> DeliveryCheck {
    let mut check = DeliveryCheck::default();
    for line in lines.lines().map_while(Result::ok) {
        if !check.record_line(&line, r#""id":""#) {
            println!("line without a message id: {line}");
        }
    }
    check
}
