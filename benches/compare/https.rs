//! The same one message over TLS, with a certificate made on the spot.

use std::process::Command;

use super::common::program::qiwei;
use super::report::Measure::{Cpu, Wall};
use super::report::Report;
use super::run::{in_turn, is_installed};
use super::tls::{Certificate, TlsServer};

const ROUNDS: usize = 40;
const ANSWER: &str =
    r#"{"error_code":0,"data":{"msg_data":{"id":"1","seq":"2"},"is_svr_fail":false}}"#;

pub fn measure(report: &mut Report) {
    if !is_installed("curl") {
        return;
    }
    let certificate = Certificate::for_name("localhost");
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n", ANSWER.len());
    let server = TlsServer::start(
        &certificate,
        &format!("{head}content-type: application/json\r\n\r\n{ANSWER}"),
    );
    let (url, trusted) = (server.base_url("localhost"), certificate.file());
    let mut ours = qiwei();
    ours.args(["--base-url", &url, "--guid", "g", "send", "S:1", "hello"]);
    ours.arg("--cacert").arg(&trusted);
    let mut curl = Command::new("curl");
    curl.args(["-s", "-H", "Content-Type: application/json"]);
    curl.args([
        "-d",
        r#"{"guid":"g","conversation_id":"S:1","content":"hello"}"#,
    ]);
    curl.arg("--cacert").arg(&trusted);
    curl.arg(format!("{url}/msg/send_text"));
    let costs = in_turn(ROUNDS, &mut [ours, curl]);
    for measure in [Wall, Cpu] {
        let curl = ("curl", &costs[1]);
        report.costs(("send over https", &costs[0]), curl, measure, Some(1.0));
    }
}
