//! `qiwei send`: one message per process, as from a cron job.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use qiwei::sandbox::Gateway;

use super::common::http::format_request;
use super::common::{qiwei, sandbox};
use super::process::{is_installed, run_groups, run_interleaved};
use super::report::Metric::{Cpu, Memory, WallTime};
use super::report::Report;
use super::tls::{Certificate, TlsServer};

const ROUNDS: usize = 40;
const HTTPS_RESPONSE: &str =
    r#"{"error_code":0,"data":{"msg_data":{"id":"1","seq":"2"},"is_svr_fail":false}}"#;

/// Measures `send`, `--version` and `--help`.
pub fn measure(report: &mut Report) {
    let server = sandbox(|_| {});
    let guid = &server.guids()[0];
    let body =
        format!(r#"{{"guid":"{guid}","conversation_id":"S:788123456789","content":"hello"}}"#);

    let mut send = qiwei();
    send.args([
        "--base-url",
        &server.base_url(),
        "--guid",
        guid,
        "send",
        "S:788123456789",
        "hello",
    ]);
    let address = server.addr().to_string();
    let mut socket = Command::new(std::env::current_exe().unwrap());
    socket.args(["--bare-socket", &address, &body]);
    let mut client = Command::new(std::env::current_exe().unwrap());
    client.args(["--bare-client", &address, &body]);
    let mut commands = vec![send, socket, client];
    if is_installed("curl") {
        let mut curl = Command::new("curl");
        let url = format!("{}/msg/send_text", server.base_url());
        curl.args([
            "-s",
            "-H",
            "Content-Type: application/json",
            "-d",
            &body,
            &url,
        ]);
        commands.push(curl);
    }
    let usage = run_interleaved(ROUNDS, &mut commands);
    let [send, socket, client] = [0, 1, 2].map(|index| &usage[index]);
    if let Some(curl) = usage.get(3) {
        for (metric, goal) in [(WallTime, 0.35), (Cpu, 0.30), (Memory, 0.5)] {
            report.compare_usage(("send", send), ("curl", curl), metric, Some(goal));
        }
    }
    let bare_socket = ("bare socket", socket);
    let bare_client = ("bare HTTP client of the same library", client);
    report.compare_usage(("send", send), bare_socket, WallTime, Some(1.6));
    report.compare_usage(("send", send), bare_client, WallTime, None);
    report.compare_usage(("send", send), bare_client, Cpu, None);
    if let Some(curl) = usage.get(3) {
        report.compare_usage(bare_client, ("curl", curl), Cpu, None);
    }
    report.compare_usage(bare_client, bare_socket, WallTime, None);

    let mut version = qiwei();
    version.arg("--version");
    let mut help = qiwei();
    help.arg("--help");
    let usage = run_interleaved(ROUNDS, &mut [version, help, Command::new("true")]);
    let [version, help, nothing] = [0, 1, 2].map(|index| &usage[index]);
    report.compare_usage(
        ("--version", version),
        ("true", nothing),
        WallTime,
        Some(3.0),
    );
    report.compare_usage(("--help", help), ("true", nothing), WallTime, Some(3.0));
}

/// Accounts that send through the gateway in turn: the default pace lets ten calls of an account through
/// at once, and waiting is not to be measured.
const ACCOUNTS: usize = 24;
const ROUNDS_PER_ACCOUNT: usize = 8;

/// Measures `send` through the hosted gateway, next to one to a private server.
pub fn measure_gateway(report: &mut Report) {
    let gateway = Gateway {
        block_after: 0,
        ..Gateway::with_random_credentials().unwrap()
    };
    let direct = sandbox(|scenario| {
        scenario.online = ACCOUNTS;
        scenario.limit = ACCOUNTS;
    });
    let hosted = sandbox(|scenario| {
        scenario.online = ACCOUNTS;
        scenario.limit = ACCOUNTS;
        scenario.gateway = Some(gateway.clone());
    });
    let state = tempfile::tempdir().unwrap();
    let groups = direct.guids().into_iter().map(|guid| {
        let send = |url: &str| {
            let mut command = qiwei();
            command.env("QIWEI_STATE_DIR", state.path());
            command.args(["--base-url", url, "--guid", &guid, "send"]);
            command.args(["S:788123456789", "hello"]);
            command
        };
        let through_gateway = || {
            let mut command = send(&hosted.base_url());
            command
                .env("QIWEI_APP_KEY", &gateway.app_key)
                .env("QIWEI_APP_SECRET", gateway.app_secret.reveal());
            command
        };
        let mut without_pace = through_gateway();
        without_pace.env("QIWEI_PACE", "off");
        vec![send(&direct.base_url()), without_pace, through_gateway()]
    });
    let usage = run_groups(ROUNDS_PER_ACCOUNT, groups.collect());
    let deliveries = hosted.deliveries().len();
    assert_eq!(deliveries, 2 * ACCOUNTS * (ROUNDS_PER_ACCOUNT + 1));
    let plain = ("send", &usage[0]);
    for (name, usage, goal) in [
        ("send through the gateway, pace off", &usage[1], Some(1.05)),
        ("send through the gateway, default pace", &usage[2], None),
    ] {
        for metric in [WallTime, Cpu] {
            report.compare_usage((name, usage), plain, metric, goal);
        }
    }
}

/// Measures `send` over TLS.
pub fn measure_https(report: &mut Report) {
    if !is_installed("curl") {
        return;
    }
    let certificate = Certificate::for_name("localhost");
    let length = HTTPS_RESPONSE.len();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n");
    let server = TlsServer::start(
        &certificate,
        &format!("{head}content-type: application/json\r\n\r\n{HTTPS_RESPONSE}"),
    );
    let (url, trusted) = (server.base_url("localhost"), certificate.file());
    let mut send = qiwei();
    send.args(["--base-url", &url, "--guid", "g", "send", "S:1", "hello"]);
    send.arg("--cacert").arg(&trusted);
    let mut curl = Command::new("curl");
    curl.args(["-s", "-H", "Content-Type: application/json"]);
    curl.args([
        "-d",
        r#"{"guid":"g","conversation_id":"S:1","content":"hello"}"#,
    ]);
    curl.arg("--cacert").arg(&trusted);
    curl.arg(format!("{url}/msg/send_text"));
    let usage = run_interleaved(ROUNDS, &mut [send, curl]);
    for metric in [WallTime, Cpu] {
        let curl = ("curl", &usage[1]);
        report.compare_usage(("send over https", &usage[0]), curl, metric, Some(1.0));
    }
}

/// Posts `body` to `/msg/send_text` with the least possible work: connect, write, read.
pub fn send_with_bare_socket(address: &str, body: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format_request("POST", "/msg/send_text", body);
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = [0; 4096];
    let read = stream.read(&mut response).unwrap();
    assert!(response[..read].starts_with(b"HTTP/1.1 200"));
}

/// Posts `body` to `/msg/send_text` with the HTTP library of `qiwei` and nothing else.
pub fn send_with_bare_client(address: &str, body: &str) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::blocking::Client::builder()
        .http1_only()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    let response = client
        .post(format!("http://{address}/msg/send_text"))
        .header("content-type", "application/json")
        .body(body.to_owned())
        .send()
        .unwrap();
    assert_eq!(response.status(), 200);
    assert!(!response.bytes().unwrap().is_empty());
}
