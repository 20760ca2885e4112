//! Runs a cell, and where the command keeps a record, runs it again.

use serde_json::Value;

use super::cells::{Cell, Mode};
use super::command::Report;
use super::faults::{Comes, Place};
use super::judge::{Judge, Said, Verdict, holds};
use super::world::World;
use crate::support::callbacks::USUAL;
use crate::support::{Finished, Home, Qiwei};

/// More than any command takes that does not wait.
const AMPLE: u64 = 30;
/// How often a cell is tried in which the machine was too slow for the request to be made.
const TRIES: u32 = 6;

/// Runs it.
///
/// # Errors
/// Says what is not as it should be.
pub fn run(cell: &Cell) -> Result<(), String> {
    for doubled in 0..TRIES {
        let seconds = match cell.is_short() {
            true => cell.short().as_secs() << doubled,
            false => AMPLE,
        };
        let world = World::of(cell);
        let home = Home::new();
        let run = start(cell, &world, &home, seconds);
        world.heal();
        if cell.is_short() && !was_reached(cell, &world) {
            continue;
        }
        let judge = Judge {
            cell,
            world: &world,
            run: &run,
        };
        return judge
            .all(seconds)
            .and_then(|said| again(cell, &world, &home, &said))
            .map_err(|why| format!("{why}\n    {run:?}"));
    }
    Err("its request was never made".into())
}

fn start(cell: &Cell, world: &World, home: &Home, seconds: u64) -> Finished {
    let guid = world.sandbox.guids()[0].clone();
    let journal = home.path().join("journal");
    let words = cell.command.args.split(' ').map(|word| match word {
        "GUID" => guid.clone(),
        "JOURNAL" => journal.to_str().unwrap().to_owned(),
        word => word.to_owned(),
    });
    let time = format!("{seconds}s");
    let limits: &[&str] = match cell.mode {
        Mode::Once => &[],
        Mode::Always | Mode::Deadline => &["--retries", "0", "--timeout", &time],
    };
    Qiwei::on(&world.base_url(), words)
        .at(home)
        .arg("--json")
        .args(limits)
        .env("QIWEI_NOTIFY_URL", USUAL)
        .stdin(cell.command.stdin)
        .run()
}

/// Whether the fault had its chance: on a busy machine a short time may be over before.
fn was_reached(cell: &Cell, world: &World) -> bool {
    match (cell.fault.place, world.seen_by_front()) {
        (Place::Connection, _) if is_without_server(cell) => true,
        (_, Some(seen)) => seen > 0,
        (Place::Connection, None) => true,
        (Place::Request, None) => world.asked_and_done(cell.step).0 > 0,
    }
}

/// There is nobody to notice.
fn is_without_server(cell: &Cell) -> bool {
    matches!(cell.fault.comes, Comes::NoConnection | Comes::NotInTime)
}

/// A command that remembers is run again when all is well: it must know what it said, and the
/// message must not go out twice.
fn again(cell: &Cell, world: &World, home: &Home, said: &Said) -> Verdict<()> {
    if !cell.command.remembers() || cell.fault.place == Place::Connection {
        return Ok(());
    }
    world.heal();
    if cell.fault.comes == Comes::LoggedOut {
        let guid = &world.sandbox.guids()[0];
        world
            .sandbox
            .set_status(guid, qiwei::sandbox::Status::Online);
    }
    let before = world.sandbox.deliveries().len();
    let run = start(cell, world, home, AMPLE);
    let judge = Judge {
        cell,
        world,
        run: &run,
    };
    let heard = match cell.command.report {
        Report::Lines => judge.said_by_lines(judge.error()?.as_ref())?.outcome,
        _ if run.code == 0 => {
            let line: Value = serde_json::from_str(&run.stdout).map_err(|e| e.to_string())?;
            line["outcome"].as_str().map(str::to_owned)
        }
        _ => judge.said_by(judge.error()?.as_ref()).outcome,
    };
    let sent = world.sandbox.deliveries().len() - before;
    let expected = match said.outcome.as_deref() {
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
