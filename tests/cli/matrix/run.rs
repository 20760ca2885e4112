//! Runs a case, and a second time if the command keeps a record.

use serde_json::Value;

use super::case::{Case, Mode};
use super::command::Report;
use super::faults::{Observation, Stage};
use super::route::ListenerPort;
use super::server::FaultyServer;
use super::verify::{CheckResult, Reported, Verifier, ensure};
use crate::support::login::CONFIGURED_URL;
use crate::support::{Finished, Home, Qiwei};

/// More than any command needs that does not wait.
const AMPLE_SECONDS: u64 = 30;
/// Attempts of a case whose timeout was too short on a slow machine; each has twice the time.
const MAX_ATTEMPTS: u32 = 6;

/// Runs a case.
///
/// # Errors
/// Describes the first difference from the expected result.
pub fn run(case: &Case) -> Result<(), String> {
    let mut attempts = Vec::new();
    for doubled in 0..MAX_ATTEMPTS {
        let seconds = match case.has_short_timeout() {
            true => case.short_timeout().as_secs() << doubled,
            false => AMPLE_SECONDS,
        };
        let server = FaultyServer::start(case);
        let home = Home::new();
        let run = start(case, &server, &home, seconds);
        server.remove_faults();
        let verifier = Verifier {
            case,
            server: &server,
            run: &run,
        };
        let describe = |why| format!("{why}\n    {run:?}");
        if case.has_short_timeout()
            && (!was_reached(case, &server) || verifier.lacked_time(seconds).map_err(describe)?)
        {
            attempts.push(run);
            continue;
        }
        return verifier
            .all(seconds)
            .and_then(|reported| check_second_run(case, &server, &home, &reported))
            .map_err(describe);
    }
    Err(format!("no timeout was long enough\n    {attempts:?}"))
}

fn start(case: &Case, server: &FaultyServer, home: &Home, seconds: u64) -> Finished {
    let guid = server.sandbox.guids()[0].clone();
    let journal = home.path().join("journal");
    let args = case.command.args.split(' ').map(|arg| match arg {
        "GUID" => guid.clone(),
        "JOURNAL" => journal.to_str().unwrap().to_owned(),
        arg => arg.to_owned(),
    });
    let time = format!("{seconds}s");
    let limits: &[&str] = match case.mode {
        Mode::Once => &[],
        Mode::Always | Mode::Deadline => &["--retries", "0", "--timeout", &time],
    };
    let listener = server.listener_port.iter().flat_map(ListenerPort::args);
    let mut run = Qiwei::on(&server.base_url(), args);
    if let Some(gateway) = &server.gateway {
        run = run
            .env("QIWEI_APP_KEY", &gateway.app_key)
            .env("QIWEI_APP_SECRET", gateway.app_secret.reveal())
            .env("QIWEI_PACE", "off");
    }
    run.with_home(home)
        .args(listener)
        .arg("--json")
        .args(limits)
        .env("QIWEI_NOTIFY_URL", CONFIGURED_URL)
        .stdin(case.command.stdin)
        .run()
}

/// Whether the faulty request was reached; on a busy machine a short timeout may end before.
fn was_reached(case: &Case, server: &FaultyServer) -> bool {
    match (case.fault.stage, server.seen_by_front()) {
        (Stage::Connection, _) if never_reached_server(case) => true,
        (_, Some(seen)) => seen > 0,
        (Stage::Connection, None) => true,
        (Stage::Request, None) => server.received_and_executed(case.step).0 > 0,
    }
}

/// Whether no server sees the connection.
fn never_reached_server(case: &Case) -> bool {
    matches!(
        case.fault.observation,
        Observation::NoConnection | Observation::ConnectTimeout
    )
}

/// Runs a command that keeps a record again without the fault: it must know the first outcome, and
/// the message must not be sent twice.
fn check_second_run(
    case: &Case,
    server: &FaultyServer,
    home: &Home,
    reported: &Reported,
) -> CheckResult<()> {
    if !case.command.keeps_record() || case.fault.stage == Stage::Connection {
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
    let outcome_again = match case.command.report {
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
    let actual = (outcome_again.as_deref().unwrap_or("nothing"), sent);
    ensure(
        actual == expected,
        format!("run again: {actual:?}, expected {expected:?}, {run:?}"),
    )
}
