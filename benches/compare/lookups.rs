//! 200 instances at 20 ms a look-up.

use std::time::{Duration, Instant};

use super::common::http::Connection;
use super::common::program::{qiwei, sandbox};
use super::report::{Report, millis};
use super::run::once;

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

    let mut connection = Connection::open(server.addr()).unwrap();
    let start = Instant::now();
    for guid in server.guids() {
        let body = format!(r#"{{"guid":"{guid}"}}"#);
        let status = connection.ask("POST", "/client/get_client_status", &body);
        assert_eq!(status.unwrap(), 200);
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
