//! `qiwei listen` at work, and callbacks for it.

use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use qiwei::sandbox::Sandbox;
use tempfile::TempDir;

use super::http::Connection;
use super::program::{qiwei, sandbox};

/// Connections of a full load.
pub const CONNECTIONS: u64 = 8;
/// Numbers of messages in one lane: a lane is what one sender sends, in order.
pub const LANE: u64 = 1_000_000_000;

/// A running listener, its stdout piped.
pub struct Listening {
    pub child: Child,
    pub place: Place,
    /// Both are there as long as the listener is.
    _server: Sandbox,
    _state: TempDir,
}

impl Drop for Listening {
    fn drop(&mut self) {
        // Does nothing to one that has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where callbacks go.
#[derive(Clone, Debug)]
pub struct Place {
    pub address: SocketAddr,
    pub path: String,
    pub guid: String,
}

/// Starts `qiwei listen` with `more` arguments, and returns when the server knows its URL.
pub fn listen(more: &[&str]) -> Listening {
    let server = sandbox(|_| {});
    let guid = server.guids()[0].clone();
    let state = tempfile::tempdir().unwrap();
    let child = qiwei()
        .env("QIWEI_STATE_DIR", state.path())
        .args(["--base-url", &server.base_url(), "--guid", &guid])
        .args(["-q", "listen"])
        .args(more)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let url = notify_url(&server);
    let (address, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let place = Place {
        address: address.parse().unwrap(),
        path: format!("/{path}"),
        guid,
    };
    Listening {
        child,
        place,
        _server: server,
        _state: state,
    }
}

/// Where the sandbox was told to post: the last thing a starting listener does.
fn notify_url(server: &Sandbox) -> String {
    loop {
        let exchanges = server.exchanges();
        let told = exchanges
            .iter()
            .find(|e| e.path == "/client/set_notify_url");
        if let Some(exchange) = told {
            let body: serde_json::Value = serde_json::from_slice(&exchange.body).unwrap();
            return body["notify_url"].as_str().unwrap().to_owned();
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// The message with this number in this lane, as a callback.
pub fn message(guid: &str, lane: u64, number: u64) -> String {
    let id = lane * LANE + number;
    format!(
        r#"{{"guid":"{guid}","notify_type":11010,"data":{{"id":"{id}","appinfo":"a{id}","sender":"788123456{lane:03}","roomid":"0","content":"message {id}","msg_type":2,"send_flag":0}}}}"#
    )
}

/// Posts `count` different messages as fast as they are taken, in lanes from 0 on, and returns how
/// many were taken each second.
pub fn load(place: &Place, count: u64) -> f64 {
    let start = Instant::now();
    thread::scope(|scope| {
        for lane in 0..CONNECTIONS {
            scope.spawn(move || {
                let mut connection = Connection::open(place.address).unwrap();
                for number in 0..count / CONNECTIONS {
                    let body = message(&place.guid, lane, number);
                    let status = connection.ask("POST", &place.path, &body).unwrap();
                    assert_eq!(status, 200);
                }
            });
        }
    });
    count as f64 / start.elapsed().as_secs_f64()
}
