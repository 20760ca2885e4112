//! `qiwei instance ls`: the status of 200 instances from a server that takes 20 ms per request.

use std::time::{Duration, Instant};

use super::common::http::Connection;
use super::common::{qiwei, sandbox};
use super::process::run_once;
use super::report::{Report, millis};

const INSTANCES: usize = 200;

pub fn measure(report: &mut Report) {
    let server = sandbox(|scenario| {
        scenario.online = INSTANCES;
        scenario.limit = INSTANCES;
        scenario.latency = Duration::from_millis(20);
    });
    let mut instance_ls = qiwei();
    instance_ls.args(["--base-url", &server.base_url(), "instance", "ls"]);
    let wall_time = (0..3)
        .map(|_| run_once(&mut instance_ls).wall_time)
        .min()
        .unwrap();

    let mut connection = Connection::open(server.addr()).unwrap();
    let start = Instant::now();
    for guid in server.guids() {
        let body = format!(r#"{{"guid":"{guid}"}}"#);
        let status = connection.request("POST", "/client/get_client_status", &body);
        assert_eq!(status.unwrap(), 200);
    }
    let sequential = start.elapsed();
    report.lower_is_better(
        "status of 200 instances / sequential requests",
        millis(wall_time),
        millis(sequential),
        "ms",
        0.083,
    );
}
