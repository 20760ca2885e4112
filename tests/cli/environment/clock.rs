//! Clock changes: no key expires early and is sent again, and no send waits for hours.
//!
//! The tests shift the recorded times instead of the system clock, with the same effect on the
//! program. Waits are measured on a clock that cannot be set.

use serde_json::{Value, json};

use crate::support::state::{change_state, field, results, sends, with_state};
use crate::support::{GROUP, Home, sandbox};

const YEAR: i64 = 365 * 86_400;

/// Shifts the recorded times as if the clock had jumped by `seconds` since.
fn shift_clock(home: &Home, seconds: i64) {
    change_state(
        home,
        &format!(
            "UPDATE sends SET changed_at = changed_at - {seconds};
             UPDATE days SET day = -1000000000 - day;
             UPDATE days SET day = -1000000000 - day - {seconds} / 86400"
        ),
    );
}

#[test]
fn key_survives_clock_jumps() {
    for seconds in [
        60 * YEAR,
        YEAR,
        40 * 86_400,
        -3600,
        -40 * 86_400,
        -YEAR,
        -50 * YEAR,
    ] {
        let (server, home) = (sandbox(), Home::new());
        let send = || {
            let args = ["send", GROUP, "x", "--key", "k", "--json"];
            let run = with_state(&server, &home, &args).run();
            run.ends_with(0).json()["outcome"].clone()
        };
        assert_eq!(send(), "accepted");
        shift_clock(&home, seconds);
        // Further runs on the same day do not confirm the wrong clock.
        for _ in 0..3 {
            assert_eq!(send(), "duplicate", "{seconds}");
        }
        shift_clock(&home, -seconds);
        assert_eq!(send(), "duplicate", "there and back: {seconds}");
        assert_eq!(sends(&server), 1);
    }
}

/// With a correct clock, old keys are removed on the second day of use.
#[test]
fn prunes_only_after_a_second_day_confirms_the_clock() {
    let (server, home) = (sandbox(), Home::new());
    let send = |key: &str| {
        let args = ["send", GROUP, "x", "--key", key];
        with_state(&server, &home, &args).run().ends_with(0);
    };
    send("old");
    shift_clock(&home, 40 * 86_400);
    send("new");
    let keys = || {
        let run = with_state(&server, &home, &["ledger", "ls", "--json"]).run();
        let rows = run.ends_with(0).json();
        field(rows.as_array().unwrap(), "key")
    };
    assert_eq!(keys(), ["new", "old"]);
    shift_clock(&home, 86_400);
    send("newer");
    assert_eq!(keys(), ["newer", "new"]);
    // An explicit request takes effect immediately.
    let days = with_state(&server, &home, &["ledger", "prune", "--days", "1"]);
    change_state(&home, "UPDATE sends SET changed_at = 5 WHERE key = 'new'");
    days.run().assert_output(0, "removed 1\n", "");
}

#[test]
fn unknown_outcome_survives_clock_jumps() {
    for seconds in [YEAR, -YEAR, -50 * YEAR] {
        let (server, home) = (sandbox(), Home::new());
        let args = ["send", GROUP, "x", "--key", "k", "--json"];
        with_state(&server, &home, &args).run().ends_with(0);
        change_state(&home, "UPDATE sends SET outcome = 'in_flight'");
        shift_clock(&home, seconds);
        for _ in 0..2 {
            let run = with_state(&server, &home, &args).run().ends_with(6);
            assert_eq!(run.error()["outcome"], "unknown");
        }
        assert_eq!(sends(&server), 1);
    }
}

#[test]
fn journal_survives_clock_jumps() {
    for seconds in [10 * YEAR, -10 * YEAR] {
        let (server, home) = (sandbox(), Home::new());
        let line = format!("{{\"to\":\"{GROUP}\",\"text\":\"x\"}}\n");
        let input = home.file("in.ndjson", line.repeat(3));
        let journal = format!("{input}.journal");
        let args = ["send", "--batch", &input, "--journal", &journal];
        with_state(&server, &home, &args).run().ends_with(0);
        let db = rusqlite::Connection::open(&journal).unwrap();
        let moved = format!("UPDATE sends SET changed_at = changed_at - {seconds}");
        assert_eq!(db.execute(&moved, []).unwrap(), 3);
        drop(db);
        let run = with_state(&server, &home, &args).run().ends_with(0);
        let outcomes: Vec<Value> = field(&results(&run), "outcome");
        assert_eq!(
            outcomes,
            [json!("duplicate"), json!("duplicate"), json!("duplicate")]
        );
        assert_eq!(sends(&server), 3);
    }
}

/// Pace times use the clock of the current boot, which cannot be set. A last change in its future
/// was recorded before a restart.
#[test]
fn recorded_times_never_delay_sends_for_hours() {
    let hour: i64 = 3_600_000_000;
    for (next, seen) in [
        (i64::MAX, i64::MAX),
        (i64::MAX, 0),
        (i64::MIN, i64::MIN),
        (0, i64::MAX),
        (1_000_000 * hour, 1_000_000 * hour),
        (-hour, -hour),
    ] {
        let (server, home) = (sandbox(), Home::new());
        let args = ["send", GROUP, "x", "--pace", "20/min", "--timeout", "25s"];
        with_state(&server, &home, &args).run().ends_with(0);
        let sql =
            format!("UPDATE pace SET next_at = {next}, seen_at = {seen}, held_until = {next}");
        change_state(&home, &sql);
        let run = with_state(&server, &home, &args).run();
        if (next, seen) == (i64::MAX, 0) {
            // A reservation recorded during this boot is kept, however long the wait.
            run.ends_with(9);
            continue;
        }
        let run = run.ends_with(0);
        assert!(run.took.as_secs() < 20, "{next} {seen}: {run:?}");
    }
}
