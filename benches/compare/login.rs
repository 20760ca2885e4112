//! How soon `login` is done once the server has said so, and what drawing the code costs.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::common::program::{qiwei, sandbox};
use super::report::{Report, millis};
use super::request::read_request;
use super::run::in_turn;

const LOGINS: usize = 15;
const ROUNDS: usize = 20;

pub fn measure(report: &mut Report) {
    let mut times: Vec<Duration> = (0..LOGINS).map(|_| from_event_to_end()).collect();
    times.sort();
    report.figure(
        "login, 11003 on the wire to process end: median, worst",
        format!(
            "{:.2}, {:.2} ms",
            millis(times[LOGINS / 2]),
            millis(times[LOGINS - 1])
        ),
        "–",
    );
    drawing(report);
}

/// One whole login of the release binary, its callbacks led through a relay that looks at the clock.
fn from_event_to_end() -> Duration {
    let server = sandbox(|scenario| {
        (scenario.online, scenario.running) = (0, 1);
        scenario.scan = "after=30ms".parse().unwrap();
    });
    let listener = free_port();
    let said = Arc::new(Mutex::new(None));
    let relay = relay(listener, said.clone());
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
    let said = said.lock().unwrap().expect("the login came by a callback");
    ended - said
}

/// A port that was free a moment ago.
fn free_port() -> SocketAddr {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.local_addr().unwrap()
}

/// Hands every callback on to `listener`, and notes when it passes 11003 on.
fn relay(listener: SocketAddr, said: Arc<Mutex<Option<Instant>>>) -> SocketAddr {
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
                said.lock().unwrap().get_or_insert_with(Instant::now);
            }
            let _ = listener.write_all(request.as_bytes());
            let _ = listener.shutdown(std::net::Shutdown::Write);
            let mut answer = Vec::new();
            let _ = listener.read_to_end(&mut answer);
            let _ = server.write_all(&answer);
        }
    });
    address
}

/// The same command with and without a picture of the code.
fn drawing(report: &mut Report) {
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
    let costs = in_turn(ROUNDS, &mut commands);
    let beyond = |n: usize| costs[n].cpu.saturating_sub(costs[0].cpu);
    report.figure(
        "login, drawing the code: on a terminal, as PNG (CPU)",
        format!("{:.2}, {:.2} ms", millis(beyond(1)), millis(beyond(2))),
        "–",
    );
}
