//! `qiwei listen`: callbacks per second over eight connections, next to other webhook servers.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::common::http::Connection;
use super::common::listen::{
    CONNECTIONS, CallbackUrl, ListenProcess, callback_body, post_callbacks,
};
use super::report::Report;

const CALLBACKS: u64 = 20_000;

pub fn measure(report: &mut Report) {
    let listen = measure_listen();
    let tiny_http = measure_tiny_http();
    report.higher_is_better(
        "listen, callbacks per second / bare tiny_http",
        listen,
        tiny_http,
        "/s",
        0.5,
    );
    if let Some(flask) = measure_flask() {
        report.higher_is_better(
            "listen, callbacks per second / Flask",
            listen,
            flask,
            "/s",
            20.0,
        );
    }
}

/// Measures `qiwei listen` and checks that it prints every callback.
fn measure_listen() -> f64 {
    let count = CALLBACKS.to_string();
    let mut listener = ListenProcess::start(&["--count", &count]);
    let lines = BufReader::new(listener.child.stdout.take().unwrap());
    let reader = thread::spawn(move || lines.lines().map_while(Result::ok).count());
    let rate = post_callbacks(&listener.url, CALLBACKS);
    assert!(listener.child.wait().unwrap().success());
    assert_eq!(
        reader.join().unwrap() as u64,
        CALLBACKS,
        "every callback is printed exactly once"
    );
    rate
}

/// Measures a tiny_http server that reads each callback and answers `ok`.
fn measure_tiny_http() -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = tiny_http::Server::from_listener(listener, None).unwrap();
    // Ends with the process.
    thread::spawn(move || {
        for mut request in server.incoming_requests() {
            let mut body = String::new();
            request.as_reader().read_to_string(&mut body).unwrap();
            let _ = request.respond(tiny_http::Response::from_string("ok"));
        }
    });
    post_callbacks(&webhook_url(address), CALLBACKS)
}

fn webhook_url(address: SocketAddr) -> CallbackUrl {
    CallbackUrl {
        address,
        path: "/webhook".into(),
        guid: "g".into(),
    }
}

/// Measures a minimal Flask webhook, or returns `None` where Flask is not installed.
fn measure_flask() -> Option<f64> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let program = format!(
        "import logging; logging.getLogger('werkzeug').disabled = True\n\
         from flask import Flask, request, jsonify\n\
         app = Flask(__name__)\n\
         @app.route('/webhook', methods=['POST'])\n\
         def webhook():\n    data = request.get_json()\n    return jsonify(status='ok')\n\
         app.run(host='127.0.0.1', port={}, threaded=True)\n",
        address.port()
    );
    let mut child = Command::new("python3")
        .args(["-c", &program])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let rate = wait_until_up(address, &mut child).then(|| post_reconnecting(address));
    let _ = child.kill();
    let _ = child.wait();
    rate
}

/// Waits until the server accepts connections; returns false if it exits instead.
fn wait_until_up(address: SocketAddr, child: &mut Child) -> bool {
    loop {
        if TcpStream::connect(address).is_ok() {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Posts each callback over a new connection, because Flask's own server closes it after each
/// response.
fn post_reconnecting(address: SocketAddr) -> f64 {
    const CALLBACKS_PER_SENDER: u64 = 250;
    let url = &webhook_url(address);
    let start = Instant::now();
    thread::scope(|scope| {
        for sender in 0..CONNECTIONS {
            scope.spawn(move || {
                for number in 0..CALLBACKS_PER_SENDER {
                    let mut connection = Connection::open(url.address).unwrap();
                    let body = callback_body(&url.guid, sender, number);
                    let status = connection.request("POST", &url.path, &body);
                    assert_eq!(status.unwrap(), 200);
                }
            });
        }
    });
    (CONNECTIONS * CALLBACKS_PER_SENDER) as f64 / start.elapsed().as_secs_f64()
}
