//! Callbacks a second over eight connections, beside the seed's kind of webhook.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::common::http::Connection;
use super::common::listen::{Place, listen, load, message};
use super::report::Report;

const CALLBACKS: u64 = 20_000;

pub fn measure(report: &mut Report) {
    let ours = listener();
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

/// `qiwei listen`, every line it prints read and counted.
fn listener() -> f64 {
    let count = CALLBACKS.to_string();
    let mut listening = listen(&["--count", &count]);
    let lines = BufReader::new(listening.child.stdout.take().unwrap());
    let reader = thread::spawn(move || lines.lines().map_while(Result::ok).count());
    let rate = load(&listening.place, CALLBACKS);
    assert!(listening.child.wait().unwrap().success());
    assert_eq!(
        reader.join().unwrap() as u64,
        CALLBACKS,
        "every callback is printed, once"
    );
    rate
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
    load(&at(address), CALLBACKS)
}

/// The webhook of another program.
fn at(address: SocketAddr) -> Place {
    Place {
        address,
        path: "/webhook".into(),
        guid: "g".into(),
    }
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
    const LANES: u64 = 8;
    const EACH: u64 = 250;
    let place = &at(address);
    let start = Instant::now();
    thread::scope(|scope| {
        for lane in 0..LANES {
            scope.spawn(move || {
                for number in 0..EACH {
                    let mut connection = Connection::open(place.address).unwrap();
                    let body = message(&place.guid, lane, number);
                    let status = connection.ask("POST", &place.path, &body);
                    assert_eq!(status.unwrap(), 200);
                }
            });
        }
    });
    (LANES * EACH) as f64 / start.elapsed().as_secs_f64()
}
