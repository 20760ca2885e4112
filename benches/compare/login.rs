//! `qiwei login`: delay between the login event and the end of the process, and the cost of drawing
//! the QR code.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::common::{qiwei, sandbox};
use super::process::run_interleaved;
use super::report::{Report, millis};
use super::request::read_request;

const LOGINS: usize = 15;
const DRAWING_ROUNDS: usize = 20;

pub fn measure(report: &mut Report) {
    let mut delays: Vec<Duration> = (0..LOGINS).map(|_| delay_after_event()).collect();
    delays.sort();
    report.value(
        "login, from event 11003 to the end of the process: median, maximum",
        format!(
            "{:.2}, {:.2} ms",
            millis(delays[LOGINS / 2]),
            millis(delays[LOGINS - 1])
        ),
        "–",
    );
    measure_drawing(report);
}

/// Runs a whole login and returns the time from the login callback to the end of the process.
fn delay_after_event() -> Duration {
    let server = sandbox(|scenario| {
        (scenario.online, scenario.running) = (0, 1);
        scenario.scan = "after=30ms".parse().unwrap();
    });
    let listener = free_port();
    let event_time = Arc::new(Mutex::new(None));
    let relay = start_relay(listener, event_time.clone());
    let state = tempfile::tempdir().unwrap();
    let mut login = qiwei();
    login
        .env("QIWEI_STATE_DIR", state.path())
        .args([
            "--base-url",
            &server.base_url(),
            "--guid",
            &server.guids()[0],
        ])
        .args(["login", "--qr", "none", "--listen", &listener.to_string()])
        .args(["--notify-url", &format!("http://{relay}/")]);
    let status = login
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let ended = Instant::now();
    assert!(status.unwrap().success());
    let event_time = event_time.lock().unwrap();
    ended - event_time.expect("the login was reported by callback")
}

/// Returns a port that was free a moment ago.
fn free_port() -> SocketAddr {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.local_addr().unwrap()
}

/// Starts a relay that forwards callbacks to `listener` and records when event 11003 passes.
fn start_relay(listener: SocketAddr, event_time: Arc<Mutex<Option<Instant>>>) -> SocketAddr {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        for server in socket.incoming() {
            let mut server = server.unwrap();
            let request = read_request(&mut server);
            let Ok(mut listener) = TcpStream::connect(listener) else {
                continue;
            };
            if request.contains("11003") {
                event_time.lock().unwrap().get_or_insert_with(Instant::now);
            }
            let _ = listener.write_all(request.as_bytes());
            let _ = listener.shutdown(std::net::Shutdown::Write);
            let mut response = Vec::new();
            let _ = listener.read_to_end(&mut response);
            let _ = server.write_all(&response);
        }
    });
    address
}

/// Compares the same command with and without a drawing of the QR code.
fn measure_drawing(report: &mut Report) {
    let server = sandbox(|scenario| (scenario.online, scenario.running) = (0, 1));
    let folder = tempfile::tempdir().unwrap();
    let login = |args: &[&str]| {
        let mut command = qiwei();
        command
            .env("QIWEI_STATE_DIR", folder.path())
            .args([
                "--base-url",
                &server.base_url(),
                "--guid",
                &server.guids()[0],
            ])
            .args(["login", "--no-wait"])
            .args(args);
        command
    };
    let picture = folder.path().join("code.png");
    let mut commands = [
        login(&["--qr", "none"]),
        login(&["--qr", "half"]),
        login(&["--qr", "none", "--qr-file", picture.to_str().unwrap()]),
    ];
    let usage = run_interleaved(DRAWING_ROUNDS, &mut commands);
    let added_cpu = |index: usize| millis(usage[index].cpu.saturating_sub(usage[0].cpu));
    report.value(
        "login, CPU for drawing the QR code: terminal, PNG",
        format!("{:.2}, {:.2} ms", added_cpu(1), added_cpu(2)),
        "–",
    );
}
