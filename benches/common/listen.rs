//! A running `qiwei listen` and the callbacks posted to it.

use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use qiwei::sandbox::Sandbox;
use tempfile::TempDir;

use super::http::Connection;
use super::{qiwei, sandbox};

/// Number of connections that [`post_callbacks`] uses.
pub const CONNECTIONS: u64 = 8;
/// Distance between the message ids of two senders. Each sender numbers its messages in order.
pub const IDS_PER_SENDER: u64 = 1_000_000_000;

/// A running `qiwei listen`, killed when dropped.
pub struct ListenProcess {
    /// Its stdout is piped.
    pub child: Child,
    pub url: CallbackUrl,
    // Kept alive as long as the listener runs.
    _server: Sandbox,
    _state: TempDir,
}

/// A URL that takes callbacks, and the guid of the instance they belong to.
#[derive(Clone, Debug)]
pub struct CallbackUrl {
    pub address: SocketAddr,
    pub path: String,
    pub guid: String,
}

impl ListenProcess {
    /// Starts `qiwei listen` with `args` added, and returns once the server knows its URL.
    pub fn start(args: &[&str]) -> Self {
        let server = sandbox(|_| {});
        let guid = server.guids()[0].clone();
        let state = tempfile::tempdir().unwrap();
        let child = qiwei()
            .env("QIWEI_STATE_DIR", state.path())
            .args(["--base-url", &server.base_url(), "--guid", &guid])
            .args(["-q", "listen"])
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let url = wait_for_notify_url(&server);
        let (address, path) = url
            .strip_prefix("http://")
            .unwrap()
            .split_once('/')
            .unwrap();
        let url = CallbackUrl {
            address: address.parse().unwrap(),
            path: format!("/{path}"),
            guid,
        };
        Self {
            child,
            url,
            _server: server,
            _state: state,
        }
    }
}

impl Drop for ListenProcess {
    fn drop(&mut self) {
        // Has no effect on a child that has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until the listener has registered its URL, which is the last step of its start.
fn wait_for_notify_url(server: &Sandbox) -> String {
    loop {
        let exchanges = server.exchanges();
        let registration = exchanges
            .iter()
            .find(|e| e.path == "/client/set_notify_url");
        if let Some(exchange) = registration {
            let body: serde_json::Value = serde_json::from_slice(&exchange.body).unwrap();
            return body["notify_url"].as_str().unwrap().to_owned();
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Returns the body of a callback for message `number` of `sender`.
pub fn callback_body(guid: &str, sender: u64, number: u64) -> String {
    let id = sender * IDS_PER_SENDER + number;
    format!(
        r#"{{"guid":"{guid}","notify_type":11010,"data":{{"id":"{id}","appinfo":"a{id}","sender":"788123456{sender:03}","roomid":"0","content":"message {id}","msg_type":2,"send_flag":0}}}}"#
    )
}

/// Posts `count` distinct callbacks at full speed, one sender per connection, and returns the
/// number accepted per second.
pub fn post_callbacks(url: &CallbackUrl, count: u64) -> f64 {
    let start = Instant::now();
    thread::scope(|scope| {
        for sender in 0..CONNECTIONS {
            scope.spawn(move || {
                let mut connection = Connection::open(url.address).unwrap();
                for number in 0..count / CONNECTIONS {
                    let body = callback_body(&url.guid, sender, number);
                    let status = connection.request("POST", &url.path, &body).unwrap();
                    assert_eq!(status, 200);
                }
            });
        }
    });
    count as f64 / start.elapsed().as_secs_f64()
}
