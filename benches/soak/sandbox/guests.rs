//! Others who use the sandbox, or misuse it.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::http::{Connection, request};
use crate::common::program::qiwei;
use crate::misbehave::Target;
use crate::pace::{Pace, Span};

/// Together with everybody else about a thousand connections, a few less than are served.
const IDLE: usize = 950;
/// What goes wrong, away from what is counted.
const FAULTS: &[&str] = &[
    "reset",
    "drop-after",
    "http=500",
    "html",
    "garbled",
    "truncated",
    "drip=5ms",
    "hang",
    "huge",
];

/// Looks at everything the sandbox keeps, as people do with a browser.
pub fn look_on(server: SocketAddr, span: &Span, looks: &AtomicU64) {
    let places = ["state", "requests", "deliveries", "callbacks", "faults"];
    for place in places.iter().cycle() {
        if !span.rest(span.part(60)) {
            return;
        }
        let path = format!("/_sandbox/{place}");
        match Connection::open(server).and_then(|mut c| c.ask("GET", &path, "")) {
            Ok(200) => drop(looks.fetch_add(1, Ordering::SeqCst)),
            other => println!("{path}: {other:?}"),
        }
    }
}

/// Asks for what goes wrong. Whatever comes of it, an end must come.
pub fn meet_faults(server: SocketAddr, span: &Span) {
    let mut pace = Pace::new(0.5);
    for fault in FAULTS.iter().cycle() {
        if !pace.wait(span) {
            return;
        }
        let body = format!(r#"{{"fault":"{fault}@/client/all_clients*2"}}"#);
        let added =
            Connection::open(server).and_then(|mut c| c.ask("POST", "/_sandbox/faults", &body));
        if !matches!(added, Ok(200)) {
            println!("fault {fault}: {added:?}");
        }
        for _ in 0..2 {
            let _ = qiwei()
                .args(["--base-url", &format!("http://{server}")])
                .args(["--timeout", "2s", "-q", "instance", "ls"])
                .stdin(Stdio::null())
                .output();
        }
    }
}

/// The sandbox as those who misbehave see it.
pub fn target(address: SocketAddr, guid: &str) -> Target {
    let body =
        format!(r#"{{"guid":"{guid}","conversation_id":"S:788123456789","content":"never"}}"#);
    let proper = request("POST", "/msg/send_text", &body);
    let state = request("GET", "/_sandbox/state", "");
    Target {
        address,
        refused: vec![
            request("POST", "/nowhere", &body),
            request("GET", "/msg/send_text", ""),
            request("POST", "/msg/send_text", &body[1..]),
            request("POST", "/_sandbox/state", ""),
            state.replace("localhost", "evil.example"),
            state.replace("Host:", "Origin: http://evil.example\r\nHost:"),
        ],
        proper,
        idle: IDLE,
        patience: None,
    }
}
