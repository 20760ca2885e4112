//! 200 instances at 20 ms a look-up.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::floor::{answer, post};
use super::report::{Report, millis};
use super::run::{once, qiwei, sandbox};

const INSTANCES: usize = 200;

pub fn measure(report: &mut Report) {
    let server = sandbox(|scenario| {
        scenario.online = INSTANCES;
        scenario.limit = INSTANCES;
        scenario.latency = Duration::from_millis(20);
    });
    let mut ours = qiwei();
    ours.args(["--base-url", &server.base_url(), "instance", "ls"]);
    let wall = (0..3).map(|_| once(&mut ours).wall).min().unwrap();

    let mut stream = TcpStream::connect(server.addr()).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::new();
    let start = Instant::now();
    for guid in server.guids() {
        post(
            &mut stream,
            "/client/get_client_status",
            &format!(r#"{{"guid":"{guid}"}}"#),
        );
        assert_eq!(answer(&mut stream, &mut buffer), 200);
    }
    let serial = start.elapsed();
    report.less(
        "200 look-ups / one after another",
        millis(wall),
        millis(serial),
        "ms",
        0.083,
    );
}
