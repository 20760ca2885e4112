//! Compares what a run says with the rules, and with what the server really did.

use serde_json::Value;

use super::cells::{Cell, Mode};
use super::command::{Effect, Report, Role, Url};
use super::faults::{Comes, Place};
use super::rules::{self, End, Line};
use super::world::World;
use crate::support::Finished;
use crate::support::callbacks::USUAL;

/// What a command may need beyond its deadline: to start and end on a busy machine, and to put a
/// callback URL back.
const GRACE: u64 = 25;

pub struct Judge<'a> {
    pub cell: &'a Cell,
    pub world: &'a World,
    pub run: &'a Finished,
}

pub type Verdict<T> = Result<T, String>;

pub fn holds(is_so: bool, what: impl Into<String>) -> Verdict<()> {
    if is_so { Ok(()) } else { Err(what.into()) }
}

/// What a command said.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub exit: i32,
    pub outcome: Option<String>,
    pub retryable: bool,
}

impl Judge<'_> {
    pub fn all(&self, seconds: u64) -> Verdict<Said> {
        let took = self.run.took.as_secs();
        holds(
            took < seconds + GRACE,
            format!("took {took} s of {seconds}"),
        )?;
        self.stdout_is_data()?;
        let said = self.said()?;
        self.fits_the_rules(&said)?;
        self.fits_the_truth(&said)?;
        if is_observable(self.cell) {
            self.shows_on_the_server()?;
            self.url_is_back()?;
        }
        Ok(said)
    }

    fn stdout_is_data(&self) -> Verdict<()> {
        if self.cell.command.report == Report::Raw {
            return Ok(());
        }
        for line in self.run.stdout.lines() {
            let parsed = serde_json::from_str::<Value>(line);
            holds(parsed.is_ok(), format!("stdout is no JSON: {line}"))?;
        }
        Ok(())
    }

    /// The end a script sees, from everywhere it is told: all of them must agree.
    fn said(&self) -> Verdict<Said> {
        let error = self.error()?;
        match self.cell.command.report {
            Report::Plain | Report::Raw => Ok(self.said_by(error.as_ref())),
            Report::Removals => self.said_by_removals(error.as_ref()),
            Report::Lines => self.said_by_lines(error.as_ref()),
        }
    }

    pub fn said_by(&self, error: Option<&Value>) -> Said {
        let changes = self.cell.command.change().is_some();
        match error {
            Some(error) => of_error(error),
            None => Said {
                exit: 0,
                outcome: changes.then(|| "accepted".into()),
                retryable: false,
            },
        }
    }

    /// The one error on stderr, which must be there exactly when the command fails.
    pub fn error(&self) -> Verdict<Option<Value>> {
        let is_error = |line: &&str| line.starts_with("{\"error\":");
        let errors: Vec<&str> = self.run.stderr.lines().filter(is_error).collect();
        holds(
            errors.len() == usize::from(self.run.code != 0),
            format!("{} errors with exit code {}", errors.len(), self.run.code),
        )?;
        let Some(line) = errors.first() else {
            return Ok(None);
        };
        holds(
            self.run.stderr.lines().last() == Some(line),
            "the error is not the last line",
        )?;
        let error: Value = serde_json::from_str(line).map_err(|e| e.to_string())?;
        let error = error["error"].clone();
        holds(
            error["exit"] == self.run.code,
            "the error tells another exit code",
        )?;
        holds(
            kind_of(self.run.code) == error["kind"],
            "the error is of another kind",
        )?;
        Ok(Some(error))
    }

    fn said_by_removals(&self, error: Option<&Value>) -> Verdict<Said> {
        let list: Value = serde_json::from_str(&self.run.stdout).unwrap_or_default();
        if let Some(removal) = list.as_array().and_then(|list| list.first()) {
            holds(
                removal["removed"] == error.is_none(),
                "removed, and an error",
            )?;
            let told = removal["error"].as_object().map(|_| &removal["error"]);
            holds(told == error, "the list tells another error")?;
        }
        Ok(self.said_by(error))
    }

    pub fn said_by_lines(&self, error: Option<&Value>) -> Verdict<Said> {
        let line: Value = serde_json::from_str(&self.run.stdout).map_err(|e| e.to_string())?;
        let failed = line["error"].is_object();
        holds(
            failed == error.is_some(),
            "the line and the batch end differently",
        )?;
        holds(
            self.run.code == if failed { 8 } else { 0 },
            "not how a batch ends",
        )?;
        let mut said = match failed {
            true => of_error(&line["error"]),
            false => self.said_by(None),
        };
        let outcome = line["outcome"].as_str().map(str::to_owned);
        holds(
            !failed || said.outcome == outcome,
            "two outcomes of one line",
        )?;
        said.outcome = outcome;
        Ok(said)
    }

    fn fits_the_rules(&self, said: &Said) -> Verdict<()> {
        let ends = rules::ends(self.cell);
        let changes = self.cell.command.change().is_some();
        let fits = |end: &End| {
            let outcome = said.outcome.as_deref();
            let is_same = end.outcome == outcome;
            // A yes has no words of its own; where nothing was to be changed, nothing was sent.
            let is_silent =
                end.exit == 0 || (!changes && matches!(outcome, None | Some("not_sent")));
            end.exit == said.exit && (is_same || is_silent)
        };
        holds(
            ends.iter().any(fits),
            format!("said {said:?}, expected {ends:?}"),
        )
    }

    /// The promise: accepted is done, `not_sent` and `rejected` are not, nothing is done twice.
    fn fits_the_truth(&self, said: &Said) -> Verdict<()> {
        let Some(change) = self.cell.command.change() else {
            return Ok(());
        };
        let (asked, done) = self.world.asked_and_done(change);
        let is_target = std::ptr::eq(change, self.cell.step);
        let seen = match self.world.seen_by_front() {
            Some(seen) if is_target && self.cell.fault.place == Place::Request => seen,
            _ => asked,
        };
        holds(done <= 1, format!("done {done} times"))?;
        let may_ask_again = self.cell.comes() == Comes::NotReady;
        holds(seen <= 1 || may_ask_again, format!("asked {seen} times"))?;
        let is_undone = done == 0;
        // To turn, start or stop something twice is to do it once; these add up.
        let is_safe = is_undone || !self.cell.command.adds_up();
        holds(
            is_safe || !said.retryable,
            "done, and said to be safe to try again",
        )?;
        match said.outcome.as_deref() {
            Some("accepted") if self.has_nothing_to_do() || self.cell.may_lie() => Ok(()),
            Some("accepted") => holds(done == 1, "said to be accepted, and not done"),
            Some("not_sent") => holds(seen == 0 && is_undone, "said to be not sent, and it was"),
            Some("rejected") => holds(is_undone, "said to be rejected, and done"),
            Some("unknown") => {
                holds(!said.retryable, "unknown, and said to be safe to try again")?;
                let first = self.cell.fault.place == Place::Connection;
                holds(is_target || first, "unknown, though nothing was at stake")?;
                // Whatever were asked now, the answer would be no proof.
                let is_alone = self.cell.command.steps.len() == 1;
                let asked_more = is_alone && !self.world.asked_only(change);
                holds(!asked_more, "something else was asked after an unknown")
            }
            _ => Ok(()),
        }
    }

    /// Nothing was to be removed after all.
    fn has_nothing_to_do(&self) -> bool {
        self.cell.command.report == Report::Removals && self.run.stdout == "[]\n"
    }

    /// The server's state must tell the same as its record of requests.
    fn shows_on_the_server(&self) -> Verdict<()> {
        let Some(change) = self.cell.command.change() else {
            return Ok(());
        };
        // This one changes the state by itself.
        if self.cell.fault.comes == Comes::LoggedOut {
            return Ok(());
        }
        let after = self.world.state();
        let (_, done) = self.world.asked_and_done(change);
        let count = |state: &Value| state["instances"].as_array().unwrap().len();
        let first = &after["instances"][0];
        let shows = match self.cell.command.effect {
            Effect::Recorded => return Ok(()),
            Effect::Message => after["deliveries"] == 1,
            Effect::Instances => count(&after) != count(&self.world.before),
            Effect::State(state) => first["state"] == state,
            Effect::Bridge(bridge) => first["bridge"] == bridge,
        };
        holds(
            shows == (done == 1),
            format!("done {done} times, which shows: {shows}"),
        )
    }

    /// Whatever ended it, the callbacks go again where they went.
    fn url_is_back(&self) -> Verdict<()> {
        let Some(url) = self.cell.command.scene.url else {
            return Ok(());
        };
        let is_put_back = self.cell.step.body == "/usual";
        let strikes_both = self.cell.step.role == Role::Change && !self.cell.fault.is_raw();
        let fails =
            rules::lines(self.cell.comes(), self.cell.step.takes(Report::Plain)) != [Line::Yes];
        let comes_again = self.cell.mode == Mode::Once && rules::is_tried_again(self.cell);
        let is_hopeless = is_put_back && fails && !comes_again;
        if is_hopeless || (strikes_both && self.cell.mode == Mode::Always) {
            return Ok(());
        }
        let state = self.world.state();
        let found = match url {
            Url::OfInstance => &state["instances"][0]["notify_url"],
            Url::OfAll => &state["global_notify_url"],
        };
        holds(found == USUAL, format!("callbacks now go to {found}"))
    }
}

fn of_error(error: &Value) -> Said {
    Said {
        exit: error["exit"].as_i64().unwrap_or(-1) as i32,
        outcome: error["outcome"].as_str().map(str::to_owned),
        retryable: error["retryable"] == true,
    }
}

/// The names of the exit codes that occur here.
fn kind_of(code: i32) -> &'static str {
    match code {
        1 => "rejected",
        3 => "config",
        4 => "not_logged_in",
        5 => "unreachable",
        6 => "unknown",
        7 => "deadline",
        8 => "partial",
        _ => "nothing a server can cause",
    }
}

/// While the sandbox's port is closed nobody can look inside; but then nothing gets inside either.
fn is_observable(cell: &Cell) -> bool {
    cell.fault.comes != Comes::NoConnection || cell.fault.is_raw()
}
