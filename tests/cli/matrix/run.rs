//! Runs a cell, and where the command keeps a record, runs it again.

use serde_json::Value;

use super::case::{Case, Mode};
use super::command::Report;
use super::faults::{Observation, Stage};
use super::server::FaultyServer;
use super::verify::{CheckResult, Reported, Verifier, holds};
use crate::support::login::CONFIGURED_URL;
use crate::support::{Finished, Home, Qiwei};

/// More than any command takes that does not wait.
const AMPLE_SECONDS: u64 = 30;
/// Injection often a cell is tried in which the machine was too slow for the request to be made.
const TRIES: u32 = 6;

/// Runs it.
///
/// # Errors
/// Says what is not as it should be.
pub fn run(case: &Case) -> Result<(), String> {
    for doubled in 0..TRIES {
        let seconds = match case.is_short() {
            true => case.short().as_secs() << doubled,
            false => AMPLE_SECONDS,
        };
        let server = FaultyServer::of(case);
        let home = Home::new();
        let run = start(case, &server, &home, seconds);
        server.remove_faults();
        if case.is_short() && !was_reached(case, &server) {
            continue;
        }
        let verifier = Verifier {
            case,
            server: &server,
            run: &run,
        };
        return verifier
            .all(seconds)
            .and_then(|reported| again(case, &server, &home, &reported))
            .map_err(|why| format!("{why}\n    {run:?}"));
    }
    Err("its request was never made".into())
}

fn start(case: &Case, server: &FaultyServer, home: &Home, seconds: u64) -> Finished {
    let guid = server.sandbox.guids()[0].clone();
    let journal = home.path().join("journal");
    let words = case.command.args.split(' ').map(|word| match word {
        "GUID" => guid.clone(),
        "JOURNAL" => journal.to_str().unwrap().to_owned(),
        word => word.to_owned(),
    });
    let time = format!("{seconds}s");
    let limits: &[&str] = match case.mode {
        Mode::Once => &[],
        Mode::Always | Mode::Deadline => &["--retries", "0", "--timeout", &time],
    };
    Qiwei::on(&server.base_url(), words)
        .at(home)
        .arg("--json")
        .args(limits)
        .env("QIWEI_NOTIFY_URL", CONFIGURED_URL)
        .stdin(case.command.stdin)
        .run()
}

/// Whether the fault had its chance: on a busy machine a short time may be over before.
fn was_reached(case: &Case, server: &FaultyServer) -> bool {
    match (case.fault.place, server.seen_by_front()) {
        (Stage::Connection, _) if is_without_server(case) => true,
        (_, Some(seen)) => seen > 0,
        (Stage::Connection, None) => true,
        (Stage::Request, None) => server.asked_and_done(case.step).0 > 0,
    }
}

/// There is nobody to notice.
fn is_without_server(case: &Case) -> bool {
    matches!(
        case.fault.observation,
        Observation::NoConnection | Observation::NotInTime
    )
}

/// A command that remembers is run again when all is well: it must know what it said, and the
/// message must not go out twice.
fn again(case: &Case, server: &FaultyServer, home: &Home, reported: &Reported) -> CheckResult<()> {
    if !case.command.remembers() || case.fault.place == Stage::Connection {
        return Ok(());
    }
    server.remove_faults();
    if case.fault.observation == Observation::LoggedOut {
        let guid = &server.sandbox.guids()[0];
        server
            .sandbox
            .set_status(guid, qiwei::sandbox::Status::Online);
    }
    let before = server.sandbox.deliveries().len();
    let run = start(case, server, home, AMPLE_SECONDS);
    let verifier = Verifier {
        case,
        server,
        run: &run,
    };
    let heard = match case.command.report {
        Report::Lines => {
            verifier
                .reported_by_lines(verifier.error()?.as_ref())?
                .outcome
        }
        _ if run.code == 0 => {
            let line: Value = serde_json::from_str(&run.stdout).map_err(|e| e.to_string())?;
            line["outcome"].as_str().map(str::to_owned)
        }
        _ => verifier.reported_by(verifier.error()?.as_ref()).outcome,
    };
    let sent = server.sandbox.deliveries().len() - before;
    let expected = match reported.outcome.as_deref() {
        Some("accepted") => ("duplicate", 0),
        Some("unknown") => ("unknown", 0),
        _ => ("accepted", 1),
    };
    let came = (heard.as_deref().unwrap_or("nothing"), sent);
    holds(
        came == expected,
        format!("run again: {came:?}, expected {expected:?}, {run:?}"),
    )
}
