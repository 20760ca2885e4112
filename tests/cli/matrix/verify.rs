//! Compares the reported result of a run with the rules, and with what the server really did.

use serde_json::Value;

use super::case::{Case, Mode};
use super::command::{Evidence, NotifyUrlScope, Report, Role};
use super::faults::{Observation, Stage};
use super::rules::{self, ExpectedResult, ResultClass};
use super::server::FaultyServer;
use crate::support::Finished;
use crate::support::login::CONFIGURED_URL;

/// Time beyond the deadline: to start and end on a busy machine, and to restore a `notify_url`.
const TOLERANCE_SECONDS: u64 = 25;

pub struct Verifier<'a> {
    pub case: &'a Case,
    pub server: &'a FaultyServer,
    pub run: &'a Finished,
}

pub type CheckResult<T> = Result<T, String>;

/// Returns the failure text as an error unless the condition is true.
pub fn ensure(condition: bool, failure: impl Into<String>) -> CheckResult<()> {
    if condition {
        Ok(())
    } else {
        Err(failure.into())
    }
}

/// The result that a command reported.
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    pub exit: i32,
    pub outcome: Option<String>,
    pub retryable: bool,
}

impl Verifier<'_> {
    pub fn all(&self, seconds: u64) -> CheckResult<Reported> {
        let took = self.run.took.as_secs();
        ensure(
            took < seconds + TOLERANCE_SECONDS,
            format!("took {took} s of {seconds}"),
        )?;
        self.stdout_is_data()?;
        let reported = self.reported()?;
        self.follows_rules(&reported)?;
        self.matches_server_state(&reported)?;
        if is_observable(self.case) {
            self.change_is_visible()?;
            self.notify_url_is_restored()?;
        }
        Ok(reported)
    }

    /// Whether the timeout of `seconds` ended the command before it could end as the rules say, as on a slow
    /// machine. What it reports must be true even so.
    pub fn lacked_time(&self, seconds: u64) -> CheckResult<bool> {
        if self.run.took.as_secs() < seconds {
            return Ok(false);
        }
        let reported = self.reported()?;
        if self.follows_rules(&reported).is_ok() {
            return Ok(false);
        }
        // An unknown outcome may be that of another request than the faulty one.
        if reported.outcome.as_deref() != Some("unknown") {
            self.matches_server_state(&reported)?;
        }
        Ok(true)
    }

    fn stdout_is_data(&self) -> CheckResult<()> {
        if self.case.command.report == Report::Raw {
            return Ok(());
        }
        for line in self.run.stdout.lines() {
            let parsed = serde_json::from_str::<Value>(line);
            ensure(parsed.is_ok(), format!("stdout is not JSON: {line}"))?;
        }
        Ok(())
    }

    /// The result a script sees; all places that report it must agree.
    fn reported(&self) -> CheckResult<Reported> {
        let error = self.error()?;
        match self.case.command.report {
            Report::Plain | Report::Raw => Ok(self.reported_by(error.as_ref())),
            Report::Removals => self.reported_by_removals(error.as_ref()),
            Report::Lines => self.reported_by_lines(error.as_ref()),
        }
    }

    pub fn reported_by(&self, error: Option<&Value>) -> Reported {
        let changes = self.case.command.change().is_some();
        match error {
            Some(error) => reported_error(error),
            None => Reported {
                exit: 0,
                outcome: changes.then(|| "accepted".into()),
                retryable: false,
            },
        }
    }

    /// The one error on stderr, which must be there exactly when the command fails.
    pub fn error(&self) -> CheckResult<Option<Value>> {
        let is_error = |line: &&str| line.starts_with("{\"error\":");
        let errors: Vec<&str> = self.run.stderr.lines().filter(is_error).collect();
        ensure(
            errors.len() == usize::from(self.run.code != 0),
            format!("{} errors with exit code {}", errors.len(), self.run.code),
        )?;
        let Some(line) = errors.first() else {
            return Ok(None);
        };
        ensure(
            self.run.stderr.lines().last() == Some(line),
            "the error is not the last line",
        )?;
        let error: Value = serde_json::from_str(line).map_err(|e| e.to_string())?;
        let error = error["error"].clone();
        ensure(
            error["exit"] == self.run.code,
            "the error names another exit code",
        )?;
        ensure(
            kind_of(self.run.code) == error["kind"],
            "the error has another kind",
        )?;
        Ok(Some(error))
    }

    fn reported_by_removals(&self, error: Option<&Value>) -> CheckResult<Reported> {
        let list: Value = serde_json::from_str(&self.run.stdout).unwrap_or_default();
        if let Some(removal) = list.as_array().and_then(|list| list.first()) {
            ensure(
                removal["removed"] == error.is_none(),
                "the list and the error disagree on the removal",
            )?;
            let reported = removal["error"].as_object().map(|_| &removal["error"]);
            ensure(reported == error, "the list contains another error")?;
        }
        Ok(self.reported_by(error))
    }

    pub fn reported_by_lines(&self, error: Option<&Value>) -> CheckResult<Reported> {
        let line: Value = serde_json::from_str(&self.run.stdout).map_err(|e| e.to_string())?;
        let failed = line["error"].is_object();
        ensure(
            failed == error.is_some(),
            "the line and the batch disagree on success",
        )?;
        ensure(
            self.run.code == if failed { 8 } else { 0 },
            "wrong exit code of a batch",
        )?;
        let mut reported = match failed {
            true => reported_error(&line["error"]),
            false => self.reported_by(None),
        };
        let outcome = line["outcome"].as_str().map(str::to_owned);
        ensure(
            !failed || reported.outcome == outcome,
            "two outcomes of one line",
        )?;
        reported.outcome = outcome;
        Ok(reported)
    }

    fn follows_rules(&self, reported: &Reported) -> CheckResult<()> {
        let ends = rules::expected_results(self.case);
        let changes = self.case.command.change().is_some();
        let fits = |end: &ExpectedResult| {
            let outcome = reported.outcome.as_deref();
            let is_same = end.outcome == outcome;
            // Success reports no outcome; a command that changes nothing may report `not_sent`.
            let is_silent =
                end.exit == 0 || (!changes && matches!(outcome, None | Some("not_sent")));
            end.exit == reported.exit && (is_same || is_silent)
        };
        ensure(
            ends.iter().any(fits),
            format!("reported {reported:?}, expected {ends:?}"),
        )
    }

    /// The guarantee: `accepted` was executed, `not_sent` and `rejected` were not, and nothing was
    /// executed twice.
    fn matches_server_state(&self, reported: &Reported) -> CheckResult<()> {
        let Some(change) = self.case.command.change() else {
            return Ok(());
        };
        let (received, executed) = self.server.received_and_executed(change);
        let is_target = std::ptr::eq(change, self.case.step);
        let seen = match self.server.seen_by_front() {
            Some(seen) if is_target && self.case.fault.stage == Stage::Request => seen,
            _ => received,
        };
        ensure(executed <= 1, format!("executed {executed} times"))?;
        let may_retry = self.case.observation() == Observation::NotReady;
        ensure(seen <= 1 || may_retry, format!("requested {seen} times"))?;
        let is_unexecuted = executed == 0;
        // Redirecting, starting and stopping are idempotent; messages and instances are not.
        let is_safe = is_unexecuted || !self.case.command.is_non_idempotent();
        ensure(
            is_safe || !reported.retryable,
            "executed, but reported retryable",
        )?;
        match reported.outcome.as_deref() {
            Some("accepted")
                if self.has_nothing_to_do() || self.case.can_report_false_success() =>
            {
                Ok(())
            }
            Some("accepted") => ensure(executed == 1, "reported accepted, but not executed"),
            Some("not_sent") => ensure(
                (seen == 0 || rules::is_refused_by_gateway(self.case)) && is_unexecuted,
                "reported not sent, but it was sent",
            ),
            Some("rejected") => ensure(is_unexecuted, "reported rejected, but executed"),
            Some("unknown") => {
                ensure(!reported.retryable, "reported unknown, and retryable")?;
                let first = self.case.fault.stage == Stage::Connection;
                ensure(
                    is_target || first,
                    "reported unknown for a request that changes nothing",
                )?;
                // No further request could prove the outcome.
                let is_only_step = self.case.command.steps.len() == 1;
                let sent_more = is_only_step && !self.server.received_only(change);
                ensure(!sent_more, "sent another request after an unknown outcome")
            }
            _ => Ok(()),
        }
    }

    /// There was nothing to remove.
    fn has_nothing_to_do(&self) -> bool {
        self.case.command.report == Report::Removals && self.run.stdout == "[]\n"
    }

    /// The server's state must agree with its record of requests.
    fn change_is_visible(&self) -> CheckResult<()> {
        let Some(change) = self.case.command.change() else {
            return Ok(());
        };
        // This one changes the state by itself.
        if self.case.fault.observation == Observation::LoggedOut {
            return Ok(());
        }
        let after = self.server.state();
        let (_, executed) = self.server.received_and_executed(change);
        let count = |state: &Value| state["instances"].as_array().unwrap().len();
        let first = &after["instances"][0];
        let shows = match self.case.command.evidence {
            Evidence::Recorded => return Ok(()),
            Evidence::Message => after["deliveries"] == 1,
            Evidence::Instances => count(&after) != count(&self.server.before),
            Evidence::State(state) => first["state"] == state,
            Evidence::Bridge(bridge) => first["bridge"] == bridge,
        };
        ensure(
            shows == (executed == 1),
            format!("executed {executed} times, but visible in the state: {shows}"),
        )
    }

    /// The `notify_url` is restored however the command ended.
    fn notify_url_is_restored(&self) -> CheckResult<()> {
        let Some(url) = self.case.command.initial_state.url else {
            return Ok(());
        };
        let is_restore = self.case.step.body == "/configured";
        let affects_both = self.case.step.role == Role::Change && !self.case.fault.is_raw();
        let fails = rules::result_classes(self.case) != [ResultClass::Accepted];
        let is_retried = self.case.mode == Mode::Once && rules::is_retried(self.case);
        let cannot_restore = is_restore && fails && !is_retried;
        if cannot_restore || (affects_both && self.case.mode == Mode::Always) {
            return Ok(());
        }
        let state = self.server.state();
        let found = match url {
            NotifyUrlScope::Instance => &state["instances"][0]["notify_url"],
            NotifyUrlScope::Global => &state["global_notify_url"],
        };
        ensure(
            found == CONFIGURED_URL,
            format!("callbacks now go to {found}"),
        )
    }
}

fn reported_error(error: &Value) -> Reported {
    Reported {
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
        9 => "busy",
        _ => "unexpected exit code",
    }
}

/// Whether the sandbox can be queried; while its port is closed it cannot, and receives nothing.
fn is_observable(case: &Case) -> bool {
    case.fault.observation != Observation::NoConnection || case.fault.is_raw()
}
