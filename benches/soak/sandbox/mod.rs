//! `qiwei sandbox` under a steady load with misbehaving clients and an unreliable callback receiver.

mod callback_receiver;
mod clients;

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::ops::Range;
use std::process::{ChildStdout, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use super::common::http::Connection;
use super::common::listen::IDS_PER_SENDER;
use super::common::{qiwei, sandbox};
use super::delivery_check::{DeliveryCheck, SentCounts};
use super::misbehaving_clients::Counts;
use super::process::{self, KillOnDrop, ReservedPort};
use super::report::Report;
use super::timing::{Period, Ticker};
use super::usage::UsageSamples;
use clients::CommandCounts;

const NAME: &str = "sandbox";
/// Entries of each kind that the sandbox keeps.
const KEPT_ENTRIES: u64 = 100_000;
/// Senders that fill the sandbox before the measurement, because what it keeps is no leak. They use
/// many connections, as glibc allocates for each thread from a different arena.
const INITIAL_SENDERS: u64 = 8;
const INITIAL_MESSAGES_PER_SENDER: u64 = 3 * KEPT_ENTRIES / INITIAL_SENDERS;
const INITIAL_MESSAGES_PER_CONNECTION: u64 = 500;
/// Senders of the steady load.
const SENDERS: Range<u64> = 10..14;

pub fn run(rate: f64, period: &Period, report: &Report) {
    let mut server = Server::start();
    let receiver = ReservedPort::new();
    server.set_notify_url(receiver.address).unwrap();
    let mut sent = server.fill();
    // From here on nothing may grow.
    let observed = server.apply_load(rate, receiver.address, &period.restart(), report);
    sent.extend(&observed.sent);
    let exit_status = process::terminate(&mut server.child.0);
    observed.add_to(report, &sent, server.log_check.join().unwrap());
    report.value(NAME, "exit code on SIGTERM", exit_status);
}

struct Server {
    child: KillOnDrop,
    address: SocketAddr,
    /// The instance whose messages are counted.
    guid: String,
    log_check: JoinHandle<DeliveryCheck>,
}

/// What was sent and received under load.
struct Observed {
    sent: SentCounts,
    reconnects: u64,
    admin_reads: u64,
    callbacks: DeliveryCheck,
    commands: CommandCounts,
    misbehaving: Counts,
}

impl Server {
    fn start() -> Self {
        let child = qiwei()
            .args(["--json", "sandbox", "--listen", "127.0.0.1:0"])
            .args(["--scan", "after=100ms", "--limit", "50"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut child = KillOnDrop(child);
        let mut lines = BufReader::new(child.0.stdout.take().unwrap());
        Self {
            child,
            address: read_address(&mut lines),
            // The first guid is the same in every sandbox.
            guid: sandbox(|_| {}).guids()[0].clone(),
            log_check: thread::spawn(move || check_log(lines)),
        }
    }

    fn set_notify_url(&self, receiver: SocketAddr) -> io::Result<()> {
        let guid = &self.guid;
        let body = format!(r#"{{"guid":"{guid}","notify_url":"http://{receiver}/"}}"#);
        let mut connection = Connection::open(self.address)?;
        let status = connection.request("POST", "/client/set_notify_url", &body)?;
        assert_eq!(status, 200);
        Ok(())
    }

    /// Sends the initial messages of all senders at full speed.
    fn fill(&self) -> SentCounts {
        thread::scope(|scope| {
            let senders: Vec<_> = (0..INITIAL_SENDERS)
                .map(|sender| scope.spawn(move || self.send_initial_messages(sender)))
                .collect();
            for sender in senders {
                sender.join().unwrap().unwrap();
            }
        });
        let count = INITIAL_MESSAGES_PER_SENDER;
        (0..INITIAL_SENDERS).map(|sender| (sender, count)).collect()
    }

    fn send_initial_messages(&self, sender: u64) -> io::Result<()> {
        let mut connection = Connection::open(self.address)?;
        for number in 0..INITIAL_MESSAGES_PER_SENDER {
            if number % INITIAL_MESSAGES_PER_CONNECTION == 0 {
                connection = Connection::open(self.address)?;
            }
            assert_eq!(self.send(&mut connection, sender, number)?, 200);
        }
        Ok(())
    }

    /// Sends one message and returns the status of the response.
    fn send(&self, connection: &mut Connection, sender: u64, number: u64) -> io::Result<u16> {
        let (guid, id) = (&self.guid, sender * IDS_PER_SENDER + number);
        let body =
            format!(r#"{{"guid":"{guid}","conversation_id":"S:788123456789","content":"{id}"}}"#);
        connection.request("POST", "/msg/send_text", &body)
    }

    /// Sends messages at a steady rate and returns their number. A message without a response is not
    /// repeated, because that could duplicate it, and counts as lost if it does not arrive.
    fn send_at_rate(&self, sender: u64, rate: f64, period: &Period, reconnects: &AtomicU64) -> u64 {
        let mut ticker = Ticker::new(rate);
        let mut connection = None;
        let mut number = 0;
        while ticker.wait(period) {
            if connection.is_none() {
                connection = Connection::open(self.address).ok();
            }
            let Some(open) = &mut connection else {
                reconnects.fetch_add(1, Ordering::SeqCst);
                continue;
            };
            match self.send(open, sender, number) {
                Ok(200) => {}
                other => {
                    println!("send: {other:?}");
                    reconnects.fetch_add(1, Ordering::SeqCst);
                    connection = None;
                }
            }
            number += 1;
        }
        number
    }

    /// Sends messages at a total of `rate` per second while all other clients run.
    fn apply_load(
        &self,
        rate: f64,
        receiver: SocketAddr,
        period: &Period,
        report: &Report,
    ) -> Observed {
        let (address, guid, pid) = (self.address, &self.guid, self.child.0.id());
        let (reconnects, admin_reads) = (&AtomicU64::new(0), &AtomicU64::new(0));
        let rate = rate / (SENDERS.end - SENDERS.start) as f64;
        thread::scope(|scope| {
            let samples = scope.spawn(move || UsageSamples::collect(NAME, pid, period));
            let callbacks = scope.spawn(move || callback_receiver::run(receiver, period));
            let commands = scope.spawn(move || clients::run_all_commands(address, period));
            let misbehaving =
                scope.spawn(move || clients::misbehaving_target(address, guid).run_clients(period));
            scope.spawn(move || clients::read_admin_endpoints(address, period, admin_reads));
            scope.spawn(move || clients::inject_faults(address, period));
            let send = |sender| (sender, self.send_at_rate(sender, rate, period, reconnects));
            let senders: Vec<_> = SENDERS
                .map(|sender| scope.spawn(move || send(sender)))
                .collect();
            let sent = senders.into_iter().map(|s| s.join().unwrap()).collect();
            report.usage(&samples.join().unwrap());
            Observed {
                sent,
                reconnects: reconnects.load(Ordering::SeqCst),
                admin_reads: admin_reads.load(Ordering::SeqCst),
                callbacks: callbacks.join().unwrap(),
                commands: commands.join().unwrap(),
                misbehaving: misbehaving.join().unwrap(),
            }
        })
    }
}

impl Observed {
    fn add_to(&self, report: &Report, sent: &[(u64, u64)], mut log_check: DeliveryCheck) {
        log_check.finish(sent);
        let total: u64 = sent.iter().map(|(_, count)| count).sum();
        report.value(NAME, "messages sent", total);
        report.deliveries(NAME, "messages in its log", &log_check);
        let rows = [
            ("reconnects", self.reconnects),
            ("callbacks received", self.callbacks.total),
            ("… duplicates", self.callbacks.duplicates),
            ("commands run", self.commands.total),
            ("… failed", self.commands.failed),
            ("logins", self.commands.logins),
            ("reads of the admin endpoints", self.admin_reads),
        ];
        for (name, count) in rows {
            report.value(NAME, name, count);
        }
        self.misbehaving.add_to(report, NAME);
    }
}

/// Reads the address from the first line that the sandbox prints.
fn read_address(lines: &mut BufReader<ChildStdout>) -> SocketAddr {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let url = line["base_url"].as_str().unwrap();
    url.strip_prefix("http://").unwrap().parse().unwrap()
}

/// Checks the messages in the sandbox's log.
fn check_log(lines: impl BufRead) -> DeliveryCheck {
    let mut check = DeliveryCheck::default();
    for line in lines.lines().map_while(Result::ok) {
        if line.contains(r#""path":"/msg/send_text""#) {
            // Messages sent by `run_all_commands` carry no id and are skipped.
            check.record_line(&line, r#""content":""#);
        }
    }
    check
}
