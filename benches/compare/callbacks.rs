//! Callbacks a second over eight connections, beside the seed's kind of webhook.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::floor::{answer, post};
use super::report::Report;
use super::run::{qiwei, sandbox};

const CALLBACKS: usize = 20_000;
const CONNECTIONS: usize = 8;

pub fn measure(report: &mut Report) {
    let ours = listen();
    let bare = tiny_http_loop();
    report.more(
        "listen, callbacks a second / bare tiny_http",
        ours,
        bare,
        "/s",
        0.5,
    );
    if let Some(flask) = flask() {
        report.more(
            "listen, callbacks a second / Flask",
            ours,
            flask,
            "/s",
            20.0,
        );
    }
}

/// Posts `count` different messages and returns how many were taken each second.
fn load(address: SocketAddr, path: &str, guid: &str, count: usize) -> f64 {
    let start = Instant::now();
    thread::scope(|scope| {
        for lane in 0..CONNECTIONS {
            scope.spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.set_nodelay(true).unwrap();
                let mut buffer = Vec::new();
                for n in (lane..count).step_by(CONNECTIONS) {
                    let body = format!(
                        r#"{{"guid":"{guid}","notify_type":11010,"data":{{"id":"{n}","appinfo":"a{n}","sender":"788123456789","roomid":"0","content":"message {n}","msg_type":2,"send_flag":0}}}}"#
                    );
                    post(&mut stream, path, &body);
                    assert_eq!(answer(&mut stream, &mut buffer), 200);
                }
            });
        }
    });
    count as f64 / start.elapsed().as_secs_f64()
}

/// `qiwei listen`, every line it prints read and counted.
fn listen() -> f64 {
    let server = sandbox(|_| {});
    let guid = server.guids()[0].clone();
    let state = tempfile::tempdir().unwrap();
    let mut child = qiwei()
        .env("QIWEI_STATE_DIR", state.path())
        .args([
            "--base-url",
            &server.base_url(),
            "--guid",
            &guid,
            "-q",
            "listen",
        ])
        .args(["--count", &CALLBACKS.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let url = notify_url(&server);
    let (address, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    let reader = thread::spawn(move || lines.lines().map_while(Result::ok).count());
    let rate = load(
        address.parse().unwrap(),
        &format!("/{path}"),
        &guid,
        CALLBACKS,
    );
    assert!(child.wait().unwrap().success());
    assert_eq!(
        reader.join().unwrap(),
        CALLBACKS,
        "every callback is printed, once"
    );
    rate
}

/// Where the sandbox was told to post: the last thing a starting listener does.
fn notify_url(server: &qiwei::sandbox::Sandbox) -> String {
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

/// The least a tiny_http server can do with a callback: read it and say yes.
fn tiny_http_loop() -> f64 {
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
    load(address, "/webhook", "g", CALLBACKS)
}

/// The seed's kind of webhook.
fn flask() -> Option<f64> {
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
    let rate = is_up(address, &mut child).then(|| flask_load(address));
    let _ = child.kill();
    let _ = child.wait();
    rate
}

fn is_up(address: SocketAddr, child: &mut Child) -> bool {
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

/// Flask's own server closes the connection after each answer.
fn flask_load(address: SocketAddr) -> f64 {
    const FEWER: usize = 2_000;
    let start = Instant::now();
    thread::scope(|scope| {
        for lane in 0..CONNECTIONS {
            scope.spawn(move || {
                for n in (lane..FEWER).step_by(CONNECTIONS) {
                    let mut stream = TcpStream::connect(address).unwrap();
                    let body = format!(
                        r#"{{"guid":"g","notify_type":11010,"data":{{"id":"{n}","content":"message {n}"}}}}"#
                    );
                    post(&mut stream, "/webhook", &body);
                    assert_eq!(answer(&mut stream, &mut Vec::new()), 200);
                }
            });
        }
    });
    FEWER as f64 / start.elapsed().as_secs_f64()
}
